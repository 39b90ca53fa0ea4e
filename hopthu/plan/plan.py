"""Compute the changes between two revisions of the data, and evaluate the guards.

Pure functions. Plans are sorted and have a checksum: two plans with the same checksum are the same.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from hopthu.desired.state import desired
from hopthu.model.guard_limits import WHOLE_PROVINCE
from hopthu.model.organisation import Organisation
from hopthu.model.policy import Policy
from hopthu.plan.by_policy import cited_by_policy
from hopthu.plan.diff import Change, diff, ordered
from hopthu.plan.guards.limits import judge
from hopthu.plan.guards.result import Guard, GuardInput
from hopthu.plan.host_changes import Servers
from hopthu.plan.later import Later, later_changes
from hopthu.plan.legal_basis import at_once
from hopthu.plan.past import dated_back, gone_by, past_spans
from hopthu.plan.policy_diff import policy_changes
from hopthu.plan.record_diff import record_changes
from hopthu.plan.record_only import record_only
from hopthu.plan.scope import affected_ids, differing, restrict_to
from hopthu.plan.told import told_by
from hopthu.plan.upcoming import Due, due
from hopthu.source.records import Source


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One revision of the data: organisation and policy, and the `source` they are built from."""

    organisation: Organisation
    policy: Policy
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes from `base` to `head` on a day, the guards' results, and what is due later.

    `later` is what changes on later days because of the edit, `record` what differs in the records
    only, or of past days. `code` are the files that differ beside the data. `servers` is None if
    the plan compares two revisions.
    """

    on: date
    base: str
    head: str
    changes: tuple[Change, ...]
    guards: tuple[Guard, ...] = ()
    due: tuple[Due, ...] = ()
    servers: Servers | None = None
    later: tuple[Later, ...] = ()
    record: tuple[Change, ...] = ()
    code: tuple[Change, ...] = ()

    @property
    def checksum(self) -> str:
        """SHA-256 of the day, the changes of the data and of other files, in whatever language."""
        all_parts = (self.changes, self.later, self.record, self.code)
        parts = [[change.as_dict() for change in part] for part in all_parts]
        content = json.dumps([self.on.isoformat(), *parts])
        return hashlib.sha256(content.encode()).hexdigest()

    def lines(self) -> tuple[Change, ...]:
        """Return the lines of all three parts."""
        return (*self.changes, *(each.line() for each in self.later), *self.record)

    @property
    def refused(self) -> tuple[Guard, ...]:
        """The guards that refuse the plan."""
        return tuple(guard for guard in self.guards if not guard.passed)

    def as_json(self, language: str = "en") -> str:
        """Return the plan as `plan --format json` prints it."""
        return json.dumps(self.as_dict(language), ensure_ascii=False, indent=2) + "\n"

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Return the plan as `plan --format json` prints it, before serialising."""
        return {
            "on": self.on.isoformat(),
            "base": self.base,
            "head": self.head,
            "checksum": self.checksum,
            "changes": [change.as_dict(language) for change in self.changes],
            "guards": [guard.as_dict() for guard in self.guards],
            "due": [day.as_dict(language) for day in self.due],
            "later": [change.as_dict(language) for change in self.later],
            "record": [change.as_dict(language) for change in self.record],
            "code": [change.as_dict(language) for change in self.code],
        } | (self.servers.as_dict(language) if self.servers else {})


def data_files(*sides: Snapshot) -> set[str]:
    """Return the names of the files from which revisions of the data were read."""
    return {name for side in sides if side.source for name in side.source.files}


def make(
    before: Snapshot, after: Snapshot, on: date, base: str, head: str = "working copy"
) -> Plan:
    """Return the plan from one revision to another, as of the day `on`."""
    plan = between(before, after, on, base, head)
    return replace(plan, due=due(after.organisation, after.policy, on))


def between(
    before: Snapshot, after: Snapshot, on: date, base: str, head: str, judged: date | None = None
) -> Plan:
    """Return the plan without what is due anyway; `judged` is as in `compare`."""
    old, new = before.organisation, after.organisation
    ids = differing(old, new)
    changes, guards = _compare(before, after, on, judged or on, ids)
    return with_later_parts(Plan(on, base, head, changes, guards), before, after)


def with_later_parts(plan: Plan, before: Snapshot, after: Snapshot) -> Plan:
    """Return the plan with what changes on later days and what differs in the records only.

    The latter has what the records now say of past days; changes that they date back get their day.
    """
    old, new = before.organisation, after.organisation
    if after.source:
        plan = replace(plan, guards=tuple(guard.at(after.source) for guard in plan.guards))
    sides = (old, before.policy), (new, after.policy)
    ids = differing(old, new)
    plan = replace(plan, later=later_changes(*sides, ids, plan.on, plan.changes))
    record = _record(before, after, plan)
    spans = past_spans(old, new, after.policy, ids, plan.on)
    return replace(
        plan,
        changes=dated_back(plan.changes, spans, plan.on),
        record=ordered([*record, *gone_by(plan.changes, spans, plan.on)]),
    )


def _record(before: Snapshot, after: Snapshot, plan: Plan) -> tuple[Change, ...]:
    """Return what differs in the records only, as far as both revisions have their source."""
    if before.source is None or after.source is None:
        return ()
    old, new = before.organisation, after.organisation
    lines = [(plan.on, change) for change in plan.changes]
    lines += [(day, each.change) for each in plan.later for day in each.days()]
    told = told_by(lines, plan.on, (new, old))
    return record_only((before.source, old), (after.source, new), told)


def compare(
    before: Snapshot, after: Snapshot, on: date, judged: date | None = None
) -> tuple[tuple[Change, ...], tuple[Guard, ...]]:
    """Return the changes on the day `on`, and the guards' results for them on the day `judged`.

    `judged` is `on` by default. Only mailboxes that may differ are computed.
    """
    ids = differing(before.organisation, after.organisation)
    return _compare(before, after, on, judged or on, ids)


def _compare(
    before: Snapshot, after: Snapshot, on: date, judged: date, ids: set[str]
) -> tuple[tuple[Change, ...], tuple[Guard, ...]]:
    old, new = before.organisation.at(on), after.organisation.at(on)
    # Another policy can change everybody: only under the same one are records all that differs.
    parts = (old, new)
    if before.policy == after.policy:
        seen = affected_ids(old, new, after.policy, ids)
        parts = (restrict_to(old, seen), restrict_to(new, seen))
    was, now = desired(parts[0], before.policy, on), desired(parts[1], after.policy, on)
    basis = at_once(old, new, on, after.policy.lifecycle)
    found = [
        *basis.cited(diff(was, now)),
        *record_changes(old, new, (on, on), ids, basis),
        *policy_changes(before.policy, after.policy),
    ]

    def by_itself(policy: Policy) -> Iterable[Change]:
        return diff(was, desired(old, policy, on))

    changes = ordered(cited_by_policy(found, before.policy, after.policy, by_itself))
    case = GuardInput(changes, was, now, old, new, sizes(old, on), after.policy, before.policy)
    return changes, judge(case, before.policy.guards, judged)


def sizes(organisation: Organisation, on: date) -> Mapping[str, int]:
    """Return how many mailboxes accept mail on a day, by unit, and under `all` in total."""
    counted = Counter(organisation.homes(on))
    return {**counted, WHOLE_PROVINCE: counted.total()}
