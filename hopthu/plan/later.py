"""What an edit changes on later days: what dates in the data bring before it, and after it.

Only what has other inputs in the two revisions is computed (`hopthu.plan.inputs`), and only on the
days on which something that it is computed from starts or ends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from hopthu.i18n.message import Message
from hopthu.model.organisation import Organisation
from hopthu.model.policy import Policy
from hopthu.plan.diff import Change, ordered_by
from hopthu.plan.inputs import Inputs, Part, inputs_of
from hopthu.plan.origin import Edited, Origins
from hopthu.plan.phrases import describe_day
from hopthu.plan.upcoming import changes_by_day

Side = tuple[Organisation, Policy]
Edit = Literal["added", "removed", "moved", "changed"]
Days = Mapping[date, Change]
"""What changes in one way, by day."""


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

    def line(self) -> Change:
        """Return it as a line of a plan, with its day, and what was planned if that was another."""
        day, change = describe_day(self.on), self.change.summary
        if self.replaced and self.replaced.summary != change:
            change = Message("{change}; planned before: {replaced}",
                             change=change, replaced=self.replaced.summary)  # fmt: skip
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
    before: Side, after: Side, part: Part | None, on: date, now: Iterable[Change], edited: Edited
) -> tuple[Later, ...]:
    """Return how the changes of the days after `on` differ between two revisions.

    `part` is of which an input differs, None for all. What an edit brings forward to the day `on`
    is among the changes `now`, and left out.
    """
    if part is not None and not part:
        return ()
    inputs = inputs_of(before[0], after[0])
    was, will = (_events(side, part, inputs, on, edited) for side in (before, after))
    today = {(_key(change), str(change.after)) for change in now}
    found = [
        _cancelled(later, before, after, edited) if later.edit == "removed" else later
        for key in was.keys() | will.keys()
        for later in _paired(was.get(key, {}), will.get(key, {}))
        if later.edit != "removed" or (key, str(later.change.after)) not in today
    ]
    return tuple(
        sorted(found, key=lambda each: (each.on, ordered_by(each.change), str(each.change)))
    )


def _cancelled(later: Later, before: Side, after: Side, edited: Edited) -> Later:
    """Return it with the rows by which the revisions differ on the day, in place of its own."""
    origins = Origins(before[0], later.on, after[0], later.on, edited)
    (change,) = origins.cited([replace(later.change, basis=(), rows=())])
    return replace(later, change=change)


def _events(
    side: Side, part: Part | None, inputs: Inputs, on: date, edited: Edited
) -> Mapping[object, Days]:
    """Return the changes of each later day, as far as they are of a part, by what they change."""
    found: dict[object, dict[date, Change]] = defaultdict(dict)
    for day, changes in changes_by_day(*side, on, inputs, part, edited):
        for change in changes:
            found[_key(change)][day] = change
    return found


def _key(change: Change) -> object:
    """Return what makes two changes the same one on different days."""
    fields = tuple(change.after) if isinstance(change.after, dict) else ()
    return change.kind, change.id, change.action, fields


def _paired(was: Days, will: Days) -> Iterator[Later]:
    """Yield the differences between the days of one change before the edit and after it."""
    old = {day: each for day, each in was.items() if not _same(each, will.get(day))}
    new = {day: each for day, each in will.items() if not _same(each, was.get(day))}
    for day in old.keys() & new.keys():
        yield Later(day, new[day], "changed", day, old[day])
    gone, come = sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys())
    for before, day in zip(gone, come, strict=False):
        replaced = None if _same(old[before], new[day]) else old[before]
        yield Later(day, new[day], "moved", before, replaced)
    for day in come[len(gone) :]:
        yield Later(day, new[day], "added")
    for day in gone[len(come) :]:
        yield Later(day, old[day], "removed", day)


def _same(one: Change, other: Change | None) -> bool:
    """Return whether two changes are the same but for their day."""
    return other is not None and (one.before, one.after) == (other.before, other.after)
