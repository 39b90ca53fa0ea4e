"""What hosts have answered before pyinfra asks them: one object a run, handed on to its engine.

Whoever reads the servers for a plan (hopthu/servers/reader.py) notes here what the operations of
the apply that follows would ask again. hopthu/operations/fact_cache.py answers from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hopthu.directory.ldif import Entries

ALL = "(objectClass=*)"
"""The filter that finds every entry."""


class Answers:
    """What is known of hosts, by name; empty at first."""

    def __init__(self) -> None:
        """Know nothing."""
        self._facts: dict[str, dict[type, object]] = {}
        self._searches: dict[tuple[str, str, str, tuple[str, ...]], tuple[str, Entries]] = {}

    def note(self, host: str, fact: type, answer: object) -> None:
        """Remember what a host answered to a fact without arguments."""
        self._facts.setdefault(host, {})[fact] = answer

    def facts(self, host: str) -> Mapping[type, object]:
        """Return what a host answered, by fact."""
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
        """Remember what a host's directory held when it was at `position`, or later."""
        # Nothing at all may be an answer that was cut short.
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
        """Return what a search of a host's directory finds, which is at `position` now.

        It is asked only if it has moved since: every write moves it, whoever makes it. One that
        does not say how far it is may have.
        """
        then, found = self._searches.get((host, base, filter_, tuple(attributes)), ("", {}))
        if not position or position != then:
            found = ask()
            self.note_search(host, base, filter_, attributes, position, found)
        return found
