"""Each change of a plan names the documents of the row that causes it, and no others."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_plan_between import ON, POLICY, SHIPPED, UNITS

from hopthu.model.organisation import Ending, FactChange, Organisation, Person, Tenure, Unit
from hopthu.plan.diff import Change
from hopthu.plan.plan import compare, make
from revisions import revision

DATA = SHIPPED.organisation
OFFICES = {row.person for unit in DATA.units.values() for row in (*unit.heads, *unit.delegates)}
CLERKS = [
    person.id
    for person in DATA.people.values()
    if person.mailbox and not (person.left or person.locked or person.id in OFFICES)
    if len(person.posts) == 1 and person.posts[0].holds_on(ON)
    if DATA.units[person.posts[0].unit].heads and not DATA.units[person.posts[0].unit].ended
]
FACTS = {"name": "name", "alias": "aliases", "category": "category"}
"""Edits of a fact of the clerk that is in no row, by the name that `changes` give it."""
OF_UNIT = {"unit-name": "name", "kind": "kind", "store": "store", "no-regulation": "regulation"}
"""Edits of a fact of the clerk's unit."""
ROWS = ["lock", "leave", "transfer", "second", "hold", "head"]
EDITS = [*FACTS, *OF_UNIT, *ROWS]
DOCUMENTS = {edit: (f"qd-{edit}", f"cv-{edit}") for edit in EDITS}


def row(edit: str, person: str, unit: str, start: date, title: str = "") -> Tenure:
    decision, request = DOCUMENTS[edit]
    return Tenure(person, unit, start, None, title, decision=decision, request=request)


def edited(
    edits: Iterable[str], key: str, other: str, start: date, documented: Collection[str] = ()
) -> Organisation:
    """Return the shipped province after edits of one clerk, and of their unit.

    Those `documented` come with a row of `changes`.
    """
    person = DATA.people[key]
    home = DATA.units[person.posts[0].unit]
    for edit in edits:
        person = clerk(edit, person, other, start)
        home = placed(edit, home)
    rows = {
        one: FactChange(start, (fact,), *DOCUMENTS[one])
        for one, fact in (FACTS | OF_UNIT).items()
        if one in documented
    }
    person = replace(person, changes=tuple(rows[one] for one in FACTS if one in rows))
    home = replace(home, changes=tuple(rows[one] for one in OF_UNIT if one in rows))
    if "head" in edits:
        home = headed(home, key, start)
    return replace(DATA, people={**DATA.people, key: person}, units={**DATA.units, home.id: home})


def placed(edit: str, unit: Unit) -> Unit:
    """Change a fact of the unit; its kind or its store bring it and its people elsewhere."""
    rural = unit.kind in ("commune", "ward")
    if edit == "unit-name":
        return replace(unit, name="Đơn vị mới")
    if edit == "kind":
        return replace(unit, kind="office" if rural else "ward")
    if edit == "store":
        return replace(unit, store="store1" if rural else "store2")
    return replace(unit, regulation="") if edit == "no-regulation" else unit


def clerk(edit: str, person: Person, other: str, start: date) -> Person:
    if edit in FACTS:
        return unlisted(edit, person)
    if edit == "lock":
        return replace(person, locked=(row(edit, person.id, "", start),))
    if edit == "leave":
        decision, request = DOCUMENTS[edit]
        return replace(person, left=Ending("retired", start, decision=decision, request=request))
    if edit == "hold":
        return replace(person, hold=row(edit, "", "", start))
    return posted(edit, person, other, start)


def unlisted(edit: str, person: Person) -> Person:
    """Change a fact that is in no row."""
    if edit == "alias" and person.mailbox:
        return replace(person, mailbox=replace(person.mailbox, aliases=("ten.moi",)))
    if edit == "name":
        return replace(person, name="Lê Mới")
    return replace(person, category="cadre" if person.category != "cadre" else "civil_servant")


def posted(edit: str, person: Person, other: str, start: date) -> Person:
    if edit == "second":
        extra = replace(row(edit, person.id, other, start, "Thành viên"), main=False)
        return replace(person, posts=(*person.posts, extra))
    if edit == "transfer":
        ended = replace(person.posts[0], until=start - timedelta(days=1))
        new = row(edit, person.id, other, start, "Thư ký")
        return replace(person, posts=(ended, *person.posts[1:], new))
    return person


def headed(unit: Unit, key: str, start: date) -> Unit:
    eve = start - timedelta(days=1)
    heads = [replace(h, until=eve) if h.holds_on(start) else h for h in unit.heads]
    return replace(unit, heads=(*heads, row("head", key, "", start)))


def cause(change: Change, edits: Collection[str], key: str) -> str:
    """Return the edit of a clerk or their unit that a line is the effect of."""
    fields = {*(change.after or {})} if isinstance(change.after, dict) else set()
    if change.kind in ("access", "address"):
        return {"access": "head", "address": "alias"}[change.kind]
    if change.kind == "list":
        return of_list(change, edits, key)
    if change.kind == "entry":
        return "unit-name"
    if change.action == "move":
        moved = "store" if "store" in edits else "kind"
        return "transfer" if change.id == key and "transfer" in edits else moved
    if fields & {"name", "folder"}:
        return "name" if change.id == key else "unit-name"
    fallen = "leave" if "refusal" in fields else "transfer"
    return fallen if fields else {"lock": "lock", "close": "leave"}[change.action]


def of_list(change: Change, edits: Collection[str], key: str) -> str:
    """Return the edit that a list, or somebody on it, is there by."""
    name, _, *records = change.id.split("/")
    if change.action == "rename":
        return "unit-name"
    if name == "thutruong":
        return "head"
    if records != [key]:
        return "kind"
    went = {"add": ["transfer", "second"], "remove": ["leave", "transfer"]}[change.action]
    return next((edit for edit in went if edit in edits), "kind")


@given(
    st.lists(st.sampled_from(EDITS), min_size=1, unique=True),
    st.sampled_from(CLERKS),
    st.sampled_from([key for key in UNITS if DATA.units[key].ended is None]),
    st.integers(0, 30),
    st.sets(st.sampled_from([*FACTS, *OF_UNIT])),
)
@settings(max_examples=100)
def test_each_change_rests_on_the_row_that_causes_it(
    edits: list[str], key: str, other: str, days: int, documented: set[str]
) -> None:
    """Whatever else the same record newly says; facts that no row names have no document."""
    # That a store overrules a kind is told by the fields that an edit writes: here are none.
    assume(not {"store", "kind"} <= {*edits} or "store" in documented)
    documented &= {*edits}
    after = edited(edits, key, other, ON - timedelta(days=days), documented)
    found, _ = compare(revision(DATA, POLICY), revision(after, POLICY), ON)
    for change in found:
        by = cause(change, edits, key)
        expected = DOCUMENTS[by] if by in (*ROWS, *documented) else ()
        assert expected == change.basis, (change.kind, change.id, change.summary)


@given(st.sampled_from(ROWS), st.sampled_from(CLERKS), st.integers(1, 60))
@settings(max_examples=30)
def test_a_change_of_a_later_day_rests_on_its_row(edit: str, key: str, days: int) -> None:
    """The day on which it shows changes nothing about that."""
    after = edited([edit], key, UNITS[0], ON + timedelta(days=days))
    plan = make(revision(DATA, POLICY), revision(after, POLICY), ON, "a")
    for change in (*plan.later, *(each for day in plan.due for each in day.changes)):
        if key in (change.id, change.before, change.after) or change.id.startswith(
            f"{DATA.people[key].posts[0].unit}/"
        ):
            assert DOCUMENTS[edit] == change.basis, change.summary
