"""What the journal has on record of issued passwords: who gave whom one, on which document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from hopthu.credentials.issued import Issued
from hopthu.desired.state import Mailbox
from hopthu.history.journal import Run, line
from hopthu.history.record import Record, moment


def finished(
    record: Record,
    provider: str,
    issued: Sequence[Issued],
    now: datetime,
    *,
    reset: bool,
    revoked: Sequence[str] = (),
) -> str:
    """Return the line of the journal for passwords that were set; it has no secret.

    With the labels of client passwords that were `revoked` with the first of them.
    """
    own = "the password was reset" if reset else "a first password was issued"
    whats = (
        (one.mailbox, f"a client password was issued: {one.label}" if one.label else own)
        for one in issued
    )
    sentences = [_sentence(mailbox, what) for mailbox, what in whats]
    return _line(record, provider, sentences + _revoked(issued[0].mailbox, revoked), now)


def revoked(
    record: Record, provider: str, mailbox: Mailbox, labels: Sequence[str], now: datetime
) -> str:
    """Return the line of the journal for client passwords that were taken away."""
    return _line(record, provider, _revoked(mailbox, labels), now)


def _revoked(mailbox: Mailbox, labels: Sequence[str]) -> list[str]:
    return [_sentence(mailbox, f"a client password was revoked: {label}") for label in labels]


def _sentence(mailbox: Mailbox, what: str) -> str:
    return f"{mailbox.name}: {what} [credential {mailbox.id}]"


def _line(record: Record, provider: str, sentences: Sequence[str], now: datetime) -> str:
    done = replace(record, finished=moment(now), changes=tuple(sentences), result="applied")
    return line(Run(done, {provider: "applied"}))
