"""What dates in the data bring about until a day, without an edit, and what guards say of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from hopthu.desired.state import desired
from hopthu.model.organisation import Organisation
from hopthu.model.policy import Policy
from hopthu.plan.diff import diff
from hopthu.plan.guards.limits import judge
from hopthu.plan.guards.result import Guard, GuardInput
from hopthu.plan.origin import Origins
from hopthu.plan.upcoming import Due, due_until


@dataclass(frozen=True, slots=True)
class Dated:
    """The changes of the days after `since`, up to and including `on`, without an edit.

    `guards` judge what an apply on the day `on` would change all at once.
    """

    since: date
    on: date
    days: tuple[Due, ...] = ()
    guards: tuple[Guard, ...] = ()

    @property
    def refused(self) -> tuple[Guard, ...]:
        """The guards that would refuse the apply."""
        return tuple(guard for guard in self.guards if not guard.passed)

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Return it as `daily --format json` and `history --format json` print it."""
        return {
            "since": self.since.isoformat(),
            "on": self.on.isoformat(),
            "days": [day.as_dict(language) for day in self.days],
            "guards": [guard.as_dict() for guard in self.refused],
        }


def dated(organisation: Organisation, policy: Policy, since: date, on: date) -> Dated:
    """Return what falls due after the day `since`, up to and including `on`."""
    days = due_until(organisation, policy, since, on)
    if not days:
        return Dated(since, on)
    was, now = (desired(organisation, policy, day) for day in (since, on))
    changes = Origins(organisation, since, organisation, on).cited(diff(was, now))
    case = GuardInput(
        changes, was, now, organisation, organisation, organisation.sizes(since), policy, policy,
        on,
    )  # fmt: skip
    return Dated(since, on, days, judge(case))
