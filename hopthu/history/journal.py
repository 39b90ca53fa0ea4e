"""The journal on the directory provider: a line for each run, none of which can change unseen.

`hopthu/remote/journal.sh` adds a line, and gives it the digest of the line before as `prev`.
Whoever changes, removes or inserts a line would have to rewrite all that follow. If the last lines,
or the whole file, are gone, the hosts' records show it, for they name the same runs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from hopthu.history.record import Record
from hopthu.i18n.message import Message

_FIRST = "0" * 64
_SAME = ("who", "started", "documents", "changes")
"""What the journal and every host say of a run in the same words. A host that goes back has a
commit and data of its own."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run over all hosts: the record, which names no host, and how it ended on each."""

    record: Record
    hosts: Mapping[str, str]

    def as_dict(self) -> dict[str, object]:
        """Return the keys of a line of the journal, without `prev`."""
        return asdict(self.record) | {"hosts": self.hosts}


@dataclass(frozen=True, slots=True)
class Journal:
    """The runs, oldest first, and every place where the chain of lines is broken."""

    runs: tuple[Run, ...]
    broken: tuple[Message, ...]


def line(run: Run) -> str:
    """Return what `journal.sh` is given for a run."""
    return json.dumps(run.as_dict(), ensure_ascii=False) + "\n"


def read(text: str) -> Journal:
    """Read a journal. A line that cannot be understood is a break and is left out."""
    runs: list[Run] = []
    broken: list[Message] = []
    before = _FIRST
    lines = text.split("\n")
    # The last one is empty: what follows the end of the last line. Else that was never finished.
    whole = len(lines) - 1
    for number, content in enumerate(lines if lines[-1] else lines[:-1], 1):
        try:
            held = json.loads(content)
            runs.append(_run(held))
            follows = held["prev"] == before and number <= whole
        except (ValueError, KeyError, TypeError):
            broken.append(Message("line {number} is not a run", number=number))
        else:
            if not follows:
                broken.append(_not_following(number))
        before = hashlib.sha256(content.encode()).hexdigest()
    return Journal(tuple(runs), tuple(broken))


def _run(held: object) -> Run:
    if not isinstance(held, dict) or not isinstance(held["hosts"], dict):
        raise TypeError("no run")
    record = Record.from_dict({**held, "host": ""})
    return Run(record, {str(host): str(result) for host, result in held["hosts"].items()})


def _not_following(number: int) -> Message:
    if number == 1:
        return Message("line 1 is not the first that was written")
    return Message(
        "line {number} does not follow line {before}: one of them was changed, taken out or put in",
        number=number,
        before=number - 1,
    )


def contradicted(journal: Journal, records: Iterable[Record]) -> tuple[Message, ...]:
    """Return which runs a host's own record tells in other words than the journal."""
    runs = {run.record.id: run.record for run in journal.runs}
    return tuple(
        Message("run {run} is not what {host} has on record", run=record.id, host=record.host)
        for record in records
        if record.id in runs and _told(record) != _told(runs[record.id])
    )


def unrecorded(journal: Journal, records: Iterable[Record]) -> tuple[str, ...]:
    """Return the runs that a host has on record and the journal does not, sorted."""
    known = {run.record.id for run in journal.runs}
    return tuple(sorted({record.id for record in records} - known))


def _told(record: Record) -> tuple[object, ...]:
    return tuple(getattr(record, name) for name in _SAME)
