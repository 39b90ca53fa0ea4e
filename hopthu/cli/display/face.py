"""What all faces have in common."""

from __future__ import annotations

from typing import Protocol

from hopthu.events.event import (
    Event,
    HostFinished,
    HostUp,
    MailboxesFilled,
    MailboxesMoved,
    StepFailed,
    Warned,
)
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message


class Face(Protocol):
    """Shows the events of a run."""

    def show(self, event: Event) -> None:
        """Show an event."""

    def pause(self) -> None:
        """Stop drawing until the next event, so that others can print or ask."""


def lasting(event: Event, language: str) -> str:
    """Return the line about an event that people need after the run too; empty if there is none."""
    match event:
        case HostFinished(host=host, text=text):
            return f"{host}: {translate(text, language)}"
        case HostUp(host=host):
            return translate(Message("{host} is up", host=host), language)
        case MailboxesMoved(host=host, number=number):
            moved = Message("mailboxes moved here: {number}", number=number)
            return f"{host}: {translate(moved, language)}"
        case StepFailed(host=host, operation=operation):
            return f"  ✗ {translate(operation, language)}: {host}"
        case Warned(text=text):
            return f"  ! {translate(text, language)}"
    return ""


def filled(event: MailboxesFilled) -> Message:
    """Return how far the mailboxes are filled from an old server."""
    return Message(
        "{number} of {total} mailboxes done, {messages} messages",
        number=event.number,
        total=event.total,
        messages=event.messages,
    )
