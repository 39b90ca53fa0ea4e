"""News of drift by mail, handed to this machine's own mail system."""

from __future__ import annotations

import subprocess
from email.message import EmailMessage

from hopthu.errors import HopthuError

SENDMAIL = "/usr/sbin/sendmail"


def send(text: str, subject: str, address: str) -> None:
    """Send `text` to `address`; raise `HopthuError` when the mail system does not take it."""
    message = EmailMessage()
    message["To"] = address
    message["Subject"] = subject
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's vacation answers
    message.set_content(text, cte="quoted-printable")
    try:
        done = subprocess.run(
            [SENDMAIL, "-i", "-t"], input=bytes(message), capture_output=True, check=False
        )
    except FileNotFoundError as error:
        raise HopthuError(f"there is no {SENDMAIL} on this machine to send mail with") from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()
        raise HopthuError(f"the mail was not taken: {said or f'exit {done.returncode}'}")
