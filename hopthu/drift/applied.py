"""The directory entries that the last apply intended.

They are derived from the data of that day, which git keeps, and not from what the directory
contained then: that could include entries of strangers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hopthu.desired.state import desired
from hopthu.directory.entries import entries
from hopthu.directory.ldif import Entries
from hopthu.errors import DataError
from hopthu.git.repository import Repository
from hopthu.history.record import Record
from hopthu.inventory.topology import Centre
from hopthu.servers.survey import applied
from hopthu.validate import read


@dataclass(frozen=True, slots=True)
class Applied:
    """Finds the data of a record: the working copy if it matches, else the commit."""

    repository: Repository
    on: date
    centre: Centre

    def entries(self, record: Record) -> Entries | None:
        """Return the entries for the data of `record`; None if this checkout does not have it."""
        try:
            loaded = read(self.repository.root, self.on)
        except DataError:  # it is being edited
            return None
        side = applied(self.repository, record, loaded)
        if side is None:
            return None
        then = date.fromisoformat(record.on)
        return entries(desired(side.organisation, side.policy, then), self.centre, side.policy)
