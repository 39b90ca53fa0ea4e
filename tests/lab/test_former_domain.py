"""Mail to the domain of a province that merged into ours: for a time, and never from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from labs import Lab, git, papers
from officials import official

from hopthu.daemons.site import load_site
from hopthu.inventory import loader
from hopthu.verify.context import ProbeContext, opened
from hopthu.verify.mail import letter, receive, send_from_outside, submit
from hopthu.verify.smtp import Reply

FORMER = "duyendtm@cu.gov.vn"
"""There it was Lê Văn Bảy's; `duyendtm` at our domain is a colleague's."""
DAY, LAST, AFTER = "2026-11-30", "2027-06-30", "2027-07-01"
DOCUMENT = "qd-9001-ubnd-2026"


@pytest.fixture
def root(centre: Lab, workspace: Path) -> Path:
    """A checkout whose policy declares a former domain, applied while it receives."""
    data = workspace / "data"
    with (data / "policy.yaml").open("a", encoding="utf-8") as policy:
        policy.write(
            "former_domains:\n"
            f"  - {{domain: cu.gov.vn, from: {DAY}, until: {LAST}, document: {DOCUMENT}}}\n"
        )
    with (data / "documents.yaml").open("a", encoding="utf-8") as documents:
        documents.write(
            f"- {{id: {DOCUMENT}, kind: decision, number: 9001/QĐ-UBND, issuer: ubnd-tinh, "
            "date: 2026-11-20, acts: [former_domain]}\n"
        )
    people = (data / "people.yaml").read_text(encoding="utf-8")
    known = "mailbox: {address: baylv}"
    assert known in people
    basis = papers(workspace, "so-noi-vu", "SNV", 9002, date(2026, 11, 23)).partition(", ")[2]
    new = people.replace(
        known,
        f"mailbox: {{address: baylv, former: [{FORMER}]}}\n"
        f"  changes: [{{on: {DAY}, facts: [aliases], {basis}}}]",
    )
    (data / "people.yaml").write_text(new, encoding="utf-8")
    centre.hopthu("format", root=workspace)
    git(workspace, "commit", "--quiet", "--all", "--message", "A province merges into ours")
    centre.hopthu("apply", "lab", "--yes", "--on", DAY, root=workspace)
    return workspace


@contextmanager
def world(lab: Lab, root: Path, on: str) -> Iterator[ProbeContext]:
    """See the centre as servers outside and people inside do."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HOPTHU_LAB", str(lab.folder))
        found = loader.load(root, "lab")
        site = load_site(root, date.fromisoformat(on), found)
        with opened(site, found) as context:
            yield context


def from_outside(context: ProbeContext, recipient: str, sender: str = "", shown: str = "") -> Reply:
    """Send a letter to the MX as a server outside does; `shown` is the From that people see."""
    sender = sender or context.citizen
    message = letter(context.token(), shown or sender, recipient)
    return send_from_outside(context, sender, recipient, message)


def test_a_former_domain_receives_for_its_time_and_never_sends(centre: Lab, root: Path) -> None:
    """Then the reply names the present address; all of it by the data and the day alone."""
    with world(centre, root, DAY) as context:
        bay, colleague = official(context, "le-van-bay"), official(context, "dang-thi-my-duyen")
        for by in (context.citizen, colleague.address):
            token = context.token()
            message = letter(token, by, FORMER)
            reply = (
                submit(context, colleague, FORMER, message)
                if by == colleague.address
                else send_from_outside(context, by, FORMER, message)
            )
            assert 250 == reply.code, reply
            assert FORMER == receive(context, bay, token).message["To"]
        assert 250 == from_outside(context, "postmaster@cu.gov.vn").code
        unknown = from_outside(context, "ai-do@cu.gov.vn")
        assert (550, True) == (unknown.code, "5.1.1" in unknown.text)

        own = letter(context.token(), FORMER, context.citizen)
        assert 553 == submit(context, bay, context.citizen, own, sender=FORMER).code
        assert 550 == from_outside(context, bay.address, sender=FORMER).code
        assert 500 <= from_outside(context, bay.address, shown=FORMER).code < 600

    drift = centre.hopthu("drift", "lab", "--lang", "en", "--on", DAY, root=root)
    assert "No drift" in drift.stdout
    words = ("daily", "lab", "--as", "timer", "--lang", "en", "--on", AFTER)
    told = centre.hopthu(*words, root=root).stdout
    assert "mail to addresses at cu.gov.vn is now refused; the reply names thanhhoa.gov.vn" in told

    with world(centre, root, AFTER) as context:
        colleague = official(context, "dang-thi-my-duyen")
        inside = submit(
            context, colleague, FORMER, letter(context.token(), colleague.address, FORMER)
        )
        for reply in (from_outside(context, FORMER), inside):
            assert 550 == reply.code, reply
            assert "please write to baylv@thanhhoa.gov.vn" in reply.text
        other = from_outside(context, "ai-do@cu.gov.vn")
        assert (550, True) == (other.code, "Addresses are now at thanhhoa.gov.vn" in other.text)
