"""What guards are given to judge, and what one of them found."""

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
    """One guard's finding: how much the plan does in a scope, and how much it may.

    `allowance` is the document by which it passes beyond its limit.
    """

    id: str
    scope: str
    actual: int
    limit: int
    allowance: str = ""

    @property
    def passed(self) -> bool:
        """Tell whether the plan may go on."""
        return self.actual <= self.limit or bool(self.allowance)

    def as_dict(self) -> dict[str, Any]:
        """Return the contract of one of the `guards` of `plan --format json`."""
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
    """What guards judge: the changes, the two sides as far as they differ, and the sizes.

    `sizes` counts the mailboxes that take mail before the changes, by unit and under `all`;
    `formerly` is the organisation before, which knows whose every address once was, and
    `former_policy` the policy before, None where nobody knows what was applied.
    """

    changes: tuple[Change, ...]
    before: Desired
    after: Desired
    formerly: Organisation
    organisation: Organisation
    sizes: Mapping[str, int]
    policy: Policy
    former_policy: Policy | None = None
