"""The changes that an edit of the policy makes to everybody alike, such as another quota."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from hopthu.desired.placement import Stores, lineage_of
from hopthu.desired.state import Desired
from hopthu.model.organisation import Unit
from hopthu.model.policy import Policy
from hopthu.plan.diff import Change


class ByPolicy:
    """Tells whether the policy, and not a record, makes a change, and by which key."""

    def __init__(
        self, units: Mapping[str, Unit], before: Desired, former: Policy | None, policy: Policy
    ) -> None:
        """Take the units and the state before the changes, the `former` policy and the new one.

        `former` is None if it is not known what was applied.
        """
        self._units, self._home = units, {m.id: m.unit for m in before.mailboxes}
        self._policies = (policy, former) if former else (policy,)
        differ = former and former.stores != policy.stores
        # Where everybody would be under the new policy with unchanged records.
        self._stores = Stores(units, policy) if differ else None

    def makes(self, change: Change) -> bool:
        """Return whether the policy makes the change."""
        if change.kind == "entry":  # of a closed mailbox: its quota is in the directory only
            return change.action == "restore" and change.after.keys() == {"hopthuQuota"}
        if change.kind != "mailbox":
            return False
        if change.action == "move":
            home = self._home.get(change.id, "")
            if self._stores is None or home not in self._units:
                return False
            return self._stores.of(home) == str(change.after)
        return change.action == "change" and change.after.keys() == {"quota"}

    def cited(self, changes: Iterable[Change]) -> tuple[Change, ...]:
        """Return the changes; those by a key that is among them have it as their cause.

        They rest on what the change of that key rests on.
        """
        given = tuple(changes)
        keys = {change.id: change for change in given if change.kind == "policy"}
        return tuple(self._cited(change, keys) for change in given)

    def _cited(self, change: Change, keys: Mapping[str, Change]) -> Change:
        if not (keys and self.makes(change)):
            return change
        key = next((key for key in self._keys(change) if key in keys), "")
        return replace(change, cause=key, basis=keys[key].basis) if key else change

    def _keys(self, change: Change) -> list[str]:
        """Return the keys that can make a change: of the new policy, and of the former."""
        if change.action != "move":
            return ["quotas.unit" if change.id in self._units else "quotas.personal"]
        unit = self._units[self._home[change.id]]
        return [_of_store(unit, self._units, policy) for policy in self._policies]


def _of_store(unit: Unit, units: Mapping[str, Unit], policy: Policy) -> str:
    """Return the key that decides on the store of a unit that names none itself."""
    by_kind = policy.stores.by_kind
    kinds = (policy.named_kind(step.kind, by_kind) for step in lineage_of(unit, units))
    named = (f"stores.by_kind.{kind}" for kind in kinds if kind)
    return next(named, "stores.default")
