"""Edits change the records concerned and nothing else, byte for byte, in whatever file they are."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from test_format import texts

from hopthu.editing import people, units
from hopthu.editing.documents import NewDocument, proposed_id
from hopthu.editing.draft import Draft
from hopthu.editing.units import Office
from hopthu.errors import UsageError
from hopthu.load import load, replaced
from hopthu.rules.context import RuleContext
from hopthu.rules.registry import BETWEEN
from hopthu.source import files
from hopthu.source.formatter import layouts, tidied
from hopthu.source.records import Source
from hopthu.source.values import HIDDEN
from hopthu.validate import between, policy_of, validate

ROOT = Path(__file__).parents[2]
DAY = date(2026, 12, 1)
DECISION, REQUEST = "qd-2339-snv-2020", "cv-1029-snv-2020"
BOTH = {"decision": DECISION, "request": REQUEST}
NEW = NewDocument(["decision"], "361/QĐ-SNV", "so-noi-vu", date(2026, 11, 20))
LINE = st.text(
    st.characters(exclude_categories=("C", "Z"), include_characters=" "), min_size=1
).filter(lambda text: not HIDDEN.search(text))


@cache
def shipped() -> Source:
    return load(ROOT)


def facts_of(source: Source) -> RuleContext:
    return RuleContext(source, policy_of(source), DAY)


NOTES = st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from((0, 2, 4, 6))), max_size=40)


def commented(notes: Sequence[tuple[int, int]]) -> Source:
    """Return the shipped data with comments between its lines, each at a line and a column."""
    source, changed = shipped(), {}
    for name in ("data/people.yaml", "data/units.yaml"):
        lines = source.files[name].decode().splitlines(keepends=True)
        for number, column in notes:
            place = 1 + number % len(lines)
            lines.insert(place, f"{' ' * column}# note {number}\n")
        changed[name] = "".join(lines).encode()
    return replaced(source, changed)


def transfer(draft: Draft, key: str, said: str) -> tuple[str, Any, set[str]]:
    people.transfer(
        draft, draft.facts.people[key], "so-y-te", said, DAY, DECISION, REQUEST, secondary=True
    )
    row = {"unit": "so-y-te", "title": said, "from": DAY.isoformat(), "main": False, **BOTH}
    data = draft.facts.people[key].data
    return "people", {**data, "posts": [*data["posts"], row]}, set()


def leave(draft: Draft, key: str, _said: str) -> tuple[str, Any, set[str]]:
    people.leave(draft, draft.facts.people[key], "retired", DAY, NEW, REQUEST)
    documents = {"decision": "qd-361-snv-2026", "request": REQUEST}
    data = draft.facts.people[key].data
    left = {"how": "retired", "on": DAY.isoformat(), **documents}
    return "people", {**data, "left": left}, set()


def rename(draft: Draft, key: str, said: str) -> tuple[str, Any, set[str]]:
    record = draft.facts.people[key]
    people.change(draft, record, {"name": said}, DAY, DECISION, REQUEST)
    was = {"name": record.data["name"]}
    change = {"on": DAY.isoformat(), "facts": ["name"], "was": was, **BOTH}
    changes = [*record.data.get("changes", []), change]
    old = f"  name: {record.data['name']}\n"
    return "people", {**record.data, "name": said, "changes": changes}, {old}


def delegate(draft: Draft, key: str, said: str) -> tuple[str, Any, set[str]]:
    unit = sorted(draft.facts.units)[len(said) % len(draft.facts.units)]
    record = draft.facts.units[unit]
    units.authorise(draft, record, Office(key, DAY, DECISION, until=DAY))
    row = {"person": key, "from": DAY.isoformat(), "until": DAY.isoformat(), "decision": DECISION}
    delegates = [*record.data.get("delegates", []), row]
    return "units", {**record.data, "delegates": delegates}, set()


EDITS = st.sampled_from([transfer, leave, rename, delegate])
Edit = Callable[[Draft, str, str], tuple[str, Any, set[str]]]


@given(NOTES, EDITS, st.integers(0), LINE)
def test_an_edit_of_the_shipped_data_changes_one_record(
    notes: Sequence[tuple[int, int]], edit: Edit, number: int, said: str
) -> None:
    """All other lines and every comment stay, in their order; the layout stays that of `format`."""
    source = commented(notes)
    facts = facts_of(source)
    offices = (*facts.heads.values(), *facts.delegates.values())
    busy = {row.person for rows in offices for row in rows}
    idle = sorted(facts.people.keys() - busy)  # where the head of a unit leaves, two records change
    key = idle[number % len(idle)]
    draft = Draft(facts)
    try:
        kind, expected, replaced_lines = edit(draft, key, said)
    except UsageError:
        assume(False)  # who has left already, and units that have ended
    after = written(source, draft)
    for old, new in zip(source.records[kind], after.records[kind], strict=True):
        assert new.data == (expected if old.id == expected["id"] else old.data)
    for name, raw in source.files.items():
        stays(raw, after.files[name], replaced_lines)
    assert_formatted(after)


def written(source: Source, draft: Draft) -> Source:
    after = replaced(source, {edit.name: edit.content() for edit in draft.edits()})
    assert source.problems == after.problems
    return after


def stays(old: bytes, new: bytes, but: set[str]) -> None:
    """Assert that all lines are there still, in their order, but those of `but`."""
    at, there = 0, lines(new)
    for line in lines(old):
        try:
            at = there.index(line, at) + 1
        except ValueError:
            assert line in but, line


def lines(raw: bytes) -> list[str]:
    return files.normal(raw).decode().splitlines(keepends=True)


def assert_formatted(source: Source) -> None:
    for layout in layouts(source):
        assert tidied(layout) == layout.text, layout.name


@given(texts(), st.integers(0, 30), st.booleans())
def test_a_new_record_finds_its_place_in_any_file(text: str, number: int, windows: bool) -> None:
    """Above the first of a higher id; or the file is refused until `format` has changed it."""
    raw = text.encode()
    raw = b"\xef\xbb\xbf" + raw.replace(b"\n", b"\r\n") if windows else raw
    source = replaced(Source(ROOT, dict.fromkeys(files.KINDS, ())), {"data/units.yaml": raw})
    assume(not source.problems)
    key = f"unit-{number}-a"
    draft = Draft(facts_of(source))
    draft.add("data/units.yaml", key, f"- id: {key}\n  name: X\n")
    try:
        if source.units:
            draft.set_field(source.units[0], ("store",), "store1")
        after = written(source, draft)
    except UsageError:
        return
    new = after.files["data/units.yaml"]
    stays(raw, new, {"[]\n"})
    assert windows == new.startswith(b"\xef\xbb\xbf")
    assert new.count(b"\n") == new.count(b"\r\n") if windows else b"\r" not in new
    ids = [record.id for record in after.units]
    at = ids.index(key)
    assert [record.id for record in source.units] == ids[:at] + ids[at + 1 :]
    assert all(other <= key for other in ids[:at])
    assert at == len(ids) - 1 or ids[at + 1] > key
    assert {"id": key, "name": "X"} == after.units[at].data
    for layout in layouts(source):
        if tidied(layout) == layout.text and source.units:
            assert_formatted(after)


def test_ids_of_documents_are_formed_as_those_of_the_data() -> None:
    """Of all but one, whose office is abbreviated."""
    source = shipped()
    differ = []
    for record in source.documents:
        others = tuple(each for each in source.documents if each is not record)
        facts = facts_of(Source(ROOT, {**source.records, "documents": others}, (), source.files))
        data: Any = record.data
        issuer = data.get("issuer") or data["outside_issuer"]
        signed = date.fromisoformat(data["date"])
        outside = "outside_issuer" in data
        new = NewDocument([data["kind"]], data["number"], issuer, signed, outside=outside)
        if proposed_id(facts, new) != record.id:
            differ.append(record.id)
    assert ["cv-12-vp-2025"] == differ


TODAY = date(2026, 11, 27)
DECIDED = NewDocument(["decision"], "9991/QĐ-UBND", "ubnd-tinh", date(2026, 11, 20))
PERSON_EDITS = ("leave", "transfer", "second post", "lock", "rename")
UNIT_EDITS = ("merge", "rename", "delegate")


def requested(facts: RuleContext, unit: str) -> NewDocument:
    symbol = facts.units[unit].data.get("short", "UBND")
    return NewDocument(["request"], f"9992/{symbol}-VP", unit, date(2026, 11, 23))


def assert_passes(draft: Draft) -> None:
    """Assert that `check` finds no error, compared with the shipped data as well."""
    source = draft.facts.source
    after = written(source, draft)
    found = [*validate(after, TODAY), *between(source, after, TODAY, BETWEEN)]
    assert [] == [p.what for p in found if p.severity == "error" and p.rule != "expectation-met"]
    assert_formatted(after)


@given(st.integers(0), st.sampled_from(PERSON_EDITS))
def test_an_edit_of_anybody_passes_check(number: int, edit: str) -> None:
    """With the documents of who may decide and ask: of officials, heads and delegates."""
    facts = RuleContext(shipped(), policy_of(shipped()), TODAY)
    key = sorted(facts.people)[number % len(facts.people)]
    record, unit = facts.people[key], facts.posts[key][-1].unit
    draft, request = Draft(facts), requested(facts, unit)
    to = "so-y-te" if unit != "so-y-te" else "so-noi-vu"
    try:
        if edit == "leave":
            people.leave(draft, record, "retired", DAY, DECIDED, request)
        elif edit == "lock":
            people.lock(draft, record, DAY, None, DECIDED, request)
        elif edit == "rename":
            name = f"{record.data['name']} Anh"
            people.change(draft, record, {"name": name}, TODAY, DECIDED, request)
        else:
            second = edit == "second post"
            people.transfer(
                draft, record, to, "Chuyên viên", DAY, DECIDED, request, secondary=second
            )
    except UsageError:
        assume(False)  # who has left, or is locked
    assume(not (edit == "rename" and key in facts.left))
    assert_passes(draft)


@given(st.integers(0), st.sampled_from(UNIT_EDITS))
def test_an_edit_of_any_unit_passes_check(number: int, edit: str) -> None:
    """With the documents of who may decide and ask; the head's alone for a delegation."""
    facts = RuleContext(shipped(), policy_of(shipped()), TODAY)
    # On the province only somebody outside decides; a commune and a ward of one name have addresses
    # that must not be taken for each other's.
    others = {"ubnd-tinh", "hdnd-tinh", "xa-dong-tien", "phuong-dong-tien"}
    keys = sorted(facts.units.keys() - others)
    key = keys[number % len(keys)]
    record, draft, request = facts.units[key], Draft(facts), requested(facts, key)
    to = "so-noi-vu" if key != "so-noi-vu" else "so-y-te"
    try:
        if edit == "merge":
            below = units.below(facts, [key], DAY)
            moves = {m.row.person: (to, m.title) for m in units.members(facts, key, DAY)}
            ending = [record, *below]
            for unit in below:
                moves |= {m.row.person: (to, m.title) for m in units.members(facts, unit.id, DAY)}
            how = {"how": "merged", "into": [to]}
            endings = {unit.id: how for unit in ending}
            units.end(draft, endings, DAY, DECIDED, request, moves, {})
        elif edit == "rename":
            name = f"{record.data['name']} Mới"
            people.still_here(draft, record)
            people.change(draft, record, {"name": name}, TODAY, DECIDED, request)
        else:
            heads = {row.person for row in facts.heads.get(key, ())}
            there = [m.row.person for m in units.members(facts, key, DAY)]
            free = [who for who in there if who not in heads]
            assume(free)
            symbol = record.data.get("short", "UBND")
            by = NewDocument(["authorisation"], f"9993/GUQ-{symbol}", key, date(2026, 11, 24))
            until = date(2028, 1, 1)
            units.authorise(draft, record, Office(free[0], DAY, by, until=until))
    except UsageError:
        assume(False)  # which has ended
    assert_passes(draft)
