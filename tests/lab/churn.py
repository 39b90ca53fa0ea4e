"""People at work in mailboxes that move: `python churn.py PERSON… -- ADDRESS…`.

Run in the checkout, for the lab that is up. Each PERSON has a mail program that keeps putting
messages into a folder, marks and moves them, and signs in again whenever it is thrown out; each
ADDRESS is written to from outside, again and again. Goes on until standard input ends, then prints
JSON: what each mailbox must hold by what the servers have confirmed, and the longest time in which
a mail program could do nothing.
"""

from __future__ import annotations

import imaplib
import itertools
import json
import smtplib
import ssl
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from hopthu import inventory
from hopthu.errors import HopthuError
from hopthu.secrets import Secrets
from hopthu.site import load_site
from hopthu.verify import mail
from hopthu.verify.probe import ProbeFailed
from hopthu.verify.utf7 import encode
from hopthu.verify.world import World, opened

FAULTS = (ProbeFailed, HopthuError, OSError, imaplib.IMAP4.error, smtplib.SMTPException)
KEPT = "Hồ sơ"
WIRE = f'"{encode(KEPT)}"'
GIVE_UP = 120.0


@dataclass
class Work:
    """What one mail program has done: message id → folder and flags, as confirmed."""

    held: dict[str, dict[str, object]] = field(default_factory=dict)
    longest_outage: float = 0.0
    said: str = ""


def connect(world: World, address: str, password: str) -> imaplib.IMAP4_SSL:
    """Sign in as a mail program does."""
    context: ssl.SSLContext = world.trust
    context.check_hostname = False  # asked by address; the certificate is still verified
    server = imaplib.IMAP4_SSL(world.host("access").address, ssl_context=context, timeout=20)
    server.login(address, password)
    return server


def confirmed(answer: tuple[str, list[object]]) -> None:
    """Raise unless the server said OK."""
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(f"{answer}")


def one_round(server: imaplib.IMAP4_SSL, work: Work, token: str, step: int) -> None:
    """Put a message into the inbox; mark every second one, move every third one away."""
    name = f"<{token}@churn.invalid>"
    text = f"From: a@example.org\r\nSubject: {token}\r\nMessage-ID: {name}\r\n\r\n{token}\r\n"
    confirmed(server.append("INBOX", "", "", text.encode()))
    work.held[name] = {"folder": "INBOX", "flags": []}
    confirmed(server.select("INBOX"))
    found = server.uid("SEARCH", "HEADER", "Message-ID", token)
    confirmed(found)
    uid = found[1][0].split()[-1].decode()
    if step % 2:
        confirmed(server.uid("STORE", uid, "+FLAGS", r"(\Flagged quan-trong)"))
        work.held[name]["flags"] = ["\\Flagged", "quan-trong"]
    if step % 3 == 0:
        # Whether it was done is not known until it is said: either folder will do meanwhile.
        work.held[name]["folder"] = ""
        confirmed(server.uid("MOVE", uid, WIRE))
        work.held[name]["folder"] = KEPT


def write(world: World, person: str, work: Work, stop: threading.Event) -> None:
    """Work as one person until told to stop; an outage lasts from a failure to the next success."""
    mailbox = world.mailbox(person)
    failing_since, server = 0.0, None
    for step in itertools.count():
        if stop.is_set() and not failing_since:
            return
        try:
            if server is None:
                server = connect(world, world.address(mailbox), world.passwords[person])
                server.create(WIRE)
            one_round(server, work, world.token(), step)
            if failing_since:
                work.longest_outage = max(work.longest_outage, time.monotonic() - failing_since)
            failing_since = 0.0
        except FAULTS as fault:
            work.said = f"{type(fault).__name__}: {fault}"
            server, failing_since = None, failing_since or time.monotonic()
            if time.monotonic() - failing_since > GIVE_UP:
                work.longest_outage = max(work.longest_outage, time.monotonic() - failing_since)
                return
        stop.wait(0.1)


def post(
    world: World, addresses: list[str], sent: dict[str, list[str]], stop: threading.Event
) -> None:
    """Write to each address in turn from outside, as fast as the edge takes it."""
    citizen = world.citizen
    for address in itertools.cycle(addresses):
        if stop.is_set():
            return
        token = world.token()
        try:
            reply = mail.send_from_outside(
                world, citizen, address, mail.letter(token, citizen, address)
            )
        except FAULTS:
            continue
        if reply.code == 250:
            sent[address].append(f"<{token}@{citizen.rpartition('@')[2]}>")


def main() -> None:
    """Work until standard input ends."""
    split = sys.argv.index("--")
    people, addresses = sys.argv[1:split], sys.argv[split + 1 :]
    root, found = Path.cwd(), inventory.load(Path.cwd(), "lab")
    data = next(iter(found.data.values()))
    secrets = Secrets(root / data["secrets"], root / data["age_identity"])
    site = load_site(root, datetime.now().astimezone().date(), found.centre, secrets)
    work = {person: Work() for person in people}
    sent: dict[str, list[str]] = {address: [] for address in addresses}
    with opened(site, found) as world:
        stop = threading.Event()
        threads = [
            *(threading.Thread(target=write, args=(world, p, work[p], stop)) for p in people),
            threading.Thread(target=post, args=(world, addresses, sent, stop)),
        ]
        for thread in threads:
            thread.start()
        sys.stdout.write("working\n")
        sys.stdout.flush()
        sys.stdin.read()
        stop.set()
        for thread in threads:
            thread.join()
    told = {"people": {p: vars(done) for p, done in work.items()}, "sent": sent}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
