"""The input of guards, and the result of one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from hopthu.desired.state import Desired
from hopthu.model.organisation import Organisation
from hopthu.model.policy import Policy
from hopthu.plan.diff import Change
from hopthu.plan.guards.custodians import Loss


@dataclass(frozen=True, slots=True)
class Guard:
    """The result of a guard: how many mailboxes a plan affects in a scope, and the limit.

    `actual` counts a unit mailbox as several unless only an address of it is affected; `mailboxes`
    counts each once. `allowance` is the document that allows the plan to exceed the limit; `loss`
    says of a unit without custodian since when, and which rows explain it: then the plan passes
    with a warning.
    """

    id: str
    scope: str
    actual: int
    limit: int
    allowance: str = ""
    mailboxes: int = 0
    loss: Loss | None = None

    @property
    def passed(self) -> bool:
        """Return whether the guard accepts the plan."""
        return self.actual <= self.limit or bool(self.allowance) or self.warns

    @property
    def warns(self) -> bool:
        """Return whether the guard accepts what it found, with a warning."""
        return bool(self.loss and self.loss.endings)

    def as_dict(self) -> dict[str, Any]:
        """Return one of the `guards` of `plan --format json`."""
        row = {name: getattr(self, name) for name in ("id", "scope", "actual", "limit", "passed")}
        row |= {"allowance": self.allowance} if self.allowance else {}
        return row | (self.loss.as_dict() if self.loss else {})


@dataclass(frozen=True, slots=True)
class GuardInput:
    """What guards look at: the changes, the differing parts of both states, and the sizes.

    `sizes` counts the mailboxes that accept mail before the changes, by unit and under `all`;
    `formerly` is the organisation before, which has the former owner of each address, and
    `former_policy` the policy before, or None if it is not known what was applied. `judged` is the
    day on which the changes are to be applied.
    """

    changes: tuple[Change, ...]
    before: Desired
    after: Desired
    formerly: Organisation
    organisation: Organisation
    sizes: Mapping[str, int]
    policy: Policy
    former_policy: Policy | None
    judged: date

    @property
    def applied_policy(self) -> Policy:
        """The policy before the changes, as far as it is known."""
        return self.former_policy or self.policy
