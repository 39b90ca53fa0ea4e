"""What the entries of the directory were meant to be when something was last applied.

Not what was seen there then: a stranger among the entries would have been seen too. The data of
that day says it, and git keeps the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hopthu.base import at_revision
from hopthu.centre import Centre
from hopthu.deployed.digest import digest
from hopthu.deployed.record import Record
from hopthu.desired import desired
from hopthu.entries import entries
from hopthu.errors import DataError, UsageError
from hopthu.ldif import Entries
from hopthu.plan import Side
from hopthu.validate import read


@dataclass(frozen=True, slots=True)
class Applied:
    """Finds the data of a record: the checkout `root` as it lies there, else its commit."""

    root: Path
    on: date
    centre: Centre

    def entries(self, record: Record) -> Entries | None:
        """Return the entries by the data of `record`; None where this checkout does not have it."""
        side = self._side(record)
        if side is None:
            return None
        then = date.fromisoformat(record.on)
        return entries(desired(side.organisation, side.policy, then), self.centre, side.policy)

    def _side(self, record: Record) -> Side | None:
        try:
            loaded = read(self.root, self.on)
            if digest(loaded.source) == record.data:
                return Side(loaded.organisation, loaded.policy, loaded.source)
            side, _ = at_revision(self.root, record.commit, loaded)
        except (DataError, UsageError):  # being edited; or a commit that is not here yet
            return None
        return side if side.source is not None and digest(side.source) == record.data else None
