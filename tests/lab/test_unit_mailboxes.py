"""A unit's mailbox as its readers have it: under its name, which may change, and as its own."""

import imaplib
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from labs import Lab, copied, forget_journals, git, in_network_of

from hopthu.daemons.dovecot import MAIL, SHARED
from hopthu.remote import utf7

DOMAIN, HOST, UNIT = "thanhhoa.gov.vn", "mail1", "so-tai-chinh"
NAME, RENAMED = "Sở Tài chính", "Sở Tài chính & Ngân sách"
HEAD, DELEGATE, MEMBER, STRANGER = "le-van-binh", "nguyen-van-an", "nguyen-van-an-2", "le-van-bay"
NAMES = {HEAD: "binhlv", DELEGATE: "annv", MEMBER: "annv2", STRANGER: "baylv"}
MATTER = "Hồ sơ/Việc – 1"
LETTER = b"Subject: thu %d\r\n\r\nThu.\r\n"
RENAME = (
    "unit", "rename", UNIT, "--name", RENAMED, "--from", "2026-11-25", "--on", "2026-11-25",
    "--decision-number", "9301/QĐ-UBND", "--decision-issuer", "ubnd-tinh",
    "--decision-date", "2026-11-20", "--request-number", "9301/STC-VP",
    "--request-issuer", UNIT, "--request-date", "2026-11-23", "--yes",
)  # fmt: skip
TRANSFER = (
    "person", "transfer", DELEGATE, "--unit", "so-noi-vu", "--title", "Chuyên viên",
    "--from", "2026-11-25", "--on", "2026-11-25",
    "--decision-number", "9302/QĐ-UBND", "--decision-issuer", "ubnd-tinh",
    "--decision-date", "2026-11-20", "--request-number", "9302/STC-VP",
    "--request-issuer", UNIT, "--request-date", "2026-11-23", "--yes",
)  # fmt: skip


@contextmanager
def reading(lab: Lab, *people: str) -> Iterator[list[imaplib.IMAP4_SSL]]:
    """Read mail as some people at once."""
    with in_network_of(lab) as (known, context), ExitStack() as stack:
        address = known.host(HOST).address
        sessions = []
        for person in people:
            imap = imaplib.IMAP4_SSL(address, 993, ssl_context=context, timeout=60)
            stack.callback(imap.shutdown)
            imap.login(f"{NAMES[person]}@{DOMAIN}", lab.passwords[person])
            sessions.append(imap)
        yield sessions


def folder(unit: str, *inner: str) -> str:
    return f'"{utf7.encode("/".join((SHARED, unit, *inner)))}"'


def asked(imap: imaplib.IMAP4, command: str) -> str:
    """Whether a command that imaplib does not know is done: OK, NO or BAD."""
    tag = imap._new_tag().decode()
    imap.send(f"{tag} {command}\r\n".encode())
    while not (line := imap.readline().decode()).startswith(tag):
        assert line, "the session has ended"
    return line.split()[1]


def listed(imap: imaplib.IMAP4, command: str = "list") -> list[str]:
    """The names of folders of units that a session lists, or has subscribed to."""
    code, lines = imap.lsub() if command == "lsub" else imap.list()
    assert "OK" == code
    names = (re.fullmatch(rb'.* "/" "?(.*?)"?', line) for line in lines if isinstance(line, bytes))
    found = sorted(utf7.decode(each[1].decode()) for each in names if each)
    return [name for name in found if name.startswith(f"{SHARED}/")]


def kept(imap: imaplib.IMAP4, unit: str) -> dict[str, tuple[bytes, list[bytes]]]:
    """Of INBOX and a folder: UIDVALIDITY, and of every message UID and flags."""
    found = {}
    for inner in ((), (MATTER,)):
        assert "OK" == imap.select(folder(unit, *inner), readonly=True)[0]
        validity = imap.response("UIDVALIDITY")[1][0]
        messages = [
            re.sub(rb" ?\\Recent", b"", each)
            for each in imap.fetch("1:*", "(UID FLAGS)")[1]
            if isinstance(each, bytes)
        ]
        found["/".join(inner)] = (validity, messages)
    return found


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout to edit."""
    return copied(tmp_path_factory.mktemp("unit") / "checkout")


@pytest.fixture(scope="module")
def mail(single: Lab) -> Iterator[Lab]:
    """The lab with mail of a unit, of which head and delegate have read different letters."""
    try:
        with reading(single, HEAD, DELEGATE) as (head, delegate):
            assert "OK" == head.create(folder(NAME, MATTER))[0]
            assert "OK" == head.subscribe(folder(NAME, MATTER))[0]
            for number in range(3):
                assert "OK" == head.append(folder(NAME), "", "", LETTER % number)[0]
            assert "OK" == head.append(folder(NAME, MATTER), "(\\Flagged)", "", LETTER % 9)[0]
            for imap, read in ((head, "1"), (delegate, "2")):
                imap.select(folder(NAME))
                imap.store(read, "+FLAGS", "(\\Seen)")
        yield single
    finally:
        single.ssh(
            HOST,
            f"doveadm mailbox delete -u {UNIT} -r 'Hồ sơ'; "
            f"doveadm expunge -u {UNIT} mailbox '*' header subject thu",
        )
        single.restore()


def go_on(imap: imaplib.IMAP4) -> None:
    """Use a session; the first command after its end may be sent yet."""
    for _ in range(2):
        imap.noop()


def applied(lab: Lab, root: Path, edit: tuple[str, ...], message: str) -> None:
    lab.hopthu(*edit, root=root)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", message)
    lab.hopthu("apply", "lab", "--yes", "--on", "2026-11-25", root=root)


def test_head_and_delegate_use_it_and_nobody_else_does(mail: Lab) -> None:
    """Neither who works there nor a stranger, by its name, its id, or that of a person."""
    forget_journals(mail)
    with reading(mail, HEAD, DELEGATE, MEMBER, STRANGER) as (head, delegate, *others):
        for imap in (head, delegate):
            assert f"{SHARED}/{NAME}" in listed(imap)
            assert "OK" == imap.select(folder(NAME))[0]
        for imap in (*others, delegate):
            names = [(UNIT,), (HEAD,), (HEAD, "Sent"), ("..", HEAD), ("Sở Nội vụ",), (NAME, "..")]
            mine = [] if imap is delegate else [(NAME,), (NAME, "INBOX"), (NAME, MATTER)]
            for name in (*names, *mine):
                assert "NO" == imap.select(folder(*name))[0], name
                assert "NO" == imap.append(folder(*name), "", "", LETTER % 7)[0], name
                assert "NO" == imap.create(folder(*name, "x"))[0], name
                assert "NO" == imap.rename("Sent", folder(*name, "x"))[0], name
            assert "BAD" == asked(imap, f"SETACL {folder(NAME)} {STRANGER} lr")
        assert [[], []] == [listed(imap) for imap in others]
    homes = mail.ssh(HOST, f"ls {MAIL}/units {MAIL}/people/{STRANGER} {MAIL}/nothing")
    assert "x" not in homes.split()
    probe = mail.probes("clean-journal")["clean-journal"]
    assert probe["passed"], probe["detail"]


def test_a_renamed_unit_keeps_mail_flags_and_subscriptions(mail: Lab, root: Path) -> None:
    """UIDVALIDITY, UIDs and what each has read; open sessions end, and nothing has the old name."""
    with reading(mail, HEAD, DELEGATE) as sessions:
        before = [kept(imap, NAME) for imap in sessions]
        had = [(listed(imap), listed(imap, "lsub")) for imap in sessions]
        assert before[0] != before[1]
        assert f"{SHARED}/{NAME}/{MATTER}" in had[0][1]
        applied(mail, root, RENAME, "Rename the department")
        for imap in sessions:
            with pytest.raises((imaplib.IMAP4.abort, OSError)):
                go_on(imap)
    with reading(mail, HEAD, DELEGATE) as sessions:
        assert before == [kept(imap, RENAMED) for imap in sessions]
        assert [
            tuple([name.replace(NAME, RENAMED) for name in names] for names in each) for each in had
        ] == [(listed(imap), listed(imap, "lsub")) for imap in sessions]
        for imap in sessions:
            assert "NO" == imap.select(folder(NAME))[0]


def test_a_former_delegate_loses_it_at_once(mail: Lab, root: Path) -> None:
    """A session with the mailbox open ends; the head's goes on, and nothing is left to find."""
    unit = RENAMED if RENAMED in mail.ssh(HOST, f"doveadm mailbox list -u {HEAD}") else NAME
    with reading(mail, HEAD, DELEGATE) as (head, delegate):
        for imap in (head, delegate):
            assert "OK" == imap.select(folder(unit))[0]
        applied(mail, root, TRANSFER, "The delegate goes elsewhere")
        assert "OK" == head.noop()[0]
        with pytest.raises((imaplib.IMAP4.abort, OSError)):
            go_on(delegate)
    with reading(mail, DELEGATE) as (delegate,):
        assert ([], []) == (listed(delegate), listed(delegate, "lsub"))
        for inner in ((), ("INBOX",), ("Sent",), (MATTER,)):
            assert "NO" == delegate.select(folder(unit, *inner))[0]
            assert "NO" == delegate.append(folder(unit, *inner), "", "", LETTER % 8)[0]
