"""Letters of two kinds that people move into and out of Junk, and where new ones then go."""

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from labs import CHECKOUT, Lab
from officials import official

from hopthu.cli.clock import today
from hopthu.daemons import valkey
from hopthu.daemons.site import load_site
from hopthu.inventory import loader
from hopthu.verify.context import Person, ProbeContext, opened
from hopthu.verify.mail import in_clear, reading, receive
from hopthu.verify.smtp import offer

WORDS = {
    "spam": "khuyến mại giảm giá vay tiền nhanh lãi suất thấp trúng thưởng xổ số miễn phí "
    "sinh lời đầu tư siêu lợi nhuận nhấp chuột nhận quà",
    "ham": "công văn đề nghị báo cáo kế hoạch ủy ban nhân dân sở nội vụ cuộc họp triển khai "
    "nhiệm vụ văn bản thẩm định hồ sơ đúng hạn",
}


@contextmanager
def world(lab: Lab) -> Iterator[ProbeContext]:
    """See the centre as servers outside and people inside do."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HOPTHU_LAB", str(lab.folder))
        found = loader.load(CHECKOUT, "lab")
        site = load_site(CHECKOUT, today(), found)
        with opened(site, found) as context:
            yield context


def people(context: ProbeContext, lab: Lab) -> Iterator[Person]:
    """Yield officials with a mailbox, of each store in turn."""
    known = [each for each in context.site.desired.live() if each.id in lab.passwords]
    stores = ([m.id for m in known if m.store == store] for store in context.stores)
    for some in zip(*stores, strict=False):
        yield from (official(context, one) for one in some)


def letter(kind: str, key: str, to: str) -> bytes:
    """Return a letter of sixty words of its kind, in an order of its own."""
    chosen, words = random.Random(f"{kind} {key}"), WORDS[kind].split()  # noqa: S311  (no secret)
    text = " ".join(chosen.choice(words) for _ in range(60))
    head = (
        *("From: cong-dan@example.org", f"To: {to}", f"Message-ID: <{kind}-{key}@example.org>"),
        *(f"Date: {datetime.now(UTC):%a, %d %b %Y %H:%M:%S +0000}", "Subject: thu"),
        *("MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"),
        "Content-Transfer-Encoding: 8bit",
    )
    return "\r\n".join((*head, "", text, "")).encode()


def move(context: ProbeContext, person: Person, kind: str, keys: Iterable[str], *way: str) -> None:
    """Have somebody move letters from one folder to another, all by one command."""
    here, there = way
    with reading(context, person) as session:
        for key in keys:
            session.keep(here, letter(kind, key, person.address))
        session.move(session.find(here, f"{kind}-"), there)


def folder(context: ProbeContext, edge: str, person: Person, kind: str, key: str) -> str:
    """Send a letter from outside to one edge host; return the folder in which it arrives."""
    host = next(each for each in context.site.centre.hosts if each.name == edge)
    name = context.outside_name
    with in_clear(context, context.outside, host.address, 25, greet_as=name) as smtp:
        smtp.ehlo()
        message = letter(kind, f"{key}-{edge}", person.address)
        assert 250 == offer(smtp, context.citizen, [person.address], message).code
    return receive(context, person, f"{kind}-{key}-{edge}", "INBOX", "Junk").folder


def learnt(lab: Lab, host: str) -> tuple[int, int]:
    """Return how many letters of each kind, spam and the other, a scanner has learnt."""
    ask = f"valkey-cli -s {valkey.SOCKET} hmget RS learns_spam learns_ham"
    spam, ham = lab.ssh(host, ask).split("\n")[:2]
    return int(spam or 0), int(ham or 0)
