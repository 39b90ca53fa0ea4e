"""Send a message by each way to each store, read it as people do, and note when one last arrived.

The exporter reads the notes; an alarm tells if none arrives. docs/decisions/monitoring.md
"""

from __future__ import annotations

import imaplib
import json
import os
import re
import smtplib
import socket
import ssl
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from functools import partial
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import TypedDict

from hopthu.remote.host.files import write
from hopthu.remote.host.mail_sessions import Connect, Imap, Smtp, over_tls
from hopthu.remote.host.state import read

_LONGEST = 45.0
"""Seconds of a round: the next one begins after a minute."""
_PATIENCE = 8.0
"""Seconds for one answer."""
_AGAIN = 3.0
"""Seconds after which what failed is tried again."""
_LATE = 60.0
"""Seconds after which a message is of an earlier round, of whichever monitor."""
_NAME = "hopthu_message_seconds"
_OUTSIDE = "monitor.invalid"
"""A domain that nobody has (RFC 6761): an edge refuses ours, in HELO and in From."""
_WANTED = "(UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (SUBJECT)])"
_FAILURES = (OSError, smtplib.SMTPException, imaplib.IMAP4.error)

Key = tuple[str, str]
"""A store, and the way by which messages come to it."""


class Place(TypedDict):
    """A host: its name, which its certificate has, and its address."""

    name: str
    address: str


class Settings(TypedDict):
    """Where messages go: the account of each store, and the hosts that take and show messages.

    `ca` is the path of the authority's certificate.
    """

    domain: str
    ca: str
    accounts: dict[str, str]
    access: list[Place]
    edge: list[Place]


@dataclass(frozen=True)
class Found:
    """A message in a mailbox: its UID, when it came, and its subject."""

    uid: str
    came: float
    subject: str


def _at(place: Place, port: int) -> Connect:
    """Return what connects to a host by its address."""
    return lambda: socket.create_connection((place["address"], port), _PATIENCE)


def in_turn(places: Sequence[Place], number: int) -> Place:
    """Return the host whose turn it is; whoever tries again goes on to the next number."""
    return places[number % len(places)]


def parsed(text: str) -> dict[Key, float]:
    """Return the moments that a file for the exporter has."""
    rows = re.findall(rf'^{_NAME}{{store="([^"]*)",way="([^"]*)"}} (\S+)$', text, re.MULTILINE)
    return {(store, way): float(moment) for store, way, moment in rows}


def lines(moments: Mapping[Key, float]) -> str:
    """Return moments as the exporter reads them."""
    return "".join(
        f'{_NAME}{{store="{store}",way="{way}"}} {moment!r}\n'
        for (store, way), moment in sorted(moments.items())
    )


def since(keys: Sequence[Key], known: Mapping[Key, float], now: float) -> dict[Key, float]:
    """Return when messages last arrived; what was never sent before is expected from now on."""
    return {key: known.get(key, now) for key in keys}


def messages(rows: Sequence[object]) -> list[Found]:
    """Return the messages of an answer to FETCH `_WANTED`."""
    found = []
    for row in rows:
        if isinstance(row, tuple):
            about, header = row
            uid, came = re.search(rb"UID (\d+)", about), imaplib.Internaldate2tuple(about)
            if uid and came:
                subject = header.decode(errors="replace").partition(":")[2].strip()
                found.append(Found(uid[1].decode(), time.mktime(came), subject))
    return found


def done_with(found: Sequence[Found], own: Sequence[str], now: float) -> list[str]:
    """Return the UIDs of what is read, and of what is left of earlier rounds."""
    return [each.uid for each in found if each.subject in own or now - each.came > _LATE]


def letter(sender: str, recipient: str, subject: str) -> EmailMessage:
    """Return a message that nobody answers (RFC 3834)."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, recipient, subject
    message["Date"], message["Message-ID"] = (
        formatdate(),
        f"<{subject}@{sender.rpartition('@')[2]}>",
    )
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("Sent each minute, and expunged once it is read.\n")
    return message


class Round:
    """One round: what it sends for, which of it has not arrived, and when each last arrived."""

    def __init__(self, settings: Settings, password: str, place: Path) -> None:
        """Begin a round, of which `place` keeps when messages arrived."""
        self.settings, self.place, self._password = settings, place, password
        self.number, self.ends = int(time.time() // 60), time.monotonic() + _LONGEST
        self._trust = ssl.create_default_context(cafile=settings["ca"])
        self._lock = Lock()
        ways = {"submission": settings["access"], "edge": settings["edge"]}
        keys = [(store, way) for store in settings["accounts"] for way, to in ways.items() if to]
        self.waits = {key: f"{token_hex(8)}-{key[0]}-{key[1]}" for key in keys}
        self.moments = since(keys, parsed(read(place)), time.time())
        write(place, lines(self.moments))

    def run(self) -> None:
        """Send all messages and read them, all at the same time, as long as a round lasts."""
        access, edges = self.settings["access"], self.settings["edge"]
        work = [(access, partial(self.fetch, store)) for store in self.settings["accounts"]]
        for key, subject in self.waits.items():
            ways = {"submission": (access, self.submit), "edge": (edges, self.bring)}
            places, send = ways[key[1]]
            work.append((places, partial(send, key, subject)))
        with ThreadPoolExecutor(len(work)) as pool:
            for done in [pool.submit(self._tried, *each) for each in work]:
                done.result()

    def submit(self, key: Key, subject: str, place: Place) -> None:
        """Send a message signed in, as the account of the store before."""
        stores = [*self.settings["accounts"]]
        user = self.settings["accounts"][stores[stores.index(key[0]) - 1]]
        name, port = place["name"], 465
        with Smtp(name, port, over_tls(_at(place, port), name, self._trust), _OUTSIDE) as server:
            server.login(user, self._password)
            message = letter(self._mail(user), self._to(key), subject)
            server.send_message(message, self._mail(user))

    def bring(self, key: Key, subject: str, place: Place) -> None:
        """Send a message as a server outside does: with the null sender, and not in our name."""
        with Smtp(place["name"], 25, _at(place, 25), _OUTSIDE) as server:
            server.starttls(context=self._trust)
            server.send_message(letter(f"monitor@{_OUTSIDE}", self._to(key), subject), "<>")

    def fetch(self, store: str, place: Place) -> None:
        """Read what comes to the account of a store until all has; nothing stays there."""
        name, port = place["name"], 993
        with Imap(name, port, over_tls(_at(place, port), name, self._trust)) as server:
            server.login(self.settings["accounts"][store], self._password)
            server.select("INBOX")
            while time.monotonic() < self.ends:
                waits = self._waiting(store)
                found = messages(server.uid("FETCH", "1:*", _WANTED)[1])
                if done := done_with(found, [*waits], time.time()):
                    server.uid("STORE", ",".join(done), "+FLAGS.SILENT", r"(\Deleted)")
                    server.expunge()
                for key in {waits[each.subject] for each in found if each.subject in waits}:
                    self._arrived(key)
                if not self._waiting(store):
                    return
                time.sleep(1)

    def _waiting(self, store: str) -> dict[str, Key]:
        """Return which messages have not come to a store, by their subjects."""
        with self._lock:
            return {subject: key for key, subject in self.waits.items() if key[0] == store}

    def _arrived(self, key: Key) -> None:
        with self._lock:
            self.moments[key] = time.time()
            del self.waits[key]
            write(self.place, lines(self.moments))

    def _tried(self, places: Sequence[Place], work: Callable[[Place], None]) -> None:
        """Do something at one host, or else at the next, as mail programs do."""
        number = self.number
        while time.monotonic() < self.ends:
            place = in_turn(places, number)
            try:
                return work(place)
            except _FAILURES as error:
                print(f"{place['name']}: {error}", file=sys.stderr)  # noqa: T201  (the journal)
            number += 1
            time.sleep(_AGAIN)
        return None

    def _mail(self, account: str) -> str:
        return f"{account}@{self.settings['domain']}"

    def _to(self, key: Key) -> str:
        return self._mail(self.settings["accounts"][key[0]])


def main() -> None:
    """Run a round by the settings in the file of the first argument, and say what did not arrive.

    It does not fail: the alarm is raised by what arrived.
    """
    os.umask(0o022)
    settings: Settings = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    password = Path(os.environ["CREDENTIALS_DIRECTORY"], "password").read_text("ascii").strip()
    this = Round(settings, password, Path(os.environ["STATE_DIRECTORY"], "messages.prom"))
    this.run()
    for store, way in this.waits:
        print(f"not arrived: to {store} by {way}", file=sys.stderr)  # noqa: T201  (the journal)
