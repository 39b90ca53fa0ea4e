"""Changes of later days: those that dates in the data bring about, and those by an edit (Art. 5.2).

Only what has other inputs in two revisions is computed (`hopthu.desired.inputs`), and only on the
days on which something that it is computed from starts or ends.
"""

from __future__ import annotations

from collections import ChainMap, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from hopthu.desired.inputs import Inputs, Part, inputs_of, names_of, read_by, read_for, state_of
from hopthu.i18n.message import Message
from hopthu.model.lifecycle import later, turning_days
from hopthu.model.organisation import Organisation, Person, Unit
from hopthu.model.phrases import describe_day
from hopthu.model.policy import Policy
from hopthu.plan.diff import Change, diff, ordered_by
from hopthu.plan.edits import Edit
from hopthu.plan.origin import Edited, Origins, by_policy, edited_rows
from hopthu.validate import Loaded

_COMES = Message("on {day}: {change}")
_CANCELLED = Message("no longer on {day}: {change}")


@dataclass(frozen=True, slots=True)
class Due:
    """The changes of one day."""

    on: date
    changes: tuple[Change, ...]

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Return one of the `due` days of `plan --format json`."""
        return {
            "on": self.on.isoformat(),
            "changes": [change.as_dict(language) for change in self.changes],
        }


def due(organisation: Organisation, policy: Policy, on: date) -> tuple[Due, ...]:
    """Return the changes of each day after `on`, as far ahead as the policy says."""
    return due_until(organisation, policy, on, later(on, policy.lifecycle.foreseen_days))


def due_until(organisation: Organisation, policy: Policy, on: date, last: date) -> tuple[Due, ...]:
    """Return the changes of each day after `on`, up to and including `last`."""
    inputs = inputs_of(organisation, organisation, policy, policy)
    return tuple(d for d in _by_day(organisation, policy, on, inputs, last=last) if d.changes)


def later_changes(
    before: Loaded,
    after: Loaded,
    part: Part | None,
    on: date,
    now: Iterable[Change],
    written: Sequence[Edit],
) -> tuple[Change, ...]:
    """Return what changes after the day `on` in one revision and not in the other, with its day.

    What only the earlier one has is cancelled. `part` is of which an input differs, None for all;
    `now` is what changes on the day itself, `written` what the edit writes.
    """
    if part is not None and not part:
        return ()
    old, new, edited = before.organisation, after.organisation, edited_rows(written)
    inputs = inputs_of(old, new, before.policy, after.policy)
    was = _ahead(before, part, inputs, on, edited, _CANCELLED)
    will = _ahead(after, part, inputs, on, edited, _COMES)
    alone, both = was, will
    if part is None:
        own, under = inputs.differing(old, new), replace(before, policy=after.policy)
        alone, both = (_ahead(side, own, inputs, on, edited, _COMES) for side in (under, after))
    # What differs under one policy comes from records, all else from the policy.
    of_records = alone.keys() ^ both.keys()
    found, cancelled = (
        by_policy(
            [change for key, change in one.items() if key not in other],
            [change for key, change in one.items() if key not in of_records],
            written,
        )
        for one, other in ((will, was), (was, will))
    )
    instead = {_sort(change): change for change in (*now, *found)}
    later = [*found]
    origins = cache(lambda day: Origins(old, day, new, day, edited))
    for change in cancelled:
        # It comes from what the other comes from, else from how the revisions differ on its day.
        other = instead.get(_sort(change), change if change.cause else None)
        cause, rows, basis = (other.cause, other.rows, other.basis) if other else ("", (), ())
        (cited,) = origins(change.on).cited([replace(change, cause=cause, rows=rows, basis=basis)])
        later.append(replace(cited, action="cancel"))
    return tuple(sorted(later, key=lambda each: (str(each.on), ordered_by(each), each.summary)))


def _ahead(
    side: Loaded, part: Part | None, inputs: Inputs, on: date, edited: Edited, said: Message
) -> Mapping[tuple[date, str, str], Change]:
    """Return the changes of each later day, as far as they are of a part, by day and what is said.

    Whatever was before: where that alone differs, the edit makes no difference to that day.
    """
    return {
        (day.on, change.effect, change.summary): replace(
            change,
            on=day.on,
            summary=Message(said.template, day=describe_day(day.on), change=change.summary),
        )
        for day in _by_day(side.organisation, side.policy, on, inputs, part, edited)
        for change in day.changes
    }


def _sort(change: Change) -> object:
    """Return what makes two changes the same one, on whatever day and to whatever it leads."""
    fields = tuple(change.after) if isinstance(change.after, dict) else ()
    return change.kind, change.id, change.action, fields


def _by_day(
    organisation: Organisation,
    policy: Policy,
    on: date,
    inputs: Inputs,
    part: Part | None = None,
    edited: Edited = MappingProxyType({}),
    last: date = date.max,
) -> Iterator[Due]:
    """Yield what dates change in a part, of all if it is None, on each day after `on` until `last`.

    A day is compared with the day before it, as far as something turns that it is computed from.
    """
    turns = _turns(read_for(organisation, policy, part), policy, on)
    for day, ids in sorted(item for item in turns.items() if item[0] <= last):
        turning = inputs.turning(ids, ids & organisation.units.keys())
        turning = turning if part is None else turning & part
        eve = day - timedelta(days=1)
        was, now = (state_of(organisation, policy, each, turning) for each in (eve, day))
        there = read_by(organisation, turning).at(day).records()
        names = ChainMap({each.id: each.name for each in there}, names_of(organisation))
        changes = diff(was, now, names)
        yield Due(day, Origins(organisation, eve, organisation, day, edited).cited(changes))


def _turns(organisation: Organisation, policy: Policy, on: date) -> Mapping[date, set[str]]:
    """Return the days after `on` on which a former domain, or something of records, turns."""
    found: dict[date, set[str]] = defaultdict(set)
    for each in policy.former_domains:
        found.update({each.start: set(), later(each.until, 1): set()})  # of no record
    for record in organisation.records():
        if not _settled(record, on):
            for day in turning_days(record, policy.lifecycle):
                found[day].add(record.id)
    return {day: ids for day, ids in found.items() if on < day < date.max}


def _settled(record: Unit | Person, on: date) -> bool:
    """Return whether nothing about a person starts or ends after `on`, as for nearly everybody."""
    if isinstance(record, Unit) or record.left or record.locked or record.changes:
        return False
    return all(post.until is None and post.start <= on for post in record.posts)
