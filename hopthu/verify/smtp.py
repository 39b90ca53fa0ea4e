"""SMTP as probes speak it: every refusal is an answer to look at, not an exception."""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType

from hopthu.verify.probe import ProbeFailed

Connect = Callable[[], socket.socket]

_NO_ROOM = re.compile("too many|busy", re.IGNORECASE)


class Busy(ProbeFailed):
    """The server has no room for another session at the moment."""


class Smtp(smtplib.SMTP):
    """A session over a connection that somebody else makes; the server must prove to be `name`."""

    def __init__(self, name: str, port: int, connect: Connect, greet_as: str) -> None:
        """Connect and read the greeting; raise `ProbeFailed` without one, `Busy` if it may come."""
        self._dial = connect
        try:
            super().__init__(name, port, local_hostname=greet_as)
        except smtplib.SMTPConnectError as error:
            said = f"{error.smtp_code} {error.smtp_error!r}"
            kind = Busy if error.smtp_code == 421 and _NO_ROOM.search(said) else ProbeFailed
            raise kind(expected=f"{name}:{port} to greet", got=said) from error
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            raise ProbeFailed(expected=f"{name}:{port} to greet", got=sentence(error)) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The answer to a goodbye proves nothing: a server under stress ends the session itself.
        with contextlib.suppress(smtplib.SMTPResponseException):
            super().__exit__(kind, error, trace)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002
        return self._dial()


class SmtpOverTls(smtplib.SMTP_SSL, Smtp):
    """The same with TLS from the first byte (RFC 8314 §3.3)."""

    def __init__(
        self, name: str, port: int, connect: Connect, greet_as: str, context: ssl.SSLContext
    ) -> None:
        """Connect, check the certificate against `name` and read the greeting."""
        self.context = context
        Smtp.__init__(self, name, port, connect, greet_as)


@dataclass(frozen=True, slots=True)
class Reply:
    """The server's last word on a message, and at which step it came."""

    step: str
    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text} (at {self.step})"


def offer(smtp: smtplib.SMTP, sender: str, recipients: Sequence[str], message: bytes) -> Reply:
    """Offer a message; return the first refusal, or what came after the last byte of it.

    A session is good for one: a server under stress ends it with the first refusal.
    """
    reply = _reply("MAIL", smtp.mail(sender))
    for recipient in recipients:
        if reply.code >= 400:
            break
        reply = _reply("RCPT", smtp.rcpt(recipient))
    if reply.code < 400:
        try:
            reply = _reply("DATA", smtp.data(message))
        except smtplib.SMTPDataError as error:
            reply = _reply("DATA", (error.smtp_code, error.smtp_error))
    return reply


def expect(reply: Reply, codes: str, *, text: str = "", step: str = "") -> str:
    """Return the reply as text; raise `ProbeFailed` unless it is as expected.

    `codes` is a pattern such as `250`, `4..` or `550|554`; `text` must appear in the reply, and
    `step`, where given, is where it must have come.
    """
    as_wanted = re.fullmatch(codes, str(reply.code)) and text.lower() in reply.text.lower()
    if not as_wanted or (step and step != reply.step):
        wanted = f"reply {codes.replace('.', 'x').replace('|', ' or ')}"
        wanted += f' with "{text}"' if text else ""
        wanted += f" at {step}" if step else ""
        raise ProbeFailed(expected=wanted, got=str(reply))
    return str(reply)


def sentence(error: BaseException) -> str:
    """Return an exception in words, whatever it carries."""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _reply(step: str, answer: tuple[int, bytes | str]) -> Reply:
    code, text = answer
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    return Reply(step, code, " ".join(text.split()))
