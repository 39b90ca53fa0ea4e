"""What an edit changes on later days: what dates in the data bring before it, and after it.

Only what has other inputs in the two revisions is computed (`hopthu.plan.inputs`), and only on the
days on which something that it is computed from starts or ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from hopthu.i18n.message import Message
from hopthu.model.organisation import Organisation
from hopthu.model.policy import Policy
from hopthu.plan.diff import Change, ordered_by
from hopthu.plan.inputs import Inputs, Part, inputs_of
from hopthu.plan.origin import Edited, Origins
from hopthu.plan.phrases import describe_day
from hopthu.plan.upcoming import changes_by_day

Side = tuple[Organisation, Policy]
_COMES = Message("on {day}: {change}")
_CANCELLED = Message("no longer on {day}: {change}")


def later_changes(
    before: Side, after: Side, part: Part | None, on: date, now: Iterable[Change], edited: Edited
) -> tuple[Change, ...]:
    """Return what changes after the day `on` in one revision and not in the other, with its day.

    What only the earlier one has is cancelled. `part` is of which an input differs, None for all.
    What an edit brings forward to the day `on` is among the changes `now`, and left out.
    """
    if part is not None and not part:
        return ()
    inputs = inputs_of(before[0], after[0])
    was, will = (_ahead(side, part, inputs, on, edited) for side in (before, after))
    today = {*map(_effect, now)}
    found = [_on(key[0], change, _COMES) for key, change in will.items() if key not in was]
    instead = {_sort(change): (change.rows, change.basis) for change in found}
    gone = [(key[0], was[key]) for key in was if key not in will and key[1] not in today]
    for day, change in gone:
        # It comes from what the other comes from, else from how the revisions differ on its day.
        rows, basis = instead.get(_sort(change), ((), ()))
        origins = Origins(before[0], day, after[0], day, edited)
        (cited,) = origins.cited([replace(change, rows=rows, basis=basis)])
        found.append(replace(_on(day, cited, _CANCELLED), action="cancel"))
    return tuple(sorted(found, key=lambda each: (str(each.on), ordered_by(each), each.summary)))


def _ahead(
    side: Side, part: Part | None, inputs: Inputs, on: date, edited: Edited
) -> Mapping[tuple[date, str, str], Change]:
    """Return the changes of each later day, as far as they are of a part, by day and effect."""
    return {
        (day, _effect(change), str(change.before)): change
        for day, changes in changes_by_day(*side, on, inputs, part, edited)
        for change in changes
    }


def _effect(change: Change) -> str:
    return f"{change.kind} {change.id} {change.action} {change.after}"


def _sort(change: Change) -> object:
    """Return what makes two changes the same one, on whatever day and to whatever it leads."""
    fields = tuple(change.after) if isinstance(change.after, dict) else ()
    return change.kind, change.id, change.action, fields


def _on(day: date, change: Change, said: Message) -> Change:
    summary = Message(said.template, day=describe_day(day), change=change.summary)
    return replace(change, on=day, summary=summary)
