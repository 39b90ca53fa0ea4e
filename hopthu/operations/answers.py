"""What hosts have answered for a plan and operations would ask again: handed on to the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from hopthu.directory.ldif import Entries, differing, parse
from hopthu.remote.host.packing import unpacked
from hopthu.remote.host.unit_access import Granted

ALL = "(objectClass=*)"
"""The filter that finds every entry."""


@lru_cache(maxsize=2)
def answered(packed: str) -> Entries:
    """Return the entries in the answer of a directory; none if it did not answer."""
    return parse(unpacked(packed)) if packed else {}


@dataclass(frozen=True, slots=True)
class Compared:
    """How the entries of a directory differ from those that are wanted.

    There are `number` entries; they were read at `position` or later, which is empty if the
    directory has none. `there` has those that differ or that nobody wants, `meant` the wanted ones
    of those that differ.
    """

    position: str
    number: int
    there: Entries
    meant: Entries

    @classmethod
    def of(cls, position: str, found: Entries, wanted: Entries) -> Compared:
        """Compare what was `found` with what is `wanted`."""
        meant = differing(found, wanted)
        names = (dn for dn in found if dn in meant or dn not in wanted)
        return cls(position, len(found), {dn: found[dn] for dn in names}, meant)

    def holds(self, position: str) -> bool:
        """Return whether nothing was written to the directory, which is at `position` now."""
        return bool(position) and position == self.position


@dataclass(frozen=True, slots=True)
class Answers:
    """The access that stores grant to their unit mailboxes, and how the provider's entries differ.

    The latter is None if that is not known.
    """

    granted: Mapping[str, Granted] = field(default_factory=dict)
    compared: Compared | None = None

    @classmethod
    def of(
        cls, granted: Mapping[str, Granted], position: str, found: Entries, wanted: Entries
    ) -> Answers:
        """Return what stores grant, and how what was `found` in the directory differs.

        An empty answer may have been cut short, so it tells nothing.
        """
        return cls(granted, Compared.of(position, found, wanted) if found else None)
