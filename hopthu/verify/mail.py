"""Mail in the probes: write a letter, send it, receive it."""

from __future__ import annotations

import email
import email.policy
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage

from hopthu.daemons import valkey
from hopthu.i18n.message import Message
from hopthu.remote.host.mail_sessions import over_tls
from hopthu.verify import messages
from hopthu.verify.context import Person, ProbeContext
from hopthu.verify.failure import ProbeFailed
from hopthu.verify.imap import Imap
from hopthu.verify.probe import ACCESS, EDGE
from hopthu.verify.sieve import ManageSieve
from hopthu.verify.smtp import Busy, Reply, Smtp, offer
from hopthu.verify.vantage import Vantage

_BUSY = 120.0
"""Seconds for which a server without free sessions is tried again."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message as its reader received it, and its folder."""

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
    """Return a letter that can be found by `token`.

    `headers` are put first; they may repeat headers that a letter should have only once.
    """
    message = messages.letter(sender, recipient, f"Kiểm tra {token}", text, attached)
    message.replace_header("Message-ID", f"<{token}@{sender.rpartition('@')[2]}>")
    first = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return first.encode() + message.as_bytes()


def patiently(context: ProbeContext, connect: Callable[[], Smtp], *, within: float = _BUSY) -> Smtp:
    """Open a session; try again, as a mail server does, while the server has no free session."""
    deadline, pause = time.monotonic() + within, 0.25
    while True:
        try:
            return connect()
        except Busy:
            if time.monotonic() > deadline or context.stopping.wait(pause):
                raise
            pause = min(2 * pause, 4.0)


def in_clear(
    context: ProbeContext, vantage: Vantage, host: str, port: int, *, greet_as: str = "client"
) -> Smtp:
    """Open a session without TLS to the service's MX (port 25) or submission server."""
    name = f"{'mx' if port == 25 else 'mail'}.{context.domain}"
    return patiently(
        context, lambda: Smtp(name, port, lambda: vantage.connect(host, port), greet_as)
    )


@contextmanager
def from_outside(context: ProbeContext) -> Iterator[Smtp]:
    """Open a session as a mail server outside does: to the edge host, port 25, with TLS."""
    edge, ours = context.host(EDGE).address, context.outside_name
    with in_clear(context, context.outside, edge, 25, greet_as=ours) as smtp:
        smtp.ehlo()
        smtp.starttls(context=context.trust)
        smtp.ehlo()
        yield smtp


@contextmanager
def submission(context: ProbeContext, person: Person, *, port: int = 587) -> Iterator[Smtp]:
    """Open a session as a mail program does, signed in as `person`."""
    access, name = context.host(ACCESS).address, f"mail.{context.domain}"

    def wrapped() -> Smtp:
        connect = over_tls(lambda: context.client.connect(access, port), name, context.trust)
        return Smtp(name, port, connect, "client")

    session = (
        patiently(context, wrapped)
        if port == 465
        else in_clear(context, context.client, access, port)
    )
    with session as smtp:
        if port != 465:
            smtp.starttls(context=context.trust)
        smtp.login(person.address, person.password)
        yield smtp


def submit(
    context: ProbeContext,
    person: Person,
    recipient: str,
    message: bytes,
    *,
    sender: str | None = None,
) -> Reply:
    """Submit a message as `person`, from their own address unless `sender` is given.

    What is refused does not count towards the stopping of the account: runs would add up to it.
    """
    with submission(context, person) as smtp:
        reply = offer(smtp, person.address if sender is None else sender, [recipient], message)
    if reply.code >= 400:
        forget = f"valkey-cli -s {valkey.SOCKET} del hopthu:refused:{person.id}"
        context.on(context.host(ACCESS), forget)
    return reply


def write(
    context: ProbeContext,
    person: Person,
    recipient: str,
    token: str = "",
    *,
    sender: str = "",
    attached: Mapping[str, bytes] | None = None,
) -> Reply:
    """Submit a letter of `person`, who writes as `sender` if that is given."""
    author = sender or person.address
    message = letter(token or context.token(), author, recipient, attached=attached)
    return submit(context, person, recipient, message, sender=author)


def write_from_outside(
    context: ProbeContext,
    recipient: str,
    token: str = "",
    *,
    text: str = "",
    attached: Mapping[str, bytes] | None = None,
) -> Reply:
    """Send a letter of a citizen to the edge host."""
    citizen = context.citizen
    message = letter(token or context.token(), citizen, recipient, text=text, attached=attached)
    return send_from_outside(context, citizen, recipient, message)


def send_from_outside(context: ProbeContext, sender: str, recipient: str, message: bytes) -> Reply:
    """Send a message to the edge host from outside."""
    with from_outside(context) as smtp:
        return offer(smtp, sender, [recipient], message)


@contextmanager
def reading(context: ProbeContext, person: Person) -> Iterator[Imap]:
    """Open a mailbox as a mail program does; raise `ProbeFailed` if sign-in is refused."""
    with imap(context) as session:
        refusal = session.sign_in(person.address, person.password)
        if refusal:
            expected = Message("{address} to sign in", address=person.address)
            raise ProbeFailed(expected=expected, got=refusal)
        yield session


@contextmanager
def imap(context: ProbeContext) -> Iterator[Imap]:
    """Open an IMAP session without signing in."""
    access = context.host(ACCESS)
    connect = context.client.connect
    session = Imap(f"mail.{context.domain}", lambda: connect(access.address, 993), context.trust)
    with session:
        yield session


@contextmanager
def filtering(context: ProbeContext, person: Person) -> Iterator[ManageSieve]:
    """Open a person's filters; raise `ProbeFailed` if sign-in is refused."""
    with managesieve(context) as session:
        session.sign_in(person.address, person.password)
        yield session


@contextmanager
def managesieve(context: ProbeContext) -> Iterator[ManageSieve]:
    """Open a session for filters without signing in."""
    access, name = context.host(ACCESS).address, f"mail.{context.domain}"
    connect = context.client.connect
    with ManageSieve(name, lambda: connect(access, 4190), context.trust) as session:
        yield session


def receive(
    context: ProbeContext, person: Person, token: str, *folders: str, within: float = 30.0
) -> Received:
    """Wait until the letter is in one of `folders` (default: INBOX), remove it and return it."""
    places = folders or ("INBOX",)
    with reading(context, person) as session:

        def look() -> Received | None:
            for folder in places:
                uids = session.find(folder, token)
                if uids:
                    message = session.read(uids[0])
                    session.remove(uids)
                    return Received(folder, message)
            return None

        what = Message(
            "the letter in {folders} of {address}",
            folders=", ".join(places),
            address=person.address,
        )
        return context.until(look, what, within=within)


def received_outside(context: ProbeContext, address: str, token: str) -> EmailMessage:
    """Wait until the letter is in a mailbox of the server outside, remove it and return it."""
    folder = f"/var/mail/{address.partition('@')[0]}/new"
    # grep succeeds only once it has found the letter; the file is read and removed in one call.
    script = f'f=$(grep -lrsi "^message-id: <{token}" {folder}) && cat $f && rm $f'

    def look() -> str | None:
        outcome = context.outside.run(script)
        return outcome.out if outcome.code == 0 else None

    raw = context.until(look, Message("the letter in the mailbox of {address}", address=address))
    return email.message_from_string(raw, policy=email.policy.default)
