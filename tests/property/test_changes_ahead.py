"""What is entered for a day to come: nothing differs before the day, and all is right from it on.

Each day is compared with data that say so for all days: before the day with those before the edit,
from the day on with those in which the new values have no day at all.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hopthu.desired.state import Desired, desired
from hopthu.editing import people, units
from hopthu.editing.draft import Draft
from hopthu.load import load, replaced
from hopthu.model.builder import build
from hopthu.model.organisation import Organisation
from hopthu.model.reviewers import reviewers
from hopthu.model.timeline import value_of
from hopthu.rules.context import RuleContext
from hopthu.source.records import Record, Source
from hopthu.source.values import Map
from hopthu.validate import policy_of

TODAY, DAY = date(2026, 11, 25), date(2027, 1, 1)
SOURCE = load(Path(__file__).parents[2])
WHOLE = policy_of(SOURCE)
STORES = {"department": "store2", "board": "store3", "ward": "store4"}
POLICY = replace(WHOLE, stores=replace(WHOLE.stores, by_kind=STORES))
FACTS = RuleContext(SOURCE, POLICY, TODAY)
LIVING = [u for u in FACTS.units if u not in FACTS.ended and u not in FACTS.created]
BASE = build(SOURCE)
DECISION, REQUEST = (
    next(d for d, record in FACTS.documents.items() if record.data["kind"] == kind)
    for kind in ("decision", "request")
)

unit = st.sampled_from(LIVING)
EDITS = st.one_of(
    st.tuples(st.just("merge"), unit, unit),
    st.tuples(st.just("parent"), unit, unit),
    st.tuples(st.just("name"), unit, st.just("Tên mới")),
    st.tuples(st.just("kind"), unit, st.sampled_from(["board", "ward"])),
    st.tuples(st.just("address"), unit, st.sampled_from(["moi", "khac"])),
    st.tuples(st.just("name"), st.sampled_from([*FACTS.people]), st.just("Lê Tên Mới")),
    st.tuples(st.just("category"), st.sampled_from([*FACTS.people]), st.just("cadre")),
)


def edited(source: Source, kind: str, key: str, value: str) -> Source:
    """Return the data with one edit from the day on, as the commands write it."""
    facts = RuleContext(source, POLICY, TODAY)
    draft = Draft(facts)
    record = facts.units.get(key) or facts.people[key]
    if kind == "merge":
        moves = {
            m.row.person: (value, m.title) for m in units.members(facts, key, DAY) if m.row.main
        }
        above = {each.id: value for each in units.below(facts, [key], DAY)}
        how = {"how": "merged", "into": [value]}
        units.end(draft, {key: how}, DAY, DECISION, REQUEST, moves, above)
    else:
        people.change(draft, record, {kind: value}, DAY, DECISION, REQUEST)
    return replaced(source, {edit.name: edit.content() for edit in draft.edits()})


def fits(source: Source, kind: str, key: str, value: str) -> bool:
    """Tell whether an edit leads to no circle, changes something, and is of what is there."""
    facts = RuleContext(source, POLICY, TODAY)
    record = facts.units.get(key) or facts.people[key]
    if kind in ("merge", "parent") and key in facts.past.above(value, DAY.isoformat()):
        return False
    if kind != "merge" and not value_of(record.data, kind):
        return False  # `was` cannot say that there was none: `check` refuses it
    ending = {key, value} & facts.ended.keys()
    row = any(each.start == DAY.isoformat() for each in facts.fact_changes.get(key, ()))
    return not ending and not row and value_of(record.data, kind) != value


def without_days(source: Source) -> Source:
    """Return the data as if the latest values had always been there."""

    def bare(record: Record) -> Record:
        rows = record.data.get("changes")
        if not isinstance(rows, list):
            return record
        kept: list[Map] = [
            {
                key: value
                for key, value in row.items()
                if key != "was" or row["on"] != DAY.isoformat()
            }
            for row in rows
            if isinstance(row, dict)
        ]
        return record._replace(data={**record.data, "changes": [*kept]})

    records = {kind: tuple(map(bare, listed)) for kind, listed in source.records.items()}
    return replace(source, records=records)


def seen(organisation: Organisation, day: date) -> tuple[Desired, Sequence[object]]:
    """Return everything that is computed for a day."""
    then = organisation.at(day)
    who = [reviewers(each, then, POLICY) for each in then.units.values()]
    return desired(organisation, POLICY, day), who


@given(st.lists(EDITS, min_size=1, max_size=4))
def test_nothing_differs_before_the_day_and_all_is_right_from_it_on(
    edits: list[tuple[str, str, str]],
) -> None:
    """Mailboxes, stores, addresses, names, rights and reviewers, day by day (Art. 5.2)."""
    source = SOURCE
    for edit in edits:
        if fits(source, *edit):
            source = edited(source, *edit)
    ahead, after = build(source), build(without_days(source))
    for day in (TODAY, DAY - timedelta(days=1)):
        assert seen(BASE, day) == seen(ahead, day)
    for day in (DAY, DAY + timedelta(days=200)):
        assert seen(after, day) == seen(ahead, day)
