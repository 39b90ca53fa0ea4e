"""What hosts have answered before pyinfra asks them: one object a run, handed on to its engine.

hopthu/servers/reader.py stores here what it reads for a plan and what the operations of the
following apply would read again. hopthu/operations/fact_cache.py answers from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hopthu.directory.ldif import Entries

ALL = "(objectClass=*)"
"""The filter that finds every entry."""


class Answers:
    """Facts and search results of hosts, by host name."""

    def __init__(self) -> None:
        """Start empty."""
        self._facts: dict[str, dict[type, object]] = {}
        self._searches: dict[tuple[str, str, str, tuple[str, ...]], tuple[str, Entries]] = {}

    def note(self, host: str, fact: type, answer: object) -> None:
        """Store the answer of a host to a fact without arguments."""
        self._facts.setdefault(host, {})[fact] = answer

    def facts(self, host: str) -> Mapping[type, object]:
        """Return the answers of a host, by fact."""
        return self._facts.get(host, {})

    def note_search(
        self,
        host: str,
        base: str,
        filter_: str,
        attributes: Sequence[str],
        position: str,
        found: Entries,
    ) -> None:
        """Store the result of a search in a host's directory, made at `position` or later."""
        # An empty result of a full search may be an answer that was cut short.
        if found or filter_ != ALL:
            self._searches[host, base, filter_, tuple(attributes)] = position, found

    def search(
        self,
        host: str,
        base: str,
        filter_: str,
        attributes: Sequence[str],
        position: str,
        ask: Callable[[], Entries],
    ) -> Entries:
        """Return the result of a search in a host's directory, which is at `position` now.

        `ask` is called only if the position has changed, as it does with every write, or is not
        known.
        """
        then, found = self._searches.get((host, base, filter_, tuple(attributes)), ("", {}))
        if not position or position != then:
            found = ask()
            self.note_search(host, base, filter_, attributes, position, found)
        return found
