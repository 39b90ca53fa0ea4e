"""What was read: records as their authors wrote them, each knowing where its values stand."""

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
    """Knows where the values of a file, or of a part of one, stand."""

    def at(self, steps: Steps, *, key: bool = False) -> Mark:
        """Return the place of the value (or `key`) at the end of `steps`, or of what holds it."""


class Record(NamedTuple):
    """One unit, person or document, or one file of policy, as written; made by `of`.

    `steps` leads to it from the root of what `marks` knows the places in: its file, or a part of
    it. `fits` is true where it is known to have the shape its schema asks for, `plain`
    where what its rules ask of it alone is known to be in order (`hopthu.rules.record_local`).
    `id` is the permanent id, or an empty string where none is given.
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
        """Return a record; its id is looked up once, for every rule asks for it."""
        key = data.get("id")
        return cls(kind, file, steps, data, marks, fits, plain, key if isinstance(key, str) else "")

    def at(self, *steps: str | int, key: bool = False) -> Mark:
        """Return the place of the value (or the `key`) that `steps` lead to within the record."""
        return self.marks.at((*self.steps, *steps), key=key)


@dataclass(frozen=True, slots=True)
class Source:
    """Everything that was read below `root`, and what was wrong with the files themselves.

    `files` holds what was in each file, by the name it is reported under.
    """

    root: Path
    records: Mapping[str, tuple[Record, ...]]
    problems: tuple[Problem, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def policy(self) -> tuple[Record, ...]:
        """The files of policy; none means every default holds."""
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

    def complete(self, kind: str) -> bool:
        """Tell whether every record of `kind` was read: only then is a missing one missing."""
        files = ("data", f"data/{kind}")
        return not self.blank(kind) and not any(
            p.rule != DUPLICATE_KEY.id
            and (p.file in files or p.file.startswith((f"data/{kind}.", f"data/{kind}/")))
            for p in self.problems
        )

    def blank(self, kind: str) -> tuple[str, ...]:
        """Return the files of `kind` that hold nothing; a list without records says `[]`."""
        read = {record.file for record in self.records[kind]}
        named = (f"data/{kind}.yaml", f"data/{kind}/")
        return tuple(
            name
            for name, raw in self.files.items()
            if name.startswith(named) and name not in read and _blank(raw)
        )

    def unread(self) -> Problem | None:
        """Return what kept a file from giving any record, None where each gave some."""
        read = {record.file for records in self.records.values() for record in records}
        return next((p for p in self.problems if p.file not in read), None)


def _blank(raw: bytes) -> bool:
    """Tell whether a file holds only blanks and comments."""
    lines = (line.strip() for line in raw.removeprefix(codecs.BOM_UTF8).split(b"\n"))
    return all(not line or line.startswith(b"#") or line == b"---" for line in lines)
