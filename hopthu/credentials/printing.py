"""The slips of a run: made while passwords are hashed, written once they are set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from hopthu.credentials.issued import Issued
from hopthu.credentials.sheet import Broken
from hopthu.credentials.slips import Occasion, pdf, write


@dataclass(frozen=True, slots=True)
class Printing:
    """The PDF of each unit of `paths`; without any, passwords are shown elsewhere."""

    paths: Mapping[str, Path]
    occasion: Occasion
    _drafts: dict[str, tuple[int, bytes]] = field(default_factory=dict, repr=False)
    _broken: Broken = field(default_factory=dict, repr=False)

    def draft(self, issued: Sequence[Issued]) -> None:
        """Make the PDFs of everybody, sorted by unit; nothing is written."""
        for unit, people in self._units(issued):
            self._drafts[unit] = len(people), pdf(people, self.occasion, self._broken)

    def write(self, given: Sequence[Issued]) -> Iterator[tuple[Path, OSError]]:
        """Write the PDFs of those whose password was set; yield those that cannot be written."""
        for unit, people in self._units(given):
            number, content = self._drafts.get(unit, (0, b""))
            if number != len(people):  # no draft, or the directory refused somebody of the unit
                content = pdf(people, self.occasion, self._broken)
            try:
                write(self.paths[unit], content)
            except OSError as error:
                yield self.paths[unit], error

    def _units(self, issued: Sequence[Issued]) -> Iterator[tuple[str, list[Issued]]]:
        for unit, people in groupby(issued if self.paths else (), lambda one: one.mailbox.unit):
            yield unit, list(people)
