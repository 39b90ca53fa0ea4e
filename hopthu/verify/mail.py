"""What probes do with mail: write a letter, hand it in somewhere, see it arrive."""

from __future__ import annotations

import email
import email.policy
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage

from hopthu.verify import messages
from hopthu.verify.context import Person, ProbeContext
from hopthu.verify.imap import Imap
from hopthu.verify.probe import ProbeFailed
from hopthu.verify.smtp import Busy, Reply, Smtp, SmtpOverTls, offer
from hopthu.verify.vantage import Vantage

_BUSY = 120.0
"""Seconds for which a server that has no room for another session is asked again."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message as its reader found it, and in which folder."""

    folder: str
    message: EmailMessage


def letter(
    token: str,
    sender: str,
    recipient: str,
    *,
    text: str = "",
    attached: Mapping[str, bytes] | None = None,
    headers: Sequence[tuple[str, str]] = (),
) -> bytes:
    """Write a letter that is found again by `token`.

    `headers` come first, and may repeat what a letter has once.
    """
    message = messages.letter(sender, recipient, f"Kiểm tra {token}", text, attached)
    message.replace_header("Message-ID", f"<{token}@{sender.rpartition('@')[2]}>")
    first = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return first.encode() + message.as_bytes()


def patiently(world: ProbeContext, connect: Callable[[], Smtp], *, within: float = _BUSY) -> Smtp:
    """Open a session, as a mail server does: where there is no room for it now, a little later."""
    deadline, pause = time.monotonic() + within, 0.25
    while True:
        try:
            return connect()
        except Busy:
            if time.monotonic() > deadline or world.stopping.wait(pause):
                raise
            pause = min(2 * pause, 4.0)


def in_clear(
    world: ProbeContext, vantage: Vantage, host: str, port: int, *, greet_as: str = "client"
) -> Smtp:
    """Open a session without TLS with the service's MX (25) or submission server."""
    name = f"{'mx' if port == 25 else 'mail'}.{world.domain}"
    return patiently(world, lambda: Smtp(name, port, lambda: vantage.connect(host, port), greet_as))


@contextmanager
def from_outside(world: ProbeContext) -> Iterator[Smtp]:
    """Open a session as a mail server outside does: to our MX, port 25, TLS when offered."""
    name = f"mx.{world.domain}"
    with in_clear(world, world.outside, name, 25, greet_as=world.outside_name) as smtp:
        smtp.ehlo()
        smtp.starttls(context=world.trust)
        smtp.ehlo()
        yield smtp


@contextmanager
def submission(world: ProbeContext, person: Person, *, port: int = 587) -> Iterator[Smtp]:
    """Open a session as a mail program does, signed in as `person`."""
    access, name = world.host("access").address, f"mail.{world.domain}"

    def wrapped() -> Smtp:
        connect = world.client.connect
        return SmtpOverTls(name, port, lambda: connect(access, port), "client", world.trust)

    session = (
        patiently(world, wrapped) if port == 465 else in_clear(world, world.client, access, port)
    )
    with session as smtp:
        if port != 465:
            smtp.starttls(context=world.trust)
        smtp.login(person.address, person.password)
        yield smtp


def submit(
    world: ProbeContext,
    person: Person,
    recipient: str,
    message: bytes,
    *,
    sender: str | None = None,
) -> Reply:
    """Hand in a message as `person`, under their own address unless `sender` is another."""
    with submission(world, person) as smtp:
        return offer(smtp, person.address if sender is None else sender, [recipient], message)


def send_from_outside(world: ProbeContext, sender: str, recipient: str, message: bytes) -> Reply:
    """Hand in a message at our MX from outside."""
    with from_outside(world) as smtp:
        return offer(smtp, sender, [recipient], message)


@contextmanager
def reading(world: ProbeContext, person: Person) -> Iterator[Imap]:
    """Open a mailbox as a mail program does; raise `ProbeFailed` when sign-in is refused."""
    with imap(world) as session:
        refusal = session.sign_in(person.address, person.password)
        if refusal:
            raise ProbeFailed(expected=f"{person.address} to sign in", got=refusal)
        yield session


@contextmanager
def imap(world: ProbeContext) -> Iterator[Imap]:
    """Open an IMAP session with nobody signed in."""
    access = world.host("access")
    connect = world.client.connect
    session = Imap(f"mail.{world.domain}", lambda: connect(access.address, 993), world.trust)
    with session:
        yield session


def receive(
    world: ProbeContext, person: Person, token: str, *folders: str, within: float = 30.0
) -> Received:
    """Wait until the letter is in one of `folders` (INBOX), return it and take it away."""
    places = folders or ("INBOX",)
    with reading(world, person) as session:

        def look() -> Received | None:
            for folder in places:
                uids = session.find(folder, token)
                if uids:
                    message = session.read(uids[0])
                    session.remove(uids)
                    return Received(folder, message)
            return None

        where = " or ".join(places)
        return world.until(look, f"the letter in {where} of {person.address}", within=within)


def received_outside(world: ProbeContext, address: str, token: str) -> EmailMessage:
    """Wait until the letter is in a mailbox of the server outside, return it and take it away."""
    folder = f"/var/mail/{address.partition('@')[0]}/new"
    # grep ends well only once it has found something; the file is read and removed in one go.
    script = f'f=$(grep -lrsi "^message-id: <{token}" {folder}) && cat $f && rm $f'

    def look() -> str | None:
        outcome = world.outside.run(script)
        return outcome.out if outcome.code == 0 else None

    raw = world.until(look, f"the letter in the mailbox of {address}")
    return email.message_from_string(raw, policy=email.policy.default)
