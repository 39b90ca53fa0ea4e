"""Compute the changes between two revisions of the data, and evaluate the guards.

Pure functions. Plans are sorted and have a checksum: two plans with the same checksum are the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from hopthu.desired.inputs import Part, inputs_of, names_of, state_of
from hopthu.desired.state import desired
from hopthu.i18n.message import Message
from hopthu.memoize import memoize_by_identity
from hopthu.model.organisation import Organisation
from hopthu.plan.diff import Change, diff, ordered
from hopthu.plan.edit_words import Words
from hopthu.plan.edits import Edit, edits, uses
from hopthu.plan.guards.limits import judge
from hopthu.plan.guards.result import Guard, GuardInput
from hopthu.plan.host_changes import Servers
from hopthu.plan.origin import Origins, by_policy, edited_rows
from hopthu.plan.upcoming import Due, due, later_changes
from hopthu.validate import Loaded


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes from `base` to the data on a day, the guards' results, and what is due later.

    `edits` are the rows that the edit writes, which `words` can say; `later` is what changes on
    later days because of it. `code` are the files that differ, with those of the data. `servers` is
    None if the plan compares two revisions.
    """

    on: date
    base: str
    changes: tuple[Change, ...]
    guards: tuple[Guard, ...] = ()
    due: tuple[Due, ...] = ()
    servers: Servers | None = None
    later: tuple[Change, ...] = ()
    edits: tuple[Edit, ...] = ()
    code: tuple[Change, ...] = ()
    words: Words | None = field(default=None, compare=False, repr=False)

    @property
    def checksum(self) -> str:
        """SHA-256 of the day, the changes of the data and of other files, in whatever language."""
        all_parts = (self.changes, self.later, self.edits, self.code)
        # One change after another: as one object a first load takes twice the time and memory.
        parts = [", ".join(json.dumps(each.as_dict()) for each in part) for part in all_parts]
        content = ", ".join([json.dumps(self.on.isoformat()), *(f"[{part}]" for part in parts)])
        return hashlib.sha256(f"[{content}]".encode()).hexdigest()

    def lines(self) -> tuple[Change, ...]:
        """Return what the edit does, on the day and later."""
        return (*self.changes, *self.later)

    def written(self) -> Iterator[Message]:
        """Yield what the edit writes, a sentence for each row."""
        if self.words is not None:
            yield from map(self.words.sentence, self.edits)

    @property
    def refused(self) -> tuple[Guard, ...]:
        """The guards that refuse the plan."""
        return tuple(guard for guard in self.guards if not guard.passed)

    @property
    def is_refused(self) -> bool:
        """Whether an apply would be refused, by a guard or for what servers have."""
        return bool(self.refused or (self.servers and self.servers.refusals))

    def as_json(self, language: str = "en") -> str:
        """Return the plan as `plan --format json` prints it."""
        return json.dumps(self.as_dict(language), ensure_ascii=False, indent=2) + "\n"

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Return the plan as `plan --format json` prints it, before serialising."""
        return {
            "on": self.on.isoformat(),
            "base": self.base,
            "head": "working copy",
            "checksum": self.checksum,
            "edits": [edit.as_dict() for edit in self.edits],
            "changes": [change.as_dict(language) for change in self.changes],
            "guards": [guard.as_dict() for guard in self.guards],
            "due": [day.as_dict(language) for day in self.due],
            "later": [change.as_dict(language) for change in self.later],
            "code": [change.as_dict(language) for change in self.code],
        } | (self.servers.as_dict(language) if self.servers else {})


def make(before: Loaded, after: Loaded, on: date, base: str) -> Plan:
    """Return the plan from one revision to another, as of the day `on`."""
    plan = between(before, after, on, base)
    return replace(plan, due=due(after.organisation, after.policy, on))


def between(before: Loaded, after: Loaded, on: date, base: str, judged: date | None = None) -> Plan:
    """Return the plan without what is due anyway; `judged` is as in `compare`."""
    changes, guards = compare(before, after, on, judged)
    return with_later_parts(Plan(on, base, changes, guards), before, after)


def with_later_parts(plan: Plan, before: Loaded, after: Loaded) -> Plan:
    """Return the plan with what the edit writes, and what it changes on later days."""
    written = edits(before.source, after.source)
    part = differing_part(before, after)
    later = later_changes(before, after, part, plan.on, plan.changes, written)
    plan = replace(plan, edits=written, later=later)
    known = {record.id for record in before.source.documents}
    cited = {each for edit in written for each in edit.basis if each in known}
    names = _names(before.organisation, after.organisation, plan.on)
    words = Words.of(before.source, after.source, names, uses(before.source, cited))
    return replace(plan, words=words)


@memoize_by_identity(2)
def differing_part(before: Loaded, after: Loaded) -> Part | None:
    """Return the part of which an input differs: all of it under another policy, as None."""
    if before.policy != after.policy:
        return None
    old, new = before.organisation, after.organisation
    return inputs_of(old, new, before.policy, after.policy).differing(old, new)


def compare(
    before: Loaded, after: Loaded, on: date, judged: date | None = None
) -> tuple[tuple[Change, ...], tuple[Guard, ...]]:
    """Return the changes on the day `on`, and the guards' results for them on the day `judged`.

    `judged` is `on` by default.
    """
    old, new = before.organisation, after.organisation
    part = differing_part(before, after)
    was = state_of(old, before.policy, on, part)
    now = state_of(new, after.policy, on, part)
    written = edits(before.source, after.source)
    found = diff(was, now, _names(old, new, on))
    if part is None:
        found = by_policy(found, diff(was, desired(old, after.policy, on)), written)
    origins = Origins(old, on, new, on, edited_rows(written))
    changes = ordered(origins.cited(found))
    case = GuardInput(
        changes, was, now, old.at(on), new.at(on), old.sizes(on), after.policy, before.policy,
        judged or on,
    )  # fmt: skip
    return changes, judge(case)


@memoize_by_identity(2)
def _names(before: Organisation, after: Organisation, on: date) -> Mapping[str, str]:
    """Return the names that units and people have on a day, in the later revision if in both."""
    return {**names_of(before.at(on)), **names_of(after.at(on))}
