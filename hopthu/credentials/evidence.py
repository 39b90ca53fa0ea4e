"""What the journal has on record of issued passwords: who gave whom one, on which document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from hopthu.credentials.issued import Issued
from hopthu.desired.state import Mailbox
from hopthu.history import checkout
from hopthu.history.data_digest import digest
from hopthu.history.journal import Run, line
from hopthu.history.record import Record, moment, new_id
from hopthu.tool.version import tool
from hopthu.validate import Loaded


def begun(root: Path, on: date, loaded: Loaded, who: str, document: str, now: datetime) -> Record:
    """Return the record of a run that starts `now`, as far as it is known."""
    head = checkout.of(root)
    return Record(
        id=new_id(now, head.id, head.dirty),
        commit=head.id,
        data=digest(loaded.source),
        on=on.isoformat(),
        who=who,
        started=moment(now),
        documents=(document,),
        tool=str(tool()),
    )


def finished(
    record: Record, provider: str, issued: Sequence[Issued], now: datetime, *, reset: bool
) -> str:
    """Return the line of the journal for passwords that were set; it has no secret."""
    own = "the password was reset" if reset else "a first password was issued"
    whats = (
        (one.mailbox, f"a client password was issued: {one.label}" if one.label else own)
        for one in issued
    )
    return _line(record, provider, [_sentence(mailbox, what) for mailbox, what in whats], now)


def revoked(
    record: Record, provider: str, mailbox: Mailbox, labels: Sequence[str], now: datetime
) -> str:
    """Return the line of the journal for client passwords that were taken away."""
    whats = (f"a client password was revoked: {label}" for label in labels)
    return _line(record, provider, [_sentence(mailbox, what) for what in whats], now)


def _sentence(mailbox: Mailbox, what: str) -> str:
    return f"{mailbox.name}: {what} [credential {mailbox.id}]"


def _line(record: Record, provider: str, sentences: Sequence[str], now: datetime) -> str:
    done = replace(record, finished=moment(now), changes=tuple(sentences), result="applied")
    return line(Run(done, {provider: "applied"}))
