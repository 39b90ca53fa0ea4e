"""The directory entries that the last apply intended.

They are derived from the data of that day, which git keeps, and not from what the directory
contained then: that could include entries of strangers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hopthu.desired.state import desired
from hopthu.directory.entries import entries
from hopthu.directory.ldif import Entries
from hopthu.errors import DataError, UsageError
from hopthu.history.data_digest import digest
from hopthu.history.record import Record
from hopthu.inventory.topology import Centre
from hopthu.plan.baseline import load_baseline
from hopthu.plan.plan import Snapshot
from hopthu.validate import read


@dataclass(frozen=True, slots=True)
class Applied:
    """Finds the data of a record: the working copy in `root` if it matches, else the commit."""

    root: Path
    on: date
    centre: Centre

    def entries(self, record: Record) -> Entries | None:
        """Return the entries for the data of `record`; None if this checkout does not have it."""
        side = self._side(record)
        if side is None:
            return None
        then = date.fromisoformat(record.on)
        return entries(desired(side.organisation, side.policy, then), self.centre, side.policy)

    def _side(self, record: Record) -> Snapshot | None:
        try:
            loaded = read(self.root, self.on)
            if digest(loaded.source) == record.data:
                return Snapshot(loaded.organisation, loaded.policy, loaded.source)
            side, _ = load_baseline(self.root, record.commit, loaded)
        except (DataError, UsageError):  # it is being edited, or this clone lacks the commit
            return None
        return side if side.source is not None and digest(side.source) == record.data else None
