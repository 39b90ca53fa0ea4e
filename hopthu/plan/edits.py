"""What an edit writes: every row that two revisions of the data do not share, field by field.

One function for units, people, documents and policy; only their schemas differ. A row is known by
its record, its list and its first day. What stands here is all that the later revision has and the
earlier one has not: from the earlier one and these rows the later one can be written again.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import takewhile
from typing import Any, NamedTuple

from hopthu.memoize import memoize_by_identity
from hopthu.schema.registry import Fields, schema
from hopthu.source.records import Source
from hopthu.source.values import Map, Value

_RECORDS = ("units", "people", "documents", "policy")
KINDS = (*_RECORDS, "expectations")
_DAYS = ("from", "on")
"""The fields that hold the first day of a row."""
_STEP = re.compile(r'"(?:[^"\\]|\\.)*"|[^.]+')
_PLAIN_STEP = re.compile(r"[\w-]+")
Documents = tuple[str, ...]


class Edit(NamedTuple):
    """One row that is added, changed or taken out, or fields of a record that are in no row.

    `list` is the field with the row, empty for fields in no row, whose names are paths. `day` is
    the first day of a row of a list; `place` its place in the list if there are several of that
    day, or the list is not in order of its days, else 0. `before` and `after` have each field that
    differs; a field that is in one of them alone is not in the other revision. `basis` are the
    documents.
    """

    kind: str
    id: str
    list: str
    day: str
    place: int
    action: str
    before: Map
    after: Map
    basis: Documents = ()

    def as_dict(self) -> dict[str, Any]:
        """Return one of the `edits` of `plan --format json`."""
        return {**self._asdict(), "basis": [*self.basis]}


@memoize_by_identity(2)
def edits(before: Source, after: Source) -> tuple[Edit, ...]:
    """Return all that differs between the records of two revisions, in the order of a plan."""
    of_records = (
        edit
        for kind in _RECORDS
        for key, old, new in _differing(kind, before, after)
        for edit in _resting([*_of_record(kind, key, old, new)], kind, old, new)
    )
    return (*of_records, *_of_expectations(before, after))


def common(edit: Edit) -> str:
    """Return a row without what is each record's own, by its schema: rows alike share the rest."""
    sides = map(shared, (edit.before, edit.after))
    return json.dumps([edit.kind, edit.list, edit.day, edit.action, *sides])


def shared(value: Value) -> Value:
    """Return a value without what is each record's own."""
    if isinstance(value, list):
        return [shared(each) for each in value]
    if isinstance(value, dict):
        return {
            name: None if name.rpartition(".")[2] in own_names() else shared(each)
            for name, each in value.items()
        }
    return value


def cited(rules: Fields, value: Value) -> Iterator[str]:
    """Yield the ids of the documents that a value names, by the rules of its field."""
    if isinstance(value, str):
        if rules.get("meta", {}).get("refers") == "documents":
            yield value
    elif isinstance(value, list):
        for each in value:
            yield from cited(rules.get("schema", {}), each)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from cited(inner(rules, name), each)


def uses(source: Source, documents: Iterable[str]) -> Counter[str]:
    """Return how often records cite each of some documents."""
    wanted = {*documents}
    found: Counter[str] = Counter()
    for kind in KINDS if wanted else ():
        rules = {"schema": schema(kind).fields}
        for record in source.records.get(kind, ()):
            found.update(each for each in cited(rules, record.data) if each in wanted)
    return found


def inner(rules: Fields, name: str) -> Fields:
    """Return the rules of a key of a mapping, {} if there are none."""
    found: Fields = rules.get("valuesrules") or rules.get("schema", {}).get(name, {})
    return found


def path_of(step: str) -> str:
    """Return a key as a step of a path, quoted where it is more than a word."""
    return step if _PLAIN_STEP.fullmatch(step) else json.dumps(step, ensure_ascii=False)


def steps(path: str) -> Iterator[str]:
    """Yield the keys of which a path consists."""
    for step in _STEP.findall(path):
        yield json.loads(step) if step.startswith('"') else step


@cache
def rules_at(kind: str, path: str, name: str = "") -> Fields:
    """Return the rules of a field by its path, or of a field of the rows there."""
    rules = schema(kind).field(steps(path or name))
    if not (path and name):
        return rules
    return inner(rules.get("schema", {}) if rules.get("type") == "list" else rules, name)


@cache
def own_names() -> frozenset[str]:
    """Return the names of the fields of records that are each record's own."""

    def named(fields: Fields) -> Iterator[str]:
        for name, rules in fields.items():
            if isinstance(rules, dict):
                if rules.get("meta", {}).get("own"):
                    yield name
                yield from named(rules)

    return frozenset(name for kind in _RECORDS for name in named(schema(kind).fields))


def _differing(kind: str, before: Source, after: Source) -> Sequence[tuple[str, Map, Map]]:
    """Return the id of each record that differs, with what either revision has of it."""
    old, new = (side.records.get(kind, ()) for side in (before, after))
    if kind == "policy":
        every = ({n: v for r in side for n, v in r.data.items()} for side in (old, new))
        sides = [{"": each} if each else {} for each in every]
    else:
        shared = {*map(id, old)} & {*map(id, new)}
        sides = [{r.id: r.data for r in side if id(r) not in shared} for side in (old, new)]
    found: list[tuple[str, Map, Map]] = []
    for key in sorted(sides[0].keys() | sides[1].keys()):
        was, now = (side.get(key, {}) for side in sides)
        if was is not now and was != now:
            found.append((key, was, now))
    return found


def _of_record(kind: str, key: str, old: Map, new: Map) -> Iterator[Edit]:
    was, now = _taken_apart(kind, old), _taken_apart(kind, new)
    for name in dict.fromkeys((*was, *now)):
        one, other = was.get(name, {}), now.get(name, {})
        if isinstance(one or other, list):
            found = _of_list([*one], [*other])
        else:
            found = (Edit("", "", "", "", 0, *each) for each in _changed(one, other))
        for edit in found:
            yield edit._replace(kind=kind, id=key, list=name)


def _of_expectations(before: Source, after: Source) -> Iterator[Edit]:
    """Yield the expectations that are taken out and added: they have no ids, and no order."""
    old, new = (
        Counter(json.dumps(each.data) for each in side.expectations) for side in (before, after)
    )
    for action, rows in (("remove", old - new), ("add", new - old)):
        for row in map(json.loads, sorted(rows.elements())):
            was, now = (_without_day(row), {}) if action == "remove" else ({}, _without_day(row))
            edit = Edit("expectations", "", "", _day(row), 0, action, was, now)
            yield edit._replace(basis=_of_row(edit, {}, ()))


def _taken_apart(kind: str, record: Map) -> Mapping[str, Any]:
    """Return the rows of a record, single or in lists, by path; the fields in none have no name."""
    fields: Map = {}
    found: dict[str, Any] = {"": fields}
    pending: list[tuple[str, Value, Fields]] = [
        (path_of(name), value, schema(kind).fields.get(name, {}))
        for name, value in record.items() if name != "id"
    ]  # fmt: skip
    while pending:
        path, value, rules = pending.pop(0)
        rows = value if isinstance(value, list) else [value]
        if value and _is_row(rules) and all(isinstance(row, dict) for row in rows):
            found[path] = value
        elif isinstance(value, dict) and value:
            pending += [
                (f"{path}.{path_of(name)}", each, inner(rules, name))
                for name, each in value.items()
            ]
        else:
            fields[path] = value
    return found


def _is_row(rules: Fields) -> bool:
    """Tell whether a field holds rows, or one row: its schema has a day, or is a list of those."""
    below = rules.get("schema", {})
    if rules.get("type") == "list":
        return bool(below.get("type") == "dict")
    return rules.get("type") == "dict" and any(day in below for day in _DAYS)


def _changed(old: Map, new: Map) -> Iterator[tuple[str, Map, Map]]:
    """Yield the action, and each field that differs, with its old and its new value."""
    if not old or not new:
        if old or new:
            yield ("add" if new else "remove"), old, new
        return
    names = [name for name in {**old, **new} if old.get(name, ...) != new.get(name, ...)]
    was, now = ({n: side[n] for n in names if n in side} for side in (old, new))
    if names:
        yield "change", was, now


def _of_list(old: list[Map], new: list[Map]) -> Iterator[Edit]:
    """Yield the rows that differ between the ends at which both lists are the same.

    Rows in order of their days are known by them, those that are not, and several of one day, by
    their places in the list as well. Of several of one day those that differ are taken out and put
    in whole.
    """
    first = _shared_rows(old, new)
    last = _shared_rows(old[first:][::-1], new[first:][::-1])
    days = [[_day(row) for row in rows] for rows in (old, new)]
    in_order = all(each == sorted(each) for each in days)
    most = Counter(days[0]) | Counter(days[1])
    sides: list[dict[tuple[str, int], Map]] = [{}, {}]
    for rows, found in zip((old, new), sides, strict=True):
        for number in range(first, len(rows) - last):
            day = _day(rows[number])
            found[day, 0 if in_order and most[day] == 1 else number + 1] = rows[number]
    for day, place in sorted(sides[0].keys() | sides[1].keys()):
        was, now = (side.get((day, place), {}) for side in sides)
        whole = most[day] > 1 and was != now
        for pair in [(was, {}), ({}, now)] if whole else [(was, now)]:
            for action, one, other in _changed(*pair):
                yield Edit("", "", "", day, place, action, _without_day(one), _without_day(other))


def _shared_rows(old: Sequence[Map], new: Sequence[Map]) -> int:
    """Return how many rows are the same at the beginning of two lists."""
    same = (one == other for one, other in zip(old, new, strict=False))
    return sum(1 for _ in takewhile(bool, same))


def _day(row: Map) -> str:
    return next((str(row[name]) for name in _DAYS if name in row), "")


def _without_day(row: Map) -> Map:
    first = next((name for name in _DAYS if name in row), "")
    return {name: value for name, value in row.items() if name != first}


def _resting(found: Sequence[Edit], kind: str, old: Map, new: Map) -> Iterator[Edit]:
    """Yield the rows with their documents; fields in no row apart, by what each rests on."""
    if not found:
        return
    facts = _documents_of_facts(old, new)
    corrected = _newly_cited(kind, "", old, new, only="corrections")
    first = _of_first_row(found) if not old else ()
    for edit in found:
        if edit.list:
            yield edit._replace(basis=_of_row(edit, facts, corrected))
            continue
        together: dict[tuple[Documents, str], list[str]] = defaultdict(list)
        for name in {**edit.before, **edit.after}:
            own = _newly_cited(kind, "", edit.before, edit.after, only=name)
            basis = own or _of_fact(facts, name) or first or corrected
            together[basis, name if kind == "policy" else ""].append(name)
        for (basis, _), names in together.items():
            sides = [{n: s[n] for n in names if n in s} for s in (edit.before, edit.after)]
            yield edit._replace(before=sides[0], after=sides[1], basis=basis)


def _of_row(edit: Edit, facts: Mapping[str, Documents], corrected: Documents) -> Documents:
    """Return the documents of a row: those it newly names, else those by which it differs.

    One that is taken out names nothing any more.
    """
    own = _newly_cited(edit.kind, edit.list, edit.before, edit.after)
    return own or facts.get(edit.list, ()) or corrected


def _newly_cited(kind: str, path: str, before: Map, after: Map, only: str = "") -> Documents:
    """Return the documents that fields at `path` name in `after` and not in `before`.

    Nothing rests on what was there before a change.
    """

    def named(side: Map) -> Iterator[str]:
        for name in [only] if only else [each for each in side if each != "was"]:
            yield from cited(rules_at(kind, path, name), side.get(name))

    known = {*named(before)}
    return tuple(dict.fromkeys(each for each in named(after) if each not in known))


def _documents_of_facts(old: Map, new: Map) -> Mapping[str, Documents]:
    """Return the facts that new rows of `changes` name, each with the documents of that row."""
    known, rows = (_listed(side.get("changes")) for side in (old, new))
    found: dict[str, Documents] = {}
    for row in rows:
        if isinstance(row, dict) and row not in known:
            documents = tuple(str(row[name]) for name in ("decision", "request") if name in row)
            for fact in _listed(row.get("facts")):
                found[str(fact)] = found.get(str(fact), ()) + documents
    return {fact: tuple(dict.fromkeys(documents)) for fact, documents in found.items()}


def _listed(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


def _of_fact(facts: Mapping[str, Documents], path: str) -> Documents:
    """Return the documents of the fact that a field is, or is a part of."""
    steps = path.split(".")
    names = [steps[-1], *(".".join(steps[:number]) for number in range(len(steps), 0, -1))]
    return next((facts[name] for name in names if name in facts), ())


def _of_first_row(found: Sequence[Edit]) -> Documents:
    """Return the documents of the first row of a new record."""
    rows = [edit for edit in found if edit.list]
    first = min(rows, key=lambda edit: edit.day or str(edit.after.get("on", "")), default=None)
    return _newly_cited(first.kind, first.list, {}, first.after) if first else ()
