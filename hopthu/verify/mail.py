"""What probes do with mail: write a letter, hand it in somewhere, see it arrive."""

from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage

from hopthu.verify import messages
from hopthu.verify.context import Person, ProbeContext
from hopthu.verify.imap import Imap
from hopthu.verify.probe import ProbeFailed
from hopthu.verify.smtp import Reply, Smtp, SmtpOverTls, offer


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


@contextmanager
def from_outside(world: ProbeContext) -> Iterator[Smtp]:
    """Open a session as a mail server outside does: to our MX, port 25, TLS when offered."""
    name = f"mx.{world.domain}"
    connect = world.outside.connect
    with Smtp(name, 25, lambda: connect(name, 25), world.outside_name) as smtp:
        smtp.ehlo()
        smtp.starttls(context=world.trust)
        smtp.ehlo()
        yield smtp


@contextmanager
def submission(world: ProbeContext, person: Person, *, port: int = 587) -> Iterator[Smtp]:
    """Open a session as a mail program does, signed in as `person`."""
    access = world.host("access")
    name = f"mail.{world.domain}"

    def connect() -> socket.socket:
        return world.client.connect(access.address, port)

    session = (
        SmtpOverTls(name, port, connect, "client", world.trust)
        if port == 465
        else Smtp(name, port, connect, "client")
    )
    with session as smtp:
        if port != 465:
            smtp.starttls(context=world.trust)
        smtp.login(person.address, person.password)
        yield smtp


def submit(world: ProbeContext, person: Person, recipient: str, message: bytes) -> Reply:
    """Hand in a message as `person` under their own address."""
    with submission(world, person) as smtp:
        return offer(smtp, person.address, [recipient], message)


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
