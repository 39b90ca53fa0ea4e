"""Tells the directory, the owner and the operator of a sender who was stopped here (Art. 6.5).

Rspamd leaves two notes of each; see lua.local.d/hopthu_flood.lua. `stopped.ID` stops the sender on
this host until the directory does so on every one, and is then `told.ID` for the letters that were
being taken in; `untold.ID` stays until both letters about it are in the queue.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

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
WHY = {"virus": "có mã độc", "flood": "vượt quá số người nhận được phép"}
TEXT = """\
Kính gửi Ông/Bà,

Việc gửi thư của {address} qua máy chủ {host} đã bị dừng, vì trong một ngày có nhiều thư {why}.
Việc nhận và đọc thư vẫn như thường.

Có thể mật khẩu đã bị lộ hoặc máy tính đang dùng đã nhiễm mã độc. Đề nghị ngừng dùng phần mềm thư
trên máy đó, quét mã độc, và báo cho đơn vị vận hành. Việc gửi thư trở lại bình thường khi mật khẩu
mới được cấp theo văn bản (hopthu credential reset).

Thư này do hệ thống gửi tự động, đề nghị không trả lời.
"""


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


def enter(person: str, since: str, base: str, provider: str) -> bool:
    """Return once the directory here has a stop of somebody, or a release later than `since`.

    That is whether it has a stop.
    The provider compares before it writes: what was released meanwhile is not stopped again.
    """
    settled = f"(|(hopthuStopped=*)(hopthuReleased>={since}))"

    def here(filter_: str) -> list[str]:
        found = ask("ldapsearch", "ldapi:///", "-LLL", "-o", "ldif-wrap=no",
                    "-b", base, f"(&(uid={person}){filter_})", "1.1")  # fmt: skip
        return re.findall("^dn: (.+)$", found, re.MULTILINE)

    for dn in here("(objectClass=inetOrgPerson)"):  # nobody, if the entry is gone
        change = f"dn: {dn}\nchangetype: modify\nadd: hopthuStopped\nhopthuStopped: {since}\n"
        unless = ("-e", f"!assert=(!{settled})")
        ask("ldapmodify", provider, *unless, text=change, fine=(0, UNMET))
        give_up = time.monotonic() + PATIENCE
        while not here(settled):
            if time.monotonic() > give_up:
                raise TimeoutError("the directory here does not have it yet")
            time.sleep(PAUSE)
    return bool(here("(hopthuStopped=*)"))


def tell(person: str, why: str, domain: str) -> None:
    """Write to the owner and to the operator."""
    at = f"@{domain}"
    rows = [line.split("\t") for line in MAILBOXES.read_text(encoding="ascii").splitlines()]
    mine = [address for address, owner in rows if owner == person and address.endswith(at)]
    for to in (*mine[:1], f"postmaster{at}"):
        send(domain, to, (*mine, person)[0], why)


def main(domain: str, base: str, provider: str) -> None:
    """Tell of each note, and remove it; what failed is named at the end, and its note stays."""
    failed = []
    for told in NOTES.glob("told.*"):
        if told.stat().st_mtime < time.time() - ASKED_BEFORE:
            told.unlink(missing_ok=True)
    for note in sorted((*NOTES.glob("stopped.*"), *NOTES.glob("untold.*"))):
        kind, _, person = note.name.partition(".")
        try:
            why, since = note.read_text(encoding="ascii"), note.stat().st_mtime
        except FileNotFoundError:  # released meanwhile
            continue
        try:
            if re.fullmatch(r"[a-z0-9._-]+", person) and kind == "stopped":
                when = f"{datetime.fromtimestamp(since, UTC):%Y%m%d%H%M%S.%fZ}"
                if enter(person, when, base, provider):
                    with suppress(FileNotFoundError):  # released meanwhile
                        os.utime(note)
                        note.rename(note.with_name(f"told.{person}"))
            elif re.fullmatch(r"[a-z0-9._-]+", person) and why in WHY:
                tell(person, why, domain)
            note.unlink(missing_ok=True)
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or error
            failed.append(f"{note.name}: {said}")
    if failed:
        sys.exit("\n".join(failed))


if __name__ == "__main__":
    main(*sys.argv[1:])
