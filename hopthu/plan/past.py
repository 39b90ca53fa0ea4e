"""What an edit makes the records say of days gone by: who had which post and right, what was open.

Nothing of it can be done any more, but who sent mail as a unit, and who could, is read from the
records (Art. 7.2). What they also say of today is among the changes of today, with its first day.
Only records whose past differs are computed, with those whose mailbox or rights follow from them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from hopthu.desired.state import desired
from hopthu.i18n.message import Message
from hopthu.model.lifecycle import REFUSED
from hopthu.model.organisation import Creation, Ending, Organisation, Person, Tenure, Unit
from hopthu.model.policy import Policy
from hopthu.plan.deciding import record_of
from hopthu.plan.diff import Change, diff
from hopthu.plan.legal_basis import Basis, at_once
from hopthu.plan.phrases import describe_day
from hopthu.plan.relations import Relations, surroundings
from hopthu.plan.upcoming import turning_days

Aspect = tuple[str, str, str]
"""What a change is about: its kind and id, and which right, or the post, or whether it is open."""
_POST = frozenset({"unit", "title"})
_FOR_GOOD = (date.max - date.min).days
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """One difference of the past, from the day `first` to the day `last`."""

    first: date
    last: date
    change: Change


def past_spans(
    before: Organisation, after: Organisation, policy: Policy, ids: Collection[str], on: date
) -> tuple[Span, ...]:
    """Return how the days before `on` differ if the records `ids` differ, in no order.

    A record that is new, or gone, is one line of the plan whatever it says of the past; facts
    without a date, such as a name, are the same on all days.
    """
    both = [key for key in ids if record_of(before, key) and record_of(after, key)]
    moved = {key: day for key in both if (day := _first(before, after, key, on))}
    if not moved:
        return ()
    old = _undated(before, after, both)
    relations = Relations.of(old, after)
    days = _days((old, after), moved, relations, policy, on)
    kept = replace(policy.lifecycle, keep_closed_days=_FOR_GOOD)  # an archive that never was
    lasting = replace(policy, lifecycle=kept)
    found: dict[Aspect, dict[date, Change]] = defaultdict(dict)
    for day, keys in _by_day(days).items():
        parts = [surroundings(side, relations.reach(keys)) for side in (old, after)]
        was, now = (desired(part, lasting, day) for part in parts)
        basis = at_once(before, after, day, policy.lifecycle)
        for change in diff(was, now):
            if _owner(change) in keys:
                found[_aspect(change)][day] = _told(change, basis, after)
    return tuple(
        span
        for aspect in found.values()
        for span in _spans(aspect, days[_owner(next(iter(aspect.values())))], on)
    )


def dated_back(changes: Sequence[Change], spans: Iterable[Span], on: date) -> tuple[Change, ...]:
    """Return the changes of the day `on`; those the records date back with their first day."""
    since = {_aspect(span.change): span for span in spans if span.last == on - _DAY}
    return tuple(_dated_back(change, since.get(_aspect(change))) for change in changes)


def gone_by(changes: Iterable[Change], spans: Iterable[Span], on: date) -> Iterator[Change]:
    """Yield the lines of the spans that are over, or say something else than `changes` of today."""
    today = {_aspect(change): change for change in changes}
    for span in spans:
        now = today.get(_aspect(span.change))
        if span.last < on - _DAY or now is None or not _same(now, span.change):
            yield _line(span)


def _dated_back(change: Change, span: Span | None) -> Change:
    if span is None or not _same(change, span.change):
        return change
    summary = Message(
        "{change} (dated back to {day})", change=change.summary, day=describe_day(span.first)
    )
    return replace(change, summary=summary, since=span.first)


def _line(span: Span) -> Change:
    first, last = describe_day(span.first), describe_day(span.last)
    if span.first == span.last:
        summary = Message(
            "now on record for {day}: {change}", day=first, change=span.change.summary
        )
    else:
        summary = Message(
            "now on record for {first} to {last}: {change}",
            first=first, last=last, change=span.change.summary,
        )  # fmt: skip
    return replace(span.change, summary=summary, since=span.first, until=span.last)


def _same(now: Change, then: Change) -> bool:
    """Return whether a change of today is what the records say of a past day, or its sequel."""
    if then.action == "close":
        return now.before == then.before and now.after in REFUSED
    return _same_content(now, then)


def _first(before: Organisation, after: Organisation, key: str, on: date) -> date | None:
    """Return the first day on which what two revisions of a record say differs, if it is past."""
    old, new = record_of(before, key), record_of(after, key)
    if old is None or new is None:
        return None
    was, now = (_events(each, on) for each in (old, new))
    if was != now:
        return date.min
    pairs = [(_until(a), _until(b)) for a, b in zip(_rows(old), _rows(new), strict=True)]
    days = [day for a, b in pairs for day in _differing(a, b) if day < on]
    return min(days, default=None)


def _events(record: Unit | Person, on: date) -> Sequence[Creation | Ending]:
    """Return how a record began and ended, as far as that is past, without documents."""
    begun = (record.created, record.ended) if isinstance(record, Unit) else (record.left,)
    return [replace(e, decision="", request="") for e in begun if e and e.on < on]


def _rows(record: Unit | Person) -> tuple[Sequence[Tenure], Sequence[Tenure]]:
    """Return the two lists of dated rows of a record."""
    if isinstance(record, Unit):
        return record.heads, record.delegates
    return record.posts, record.locked


def _until(rows: Iterable[Tenure]) -> Mapping[Tenure, date]:
    """Return the first day without each row."""
    plain = (replace(row, decision="", request="", acting=False) for row in rows)
    return {
        replace(row, until=None): row.until + _DAY
        if row.until and row.until < date.max
        else date.max
        for row in plain
    }


def _differing(old: Mapping[Tenure, date], new: Mapping[Tenure, date]) -> Iterator[date]:
    for row in old.keys() | new.keys():
        if row not in old or row not in new:
            yield row.start
        elif old[row] != new[row]:
            yield min(old[row], new[row])


def _undated(before: Organisation, after: Organisation, ids: Iterable[str]) -> Organisation:
    """Return `before` with what `after` says without a date of the records `ids`."""
    units, people = dict(before.units), dict(before.people)
    for key in ids:
        if key in units:
            unit, new = units[key], after.units[key]
            units[key] = replace(
                new, heads=unit.heads, delegates=unit.delegates, ended=unit.ended,
                created=unit.created,
            )  # fmt: skip
        else:
            person = people[key]
            people[key] = replace(
                after.people[key], posts=person.posts, left=person.left, locked=person.locked
            )
    return replace(before, units=units, people=people)


def _days(
    sides: Sequence[Organisation],
    moved: Mapping[str, date],
    relations: Relations,
    policy: Policy,
    on: date,
) -> Mapping[str, Sequence[date]]:
    """Return for each record the past days on which its mailbox or rights may begin to differ."""
    first: dict[str, date] = {}
    for key, day in moved.items():
        for each in relations.reach({key}):
            first[each] = min(day, first.get(each, day))
    found: dict[str, set[date]] = defaultdict(set)
    for key, day in first.items():
        for record in (each for side in sides for each in _around(side, key, relations)):
            turning = turning_days(record, policy.lifecycle)
            found[key].update(turn for turn in turning if day <= turn < on)
    return {key: sorted(days) for key, days in found.items()}


def _around(side: Organisation, key: str, relations: Relations) -> Iterator[Unit | Person]:
    """Yield the records that the mailbox and rights of a record follow from."""
    pending, seen = [*relations.reach({key})], set[str]()
    while pending:
        each = pending.pop()
        record = None if each in seen else record_of(side, each)
        seen.add(each)
        if record:
            yield record
            pending += record.ended.into if isinstance(record, Unit) and record.ended else ()


def _by_day(days: Mapping[str, Sequence[date]]) -> Mapping[date, set[str]]:
    found: dict[date, set[str]] = defaultdict(set)
    for key, turning in days.items():
        for day in turning:
            found[day].add(key)
    return found


def _owner(change: Change) -> str:
    """Return the record that a difference is of; none if it follows from another difference."""
    if change.kind == "access":
        return change.id.partition("/")[0]
    if change.kind != "mailbox" or change.action == "move":
        return ""
    return change.id


def _aspect(change: Change) -> Aspect:
    if change.kind == "access":
        return change.kind, change.id, str(change.before or change.after)
    if change.action not in ("change", "move"):
        return change.kind, change.id, "service"
    fields = change.after if isinstance(change.after, dict) else ()
    return change.kind, change.id, "post" if _POST.intersection(fields) else change.action


def _told(change: Change, basis: Basis, after: Organisation) -> Change:
    """Return a change with its documents, and in words that fit the past."""
    change = replace(change, basis=basis.of(change))
    record = record_of(after, change.id)
    if (change.action, change.after) != ("erase", None) or record is None:
        return change
    return replace(change, summary=Message("{name}: no mailbox yet", name=record.name))


def _spans(found: Mapping[date, Change], days: Sequence[date], on: date) -> Iterator[Span]:
    """Yield the changes of one aspect, each once for all the days on which it is the same.

    `days` are those on which it may become another.
    """
    span: Span | None = None
    for day, following in zip(days, (*days[1:], on), strict=True):
        change = found.get(day)
        if span and change and _same_content(span.change, change):
            span = replace(span, last=following - _DAY)
            continue
        if span:
            yield span
        span = Span(day, following - _DAY, change) if change else None
    if span:
        yield span


def _same_content(one: Change, other: Change) -> bool:
    return (one.action, one.before, one.after) == (other.action, other.before, other.after)
