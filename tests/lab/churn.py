"""People at work in mailboxes that move: `python churn.py SHARE PERSON… -- ADDRESS…`.

Run in the checkout, for the lab that is up. Each PERSON has a mail program that keeps putting
messages into a folder, marks, moves and removes them, and signs in again whenever it is thrown out;
that of the first one does nothing but set and remove marks. Each ADDRESS is written to from
outside, again and again. All are at work for a SHARE of the time, whatever the machine does in it:
0.6 is a load of 60 % of what they could do, 1 is as fast as they can. Goes on until standard input
ends, then prints JSON: what each mailbox must hold, and what not, by what the servers have
confirmed, which marks were not as confirmed, the longest time in which a mail program could do
nothing, and when it was last signed in and reading again after such a time.
"""

from __future__ import annotations

import imaplib
import itertools
import json
import re
import smtplib
import ssl
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from officials import official

from hopthu.cli.clock import today
from hopthu.daemons.site import load_site
from hopthu.errors import HopthuError
from hopthu.inventory import loader
from hopthu.remote.utf7 import encode
from hopthu.verify import mail
from hopthu.verify.context import ProbeContext, opened
from hopthu.verify.failure import ProbeFailed

FAULTS = (ProbeFailed, HopthuError, OSError, imaplib.IMAP4.error, smtplib.SMTPException)
KEPT = "Hồ sơ"
WIRE = f'"{encode(KEPT)}"'
GIVE_UP = 300.0
MARKS = ["\\Flagged", "quan-trong"]
MARKED = 100


class Message(TypedDict):
    """A message in a mailbox, and what it should be like.

    A folder that is empty, and flags that are None, were asked for and never confirmed; `at` is
    when the last change was.
    """

    folder: str
    flags: list[str] | None
    uid: str
    at: float


class Lost(TypedDict):
    """Marks that were not as confirmed at a time."""

    name: str
    at: float
    said: str


@dataclass
class Work:
    """What one mail program has done: message id → folder and flags, as confirmed.

    `gone` are the messages that it removed, by when that was confirmed.
    """

    held: dict[str, Message] = field(default_factory=dict)
    gone: dict[str, float] = field(default_factory=dict)
    lost: list[Lost] = field(default_factory=list)
    longest_outage: float = 0.0
    back: float = 0.0
    said: list[str] = field(default_factory=list)


def connect(world: ProbeContext, address: str, password: str) -> imaplib.IMAP4_SSL:
    """Sign in as a mail program does."""
    context: ssl.SSLContext = world.trust
    context.check_hostname = False  # asked by address; the certificate is still verified
    server = imaplib.IMAP4_SSL(world.host("access").address, ssl_context=context, timeout=20)
    server.login(address, password)
    return server


def confirmed(answer: tuple[str, Sequence[object]]) -> None:
    """Raise unless the server said OK."""
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(f"{answer}")


def put(server: imaplib.IMAP4_SSL, work: Work, token: str) -> Message:
    """Put a message into the inbox; return what is known of it."""
    name = f"<{token}@churn.invalid>"
    text = f"From: a@example.org\r\nSubject: {token}\r\nMessage-ID: {name}\r\n\r\n{token}\r\n"
    answer = server.append("INBOX", "", "", text.encode())
    confirmed(answer)
    uid = re.search(rb"APPENDUID \d+ (\d+)", answer[1][0])
    if uid is None:
        raise imaplib.IMAP4.error(f"{answer}")
    work.held[name] = {"folder": "INBOX", "flags": [], "uid": uid[1].decode(), "at": time.time()}
    return work.held[name]


def mark(server: imaplib.IMAP4_SSL, one: Message, change: str, flags: list[str]) -> None:
    """Have a message carry `flags` by a `change` of its marks."""
    one["flags"] = None
    confirmed(server.uid("STORE", one["uid"], change, f"({' '.join(MARKS)})"))
    one["flags"], one["at"] = flags, time.time()


def remove(server: imaplib.IMAP4_SSL, work: Work, one: Message) -> None:
    """Remove a message; until that is confirmed it may be there or not."""
    name = next(name for name, each in work.held.items() if each is one)
    del work.held[name]
    confirmed(server.uid("STORE", one["uid"], "+FLAGS.SILENT", r"(\Deleted)"))
    confirmed(server.uid("EXPUNGE", one["uid"]))
    work.gone[name] = time.time()


def filing(server: imaplib.IMAP4_SSL, work: Work, token: str, step: int) -> None:
    """Put a message into the inbox; mark every second one, move every third one away.

    Of the others every second one is removed.
    """
    one = put(server, work, token)
    confirmed(server.select("INBOX"))
    if step % 2:
        mark(server, one, "+FLAGS", MARKS)
    if step % 3 == 0:
        # Whether it was done is not known until it is said: either folder will do meanwhile.
        one["folder"] = ""
        confirmed(server.uid("MOVE", one["uid"], WIRE))
        one["folder"], one["at"] = KEPT, time.time()
    elif step % 3 == 1 and step % 2:
        remove(server, work, one)


def look(server: imaplib.IMAP4_SSL, work: Work) -> None:
    """Take down which marks are not as confirmed: a later change would cover that up."""
    answer = server.uid("FETCH", "1:*", "(FLAGS)")
    confirmed(answer)
    lines = b"".join(line for line in answer[1] if isinstance(line, bytes)).decode()
    flags = {
        uid: set(said.split()) for uid, said in re.findall(r"UID (\d+) FLAGS \((.*?)\)", lines)
    }
    for name, one in work.held.items():
        here = flags.get(one["uid"], set()) - {"\\Recent"}
        if one["flags"] is not None and {*one["flags"]} != here:
            said = f"{one['flags']} confirmed, {sorted(here)} found"
            work.lost.append({"name": name, "at": one["at"], "said": said})


def marking(server: imaplib.IMAP4_SSL, work: Work, token: str, step: int) -> None:
    """Mark all messages, one after another, or take all marks away."""
    confirmed(server.select("INBOX"))
    look(server, work)
    for number in range(len(work.held), MARKED):
        put(server, work, f"{token}-{number}")
    change, flags = ("-FLAGS", []) if step % 2 else ("+FLAGS", MARKS)
    for one in work.held.values():
        mark(server, one, change, flags)


Round = Callable[[imaplib.IMAP4_SSL, Work, str, int], None]


@dataclass(frozen=True)
class Pace:
    """When to stop, and how to rest: for so many times as long as what was done took."""

    stop: threading.Event
    rest: float

    def keep(self, began: float, least: float = 0.0) -> None:
        """Rest for what has been done since `began`."""
        self.stop.wait(least + self.rest * (time.monotonic() - began))


def write(world: ProbeContext, person: str, work: Work, pace: Pace, one_round: Round) -> None:
    """Work as one person until told to stop; an outage lasts from a failure to the next success."""
    who = official(world, person)
    failing_since, server = 0.0, None
    for step in itertools.count():
        if pace.stop.is_set() and not failing_since:
            return
        began = time.monotonic()
        try:
            if server is None:
                server = connect(world, who.address, who.password)
                server.create(WIRE)
                if failing_since:
                    confirmed(server.select("INBOX"))
                    confirmed(server.uid("FETCH", "1:*", "(FLAGS)"))
                    work.back = time.time()
            one_round(server, work, world.token(), step)
            if failing_since:
                work.longest_outage = max(work.longest_outage, time.monotonic() - failing_since)
            failing_since = 0.0
        except FAULTS as fault:
            work.said.append(f"{type(fault).__name__}: {fault}")
            server, failing_since = None, failing_since or time.monotonic()
            if time.monotonic() - failing_since > GIVE_UP:
                work.longest_outage = max(work.longest_outage, time.monotonic() - failing_since)
                return
        pace.keep(time.monotonic() if failing_since else began, least=0.1)


def post(world: ProbeContext, addresses: list[str], sent: dict[str, list[str]], pace: Pace) -> None:
    """Write to each address in turn from outside."""
    citizen = world.citizen
    for address in itertools.cycle(addresses):
        if pace.stop.is_set():
            return
        began, token = time.monotonic(), world.token()
        try:
            reply = mail.send_from_outside(
                world, citizen, address, mail.letter(token, citizen, address)
            )
        except FAULTS:
            continue
        if reply.code == 250:
            sent[address].append(f"<{token}@{citizen.rpartition('@')[2]}>")
        pace.keep(began)


def main() -> None:
    """Work until standard input ends."""
    split = sys.argv.index("--")
    share, people, addresses = float(sys.argv[1]), sys.argv[2:split], sys.argv[split + 1 :]
    root, found = Path.cwd(), loader.load(Path.cwd(), "lab")
    site = load_site(root, today(), found)
    work = {person: Work() for person in people}
    sent: dict[str, list[str]] = {address: [] for address in addresses}
    with opened(site, found) as world:
        pace = Pace(threading.Event(), 1 / share - 1)
        rounds = [marking, *([filing] * (len(people) - 1))]
        threads = [
            *(
                threading.Thread(target=write, args=(world, p, work[p], pace, one_round))
                for p, one_round in zip(people, rounds, strict=True)
            ),
            threading.Thread(target=post, args=(world, addresses, sent, pace)),
        ]
        for thread in threads:
            thread.start()
        sys.stdout.write("working\n")
        sys.stdout.flush()
        sys.stdin.read()
        pace.stop.set()
        for thread in threads:
            thread.join()
    told = {"people": {p: vars(done) for p, done in work.items()}, "sent": sent}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
