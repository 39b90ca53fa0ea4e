"""What an edit changes in the records and nowhere else, now or later.

Whatever another line of the plan shows is left out: nothing is said twice. Everything else is
listed, so that no edit of the data goes unnoticed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Literal

import yaml

from hopthu.i18n.message import Message
from hopthu.model.organisation import Organisation
from hopthu.plan.diff import Change, Documents, ordered
from hopthu.plan.field_words import CITED, ROWS, all_fields, changed_fields, name_of
from hopthu.plan.phrases import describe_day
from hopthu.plan.raw_diff import Difference, differences, policy_keys
from hopthu.plan.told import Told
from hopthu.source.records import Record, Source
from hopthu.source.values import Map

_IN_CITATION = ("kind", "number", "issuer", "outside_issuer", "date")
"""The fields of a document that are shown where it is cited."""
_KINDS: dict[str, Literal["unit", "person", "document"]] = {
    "units": "unit",
    "people": "person",
    "documents": "document",
}


def record_only(
    before: tuple[Source, Organisation],
    after: tuple[Source, Organisation],
    told: Told,
) -> tuple[Change, ...]:
    """Return the differences of the records that the lines in `told` do not show."""
    sides = (after[1], before[1])
    found = []
    documents: list[Difference] = []
    for each in differences(before[0], after[0]):
        if each.kind == "documents" and each.fresh:
            documents.append(each)
        elif rest := told.rest(each):
            found.append(_change(rest, sides))
    cited = told.cited | {document for change in found for document in change.basis}
    for each in _documents(documents, cited):
        line = _change(each, sides)
        found.append(replace(line, basis=(each.id,)) if each.before is not None else line)
    changed = (*_policy(before[0], after[0], told), *_expectations(before[0], after[0]))
    return ordered([*found, *changed])


def _documents(new: Sequence[Difference], cited: Collection[str]) -> Iterator[Difference]:
    """Yield the new documents that no line cites, and what a citation does not say."""
    for each in new:
        if each.before is None:
            if each.id not in cited:
                yield each
        elif each.after and (left := [name for name in each.after if name not in _IN_CITATION]):
            yield each._replace(
                before=dict.fromkeys(left), after={name: each.after[name] for name in left}
            )


def _expectations(before: Source, after: Source) -> Iterator[Change]:
    """Yield the expectations that are given up, and new ones: without them mistakes pass unseen."""
    old, new = ({_flow(each): each.data for each in side.expectations} for side in (before, after))
    for text in sorted(old.keys() ^ new.keys()):
        value = old.get(text) or new[text]
        key = " ".join((str(value["on"]), *(name for name in value if name != "on")))
        if text in old:
            summary = Message("no longer expected: {what}", what=text)
            yield Change("expectation", key, "remove", value, None, (), summary)
        else:
            summary = Message("expected from now on: {what}", what=text)
            yield Change("expectation", key, "add", None, value, (), summary)


def _flow(expectation: Record) -> str:
    """Return an expectation in words of the file, without its day."""
    what = {name: value for name, value in expectation.data.items() if name != "on"}
    dumped = yaml.safe_dump(what, default_flow_style=True, allow_unicode=True, width=1_000).strip()
    return f"{expectation.data['on']}: {dumped[1:-1]}"


def _policy(before: Source, after: Source, told: Told) -> Iterator[Change]:
    """Yield the keys of the policy that are written otherwise but have the same effect."""
    old, new = policy_keys(before), policy_keys(after)
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was == now or told.shows_policy(key):
            continue
        action = "change" if key in old and key in new else "add" if key in new else "remove"
        summary = Message(
            "policy: {change}, which has the same effect",
            change=changed_fields({key: was}, {key: now}, ()),
        )
        yield Change("policy", key, action, was, now, (), summary)


def _change(found: Difference, sides: Sequence[Organisation]) -> Change:
    action = "change"
    before = None if found.fresh else found.before
    if before is None:
        action = "add"
    elif found.after is None:
        action = "remove"
    return Change(
        kind=_KINDS[found.kind],
        id=found.id,
        action=action,
        before=before,
        after=found.after,
        basis=_basis(found, sides),
        summary=_summary(found, sides),
        unit=_unit(found, sides),
    )


def _summary(found: Difference, sides: Sequence[Organisation]) -> Message:
    name = name_of(found.id, sides)
    if found.row:
        return Message("{name}: {changes}", name=name, changes=_of_row(found, sides))
    if found.before is None:
        return Message("{name} is added to the data", name=name)
    if found.after is None:
        return Message("{name} is removed from the data", name=name)
    if not found.after:
        return Message("{name}: only the order of its rows changes", name=name)
    changes = _told_fields(found.before, found.after, sides, fresh=found.fresh)
    return Message("{name}: {changes}", name=name, changes=changes)


def _of_row(found: Difference, sides: Sequence[Organisation]) -> Message:
    row: str = ROWS[found.row]
    first = "on" if found.row == "changes" else "from"
    start = found.new.get(first, found.old.get(first))
    if start:
        day = describe_day(date.fromisoformat(str(start)))
        row = Message("{row} from {day}", row=row, day=day)
    if found.before is None:
        return Message(
            "{row} is added ({fields})", row=row, fields=_fields(found.new, first, sides)
        )
    if found.after is None:
        fields = _fields(found.old, first, sides)
        return Message("{row} is removed ({fields})", row=row, fields=fields)
    changes = _told_fields(found.before, found.after, sides, fresh=found.fresh)
    return Message("{row}: {changes}", row=row, changes=changes)


def _told_fields(before: Map, after: Map, sides: Sequence[Organisation], *, fresh: bool) -> str:
    """Return each field with its values; of a new record it has one."""
    return all_fields(after, sides) if fresh else changed_fields(before, after, sides)


def _fields(row: Map, first: str, sides: Sequence[Organisation]) -> str:
    """Return the fields of a row; its `first` day and its documents are shown elsewhere."""
    shown = {k: v for k, v in row.items() if k not in (first, "decision", "request")}
    return all_fields(shown or row, sides)


def _basis(found: Difference, sides: Sequence[Organisation]) -> Documents:
    """Return the documents of a difference: its own, those of its facts, else of a correction."""
    cited = tuple(dict.fromkeys(_cited(found)))
    if found.fresh:
        return cited or _beginning(found, sides[0])
    return cited or _changes(found, sides) or _corrections(found, sides)


def _beginning(found: Difference, after: Organisation) -> Documents:
    """Return the documents by which a unit was created, or a person came to their present unit."""
    unit, person = after.units.get(found.id), after.people.get(found.id)
    row = unit.created if unit else person.posts[-1] if person and person.posts else None
    return tuple(dict.fromkeys(filter(None, (row.decision, row.request)))) if row else ()


def _changes(found: Difference, sides: Sequence[Organisation]) -> Documents:
    """Return the documents by which facts of a record are newly said to change, if all are."""
    new, old = (each.units.get(found.id) or each.people.get(found.id) for each in sides)
    if not (new and old and found.before and found.after):
        return ()
    named = (found.row,) if found.row in ("locked", "hold") else tuple(found.after)
    facts = tuple("aliases" if each == "former" else each for each in named)
    fresh = [row for row in new.changes if row not in old.changes]
    if not all(any(fact in row.facts for row in fresh) for fact in facts):
        return ()
    cited = (d for row in fresh if {*row.facts} & {*facts} for d in (row.decision, row.request))
    return tuple(dict.fromkeys(filter(None, cited)))


def _cited(found: Difference) -> Iterator[str]:
    """Yield the documents the difference rests on: those that it newly names.

    An edited row rests on what it cites since, a removed one on nothing that it cited.
    """
    for name in CITED:
        value, old = (found.after or {}).get(name), (found.before or {}).get(name)
        known = old if isinstance(old, list) else [old]
        for each in value if isinstance(value, list) else [value]:
            if each and each not in known:
                yield str(each)


def _corrections(found: Difference, sides: Sequence[Organisation]) -> Documents:
    """Return the documents by which the record is newly corrected."""
    new, old = (each.units.get(found.id) or each.people.get(found.id) for each in sides)
    return tuple(d for d in new.corrections if d not in old.corrections) if new and old else ()


def _unit(found: Difference, sides: Sequence[Organisation]) -> str:
    """Return the unit a difference is grouped under: a person's last one, a document's issuer."""
    if found.kind == "units":
        return found.id
    if found.kind == "documents":
        return str((found.new or found.old).get("issuer", ""))
    person = next((side.people[found.id] for side in sides if found.id in side.people), None)
    return person.posts[-1].unit if person and person.posts else ""
