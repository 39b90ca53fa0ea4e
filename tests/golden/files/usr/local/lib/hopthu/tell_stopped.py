"""Tells the directory, the owner and the operator of a sender who was stopped here (Art. 6.5).

Rspamd leaves two notes of each; see lua.local.d/hopthu_flood.lua. `stopped.ID` stops the sender on
this host until the directory does so on every one, and is then `told.ID` for the letters that were
being taken in; `untold.ID` stays until both letters about it are in the queue. Rspamd reads what
strangers write, and may be taken over one day: what is no such note is set aside as `bad.NAME`.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import NamedTuple

NOTES, MAILBOXES = Path("/var/lib/rspamd"), Path("/etc/postfix/hopthu/mailboxes")
CERTIFICATE = {
    "LDAPTLS_CACERT": "/etc/hopthu/tls/ca.pem",
    "LDAPTLS_CERT": "/etc/hopthu/tls/host.pem",
    "LDAPTLS_KEY": "/etc/hopthu/tls/host.key",
}
PATIENCE, PAUSE = 20.0, 0.2
ASKED_BEFORE = 90
"""Seconds for which a letter may be under way between Postfix and Rspamd."""
UNMET = 122
"""The exit code of `ldapmodify` for an assertion that does not hold."""
NAME = re.compile(r"(stopped|untold)[.]([a-z0-9][a-z0-9._-]*)")
NOTE = re.compile(rb"(virus|flood)(?: (-|[0-9]{14}(?:[.][0-9]{1,6})?Z))?")
"""Why somebody was stopped, and the release that the directory here had then, `-` for none."""
LONGEST = 100
"""Bytes of a note that are read."""
WHY = {"virus": "có mã độc", "flood": "vượt quá số người nhận được phép"}
TEXT = """\
Kính gửi Ông/Bà,

Việc gửi thư của {address} qua máy chủ {host} đã bị dừng, vì trong một ngày có nhiều thư {why}.
Việc nhận và đọc thư vẫn như thường.

Có thể mật khẩu đã bị lộ hoặc máy tính đang dùng đã nhiễm mã độc. Đề nghị ngừng dùng phần mềm thư
trên máy đó, quét mã độc, và báo cho đơn vị vận hành. Việc gửi thư trở lại bình thường khi mật khẩu
mới được cấp theo văn bản (hopthu credential reset); khi đó mọi mật khẩu ứng dụng đã cấp bị thu hồi.

Thư này do hệ thống gửi tự động, đề nghị không trả lời.
"""


class BadNoteError(Exception):
    """Something is among the notes that Rspamd does not leave."""


class Note(NamedTuple):
    """A note, why somebody was stopped, and the release that the directory here had then."""

    path: Path
    kind: str
    person: str
    why: str
    release: str


def send(domain: str, to: str, address: str, why: str) -> None:
    """Put a letter into the queue of this host."""
    message, host = EmailMessage(), socket.getfqdn()
    message["From"] = sender = f"postmaster@{domain}"
    message["To"], message["Subject"] = to, f"Đã dừng việc gửi thư của {address}"
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=host)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(TEXT.format(address=address, host=host, why=WHY[why]))
    argv = ["/usr/sbin/sendmail", "-i", "-f", sender, "--", to]
    subprocess.run(argv, input=message.as_bytes(), check=True)


def ask(program: str, at: str, *options: str, text: str = "", fine: Sequence[int] = (0,)) -> str:
    """Ask a directory; return its answer. Raises `OSError` or `CalledProcessError`."""
    argv = [program, "-Q", "-Y", "EXTERNAL", "-H", at, "-o", "nettimeout=5", *options]
    done = subprocess.run(
        argv, input=text, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, **CERTIFICATE},
    )  # fmt: skip
    if done.returncode not in fine:
        raise subprocess.CalledProcessError(done.returncode, argv, done.stdout, done.stderr)
    return done.stdout


def here(filter_: str, attribute: str, base: str) -> list[str]:
    """Return the values of an attribute of entries in the directory of this host."""
    found = ask("ldapsearch", "ldapi:///", "-LLL", "-o", "ldif-wrap=no",
                "-b", base, filter_, "1.1" if attribute == "dn" else attribute)  # fmt: skip
    return re.findall(f"^{attribute}: (.+)$", found, re.MULTILINE)


def enter(note: Note, base: str, provider: str) -> bool:
    """Return once the directory here has a stop of somebody, or another release than the note.

    That is whether it has a stop. The provider compares before it writes: what was released since
    the note was left is not stopped again, whatever any clock says.
    """
    another = f"(!(hopthuReleased={note.release}))" if note.release != "-" else "(hopthuReleased=*)"
    known = f"(|(hopthuStopped=*){another})"

    def found(filter_: str) -> list[str]:
        return here(f"(&(uid={note.person}){filter_})", "dn", base)

    for dn in found("(objectClass=inetOrgPerson)"):  # nobody, if the entry is gone
        since = f"{datetime.now(UTC):%Y%m%d%H%M%SZ}"
        change = f"dn: {dn}\nchangetype: modify\nadd: hopthuStopped\nhopthuStopped: {since}\n"
        ask("ldapmodify", provider, "-e", f"!assert=(!{known})", text=change, fine=(0, UNMET))
        give_up = time.monotonic() + PATIENCE
        while not found(known):
            if time.monotonic() > give_up:
                raise TimeoutError("the directory here does not have it yet")
            time.sleep(PAUSE)
    return bool(found("(hopthuStopped=*)"))


def tell(person: str, why: str, domain: str) -> None:
    """Write to the owner and to the operator."""
    at = f"@{domain}"
    rows = [line.split("\t") for line in MAILBOXES.read_text(encoding="ascii").splitlines()]
    mine = [address for address, owner in rows if owner == person and address.endswith(at)]
    for to in (*mine[:1], f"postmaster{at}"):
        send(domain, to, (*mine, person)[0], why)


def read(path: Path, base: str) -> Note | None:
    """Return a note, None if a reset took it away; raise `BadNoteError` for anything else.

    One that stops somebody keeps the release that the directory here has when it is first read.
    """
    named = NAME.fullmatch(path.name)
    try:
        opened = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):  # a link, a folder, a socket
            raise BadNoteError from error
        raise
    try:
        plain = stat.S_ISREG(os.fstat(opened).st_mode)
        said = plain and NOTE.fullmatch(os.read(opened, LONGEST))
        if not named or not said:
            raise BadNoteError
        kind, person = named.groups()
        why, release = (part.decode() for part in said.groups(b""))
        if kind == "stopped" and not release:
            (release, *_) = (*here(f"(uid={person})", "hopthuReleased", base), "-")
            os.write(opened, f" {release}".encode())
    finally:
        os.close(opened)
    return Note(path, kind, person, why, release)


def deal_with(note: Note, domain: str, base: str, provider: str) -> None:
    """Tell of a note, which goes then; one that a reset takes away meanwhile is gone already."""
    if note.kind == "stopped" and enter(note, base, provider):
        with suppress(FileNotFoundError):
            os.utime(note.path, follow_symlinks=False)
            note.path.rename(note.path.with_name(f"told.{note.person}"))
        return
    if note.kind == "untold":
        tell(note.person, note.why, domain)
    note.path.unlink(missing_ok=True)


@contextmanager
def noting(path: Path, failed: list[str]) -> Iterator[None]:
    """Add what fails in this block to `failed`; the rest goes on. What is no note is set aside."""
    try:
        try:
            yield
        except BadNoteError:
            failed.append(f"{path.name!a} is none of Rspamd's notes, and is bad.* now")
            path.rename(path.with_name(f"bad.{path.name}"))
    except (OSError, subprocess.SubprocessError) as error:
        failed.append(f"{path.name!a}: {getattr(error, 'stderr', None) or error}")


def main(domain: str, base: str, provider: str) -> None:
    """Tell of each note, and remove it; what failed is named at the end, and its note stays."""
    failed: list[str] = []
    for told in NOTES.glob("told.*"):
        with noting(told, failed):
            if told.lstat().st_mtime < time.time() - ASKED_BEFORE:
                told.unlink(missing_ok=True)
    notes: list[Note | None] = []
    for path in sorted((*NOTES.glob("stopped.*"), *NOTES.glob("untold.*"))):
        with noting(path, failed):
            notes.append(read(path, base))
    # Now that all are read: to tell of one may take its time.
    for note in filter(None, notes):
        with noting(note.path, failed):
            deal_with(note, domain, base, provider)
    if failed:
        sys.exit("\n".join(failed))


if __name__ == "__main__":
    main(*sys.argv[1:])
