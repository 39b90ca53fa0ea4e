"""The SMTP client of the probes: a refusal is returned as a reply, not raised."""

from __future__ import annotations

import contextlib
import re
import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from hopthu.i18n.message import Message
from hopthu.remote.host import mail_sessions
from hopthu.remote.host.mail_sessions import Connect
from hopthu.verify.failure import ProbeFailed

_NO_ROOM = re.compile("too many|busy", re.IGNORECASE)


class Busy(ProbeFailed):
    """The server has no free session at the moment."""


class Smtp(mail_sessions.Smtp):
    """A session over a connection that the caller makes; certificates must be for `name`."""

    def __init__(self, name: str, port: int, connect: Connect, greet_as: str) -> None:
        """Connect and read the greeting.

        Raises `Busy` if the server refuses for lack of sessions, `ProbeFailed` on other failures.
        """
        greeting = Message("{server} to greet", server=f"{name}:{port}")
        try:
            super().__init__(name, port, connect, greet_as)
        except smtplib.SMTPConnectError as error:
            reply = f"{error.smtp_code} {error.smtp_error!r}"
            kind = Busy if error.smtp_code == 421 and _NO_ROOM.search(reply) else ProbeFailed
            raise kind(expected=greeting, got=reply) from error
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            raise ProbeFailed(expected=greeting, got=sentence(error)) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The reply to QUIT does not matter: a server under stress ends the session itself.
        with contextlib.suppress(smtplib.SMTPResponseException):
            super().__exit__(kind, error, trace)


@dataclass(frozen=True, slots=True)
class Reply:
    """The server's final reply to a message, and the step at which it came."""

    step: str
    code: int
    text: str

    def __str__(self) -> str:
        return self.message()

    def message(self) -> Message:
        """Return the reply as a message."""
        return Message("{code} {text} (at {step})", code=self.code, text=self.text, step=self.step)


def offer(smtp: smtplib.SMTP, sender: str, recipients: Sequence[str], message: bytes) -> Reply:
    """Offer a message; return the first refusal, or the reply after the last byte of it.

    A session is used for one message: a server under stress ends it at the first refusal.
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
    """Return the reply as a message; raise `ProbeFailed` unless it is as expected.

    `codes` is a pattern such as `250`, `4..` or `550|554`; `text` must be part of the reply;
    `step`, if given, must be the step at which it came.
    """
    as_wanted = re.fullmatch(codes, str(reply.code)) and text.lower() in reply.text.lower()
    if not as_wanted or (step and step != reply.step):
        expected = Message(
            "reply {codes}{text}{step}",
            codes=codes.replace(".", "x").replace("|", "/"),
            text=Message(' with "{text}"', text=text) if text else "",
            step=Message(" at {step}", step=step) if step else "",
        )
        raise ProbeFailed(expected=expected, got=reply.message())
    return reply.message()


def sentence(error: BaseException) -> str:
    """Return an exception as one line: its type and its text."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _reply(step: str, answer: tuple[int, bytes | str]) -> Reply:
    code, text = answer
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    return Reply(step, code, " ".join(text.split()))
