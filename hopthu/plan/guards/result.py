"""The input of guards, and the result of one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hopthu.desired.state import Desired
from hopthu.model.organisation import Organisation
from hopthu.model.policy import Policy
from hopthu.plan.diff import Change


@dataclass(frozen=True, slots=True)
class Guard:
    """The result of a guard: how many mailboxes a plan affects in a scope, and the limit.

    `actual` counts a unit mailbox as several unless only an address of it is affected; `mailboxes`
    counts each once, and `addresses` those of which only an address is.
    `allowance` is the document that allows the plan to exceed the limit.
    """

    id: str
    scope: str
    actual: int
    limit: int
    allowance: str = ""
    mailboxes: int = 0
    addresses: int = 0

    @property
    def passed(self) -> bool:
        """Return whether the guard accepts the plan."""
        return self.actual <= self.limit or bool(self.allowance)

    def as_dict(self) -> dict[str, Any]:
        """Return one of the `guards` of `plan --format json`."""
        row = {
            "id": self.id,
            "scope": self.scope,
            "actual": self.actual,
            "limit": self.limit,
            "passed": self.passed,
        }
        return row | ({"allowance": self.allowance} if self.allowance else {})


@dataclass(frozen=True, slots=True)
class GuardInput:
    """What guards look at: the changes, the differing parts of both states, and the sizes.

    `sizes` counts the mailboxes that accept mail before the changes, by unit and under `all`;
    `formerly` is the organisation before, which has the former owner of each address, and
    `former_policy` the policy before, or None if it is not known what was applied.
    """

    changes: tuple[Change, ...]
    before: Desired
    after: Desired
    formerly: Organisation
    organisation: Organisation
    sizes: Mapping[str, int]
    policy: Policy
    former_policy: Policy | None = None
