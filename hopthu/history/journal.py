"""The journal on the directory provider: one line for each run, protected against tampering.

`hopthu/remote/host/journal.py` appends a line with the digest of the line before as `prev`.
Changing, removing or inserting a line means rewriting all that follow; and what the other hosts
remember of them, by `hopthu.history.appending`, is then not in the chain.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import NamedTuple

from hopthu.answers import parsed
from hopthu.history.record import Record
from hopthu.i18n.message import Message
from hopthu.remote.host.journal import FIRST, digest

_SAME = ("who", "started", "documents", "changes")
"""The fields of a run that are the same in the journal and in the records of all hosts. A host that
is rolled back has its own commit and data."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run on all hosts: its record, which names no host, and the result on each host."""

    record: Record
    hosts: Mapping[str, str]

    def as_dict(self) -> dict[str, object]:
        """Return one of the `runs` of `history --format json`."""
        return asdict(self.record) | {"hosts": self.hosts}


@dataclass(frozen=True, slots=True)
class Journal:
    """The runs, oldest first, and every break in the chain of lines.

    A run that was announced has two lines, and is what the second says. Without that it has no
    result: it is in progress, or was cut off, and may have done all of its work. `lines` has the
    digests of all lines.
    """

    runs: tuple[Run, ...] = ()
    broken: tuple[Message, ...] = ()
    lines: frozenset[str] = frozenset()


class Head(NamedTuple):
    """A line of the journal as a host remembers it: its digest and the id of its run."""

    digest: str
    run: str


def line(run: Run) -> str:
    """Return what is appended for a run: a line of the journal, without `prev`."""
    return json.dumps(run.record.as_dict() | {"hosts": run.hosts}, ensure_ascii=False) + "\n"


def read(text: str) -> Journal:
    """Parse a journal. An invalid line is reported as a break and left out."""
    runs: list[Run] = []
    broken: list[Message] = []
    before = FIRST
    digests: list[str] = []
    lines = text.split("\n")
    # The last element is what follows the last newline; if not empty, that line is incomplete.
    complete = len(lines) - 1
    for number, content in enumerate(lines if lines[-1] else lines[:-1], 1):
        try:
            found = parsed(content)
            runs.append(_run(found))
            follows = found["prev"] == before and number <= complete
        except (ValueError, KeyError, TypeError):
            broken.append(Message("line {number} is not a valid run", number=number))
        else:
            if not follows:
                broken.append(_not_following(number))
        before = digest(content)
        digests.append(before)
    ended = {run.record.id for run in runs if run.record.result}
    known = (run for run in runs if run.record.result or run.record.id not in ended)
    return Journal(tuple(known), tuple(broken), frozenset(digests))


def _run(found: object) -> Run:
    if not isinstance(found, dict) or not isinstance(found["hosts"], dict):
        raise TypeError("not a run")
    record = Record.from_dict({**found, "host": ""})
    return Run(record, {str(host): str(result) for host, result in found["hosts"].items()})


def _not_following(number: int) -> Message:
    if number == 1:
        return Message("line 1 is not the line that was first written")
    return Message(
        "line {number} does not follow line {before}: a line was changed, removed or inserted",
        number=number,
        before=number - 1,
    )


def contradicted(journal: Journal, records: Iterable[Record]) -> tuple[Message, ...]:
    """Return the runs that differ between the journal and the record of a host."""
    runs = {run.record.id: run.record for run in journal.runs}
    return tuple(
        Message("run {run} differs from the record on {host}", run=record.id, host=record.host)
        for record in records
        if record.id in runs and _shared(record) != _shared(runs[record.id])
    )


def unrecorded(journal: Journal, records: Iterable[Record]) -> tuple[str, ...]:
    """Return the runs that a host has on record but the journal lacks, sorted."""
    known = {run.record.id for run in journal.runs}
    return tuple(sorted({record.id for record in records} - known))


def forgotten(journal: Journal, heads: Mapping[str, Iterable[Head]]) -> tuple[Message, ...]:
    """Return the lines that hosts remember and the journal lacks, by host what each remembers."""
    lost: dict[Head, list[str]] = {}
    for host, remembered in heads.items():
        for head in remembered:
            if head.digest not in journal.lines:
                lost.setdefault(head, []).append(host)
    return tuple(
        Message(
            "it lacks a line of run {run}, remembered by {hosts}",
            run=head.run,
            hosts=", ".join(sorted(lost[head])),
        )
        for head in sorted(lost, key=lambda head: (head.run, head.digest))
    )


def _shared(record: Record) -> tuple[object, ...]:
    return tuple(getattr(record, name) for name in _SAME)
