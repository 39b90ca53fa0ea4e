"""The store of each unit (Art. 4); a unit, its people and its mailbox share one store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hopthu.model.organisation import Unit
from hopthu.model.policy import Policy


class Stores:
    """The stores of units under a policy, each computed once, since units have many people."""

    def __init__(self, units: Mapping[str, Unit], policy: Policy) -> None:
        """Take the `units` by id."""
        self._units, self._policy = units, policy
        self._known: dict[str, str] = {}

    def of(self, key: str) -> str:
        """Return a unit's store: its own or its kind's, else its parent's, else the default."""
        if key not in self._known:
            stores, lineage = self._policy.stores, lineage_of(self._units[key], self._units)
            labels = (unit.store or self._of_kind(unit.kind) for unit in lineage)
            self._known[key] = next(filter(None, labels), stores.default)
        return self._known[key]

    def _of_kind(self, kind: str) -> str:
        by_kind = self._policy.stores.by_kind
        return by_kind.get(self._policy.named_kind(kind, by_kind), "")


def lineage_of(unit: Unit, units: Mapping[str, Unit]) -> Iterator[Unit]:
    """Yield the unit, its parent, and so on to the root."""
    step: Unit | None = unit
    while step is not None:
        yield step
        step = units[step.parent] if step.parent else None
