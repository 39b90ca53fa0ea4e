"""What hosts have answered for a plan and operations would ask again: handed on to the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from hopthu.directory.ldif import Entries, parse
from hopthu.operations.unit_access import Granted
from hopthu.remote.host.packing import unpacked

ALL = "(objectClass=*)"
"""The filter that finds every entry."""


@lru_cache(maxsize=2)
def answered(packed: str) -> Entries:
    """Return the entries in the answer of a directory; none if it did not answer."""
    return parse(unpacked(packed)) if packed else {}


class Answers:
    """The access that stores grant to their unit mailboxes, and entries, by host."""

    def __init__(self) -> None:
        """Start empty."""
        self.granted: dict[str, Granted] = {}
        self._entries: dict[tuple[str, str, tuple[str, ...]], tuple[str, Entries]] = {}

    def note_entries(
        self, host: str, base: str, attributes: Sequence[str], position: str, found: Entries
    ) -> None:
        """Store all entries of a host's directory, read at `position` or later."""
        if found:  # none may be an answer that was cut short
            self._entries[host, base, tuple(attributes)] = position, found

    def entries(
        self,
        host: str,
        base: str,
        attributes: Sequence[str],
        position: str,
        ask: Callable[[], Entries],
    ) -> Entries:
        """Return all entries of a host's directory, which is at `position` now.

        `ask` is called only if the position has changed, as it does with every write, or is not
        known.
        """
        then, found = self._entries.get((host, base, tuple(attributes)), ("", {}))
        if not position or position != then:
            found = ask()
            self.note_entries(host, base, attributes, position, found)
        return found
