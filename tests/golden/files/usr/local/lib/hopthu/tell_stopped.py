"""Tells a sender who was stopped, and the operator, by letters of this host (Art. 6.5).

Rspamd leaves a note for each; see lua.local.d/hopthu_flood.lua. A note stays until both letters are
in the queue.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

NOTES, MAILBOXES = Path("/var/lib/rspamd"), Path("/etc/postfix/hopthu/mailboxes")
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


def main(domain: str) -> None:
    """Tell of each note, and remove it."""
    at = f"@{domain}"
    rows = [line.split("\t") for line in MAILBOXES.read_text(encoding="ascii").splitlines()]
    for note in sorted(NOTES.glob("untold.*")):
        person = note.name.removeprefix("untold.")
        try:
            why = note.read_text(encoding="ascii")
        except FileNotFoundError:  # released meanwhile
            continue
        mine = [address for address, owner in rows if owner == person and address.endswith(at)]
        if re.fullmatch(r"[a-z0-9._-]+", person) and why in WHY:
            for to in (*mine[:1], f"postmaster{at}"):
                send(domain, to, (*mine, person)[0], why)
        note.unlink(missing_ok=True)


if __name__ == "__main__":
    main(sys.argv[1])
