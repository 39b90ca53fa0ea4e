"""Letters to people with a vacation notice, handed to the Dovecot of this host, a store.

Each is delivered as Postfix does it; what Dovecot says of the notice stands in its log before it
answers. A test puts its scene behind this program.
"""

import re
import smtplib
import socket
import ssl
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

DOMAIN = "thanhhoa.gov.vn"
TLS = "/etc/hopthu/tls"


class Lmtp(smtplib.LMTP):
    """A connection to port 24, with the certificate of this host."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        context = ssl.create_default_context(cafile=f"{TLS}/ca.pem")
        context.check_hostname = False
        return context.wrap_socket(socket.create_connection((host, port), timeout))


@contextmanager
def notice(person: str, script: str) -> Iterator[None]:
    """Have somebody's filter be this one."""
    words = ["doveadm", "sieve"]
    put = [*words, "put", "-u", person, "-a", "nghi"]
    subprocess.run(put, input=script.encode(), check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run([*words, "deactivate", "-u", person], check=True, capture_output=True)
        subprocess.run([*words, "delete", "-u", person, "nghi"], check=True, capture_output=True)


def deliver(sender: str, to: str, *headers: str, key: str = "") -> str:
    """Deliver a letter; return the code of the answer and what the log says of a notice."""
    key = key or uuid.uuid4().hex
    head = [f"Message-ID: <{key}@x>", "Subject: thu", *headers]
    if not any(each.startswith("To: ") for each in headers):
        head.append(f"To: {to}")
    if not any(each.startswith("From: ") for each in headers):
        head.append(f"From: {sender}")
    with Lmtp("127.0.0.1", 24, local_hostname="localhost", timeout=60) as lmtp:
        lmtp.ehlo()
        lmtp.mail(sender)
        assert lmtp.rcpt(to)[0] == 250, to
        code, _ = lmtp.data("\r\n".join([*head, "", "Thu.", ""]).encode())
    return f"{code} {said(key)}"


def said(key: str) -> str:
    """Return what Dovecot has logged of the notice that answers a letter, the last time."""
    subprocess.run(["journalctl", "--sync"], check=True)
    words = [
        "journalctl",
        "--unit=dovecot",
        "--output=cat",
        "--since=-10min",
        "--grep",
        f"<{key}@x>",
    ]
    lines = subprocess.run(words, check=False, capture_output=True, text=True).stdout.splitlines()
    found = [line for line in lines if re.search(r"vacation|executing|Error", line)]
    return found[-1].partition(f"<{key}@x>: ")[2] if found else "nothing"
