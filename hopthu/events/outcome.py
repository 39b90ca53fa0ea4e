"""What a run has done when it ends early, told from its events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hopthu.events.event import Event, HostFinished, HostStarted, Result, RunStarted
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message

_HOSTS: dict[Result, Message] = {
    "applied": Message("Applied: {hosts}."),
    "rolled back": Message("Rolled back: {hosts}."),
    "returned": Message("As before this run: {hosts}."),
    "failed": Message("Neither applied nor known to be as before: {hosts}."),
}
_UNTOUCHED = Message("Not changed: {hosts}.")


@dataclass
class Outcome:
    """The results of `hosts` so far; `begun` has those whose first change was due."""

    hosts: tuple[str, ...] = ()
    begun: list[str] = field(default_factory=list)
    results: dict[str, Result] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        """Take an event into account."""
        if isinstance(event, RunStarted):
            self.hosts = event.hosts
        elif isinstance(event, HostStarted):
            self.begun.append(event.host)
        elif isinstance(event, HostFinished):
            self.results[event.host] = event.result

    def sentence(self) -> Message:
        """Return in one paragraph what was done to hosts and what was not."""
        if not self.begun and not self.results:
            return Message("Nothing was changed.")
        return joined(self._parts(), " ")

    def _parts(self) -> Iterator[Message]:
        unknown = {host for host in self.begun if host not in self.results}
        hosts = sorted({*self.hosts, *self.begun, *self.results})
        for result, text in _HOSTS.items():
            found = [h for h in hosts if self.results.get(h) == result]
            if result == "failed":
                found = [h for h in hosts if h in found or h in unknown]
            if found:
                yield Message(text.template, hosts=", ".join(found))
        if rest := [h for h in hosts if h not in self.results and h not in unknown]:
            yield Message(_UNTOUCHED.template, hosts=", ".join(rest))
