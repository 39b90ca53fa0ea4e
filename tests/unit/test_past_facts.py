"""What records were before their facts changed, as rows of `changes` state."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hopthu.load import load
from hopthu.model.policy import Policy
from hopthu.rules.context import RuleContext
from hopthu.source.records import Record, Source
from hopthu.validate import policy_of

UNIT, OFFICE, TOP = "so-tai-chinh", "van-phong-ubnd-tinh", "ubnd-tinh"
PROVINCE = load(Path(__file__).parents[1] / "rules" / "base")
ON = date(2026, 11, 25)


def context(**fields: Any) -> RuleContext:
    """Return the facts with other fields of the department of finance."""
    units = tuple(
        each._replace(data={**each.data, **fields}) if each.id == UNIT else each
        for each in PROVINCE.units
    )
    source: Source = replace(PROVINCE, records={**PROVINCE.records, "units": units})
    policy: Policy = policy_of(source)
    return RuleContext(source, policy, ON)


def row(on: str, **before: str) -> dict[str, Any]:
    return {"on": on, "facts": [*before], "was": before}


def record(facts: RuleContext) -> Record:
    return facts.units[UNIT]


@pytest.mark.parametrize(
    ("day", "name", "short"),
    [
        ("2026-11-25", "Sở Tài chính", "STC"),
        ("2026-03-02", "Sở Tài chính", "STC"),
        ("2026-03-01", "Sở Tài chính và Đầu tư", "STCĐT"),
        ("2025-06-02", "Sở Tài chính và Đầu tư", "STCĐT"),
        ("2025-06-01", "Sở Kế hoạch", "STCĐT"),
        ("2000-01-01", "Sở Kế hoạch", "STCĐT"),
    ],
)
def test_a_fact_is_what_the_next_row_says_it_was(day: str, name: str, short: str) -> None:
    """The new value holds from the day of the row on; rows stand in any order."""
    changes = [
        row("2026-03-02", name="Sở Tài chính và Đầu tư", short="STCĐT"),
        row("2025-06-02", name="Sở Kế hoạch"),
    ]
    for listed in (changes, changes[::-1]):
        facts = context(changes=listed)
        was = facts.past.on(record(facts), day)
        assert (name, short) == (was["name"], was["short"])
    assert "kind" in was, "what no row names is as it is now"


def test_of_two_rows_of_a_day_the_later_one_is_the_last() -> None:
    """Put right on the same day: before it, the first one's value was there."""
    facts = context(changes=[row("2026-03-02", name="Sở A"), row("2026-03-02", name="Sở B")])
    assert ["Sở Tài chính", "Sở B", "Sở A"] == [
        state.data["name"] for state in facts.past.states(record(facts))
    ]


def test_what_was_put_right_on_its_own_day_held_on_none() -> None:
    """Whatever an edit of its own said in between; what held for a day did."""
    facts = context(changes=[row("2026-03-02", name="Sở A"), row("2026-03-02", name="Sở B")])
    held = [state.data["name"] for state in facts.past.held(record(facts))]
    assert ["Sở Tài chính", "Sở A"] == held
    facts = context(changes=[row("2026-03-02", name="Sở A"), row("2026-03-03", name="Sở B")])
    held = [state.data["name"] for state in facts.past.held(record(facts))]
    assert ["Sở Tài chính", "Sở B", "Sở A"] == held


def test_the_units_above_are_those_of_the_day() -> None:
    """Of a unit that moved, and of any below it; of all others those of today."""
    facts = context(changes=[row("2026-03-02", parent=OFFICE)])
    assert {UNIT, TOP} == facts.above(UNIT, "2026-03-02")
    assert {UNIT, OFFICE, TOP} == facts.above(UNIT, "2026-03-01")
    assert {UNIT, OFFICE, TOP} == facts.past.ever_above(UNIT)
    assert {OFFICE, TOP} == facts.above(OFFICE, "2026-03-01")


@pytest.mark.parametrize("before", [UNIT, "nobody", ""])
def test_a_wrong_parent_is_no_circle(before: str) -> None:
    """A unit above itself, one that does not exist: other rules report it, and nothing hangs."""
    facts = context(changes=[row("2026-03-02", parent=before)])
    assert facts.above(UNIT, "2026-01-01") <= {UNIT}


@pytest.mark.parametrize("was", [None, "ubnd-tinh", ["x"], {"parent": ["x"]}, {1: 2}])
def test_any_shape_is_read(was: object) -> None:
    """What is of the wrong shape is reported as such."""
    facts = context(changes=[{"on": "2026-03-02", "facts": ["parent"], "was": was}])
    assert facts.above(UNIT, "2026-01-01")
