"""What the journal has on record of copied mail: whose, from where, by whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from hopthu.history.journal import Run, line
from hopthu.history.record import Record, moment
from hopthu.i18n.message import Message
from hopthu.mail_import.outcome import Outcome
from hopthu.mail_import.source import Source


def finished(record: Record, outcomes: Sequence[Outcome], source: Source, now: datetime) -> str:
    """Return the line of the journal for a run; it has no secret."""
    sentences = tuple(
        Message(
            "{name}: {number} message(s) were copied from {server} [mail {id}]",
            name=each.chosen.mailbox.name, number=each.copied, server=source,
            id=each.chosen.mailbox.id,
        )
        for each in outcomes if not each.reason
    )  # fmt: skip
    hosts = {each.chosen.store.name: "applied" for each in outcomes}
    done = replace(record, finished=moment(now), documents=(), changes=sentences, result="applied")
    return line(Run(done, hosts))
