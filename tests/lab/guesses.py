"""Tries passwords at every door of an access host: `python3 guesses.py ADDRESS NAME WORKERS`.

Runs on any host of a lab, with nothing but Python. Reads a JSON object on standard input, a list of
passwords for each of `imap`, `submissions`, `submission`, `sieve` and `store`; the last are tried
at the store whose address comes as fourth argument. Prints for each how many were `accepted`,
`refused`, or could not be tried because there was no connection (`closed`).
"""

from __future__ import annotations

import base64
import imaplib
import json
import smtplib
import socket
import ssl
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

TIMEOUT = 60.0
UNANSWERED = 5.0
"""Seconds for a store, where a filter answers nobody."""


def tls() -> ssl.SSLContext:
    """Return a context that trusts any server, as a guesser does."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def imap(address: str, name: str, password: str, timeout: float = TIMEOUT) -> bool:
    """Sign in to read."""
    with imaplib.IMAP4_SSL(address, 993, ssl_context=tls(), timeout=timeout) as session:
        try:
            session.login(name, password)
        except imaplib.IMAP4.error as error:
            if "AUTHENTICATIONFAILED" not in str(error):
                raise
            return False
        return True


def submissions(address: str, name: str, password: str) -> bool:
    """Sign in to send, with TLS from the first byte."""
    with smtplib.SMTP_SSL(address, 465, context=tls(), timeout=TIMEOUT) as session:
        return sends(session, name, password)


def submission(address: str, name: str, password: str) -> bool:
    """Sign in to send, with STARTTLS."""
    with smtplib.SMTP(address, 587, timeout=TIMEOUT) as session:
        session.starttls(context=tls())
        return sends(session, name, password)


def sends(session: smtplib.SMTP, name: str, password: str) -> bool:
    """Sign in to send."""
    try:
        session.login(name, password)
    except smtplib.SMTPAuthenticationError as error:
        if error.smtp_code != 535:
            raise
        return False
    return True


def sieve(address: str, name: str, password: str) -> bool:
    """Sign in to change filters (RFC 5804)."""
    with socket.create_connection((address, 4190), TIMEOUT) as plain:
        heard(plain)
        plain.sendall(b"STARTTLS\r\n")
        heard(plain)
        with tls().wrap_socket(plain) as session:
            heard(session)
            word = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
            session.sendall(f'AUTHENTICATE "PLAIN" "{word}"\r\n'.encode())
            answer = heard(session)
            if b"TRYLATER" in answer or b"BYE" in answer:
                raise ConnectionError(answer)
            return answer.startswith(b"OK")


def heard(session: socket.socket) -> bytes:
    """Return all that a server says until its OK, NO or BYE."""
    said = b""
    while not any(
        line.startswith((b"OK", b"NO", b"BYE")) and said.endswith(b"\n")
        for line in said.splitlines()
    ):
        part = session.recv(4096)
        if not part:
            raise ConnectionError(said)
        said += part
    return said


DOORS: dict[str, Callable[[str, str, str], bool]] = {
    "imap": imap,
    "submissions": submissions,
    "submission": submission,
    "sieve": sieve,
    "store": partial(imap, timeout=UNANSWERED),
}


def attempt(door: str, address: str, name: str, password: str) -> str:
    """Return what came of one password; a server that is busy is asked again, ever later."""
    for tries in range(1 if door == "store" else 20):
        time.sleep(tries)
        try:
            return "accepted" if DOORS[door](address, name, password) else "refused"
        except (OSError, smtplib.SMTPException, imaplib.IMAP4.error) as error:
            last = error
    return "closed" if isinstance(last, OSError) else f"error: {last}"


def main() -> None:
    """Try all of them, and say what came of it."""
    address, name, workers, *store = sys.argv[1:]
    given: dict[str, list[str]] = json.load(sys.stdin)
    # Each door has workers of its own, since one delays answers longer than another.
    pools = {door: ThreadPoolExecutor(int(workers)) for door in given}
    tried = {
        door: [
            pools[door].submit(attempt, door, store[0] if door == "store" else address, name, word)
            for word in words
        ]
        for door, words in given.items()
    }
    found = {door: Counter(one.result() for one in each) for door, each in tried.items()}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
