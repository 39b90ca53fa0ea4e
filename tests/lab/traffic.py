"""Mail that keeps coming and going while somebody changes the centre: `python traffic.py`.

Run in the checkout, for the lab that is up; goes on until standard input ends, then prints JSON:
for each path how many letters were accepted, which of them never arrived or arrived twice, and the
longest time in which the path did not work.
"""

from __future__ import annotations

import imaplib
import json
import smtplib
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from officials import official

from hopthu.cli.clock import today
from hopthu.daemons.site import load_site
from hopthu.errors import HopthuError
from hopthu.inventory import loader
from hopthu.verify import mail
from hopthu.verify.context import Person, ProbeContext, opened
from hopthu.verify.failure import ProbeFailed
from hopthu.verify.smtp import Reply

FAULTS = (ProbeFailed, HopthuError, OSError, imaplib.IMAP4.error, smtplib.SMTPException)
FOLDERS = ("INBOX", "Junk")


@dataclass
class Way:
    """One way mail takes: how a letter goes in, and who reads it."""

    reader: Person
    send: Callable[[bytes], Reply]
    sender: str
    accepted: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    longest_outage: float = 0.0
    said: str = ""


def walk(world: ProbeContext, path: Way, stop: threading.Event) -> None:
    """Send and read, again and again; an outage lasts from a failure to the next success."""
    failing_since = 0.0
    while not stop.is_set() or failing_since:
        token = world.token()
        letter = mail.letter(token, path.sender, path.reader.address)
        try:
            reply = path.send(letter)
            if reply.code != 250:
                raise ProbeFailed(expected="250", got=str(reply))
            path.accepted.append(token)
            path.missing.append(token)
            take(world, path, within=20)
            if failing_since:
                path.longest_outage = max(path.longest_outage, time.monotonic() - failing_since)
            failing_since = 0.0
        except FAULTS as fault:
            path.said = str(fault)
            failing_since = failing_since or time.monotonic()
            if stop.wait(0.2) and time.monotonic() - failing_since > 60:
                path.longest_outage = max(path.longest_outage, time.monotonic() - failing_since)
                return


def take(world: ProbeContext, path: Way, within: float) -> None:
    """Wait for every letter that has not been seen yet, and take it away."""
    deadline = time.monotonic() + within
    while path.missing:
        with mail.reading(world, path.reader) as session:
            for token in list(path.missing):
                found = {folder: session.find(folder, token) for folder in FOLDERS}
                count = sum(map(len, found.values()))
                if count > 1:
                    path.twice.append(token)
                if count:
                    path.missing.remove(token)
                # Written down before: who is cut off here may have taken it away all the same.
                for folder in (folder for folder, uids in found.items() if uids):
                    session.remove(session.find(folder, token))
        if path.missing and time.monotonic() > deadline:
            raise ProbeFailed(expected="every letter", got=f"{len(path.missing)} missing")


def main() -> None:
    """Walk every path at once until standard input ends."""
    root, found = Path.cwd(), loader.load(Path.cwd(), "lab")
    site = load_site(root, today(), found)
    with opened(site, found) as world:
        one, two = official(world, "le-van-bay"), official(world, "giang-a-pao")
        citizen = world.citizen
        paths = {
            "from outside": Way(
                one, lambda m: mail.send_from_outside(world, citizen, one.address, m), citizen
            ),
            "between us": Way(two, lambda m: mail.submit(world, one, two.address, m), one.address),
        }
        stop = threading.Event()
        walkers = [
            threading.Thread(target=walk, args=(world, p, stop), daemon=True)
            for p in paths.values()
        ]
        for walker in walkers:
            walker.start()
        sys.stdout.write("walking\n")
        sys.stdout.flush()
        sys.stdin.read()
        stop.set()
        for walker in walkers:
            walker.join()
        for path in paths.values():
            if path.missing:
                try:
                    take(world, path, within=60)
                except FAULTS as fault:
                    path.said = str(fault)
        sys.stdout.write(json.dumps({n: told(p) for n, p in paths.items()}))


def told(path: Way) -> dict[str, object]:
    """Return what is worth telling of a path."""
    return {
        "accepted": len(path.accepted),
        "missing": path.missing,
        "twice": path.twice,
        "longest_outage": round(path.longest_outage, 1),
        "said": path.said,
    }


if __name__ == "__main__":
    main()
