"""No two edits read alike: what a plan says of an edit is the edit, whatever it is.

Every field of every schema and every key of the policy is tried, with values generated from it.
"""

import re
from copy import deepcopy
from dataclasses import replace
from datetime import date
from typing import Any

import click
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from test_accepted_renders import DATA, RECORDS, value
from test_mutations import slipped

from hopthu.i18n.catalogue import LANGUAGES, translate
from hopthu.load import load
from hopthu.model.builder import build
from hopthu.plan.edit_words import Words
from hopthu.plan.edits import Edit as Row
from hopthu.plan.format_markdown import as_markdown
from hopthu.plan.format_text import as_text
from hopthu.plan.plan import Plan, Snapshot, make
from hopthu.schema.registry import schema
from hopthu.source.positions import Positions
from hopthu.source.records import Record, Source
from hopthu.validate import policy_of

ON = date(2026, 6, 1)
SOURCE = load(DATA.parent)
KINDS = ("units", "people", "documents")
PLACES = [(kind, name) for kind in (*KINDS, "policy") for name in schema(kind).fields]
PLACES = [place for place in PLACES if place[1] != "id"]
CHECKSUM = re.compile(r"[0-9a-f]{16}\.$", re.MULTILINE)
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
    policy = Record.of("policy", held.file, (), data["policy"][0], Positions("f", ""))
    return replace(SOURCE, records={**SOURCE.records, **records, "policy": (policy,)})


def is_tree(data: Data) -> bool:
    """Tell whether an organisation can have these units: none is above itself."""
    above = {unit["id"]: unit.get("parent") for unit in data["units"]}
    for key in above:
        step, seen = key, set()
        while step and step not in seen:
            seen.add(step)
            step = above.get(step)
        if step is not None:
            return False
    return True


def snapshot(data: Data) -> Snapshot:
    """Return the data as a plan takes it."""
    source = source_of(data)
    return Snapshot(build(source), policy_of(source), source)


def texts(before: Snapshot, after: Snapshot) -> dict[str, str]:
    """Return all that a plan can be read as, without the line of its checksum."""
    return said(make(before, after, ON, "a" * 12), after)


def said(plan: Plan, after: Snapshot) -> dict[str, str]:
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
@settings(max_examples=60, deadline=None)
def test_two_edits_that_differ_read_differently(first: list[Edit], more: Edit) -> None:
    """However little they differ: one is the other and a bit more."""
    one, other = edited(first), edited([*first, more])
    assume(one != other and is_tree(one) and is_tree(other))
    left, right = (texts(BASE, snapshot(each)) for each in (one, other))
    assert [] == [name for name in left if left[name] == right[name]]


@pytest.mark.parametrize("place", PLACES, ids=".".join)
def test_each_field_is_told(place: tuple[str, str]) -> None:
    """Whatever its schema allows, added, changed, turned round and taken out."""

    @settings(max_examples=4, deadline=None)
    @given(edits([place]), edits([place]))
    def tried(first: Edit, second: Edit) -> None:
        one, other = edited([first]), edited([second])
        assume(one != other and is_tree(one) and is_tree(other))
        left, right = (texts(BASE, snapshot(each)) for each in (one, other))
        assert [] == [name for name in left if left[name] == right[name]]

    tried()


STRUCTURE = st.text(alphabet='ab1 ,:.;→–"\\[]{}()', max_size=12)
"""Texts of the signs by which a line of a plan is built."""
FIELD = st.dictionaries(st.sampled_from(["title", "decision"]), STRUCTURE, min_size=1)


@given(FIELD, FIELD)
@example({"title": "a", "decision": "b"}, {"title": "a, decision: b"})
@example({"title": "a"}, {"title": '"a"'})
def test_no_value_imitates_a_line(one: dict[str, str], other: dict[str, str]) -> None:
    """Two rows with the same line have the same fields, whatever signs their values have."""
    words = Words({}, {}, {})
    for language in LANGUAGES:
        rows = (Row("people", "an", "posts", "2026-01-01", 0, "add", {}, f) for f in (one, other))
        lines = [translate(words.row(row), language) for row in rows]
        assert (one == other) == (lines[0] == lines[1])
