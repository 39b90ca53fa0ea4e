"""What would change, in the words of the domain, guarded: one revision of the data against another.

Pure. Plans are sorted and carry a checksum, so that two people who see the same checksum have
seen the same plan.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from hopthu.desired.state import desired
from hopthu.model.guard_limits import WHOLE_PROVINCE
from hopthu.model.organisation import Organisation
from hopthu.model.policy import Policy
from hopthu.plan.diff import Change, diff, ordered
from hopthu.plan.guards.limits import judge
from hopthu.plan.guards.result import Guard, GuardInput
from hopthu.plan.host_changes import Servers
from hopthu.plan.legal_basis import basis_of
from hopthu.plan.policy_diff import policy_changes
from hopthu.plan.record_diff import record_changes
from hopthu.plan.scope import affected_ids, differing, restrict_to
from hopthu.plan.upcoming import Due, due
from hopthu.source.records import Source


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One side of a plan: a revision's records, and its policy; `source` is what they say."""

    organisation: Organisation
    policy: Policy
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes from `base` to `head` on a day, what guards find, and what is due later.

    `servers` is None for a plan against a revision.
    """

    on: date
    base: str
    head: str
    changes: tuple[Change, ...]
    guards: tuple[Guard, ...] = ()
    due: tuple[Due, ...] = ()
    servers: Servers | None = None

    @property
    def checksum(self) -> str:
        """SHA-256 over day and changes; names of revisions and the language do not matter."""
        content = json.dumps([self.on.isoformat(), [change.as_dict() for change in self.changes]])
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def refused(self) -> tuple[Guard, ...]:
        """The guards that stop it."""
        return tuple(guard for guard in self.guards if not guard.passed)

    def as_json(self, language: str = "en") -> str:
        """Return the plan as `plan --format json` prints it."""
        return json.dumps(self.as_dict(language), ensure_ascii=False, indent=2) + "\n"

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Return the contract of `plan --format json`."""
        return {
            "on": self.on.isoformat(),
            "base": self.base,
            "head": self.head,
            "checksum": self.checksum,
            "changes": [change.as_dict(language) for change in self.changes],
            "guards": [guard.as_dict() for guard in self.guards],
            "due": [day.as_dict(language) for day in self.due],
        } | (self.servers.as_dict(language) if self.servers else {})


def make(
    before: Snapshot, after: Snapshot, on: date, base: str, head: str = "working copy"
) -> Plan:
    """Return the plan from one revision to another, as of the day `on`."""
    changes, guards = compare(before, after, on)
    return Plan(on, base, head, changes, guards, due(after.organisation, after.policy, on))


def compare(
    before: Snapshot, after: Snapshot, on: date, judged: date | None = None
) -> tuple[tuple[Change, ...], tuple[Guard, ...]]:
    """Return the changes on the day `on`, and what guards find of them on the day `judged`.

    Mailboxes are worked out only where the revisions differ.
    """
    old, new = before.organisation, after.organisation
    ids = differing(old, new)
    seen = (
        affected_ids(old, new, ids) if _alike(before.policy, after.policy) else _everybody(old, new)
    )
    was = desired(restrict_to(old, seen), before.policy, on)
    now = desired(restrict_to(new, seen), after.policy, on)
    basis = basis_of(old, new, on)
    changes = ordered(
        [
            *diff(was, now, basis),
            *record_changes(old, new, on, ids, basis),
            *policy_changes(before.policy, after.policy),
        ]
    )
    case = GuardInput(changes, was, now, old, new, sizes(old, on), after.policy, before.policy)
    return changes, judge(case, before.policy.guards, judged or on)


def sizes(organisation: Organisation, on: date) -> Mapping[str, int]:
    """Return how many mailboxes take mail on the day, by unit and under `all`."""
    counted = Counter(organisation.homes(on))
    return {**counted, WHOLE_PROVINCE: counted.total()}


def _alike(old: Policy, new: Policy) -> bool:
    """Tell whether nothing differs that decides on every mailbox."""
    names = ("domain", "quotas", "stores", "lifecycle")
    return all(getattr(old, name) == getattr(new, name) for name in names)


def _everybody(*sides: Organisation) -> set[str]:
    return {key for side in sides for key in side.people}
