"""What the entries of the directory were meant to be when something was last applied.

Not what was seen there then: a stranger among the entries would have been seen too. The data of
that day says it, and git keeps the data.
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

    def _side(self, record: Record) -> Snapshot | None:
        try:
            loaded = read(self.root, self.on)
            if digest(loaded.source) == record.data:
                return Snapshot(loaded.organisation, loaded.policy, loaded.source)
            side, _ = load_baseline(self.root, record.commit, loaded)
        except (DataError, UsageError):  # being edited; or a commit that is not here yet
            return None
        return side if side.source is not None and digest(side.source) == record.data else None
