"""Passwords that are issued and reset: slips, deadline, the end of sessions, and no trace."""

import contextlib
import imaplib
import json
import os
import pty
import re
import shlex
import smtplib
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from canary import Processes, here, spellings, told
from labs import CHECKOUT, Lab, environment, forget_journals, in_network_of
from pypdf import PdfReader

from hopthu.daemons.dovecot import SHARED
from hopthu.lab import remote, state
from hopthu.remote import utf7

TOP = "dc=thanhhoa,dc=gov,dc=vn"
DOMAIN = "thanhhoa.gov.vn"
PERSON, NAME, BASIS = "le-van-bay", "baylv", "cv-1029-snv-2020"
HEAD, HEAD_NAME, UNIT, OF_UNIT = "le-van-binh", "binhlv", "so-tai-chinh", "cv-31-stc-2025"
WORDS = re.compile(r"(?:[bhkmnstv][aeou]){2}\d\d(?:-(?:[bhkmnstv][aeou]){2}\d\d){3}")
BIND = (
    "umask 077; cat >/tmp/word; ldapwhoami -x -H ldaps://10.88.0.21 "
    f"-D uid={{}},ou=people,{TOP} -y /tmp/word 2>&1; rm /tmp/word"
)
"""Signs in to the directory from a workstation, with the word on standard input."""
AT_ONCE = 5.0
"""Seconds within which a reset ends sessions."""


def modify(lab: Lab, person: str, *changes: str) -> None:
    """Change attributes of somebody's entry, as root on the provider; forget earlier passwords.

    One that is set again and again would be noted twice in one second, which slapd refuses.
    """
    begin = f"dn: uid={person},ou=people,{TOP}\nchangetype: modify\n"
    forget, ldif = (begin + part + "\n" for part in ("replace: pwdHistory", "\n-\n".join(changes)))
    program = "ldapmodify -Q -Y EXTERNAL -H ldapi:///"
    lab.ssh(lab.provider, f"printf %s {shlex.quote(forget)} | {program} -e '!relax' && "
                          f"printf %s {shlex.quote(ldif)} | {program}")  # fmt: skip


@pytest.fixture
def as_before(centre: Lab) -> Iterator[None]:
    """Give people of these tests the lab's own passwords again."""
    yield
    hashes = json.loads((centre.folder / "first_passwords.json").read_text())
    for person in (PERSON, HEAD):
        modify(
            centre, person, f"replace: userPassword\nuserPassword: {hashes[person]}",
            "replace: pwdReset", "replace: hopthuPasswordUntil",
        )  # fmt: skip


def issue(lab: Lab, person: str, basis: str, folder: Path) -> str:
    """Take somebody's password away, issue one on a slip, and return what the slip says."""
    modify(lab, person, "replace: userPassword")
    lab.hopthu("credential", "issue", person, "--basis", basis, "--slips", str(folder), "lab")
    return on_slip(folder)


def on_slip(folder: Path) -> str:
    """Return the password of the only slip in a folder."""
    (path,) = folder.iterdir()
    text = " ".join("".join(page.extract_text() for page in PdfReader(path).pages).split())
    (password,) = WORDS.findall(text)
    return str(password)


class Sessions:
    """Sign-ins by mail programs in the network of a lab."""

    def __init__(self, known: state.LabState, context: ssl.SSLContext) -> None:
        """Connect to the access host."""
        self.access, self.context = known.host("access1").address, context

    def imap(self) -> imaplib.IMAP4_SSL:
        """Connect to read."""
        return imaplib.IMAP4_SSL(self.access, 993, ssl_context=self.context, timeout=30)

    def reads(self, name: str, password: str) -> bool:
        """Tell whether somebody can read mail."""
        with self.imap() as imap:
            try:
                imap.login(f"{name}@{DOMAIN}", password)
            except imaplib.IMAP4.error as error:
                if "AUTHENTICATIONFAILED" not in str(error):
                    raise
                return False
            return True

    def submission(self) -> smtplib.SMTP_SSL:
        """Connect to send."""
        return smtplib.SMTP_SSL(self.access, 465, context=self.context, timeout=30)

    def sends(self, name: str, password: str) -> bool:
        """Tell whether somebody can sign in to send mail."""
        with self.submission() as smtp:
            try:
                smtp.login(f"{name}@{DOMAIN}", password)
            except smtplib.SMTPAuthenticationError as error:
                if error.smtp_code != 535:
                    raise
                return False
            return True


@contextmanager
def programs(lab: Lab) -> Iterator[Sessions]:
    """Be where mail programs are."""
    with in_network_of(lab) as (known, context):
        yield Sessions(known, context)


PLANTED = "/var/lib/hopthu/planted"


@pytest.mark.usefixtures("as_before")
def test_the_password_of_a_slip_signs_in_and_is_nowhere_else(centre: Lab, tmp_path: Path) -> None:
    """Neither on hosts, in files and journals, nor on this machine, nor in lists of processes.

    The directory takes it too, for its owner to replace it there.
    """
    began = int(time.time())
    with Processes() as processes:
        password = issue(centre, PERSON, BASIS, tmp_path / "slips")
    with programs(centre) as mail:
        assert mail.reads(NAME, password)
        assert mail.sends(NAME, password)
    known = state.recorded(centre.folder)
    assert known is not None
    for word, answer in ((password, PERSON), (f"{password}x", "Invalid credentials")):
        said = remote.run(known, known.host("client"), BIND.format(PERSON), stdin=word.encode())
        assert answer in said
    ways = spellings(password)
    assert len(processes.seen) > 100
    # The script on the host is too short to be seen each time; both sides were looked at.
    for running in (b"\0credential\0issue\0", b"slapd"):
        assert any(running in each for each in processes.seen), "they were not watched"
    assert not [each for each in processes.seen for way in ways if way.encode() in each]
    assert {} == {name: found for name, found in told(centre, began, ways).items() if found}
    planted = f"cat >{PLANTED}; logger -f {PLANTED}"
    remote.run(known, known.host("store1"), planted, stdin=ways[2].encode())
    try:
        found = told(centre, began, ways, "store1")["store1"].splitlines()
        assert {PLANTED, "journal"} <= set(found)
    finally:
        centre.ssh("store1", f"rm {PLANTED}")
        forget_journals(centre)
    words = tmp_path / "words"
    words.write_text("\n".join(ways))
    assert f"{words}\n" == here(tmp_path, began, words)
    for folder in (centre.folder, CHECKOUT, Path.home(), Path("/var")):
        assert "" == here(folder, began, words), folder
    listed = json.loads(
        centre.hopthu("history", "--inventory", "lab", PERSON, "--format", "json").stdout
    )
    run = listed["runs"][0]
    assert [BASIS] == run["documents"]
    assert ["Lê Văn Bảy: a first password was issued [credential le-van-bay]"] == run["changes"]
    assert run["who"]


def reset_on_a_terminal(lab: Lab, person: str, basis: str) -> str:
    """Reset a password with a terminal; return what is shown there."""
    ours, theirs = pty.openpty()
    argv = [sys.executable, "-m", "hopthu", "credential", "reset", person, "--basis", basis, "lab"]
    with subprocess.Popen(
        argv, cwd=CHECKOUT, env=environment(lab), stdin=theirs, stdout=theirs, stderr=theirs
    ) as program:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # the other end is closed
            while part := os.read(ours, 4096):
                shown += part
        assert 0 == program.wait(), shown.decode()
    os.close(ours)
    return shown.decode()


def bound(lab: Lab, host: str, person: str, password: str) -> bool:
    """Tell whether a password is right for the directory of a host, as its Dovecot asks it."""
    dn = f"uid={person},ou=people,{TOP}"
    said = lab.ssh(host, f"ldapwhoami -x -H ldapi:/// -D {dn} -w {password} 2>&1 || true")
    assert re.search(r"^dn:|Invalid credentials", said), said
    return said.startswith("dn:")


@contextmanager
def watched(connections: Mapping[str, socket.socket]) -> Iterator[dict[str, float]]:
    """Yield what tells, after the block, when each connection was ended by the other side."""
    ended: dict[str, float] = {}

    def watch(name: str, connection: socket.socket) -> None:
        connection.settimeout(60)
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while connection.recv(4096):
                pass
        ended[name] = time.time()

    watchers = [threading.Thread(target=watch, args=one) for one in connections.items()]
    for watcher in watchers:
        watcher.start()
    yield ended
    for watcher in watchers:
        watcher.join(10)
    for connection in connections.values():
        connection.close()


@pytest.mark.usefixtures("as_before")
def test_a_reset_ends_sessions_and_the_old_password_everywhere(centre: Lab) -> None:
    """At once, also a session that shows a unit's mailbox, and one that sends."""
    old = centre.passwords[HEAD]
    with programs(centre) as mail:
        assert mail.sends(HEAD_NAME, old)
        reading, idle, sending = mail.imap(), mail.imap(), mail.submission()
        for imap in (reading, idle):
            imap.login(f"{HEAD_NAME}@{DOMAIN}", old)
        code, _ = reading.select(f'"{utf7.encode(f"{SHARED}/Sở Tài chính")}"', readonly=True)
        assert "OK" == code
        idle.select()
        idle.send(b"1 IDLE\r\n")
        sending.login(f"{HEAD_NAME}@{DOMAIN}", old)
        assert sending.sock
        kept = {"reading": reading.sock, "idle": idle.sock, "sending": sending.sock}
        with watched(kept) as ended:
            shown = reset_on_a_terminal(centre, HEAD, OF_UNIT)
            finished = time.time()
        # pwdChangedTime is dated back from the deadline; the former password has the moment.
        moments = re.findall(
            r"pwdHistory: (\d{14})Z",
            centre.ssh("dir1", f"slapcat -f /etc/ldap/slapd.conf -a uid={HEAD}"),
        )
        at = datetime.strptime(max(moments), "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
        assert kept.keys() == ended.keys()
        assert {} == {name: end - at for name, end in ended.items() if end - at > AT_ONCE}
        assert max(ended.values()) < finished + 0.5
        (new,) = WORDS.findall(shown)
        assert mail.reads(HEAD_NAME, new)
        assert mail.sends(HEAD_NAME, new)
        assert not mail.reads(HEAD_NAME, old)
        assert not mail.sends(HEAD_NAME, old)
    for host in ("access1", "dir1", "store1", "store2"):
        assert [True, False] == [bound(centre, host, HEAD, each) for each in (new, old)], host
    for host in ("access1", "store1", "store2"):
        assert "" == centre.ssh(host, f"doveadm -f tab who {HEAD} | tail -n +2")
    centre.hopthu("credential", "issue", HEAD, "--basis", OF_UNIT, "--slips", "/nowhere/x", "lab",
                  expect=3)  # fmt: skip


@pytest.mark.usefixtures("as_before")
def test_after_the_deadline_only_who_replaced_it_signs_in(centre: Lab, tmp_path: Path) -> None:
    """Nothing is told to any daemon at that moment; a replacement counts from its own second on."""
    kept = issue(centre, PERSON, BASIS, tmp_path / "kept")
    replaced = issue(centre, HEAD, OF_UNIT, tmp_path / "replaced")
    until = datetime.now(UTC) + timedelta(seconds=25)
    moment = until.strftime("%Y%m%d%H%M%SZ")
    for person in (PERSON, HEAD):
        modify(centre, person, f"replace: hopthuPasswordUntil\nhopthuPasswordUntil: {moment}")
    own = "tu-doi-lay-2026-Hoa"
    centre.ssh("dir1", f"ldappasswd -x -H ldapi:/// -D uid={HEAD},ou=people,{TOP} "
                       f"-w {replaced} -a {replaced} -s {own}")  # fmt: skip
    with programs(centre) as mail:
        assert mail.reads(NAME, kept)
        assert mail.sends(NAME, kept)
        assert mail.reads(HEAD_NAME, own)
        assert datetime.now(UTC) < until, "too slow to tell"
        while mail.reads(NAME, kept):
            assert datetime.now(UTC) < until + timedelta(seconds=5), "it still signs in"
        assert datetime.now(UTC) > until
        assert not mail.sends(NAME, kept)
        assert mail.reads(HEAD_NAME, own)
        assert mail.sends(HEAD_NAME, own)
        assert not mail.reads(HEAD_NAME, replaced)
