"""What an edit changes on later days: what dates in the data bring before it, and after it.

Only records that differ are computed, with those whose mailbox or rights follow from them, and only
on the days on which one of them changes. That is what mailboxes, addresses and access become, and
what of units and people the changes of their mailboxes do not show.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

from hopthu.desired.state import desired
from hopthu.i18n.message import Message
from hopthu.model.organisation import Organisation
from hopthu.model.policy import Policy
from hopthu.plan.diff import Change, diff, ordered, ordered_by
from hopthu.plan.legal_basis import Basis, at_once
from hopthu.plan.phrases import describe_day
from hopthu.plan.record_diff import record_changes
from hopthu.plan.relations import Relations, surroundings
from hopthu.plan.scope import affected_ids
from hopthu.plan.upcoming import affected_on, turning_days

Side = tuple[Organisation, Policy]
Edit = Literal["added", "removed", "moved", "changed"]
Key = tuple[str, str, str]
Event = tuple[date, Change]


@dataclass(frozen=True, slots=True)
class Later:
    """One change of a later day that an edit adds, removes, moves to that day, or changes.

    `before` is the day on which it was to happen, None if it was not; `replaced` what was to happen
    then, if that was something else.
    """

    on: date
    change: Change
    edit: Edit
    before: date | None = None
    replaced: Change | None = None

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Return one of the `later` changes of `plan --format json`."""
        return {
            "on": self.on.isoformat(),
            "edit": self.edit,
            "was_on": self.before.isoformat() if self.before else None,
            "change": self.change.as_dict(language),
            "replaced": self.replaced.as_dict(language) if self.replaced else None,
        }

    def days(self) -> Iterator[date]:
        """Yield its day, and the day on which it was to happen."""
        yield self.on
        if self.before and self.before != self.on:
            yield self.before

    def what(self) -> Message:
        """Return what changes, and what was planned for that day if it was something else."""
        change = self.change.summary
        if self.replaced is None or self.replaced.summary == change:
            return change
        return Message(
            "{change}; planned before: {replaced}", change=change, replaced=self.replaced.summary
        )

    def line(self) -> Change:
        """Return it as a line of a plan, with its day."""
        day, change = describe_day(self.on), self.what()
        if self.edit == "removed":
            summary = Message("no longer on {day}: {change}", day=day, change=change)
            return replace(self.change, action="cancel", summary=summary)
        if self.edit == "moved" and self.before:
            summary = Message(
                "on {day} instead of {before}: {change}",
                day=day, before=describe_day(self.before), change=change,
            )  # fmt: skip
        else:
            summary = Message("on {day}: {change}", day=day, change=change)
        return replace(self.change, summary=summary)


def later_changes(
    before: Side, after: Side, ids: set[str], on: date, now: Iterable[Change]
) -> tuple[Later, ...]:
    """Return how the changes of the days after `on` differ if the records `ids` differ.

    What an edit brings forward to the day `on` is among the changes `now`, and left out.
    """
    if not ids:
        return ()
    old, new = before[0], after[0]
    relations = Relations.of(old, new)
    days = {on, *old.value_days(), *new.value_days()}
    affected = (affected_ids(old.at(day), new.at(day), after[1], ids) for day in days if day >= on)
    watched = relations.reach(set().union(*affected))
    was = _events(before, watched, relations, on, new)
    will = _events(after, watched, relations, on, old)
    today = {(*_key(change), _effect(change)) for change in now}
    found = [
        _cancelled(later, before, after) if later.edit == "removed" else later
        for key in was.keys() | will.keys()
        for later in _paired(was.get(key, ()), will.get(key, ()))
        if later.edit != "removed" or (*key, _effect(later.change)) not in today
    ]
    return tuple(
        sorted(found, key=lambda each: (each.on, ordered_by(each.change), str(each.change)))
    )


def _cancelled(later: Later, before: Side, after: Side) -> Later:
    basis = at_once(before[0], after[0], later.on, after[1].lifecycle)
    documents = basis.cancelling(later.change)
    return replace(later, change=replace(later.change, basis=documents))


def _events(
    side: Side, watched: set[str], relations: Relations, on: date, other: Organisation
) -> dict[Key, list[Event]]:
    """Return the changes of each later day, of the records `watched`, by what they change."""
    organisation, policy = side
    turning: dict[date, set[str]] = defaultdict(set)
    for key in watched:
        record = organisation.units.get(key) or organisation.people.get(key)
        for day in turning_days(record, policy.lifecycle) if record else ():
            if on < day < date.max:
                turning[day].add(key)
    for day in organisation.value_days():
        if day > on and (keys := affected_on(organisation, policy, day) & watched):
            turning[day] |= keys
    found: dict[Key, list[Event]] = defaultdict(list)
    for day, keys in sorted(turning.items()):
        part = surroundings(organisation, relations.reach(keys))
        eve = day - timedelta(days=1)
        changes = diff(desired(part, policy, eve), desired(part, policy, day))
        basis = Basis(
            known=other.at(eve),
            after=part.at(day),
            before=part.at(eve),
            on=day,
            since=eve,
            lifecycle=policy.lifecycle,
        )
        own = record_changes(part.at(eve), part.at(day), (eve, day), keys, basis)
        for change in (*basis.cited(changes), *ordered(own)):
            if change.records() & watched:
                found[_key(change)].append((day, change))
    return found


def _key(change: Change) -> Key:
    """Return what makes two changes the same one on different days.

    Somebody may have several additional posts: of a person it is which one begins or ends.
    """
    which = f" {change.before} {change.after}" if change.kind == "person" else ""
    return change.kind, change.id, f"{change.action}{which}"


def _effect(change: Change) -> str:
    """Return what a change leads to, whatever its day."""
    after = change.after
    return str({k: v for k, v in after.items() if k != "on"} if isinstance(after, dict) else after)


def _paired(was: Sequence[Event], will: Sequence[Event]) -> Iterator[Later]:
    """Yield the differences between the days of one change before the edit and after it."""
    old = [event for event in was if not _among(event, will)]
    new = [event for event in will if not _among(event, was)]
    for day, change in list(new):
        if same := next((event for event in old if event[0] == day), None):
            old.remove(same)
            new.remove((day, change))
            yield Later(day, change, "changed", day, _other(same[1], change))
    for (before, was_planned), (day, change) in zip(old, new, strict=False):
        yield Later(day, change, "moved", before, _other(was_planned, change))
    for day, change in new[len(old) :]:
        yield Later(day, change, "added")
    for day, change in old[len(new) :]:
        yield Later(day, change, "removed", day)


def _other(planned: Change, change: Change) -> Change | None:
    """Return what was planned, if it is not the same but for its day."""
    same = (planned.before, planned.after) == (change.before, change.after)
    return None if same else planned


def _among(event: Event, events: Sequence[Event]) -> bool:
    day, change = event
    return any(
        day == other and (change.before, change.after) == (each.before, each.after)
        for other, each in events
    )
