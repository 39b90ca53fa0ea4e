"""The limits of guards in data/policy.yaml: how much a single plan may change."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

WHOLE_PROVINCE = "all"
"""The scope of a guard over the whole province; any other scope is a unit's id."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How many mailboxes one action may affect.

    Up to `few` are always allowed and more than `most` never. In between, `percent` of the existing
    mailboxes are allowed: one value for each step of `Guards.sizes`, and one for larger sets.
    """

    few: int
    percent: tuple[int, ...]
    most: int

    def of(self, size: int, sizes: tuple[int, ...]) -> int:
        """Return how many of `size` mailboxes are allowed; a larger set never allows fewer."""
        steps = zip(self.percent, (*sizes, size), strict=False)
        share = max((percent * min(size, upto) // 100 for percent, upto in steps), default=0)
        return min(self.most, max(self.few, share))


@dataclass(frozen=True, slots=True)
class Guards:
    """The limit of each action (Art. 5.1); removals have lower limits than other changes.

    A unit mailbox counts as `unit_mailbox` personal ones.
    """

    sizes: tuple[int, ...] = (100, 1000)
    unit_mailbox: int = 5
    close: Limit = Limit(3, (20, 10, 2), 500)
    archive: Limit = Limit(3, (20, 10, 2), 500)
    erase: Limit = Limit(1, (10, 5, 1), 100)
    lock: Limit = Limit(5, (40, 20, 5), 1000)
    move: Limit = Limit(10, (80, 50, 20), 5000)
    change: Limit = Limit(10, (80, 50, 20), 20_000)
    create: Limit = Limit(50, (100, 80, 50), 20_000)

    def limits(self) -> dict[str, Limit]:
        """Return the limits by action."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, Limit)}


@dataclass(frozen=True, slots=True)
class Allowance:
    """Permission to exceed one guard in one scope through the day `until`, citing a document."""

    guard: str
    scope: str
    document: str
    until: date
