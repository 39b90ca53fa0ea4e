"""Records as their authors wrote them, each with the positions of its values."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from hopthu.diagnostics.file_rules import DUPLICATE_KEY
from hopthu.diagnostics.problem import Mark, Problem
from hopthu.source.positions import Steps
from hopthu.source.values import Map


class Places(Protocol):
    """Knows the positions of the values of a file, or of a part of one."""

    def at(self, steps: Steps, *, key: bool = False) -> Mark:
        """Return the position of the value (or `key`) at `steps`, or of its nearest parent."""


class Record(NamedTuple):
    """One unit, person, document, expectation or policy file, as written; create it with `of`.

    - `steps`: its path from the root of `marks`, which knows the positions of its file or chunk.
    - `fits`: whether it is known to match its schema.
    - `plain`: whether it is known to follow all record-local rules (`hopthu.model.record_local`).
    - `id`: the permanent id, or an empty string if it has none.
    """

    kind: str
    file: str
    steps: Steps
    data: Map
    marks: Places
    fits: bool
    plain: bool
    id: str

    @classmethod
    def of(
        cls,
        kind: str,
        file: str,
        steps: Steps,
        data: Map,
        marks: Places,
        fits: bool = False,
        plain: bool = False,
    ) -> Record:
        """Return a record; its id is stored because every rule needs it."""
        key = data.get("id")
        return cls(kind, file, steps, data, marks, fits, plain, key if isinstance(key, str) else "")

    def at(self, *steps: str | int, key: bool = False) -> Mark:
        """Return the position of the value (or the `key`) at `steps` within the record."""
        found = self.marks.at((*self.steps, *steps), key=key)
        return Mark(found.file, found.line, found.column, (self.kind, self.id, steps))


@dataclass(frozen=True, slots=True)
class Source:
    """Everything that was read below `root`, and the problems of the files themselves.

    `files` is the content of each file, by its name in reports.
    """

    root: Path
    records: Mapping[str, tuple[Record, ...]]
    problems: tuple[Problem, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def policy(self) -> tuple[Record, ...]:
        """The files of policy; without any all defaults apply."""
        return self.records["policy"]

    @property
    def units(self) -> tuple[Record, ...]:
        """The units, in the order of the files."""
        return self.records["units"]

    @property
    def people(self) -> tuple[Record, ...]:
        """The people, in the order of the files."""
        return self.records["people"]

    @property
    def documents(self) -> tuple[Record, ...]:
        """The documents, in the order of the files."""
        return self.records["documents"]

    @property
    def expectations(self) -> tuple[Record, ...]:
        """What must come of the records on some day, in the order of the files."""
        return self.records.get("expectations", ())

    def complete(self, kind: str) -> bool:
        """Return whether all records of `kind` were read, so that absent ones do not exist."""
        files = ("data", f"data/{kind}")
        return not self.blank(kind) and not any(
            p.rule != DUPLICATE_KEY.id
            and (p.file in files or p.file.startswith((f"data/{kind}.", f"data/{kind}/")))
            for p in self.problems
        )

    def blank(self, kind: str) -> tuple[str, ...]:
        """Return the empty files of `kind`; a list without records is written `[]`."""
        read = {record.file for record in self.records[kind]}
        named = (f"data/{kind}.yaml", f"data/{kind}/")
        return tuple(
            name
            for name, raw in self.files.items()
            if name.startswith(named) and name not in read and _blank(raw)
        )

    def unread(self) -> Problem | None:
        """Return the problem of a file without any records, or None if all files have some."""
        read = {record.file for records in self.records.values() for record in records}
        return next((p for p in self.problems if p.file not in read), None)


def _blank(raw: bytes) -> bool:
    """Return whether a file has only spaces and comments."""
    lines = (line.strip() for line in raw.removeprefix(codecs.BOM_UTF8).split(b"\n"))
    return all(not line or line.startswith(b"#") or line == b"---" for line in lines)
