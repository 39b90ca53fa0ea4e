"""What one mailbox may take of a store: space, messages, folders, filters."""

import imaplib
import re
import shlex
import smtplib
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from junk import learnt, letter
from labs import Lab, forget_journals, in_network_of

from hopthu.daemons import dovecot
from hopthu.model.policy import Policy
from hopthu.remote import utf7
from hopthu.verify.sieve import ManageSieve

DOMAIN = "thanhhoa.gov.vn"
PERSON, NAME = "le-van-bay", "baylv"
DELEGATE, DELEGATE_NAME, UNIT = "nguyen-van-an", "annv", "so-tai-chinh"
FOLDER = f"{dovecot.SHARED}/Sở Tài chính"
DRAFTS = f"{FOLDER}/Drafts"
LETTER = b"Subject: thu\r\n\r\nThu.\r\n"


@contextmanager
def reading(lab: Lab, person: str, name: str) -> Iterator[imaplib.IMAP4]:
    """Read mail as a person, by the proxy."""
    with in_network_of(lab) as (known, context):
        access = known.host("access1").address
        with imaplib.IMAP4_SSL(access, 993, ssl_context=context, timeout=60) as imap:
            imap.login(f"{name}@{DOMAIN}", lab.passwords[person])
            yield imap


def append(imap: imaplib.IMAP4, folder: str) -> str:
    """Put a letter into a folder; return what the server says."""
    code, said = imap.append(f'"{utf7.encode(folder)}"', "", "", LETTER)
    return f"{code} {said[0].decode()}"


@contextmanager
def full(lab: Lab, mailbox: str, space: int) -> Iterator[None]:
    """Have a mailbox hold a message that says it is as large as all its space."""
    home = f"{dovecot.MAIL}/{mailbox}"
    path = f"{home}/Maildir/cur/1.full,S={space},W={space}:2,S"
    count = f"doveadm quota recalc -u {home.rpartition('/')[2]}"
    lab.ssh("store1", f"runuser -u vmail -- touch '{path}' && {count}")
    try:
        yield
    finally:
        lab.ssh("store1", f"rm -f {home}/Maildir/cur/1.full,* && {count}")


def forget(lab: Lab, mailbox: str) -> None:
    """Take the letters of a test out of a mailbox."""
    lab.ssh("store1", f"doveadm expunge -u {mailbox} mailbox '*' header subject thu")


def test_a_full_unit_takes_nothing_from_its_readers(centre: Lab) -> None:
    """Else citizens' mail would bounce; the reader's own mailbox has space of its own."""
    with (
        full(centre, f"units/{UNIT}", Policy().quotas.unit),
        reading(centre, DELEGATE, DELEGATE_NAME) as imap,
    ):
        assert append(imap, DRAFTS).startswith("NO [OVERQUOTA]")
        assert append(imap, "INBOX").startswith("OK")
    forget(centre, DELEGATE)
    with reading(centre, DELEGATE, DELEGATE_NAME) as imap:
        assert append(imap, DRAFTS).startswith("OK")
    forget(centre, UNIT)


def test_mail_finds_room_that_readers_cannot_take(centre: Lab) -> None:
    """Past their share they can neither add nor file, but tidy up: what arrives has the rest."""
    share = Policy().quotas.unit * Policy().quotas.readers // 100
    with (
        full(centre, f"units/{UNIT}", share),
        reading(centre, DELEGATE, DELEGATE_NAME) as imap,
    ):
        centre.ssh("store1", f"doveadm save -u {UNIT}", b"Subject: thu\n\nThu.\n")
        assert append(imap, DRAFTS).startswith("NO [OVERQUOTA]")
        imap.select(f'"{utf7.encode(FOLDER)}"')
        (last,) = imap.search(None, "SUBJECT", "thu")[1][0].split()[-1:]
        assert "NO" == imap.copy(last, f'"{utf7.encode(DRAFTS)}"')[0]
        assert "OK" == imap.uid("MOVE", "*", f'"{utf7.encode(FOLDER)}/Trash"')[0]
    forget(centre, UNIT)


def test_a_full_reader_writes_into_the_units_mailbox(centre: Lab) -> None:
    """A unit's space is not measured by who reads it."""
    with (
        full(centre, f"people/{DELEGATE}", Policy().quotas.personal),
        reading(centre, DELEGATE, DELEGATE_NAME) as imap,
    ):
        assert append(imap, "INBOX").startswith("NO [OVERQUOTA]")
        assert append(imap, DRAFTS).startswith("OK")
    forget(centre, UNIT)


OPERATOR = "van-phong-ubnd-tinh"
FULL_ONES: dict[str, tuple[int, list[str]]] = {
    f"people/{PERSON}": (Policy().quotas.personal, [NAME, NAME.upper()]),
    # Mail to reserved names is for the operator's unit.
    f"units/{OPERATOR}": (Policy().quotas.unit, ["vpubnd", "postmaster", "abuse"]),
}


def codes(lab: Lab, names: list[str]) -> dict[str, set[int]]:
    """Return the answers of both doors to each recipient of a letter."""
    with in_network_of(lab) as (known, context):
        edge, access = (known.host(name).address for name in ("edge1", "access1"))
        with (
            smtplib.SMTP(edge, 25, timeout=60) as outside,
            smtplib.SMTP_SSL(access, 465, context=context, timeout=60) as inside,
        ):
            inside.login(f"{DELEGATE_NAME}@{DOMAIN}", lab.passwords[DELEGATE])
            for smtp, sender in (
                (outside, "cong-dan@example.org"),
                (inside, f"{DELEGATE_NAME}@{DOMAIN}"),
            ):
                smtp.ehlo()
                assert 250 == smtp.mail(sender)[0]
            both = (inside, outside)
            return {name: {smtp.rcpt(f"{name}@{DOMAIN}")[0] for smtp in both} for name in names}


@pytest.mark.parametrize("mailbox", FULL_ONES)
def test_a_full_mailbox_is_refused_at_rcpt(centre: Lab, mailbox: str) -> None:
    """By any of its addresses, and nobody else; with the first room it is not any more."""
    space, names = FULL_ONES[mailbox]
    with full(centre, mailbox, space):
        expected = {**{name: {552} for name in names}, "stc": {250}}
        assert expected == codes(centre, [*names, "stc"])
    with full(centre, mailbox, space - 1):
        assert {name: {250} for name in names} == codes(centre, names)


AWAY = {
    "the check": (
        "edge1",
        "systemctl kill -s STOP hopthu-quota",
        "systemctl kill -s CONT hopthu-quota",
    ),
    "its socket": ("edge1", "systemctl stop hopthu-quota.socket", "systemctl start hopthu-quota"),
    "the door": (
        "store1",
        "systemctl stop hopthu-quota-store",
        "systemctl start hopthu-quota-store",
    ),
    "frozen": (
        "store1",
        "systemctl kill -s STOP hopthu-quota-store",
        "systemctl kill -s CONT hopthu-quota-store",
    ),
    "the store": ("store1", "systemctl stop dovecot", "systemctl start dovecot"),
    "its directory": ("store1", "systemctl stop slapd", "systemctl start slapd"),
}


@pytest.mark.parametrize("what", AWAY)
def test_mail_is_accepted_while_no_store_says_who_is_full(centre: Lab, what: str) -> None:
    """It waits, or is delivered: nothing is refused, or put off, for want of an answer."""
    host, away, back = AWAY[what]
    centre.ssh(host, away)
    try:
        with (
            in_network_of(centre) as (known, _),
            smtplib.SMTP(known.host("edge1").address, 25, timeout=60) as smtp,
        ):
            smtp.ehlo()
            smtp.mail("cong-dan@example.org")
            answers = [smtp.rcpt(f"{name}@{DOMAIN}")[0] for name in (NAME, DELEGATE_NAME)]
        assert [250, 250] == answers
    finally:
        centre.ssh(host, back)
        forget_journals(centre)


WARNING = "mailbox INBOX header auto-submitted auto-generated"


@pytest.mark.parametrize(
    ("mailbox", "folder", "space"),
    [
        (f"people/{DELEGATE}", "Sent", Policy().quotas.personal),
        (f"units/{UNIT}", DRAFTS, Policy().quotas.unit),
    ],
)
def test_a_warning_goes_to_the_mailbox_that_is_nearly_full(
    centre: Lab, mailbox: str, folder: str, space: int
) -> None:
    """Whoever put the letter there that made it so, and to no other."""
    owner = mailbox.rpartition("/")[2]
    (other,) = {DELEGATE, UNIT} - {owner}
    nearly = space * Policy().quotas.warn[0] // 100 - 1
    try:
        with full(centre, mailbox, nearly), reading(centre, DELEGATE, DELEGATE_NAME) as imap:
            assert append(imap, folder).startswith("OK")
            deadline = time.monotonic() + 30
            while not centre.ssh("store1", f"doveadm search -u {owner} {WARNING}"):
                assert time.monotonic() < deadline, "no warning"
                time.sleep(0.2)
        assert "" == centre.ssh("store1", f"doveadm search -u {other} {WARNING}")
    finally:
        for name in (owner, other):
            centre.ssh("store1", f"doveadm expunge -u {name} {WARNING}")
            forget(centre, name)


def test_small_messages_fill_a_mailbox_too(centre: Lab) -> None:
    """A file each, and a block of the disk."""
    with reading(centre, PERSON, NAME) as imap:
        said = str(imap.getquotaroot("INBOX")[1])
    assert re.search(rf"MESSAGE \d+ {Policy().quotas.personal // dovecot.BLOCK}\b", said), said


@pytest.mark.parametrize(
    ("person", "name", "mailbox", "prefix"),
    [
        (PERSON, NAME, f"people/{PERSON}", ""),
        (DELEGATE, DELEGATE_NAME, f"units/{UNIT}", f"{FOLDER}/"),
    ],
)
def test_a_folder_too_many_is_refused(
    centre: Lab, person: str, name: str, mailbox: str, prefix: str
) -> None:
    """A directory each, on the disk of everybody."""
    # Made as Dovecot would, which takes ever longer over each.
    number = dovecot.MOST_FOLDERS - len((*dovecot.FOLDERS, "INBOX", "Nhieu", "Nhieu/cuoi"))
    there = f"cd {dovecot.MAIL}/{mailbox}"
    make = f"""
        {there}/Maildir
        mkdir -p Nhieu/cur Nhieu/new Nhieu/tmp
        for kind in cur new tmp; do mkdir -p $(seq -f "Nhieu/%g/$kind" {number}); done
        chown -R vmail: Nhieu"""
    try:
        centre.ssh("store1", make)
        with reading(centre, person, name) as imap:
            assert "OK" == imap.create(f'"{utf7.encode(prefix)}Nhieu/cuoi"')[0]
            # The first folder of a unit is its INBOX, which has no name there and is not counted.
            answers = [imap.create(f'"{utf7.encode(prefix)}Nhieu/qua{n}"') for n in range(2)]
        code, said = answers[-1]
        assert "NO" == code
        assert said[0].startswith(b"[LIMIT]"), said
    finally:
        centre.ssh("store1", f"{there} && rm -rf Maildir/Nhieu index/Nhieu readers/Nhieu")


BELOW_UNITS = ("x", "x/y", "../x", "*/y", "x%/y", "a b", "x" * 200, f"{PERSON}/x", f"{UNIT}/x")


def test_nothing_a_person_sends_looks_like_a_failure(centre: Lab, sieve: ManageSieve) -> None:
    """Folders of units that do not exist, and filters that are refused while they arrive."""
    forget_journals(centre)
    with reading(centre, PERSON, NAME) as imap:
        for name in BELOW_UNITS:
            folder = utf7.encode(f"{dovecot.SHARED}/{name}")
            assert "NO" == imap.create(f'"{folder}"')[0], name
            assert "NO" == imap.select(f'"{folder}"')[0], name
    assert put(sieve, "day", dovecot.FILTERS_SIZE - 100).startswith("OK")
    for size in (*[dovecot.FILTERS_SIZE] * 25, 20 * dovecot.FILTERS_SIZE):
        assert put(sieve, "them", size).startswith("NO (QUOTA/")
    assert sieve.ask("NOOP").startswith("OK")
    probe = centre.probes("clean-journal")["clean-journal"]
    assert probe["passed"], probe["detail"]


def put(sieve: ManageSieve, name: str, size: int) -> str:
    """Put a filter of so many octets."""
    script = "keep;\r\n".ljust(size, "#")
    return sieve.ask(f'PUTSCRIPT "{name}" {{{size}+}}\r\n{script}')


@pytest.fixture
def sieve(centre: Lab) -> Iterator[ManageSieve]:
    """Filters of somebody who has none, before and after."""
    none = f"doveadm sieve list -u {PERSON}"
    assert "" == centre.ssh("store1", none)
    try:
        with in_network_of(centre) as (known, context):
            address = (known.host("access1").address, 4190)
            connect = partial(socket.create_connection, address, timeout=60)
            with ManageSieve(f"mail.{DOMAIN}", connect, context) as session:
                session.sign_in(f"{NAME}@{DOMAIN}", centre.passwords[PERSON])
                yield session
    finally:
        delete = f"xargs -r -n 1 doveadm sieve delete -u {shlex.quote(PERSON)}"
        centre.ssh("store1", f"{none} | {delete}")


def test_a_filter_too_many_is_refused(sieve: ManageSieve) -> None:
    """One is in use; others are kept."""
    for number in range(dovecot.MOST_FILTERS):
        assert put(sieve, f"loc-{number}", 100).startswith("OK")
    assert put(sieve, "loc-qua", 100).startswith("NO (QUOTA/MAXSCRIPTS)")
    assert put(sieve, "loc-0", 200).startswith("OK"), "what is there may be changed"


def test_filters_too_large_together_are_refused(sieve: ManageSieve) -> None:
    """They are no place to keep files."""
    half = dovecot.FILTERS_SIZE // 2
    assert put(sieve, "loc-1", half).startswith("OK")
    assert put(sieve, "loc-2", half - 1000).startswith("OK")
    assert put(sieve, "loc-3", 2000).startswith("NO (QUOTA/MAXSTORAGE)")


def test_no_letter_changes_how_many_its_mover_trains(centre: Lab) -> None:
    """With an id that is longer than any list of them takes, and from more hosts than one passes.

    Each scanner learns twenty. Strangers write such letters, and moving one is no failure.
    """
    forget_journals(centre)
    scanners = ("access1", "edge1")
    before = {host: learnt(centre, host) for host in scanners}
    hosts = b"Received: from a by b; Mon, 30 Nov 2026 10:00:00 +0000\r\n" * 60
    with reading(centre, PERSON, NAME) as imap:
        for number in range(40):
            each = letter("spam", f"dai-{number}", f"{NAME}@{DOMAIN}")
            long = each.replace(b"Message-ID: <", b"Message-ID: <" + 5000 * b"a")
            imap.append("Drafts", "", "", hosts + long)
        imap.select("Drafts")
        assert "OK" == imap.uid("MOVE", "1:*", "Junk")[0]
    forget(centre, PERSON)
    centre.ssh("store1", "until postqueue -p | grep -q empty; do sleep 0.1; done")
    for host, (spam, ham) in before.items():
        assert (spam + 20, ham) == learnt(centre, host), host
    probe = centre.probes("clean-journal")["clean-journal"]
    assert probe["passed"], probe["detail"]


def test_a_scanner_that_cannot_learn_is_asked_again(centre: Lab) -> None:
    """It learns once it has its memory back."""
    before = learnt(centre, "edge1")
    centre.ssh("edge1", "systemctl stop valkey-server")
    try:
        with reading(centre, DELEGATE, DELEGATE_NAME) as imap:
            imap.append("Drafts", "", "", letter("spam", "lai", f"{DELEGATE_NAME}@{DOMAIN}"))
            imap.select("Drafts")
            assert "OK" == imap.uid("MOVE", "1:*", "Junk")[0]
        centre.ssh("store1", "until postqueue -p | grep -q 451; do sleep 0.1; done")
    finally:
        centre.ssh("edge1", "systemctl start valkey-server")
        forget(centre, DELEGATE)
    centre.ssh("store1", "until postqueue -f; postqueue -p | grep -q empty; do sleep 1; done")
    assert (before[0] + 1, before[1]) == learnt(centre, "edge1")
