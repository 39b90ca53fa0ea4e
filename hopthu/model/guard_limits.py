"""How much one plan may change before it counts as a surprise: the guards of data/policy.yaml."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

WHOLE_PROVINCE = "all"
"""The scope of a guard over the whole province; any other scope is a unit's id."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How many mailboxes one action may touch.

    `few` are always allowed and more than `most` never; between them `percent` of the mailboxes
    there are decides, one number for each step of `Guards.sizes` and one for larger sets.
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
    """The limit of each action (Art. 5.1): what takes away is held shorter than what changes.

    `unit_mailbox` is how many personal mailboxes one unit mailbox counts for.
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
    """Leave to pass one guard in one scope, up to the day `until`, resting on one document."""

    guard: str
    scope: str
    document: str
    until: date
