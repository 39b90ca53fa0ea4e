"""No two edits read alike: what a plan says of an edit is the edit, whatever it is.

Every field of every schema and every key of the policy is tried, with values generated from it.
"""

import re
from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from datetime import date
from graphlib import CycleError, TopologicalSorter
from itertools import takewhile
from json import dumps
from typing import Any

import click
import pytest
from hypothesis import Phase, assume, example, given, settings
from hypothesis import strategies as st
from test_accepted_renders import DATA, RECORDS, value
from test_mutations import slipped

from hopthu.diagnostics.problem import printable
from hopthu.i18n.catalogue import LANGUAGES, translate
from hopthu.load import load
from hopthu.model.builder import build
from hopthu.plan import format_markdown
from hopthu.plan.edit_words import Words
from hopthu.plan.edits import Edit as Row
from hopthu.plan.edits import inner, path_of
from hopthu.plan.format_markdown import as_markdown
from hopthu.plan.format_text import as_text
from hopthu.plan.plan import Plan, make
from hopthu.schema.registry import schema
from hopthu.source.positions import Positions
from hopthu.source.records import Record, Source
from hopthu.validate import Loaded, policy_of
from revisions import revision

ON = date(2026, 6, 1)
SOURCE = load(DATA.parent)
KINDS = ("units", "people", "documents")
PLACES = [(kind, name) for kind in (*KINDS, "policy") for name in schema(kind).fields]
PLACES = [place for place in PLACES if place[1] != "id"]
PLACES += [("expectations", name) for name in schema("expectations").fields]
EXPECTED = [
    {"on": "2027-03-01", "mail": {"to": "stc", "leads_to": "so-tai-chinh"}},
    {"on": "2027-01-01", "head": {"unit": "so-tai-chinh", "person": "le-van-binh"}},
]
"""Not in the order of their days, which means nothing."""
CHECKSUM = re.compile(r"[0-9a-f]{16}\.`?$", re.MULTILINE)
"""In a comment the line of it is code."""
Edit = tuple[str, str, int, Any, str]
"""A kind of record, a field, which record, a value for it, and what is done with that."""
Data = dict[str, list[dict[str, Any]]]


def edits(places: list[tuple[str, str]]) -> st.SearchStrategy[Edit]:
    """Return edits of one field, which replace a value, add a row, or take one out."""

    def made(place: tuple[str, str]) -> st.SearchStrategy[Edit]:
        kind, name = place
        ways = st.sampled_from(["put", "put", "add", "take", "turn", "change", "name"])
        values = value(schema(kind).fields[name], odd=False)
        return st.tuples(st.just(kind), st.just(name), st.integers(0, 40), values, ways)

    return st.sampled_from(places).flatmap(made)


SOME = st.lists(edits(PLACES), min_size=1, max_size=3)


def edited(given_edits: list[Edit]) -> Data:
    """Return the golden data after some edits."""
    data: Data = deepcopy({kind: [*RECORDS.get(kind, [])] for kind in SOURCE.records})
    data["expectations"] = deepcopy(EXPECTED)
    for kind, name, number, new, way in given_edits:
        records = data[kind]
        record = records[number % len(records)]
        old = record.get(name)
        if way == "put" or not isinstance(old, (list, dict)):
            record[name] = new
        elif way == "add" and isinstance(old, list):
            old.extend(new)
        elif way == "turn" and isinstance(old, list):
            old.reverse()
        elif way == "change" and isinstance(old, list) and old and isinstance(old[0], dict):
            old[0].update(new[0] if new else {})
        elif way == "change" and isinstance(old, dict):
            old.update(new)
        elif not schema(kind).fields[name].get("required"):
            del record[name]
    return data


def source_of(data: Data) -> Source:
    records = {kind: slipped(SOURCE.records[kind], data[kind]) for kind in KINDS}
    (held,) = SOURCE.policy
    for kind, name in (("policy", held.file), ("expectations", "data/expectations.yaml")):
        found = (Record.of(kind, name, (), each, Positions("f", "")) for each in data[kind])
        records[kind] = tuple(found)
    return replace(SOURCE, records={**SOURCE.records, **records})


def is_tree(data: Data) -> bool:
    """Tell whether an organisation can have these units: none is above itself, on any day."""
    above = {
        unit["id"]: {
            unit.get("parent"),
            *(row.get("was", {}).get("parent") for row in unit.get("changes", ())),
        }
        for unit in data["units"]
    }
    try:
        tuple(TopologicalSorter(above).static_order())
    except CycleError:
        return False
    return True


def snapshot(data: Data) -> Loaded:
    """Return the data as a plan takes it."""
    source = source_of(data)
    return revision(build(source), policy_of(source), source)


def texts(before: Loaded, after: Loaded) -> dict[str, str]:
    """Return all that a plan can be read as, without the line of its checksum."""
    return said(make(before, after, ON, "a" * 12), after)


def said(plan: Plan, after: Loaded) -> dict[str, str]:
    found = {}
    for language in LANGUAGES:
        for details in (False, True):
            for write in (as_text, as_markdown):
                text = write(plan, after.organisation, language, details=details)
                found[f"{write.__name__} {language} {details}"] = click.unstyle(text)
        found[f"json {language}"] = str({**plan.as_dict(language), "checksum": ""})
    return {name: CHECKSUM.sub("", text) for name, text in found.items()}


BASE = snapshot(edited([]))


@given(SOME, edits(PLACES))
@settings(max_examples=60, deadline=None, phases=[Phase.generate])
def test_two_edits_that_differ_read_differently(first: list[Edit], more: Edit) -> None:
    """However little they differ: one is the other and a bit more."""
    one, other = edited(first), edited([*first, more])
    assume(one != other and is_tree(one) and is_tree(other))
    left, right = (texts(BASE, snapshot(each)) for each in (one, other))
    assert [] == [name for name in left if left[name] == right[name]]


Atom = tuple[str, ...]
"""A value of a record, with the field and the row it stands in."""


def atoms(kind: str, record: dict[str, Any]) -> Counter[Atom]:
    """Return all that a record says, value by value; of each row that it is there as well."""
    found: Counter[Atom] = Counter()
    pending = [(path_of(n), v, schema(kind).fields[n]) for n, v in record.items() if n != "id"]
    for path, held, rules in pending:
        below = rules.get("schema", {})
        if kind != "expectations" and below.get("type") == "dict" and held:
            for row in held:
                day = row.get("from", row.get("on", ""))
                found.update(of_row(path, day, row))
        elif isinstance(held, dict) and {"from", "on"} & below.keys() and kind != "expectations":
            found.update(of_row(path, "", held))
        elif isinstance(held, dict) and held and kind != "expectations":
            pending += [
                (f"{path}.{path_of(name)}", each, inner(rules, name)) for name, each in held.items()
            ]
        elif kind != "expectations" or path != "on":
            found["", record["on"] if kind == "expectations" else "", path, dumps(held)] += 1
    return found


def of_row(place: str, day: str, row: dict[str, Any]) -> Counter[Atom]:
    fields = ((place, day, name, dumps(v)) for name, v in row.items())
    return Counter([(place, day, "", ""), *(f for f in fields if day == "" or f[2] not in DAYS)])


DAYS = ("from", "on")


def claimed(rows: Iterable[Row]) -> Counter[Atom]:
    """Return what the first block says is gone, and what it says has come, less."""
    found: Counter[Atom] = Counter()
    for row in rows:
        for sign, held in ((1, row.before), (-1, row.after)):
            for name, each in held.items():
                found[row.kind, row.id, row.list, row.day, name, dumps(each)] += sign
        if row.list and row.action != "change":
            found[row.kind, row.id, row.list, row.day, "", ""] += (
                1 if row.action == "remove" else -1
            )
    return found


def differing(old: Data, new: Data) -> Counter[Atom]:
    """Return what one revision has and the other has not."""
    found: Counter[Atom] = Counter()
    for sign, data in ((1, old), (-1, new)):
        for kind in (*KINDS, "policy", "expectations"):
            for record in data[kind]:
                for atom, number in atoms(kind, record).items():
                    found[kind, record.get("id", ""), *atom] += sign * number
    return found


@given(SOME)
@settings(max_examples=60, deadline=None, phases=[Phase.generate])
def test_every_value_that_differs_is_told_once(some: list[Edit]) -> None:
    """No more and no less, neither in the rows nor in the lines of text."""
    data = edited(some)
    assume(is_tree(data))
    told_once(data)


def told_once(data: Data) -> None:
    """Compare what a plan says with the values that differ."""
    after = snapshot(data)
    plan = make(BASE, after, ON, "a" * 12)
    found = {atom: number for atom, number in differing(edited([]), data).items() if number}
    told = {atom: number for atom, number in claimed(plan.edits).items() if number}
    assert found == told
    # Two expectations may be the same.
    rows = [str(edit._replace(basis=())) for edit in plan.edits if edit.kind != "expectations"]
    assert len(rows) == len({*rows})
    text = click.unstyle(as_text(plan, after.organisation, details=True))
    rest = text.partition("What the edit writes:\n")[2].splitlines()
    block = takewhile(lambda line: line.startswith(" "), rest)
    lines = [line for line in block if re.match(r"      [+~-] ", line)]
    documents = [
        edit
        for edit in plan.edits
        if (edit.kind, edit.list, edit.action) == ("documents", "", "add")
    ]
    assert len(plan.edits) - len(documents) == len(lines)


@pytest.mark.parametrize("place", PLACES, ids=".".join)
def test_each_field_is_told(place: tuple[str, str]) -> None:
    """Once, whatever its schema allows, added, changed, turned round and taken out."""

    @settings(max_examples=4, deadline=None, phases=[Phase.generate])
    @given(edits([place]), edits([place]))
    def tried(first: Edit, second: Edit) -> None:
        one, other = edited([first]), edited([second])
        assume(one != other and is_tree(one) and is_tree(other))
        told_once(one)
        told_once(other)
        left, right = (texts(BASE, snapshot(each)) for each in (one, other))
        assert [] == [name for name in left if left[name] == right[name]]

    tried()


PEOPLE = [
    {
        "id": f"nguoi-thu-{number}", "name": f"Người Thứ {number}", "category": "civil_servant",
        "mailbox": {"address": f"nguoi.thu.{number}"},
        "posts": [{"unit": "so-tai-chinh", "title": "Chuyên viên", "from": "2026-05-04",
                   "decision": "qd-210-ubnd-2025", "request": "cv-31-stc-2025"}],
        "left": {"how": "retired", "on": "2040-01-01", "decision": "qd-210-ubnd-2025"},
        "changes": [{"on": "2026-05-11", "facts": ["category"], "was": {"category": "cadre"},
                     "decision": "qd-210-ubnd-2025"}],
    }
    for number in range(12)
]  # fmt: skip
OTHERS: list[tuple[list[str | int], Any]] = [
    (["category"], "cadre"),
    (["quota"], "5 GiB"),
    (["posts", 0, "unit"], "van-phong-ubnd-tinh"),
    (["posts", 0, "title"], "Quyền Giám đốc"),
    (["posts", 0, "from"], "2026-05-05"),
    (["posts", 0, "main"], False),
    (["posts", 0, "request"], "qd-210-ubnd-2025"),
    (["left", "how"], "died"),
    (["left", "on"], "2039-01-01"),
    (["changes", 0, "was", "category"], "public_employee"),
]


def with_another(steps: list[str | int], value: Any) -> Loaded:
    """Return twelve new people of whom the eleventh has another value."""
    data = edited([])
    people = deepcopy(PEOPLE)
    *above, last = steps
    place: Any = people[10]
    for step in above:
        place = place[step]
    place[last] = value
    data["people"] += people
    return snapshot(data)


@pytest.mark.parametrize(("steps", "value"), OTHERS, ids=str)
def test_a_fold_hides_no_row_that_differs(steps: list[str | int], value: Any) -> None:
    """Rows alike differ by names, ids and addresses: another one has a line, in both blocks."""
    after = with_another(steps, value)
    plan = make(BASE, after, ON, "a" * 12)
    for write in (as_text, as_markdown):
        told = click.unstyle(write(plan, after.organisation))
        written, _, done = told.partition("What changes on")
        for block in (written, *([done] if steps[-1] in ("unit", "title") else [])):
            lines = block.splitlines()
            assert any("guoi-thu-10" in line or "Thứ 10" in line for line in lines)
            assert any("11 lines, such as" in line for line in lines)


MOST = 6_000
"""So long is a comment here at the most."""


def crowd(documents: int, people: int, alike: int) -> Data:
    """Return the data with new documents, and new people of whom so many have one title.

    Each document is cited by one of them, as far as there are as many.
    """
    data = edited([])
    data["documents"] += [
        {"id": f"qd-{number}-ubnd-2026", "kind": "decision", "number": f"{number}/QĐ-UBND",
         "issuer": "ubnd-tinh", "date": "2026-05-04"}
        for number in range(1000, 1000 + documents)
    ]  # fmt: skip
    for number in range(people):
        key = f"nguoi-moi-{number:04}"
        post = {**PEOPLE[0]["posts"][0], "title": f"Chuyên viên {number // alike}"}
        if documents:
            post["decision"] = f"qd-{1000 + number}-ubnd-2026"
        data["people"].append({
            "id": key, "name": "Người Mới", "category": "civil_servant",
            "mailbox": {"address": key}, "posts": [post],
        })  # fmt: skip
    return data


@pytest.mark.parametrize(
    ("size", "place"),
    [
        ((60, 0, 1), ("documents", -15, "date")),
        ((30, 30, 1), ("documents", -15, "date")),
        ((0, 330, 11), ("people", -20, "posts")),
    ],
    ids=["documents", "documents of rows", "rows of folds"],
)
def test_a_comment_without_room_for_all_hides_nothing_that_differs(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int, int], place: tuple[str, int, str]
) -> None:
    """What stands for others has a digest of all of them: also of documents, and of other folds."""
    monkeypatch.setattr(format_markdown, "LONGEST", MOST)
    kind, number, field = place
    data = crowd(*size)
    one, other = data[kind][number], data[kind][number - 11]
    before = said_in_comments(data)
    if kind == "people":
        one[field], other[field] = other[field], one[field]
    else:
        one[field] = "2026-05-03"
    after = said_in_comments(data)
    assert [] == [name for name in before if before[name] == after[name]]


def said_in_comments(data: Data) -> dict[str, str]:
    """Return comments that have no room for all."""
    found = {name: text for name, text in texts(BASE, snapshot(data)).items() if "mark" in name}
    assert all(MOST / 4 < len(text) <= MOST for text in found.values())
    return found


STRUCTURE = st.text(alphabet='ab1u0 ,:.;→–"\\[]{}()\n\xa0\ue000\U000e0000', max_size=12)
"""Texts of the signs by which a line of a plan is built, and of some that are escaped."""
FIELDS = st.dictionaries(st.sampled_from(["title", "decision"]), STRUCTURE, min_size=1)
FIELD = FIELDS.map(lambda fields: dict(sorted(fields.items())))
"""In one order: which comes first says nothing."""


@given(FIELD, FIELD)
@example({"title": "a", "decision": "b"}, {"title": "a, decision: b"})
@example({"title": "a"}, {"title": '"a"'})
@example({"title": "\ue0000"}, {"title": "\U000e0000"})
def test_no_value_imitates_a_line(one: dict[str, str], other: dict[str, str]) -> None:
    """Two rows with the same line have the same fields, whatever signs their values have."""
    words = Words({}, {}, {})
    for language in LANGUAGES:
        rows = (Row("people", "an", "posts", "2026-01-01", 0, "add", {}, f) for f in (one, other))
        lines = [printable(translate(words.row(row), language)) for row in rows]
        assert (one == other) == (lines[0] == lines[1])
