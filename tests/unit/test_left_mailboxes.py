"""Mailboxes that ended units have left: who reads them, where, and under which name (Art. 7.2)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from samples import person, unit

from hopthu.desired.host_mailboxes import shared
from hopthu.desired.inputs import inputs_of, state_of
from hopthu.desired.state import Access, Desired, desired
from hopthu.desired.unit_folders import MOST_SHOWN
from hopthu.model.organisation import Ending, Organisation, Tenure
from hopthu.model.policy import GIB, Policy, Stores
from hopthu.operations import unit_readers

DAY = date(2026, 7, 1)
HEADS = {"a": "an", "b": "binh", "c": "chi", "d": "dung"}
POLICY = Policy(operator="c", stores=Stores(by_kind={"commune": "store2"}))


def ended(day: date, *into: str, mailbox_to: str = "") -> Ending:
    how = "merged" if len(into) == 1 else "split" if into else "dissolved"
    return Ending(how, day, into, mailbox_to=mailbox_to)


def province(**endings: Ending) -> Organisation:
    """Four units, each with a head; the first two are departments, the others communes."""
    units = {
        key: unit(
            key,
            f"Đơn vị {key}",
            key,
            kind="department" if key in "ab" else "commune",
            heads=(Tenure(head, "", date(2024, 1, 1), None),),
            ended=endings.get(key),
        )
        for key, head in HEADS.items()
    }
    people = {head: person(head, head, head, key) for key, head in HEADS.items()}
    return Organisation(units, people)


def on(organisation: Organisation, day: date) -> Desired:
    return desired(organisation, POLICY, day)


def readers(state: Desired, key: str = "a") -> set[tuple[str, str]]:
    return {(each.person, each.heir) for each in state.access if each.unit == key}


def store(state: Desired, key: str = "a") -> str:
    return next(each.store for each in state.mailboxes if each.id == key)


def test_the_successor_reads_it_from_the_day_until_the_archive() -> None:
    """On its store, and read only; before the day nothing is another, after it nobody reads it."""
    merged = province(a=ended(DAY, "c"))
    eve, first = on(merged, DAY - timedelta(days=1)), on(merged, DAY)
    assert ({("an", "")}, "store1") == (readers(eve), store(eve))
    assert ({("chi", "c")}, "store2") == (readers(first), store(first))
    assert Access("a", "an", "head") not in first.access
    lifecycle = POLICY.lifecycle
    kept = lifecycle.redirect_days + lifecycle.keep_closed_days
    last, archived = (on(merged, DAY + timedelta(days=kept + n)) for n in (-1, 0))
    assert {("chi", "c")} == readers(last)
    assert (set(), "store2") == (readers(archived), store(archived))
    assert [(False, True), (False,)] == [
        tuple(shared(each)[key].read_only for key in ("c", "a") if key in shared(each))
        for each in (last, archived)
    ]


@pytest.mark.parametrize(
    ("endings", "read", "where"),
    [
        ({"a": ended(DAY, "b"), "b": ended(DAY, "c")}, {("chi", "c")}, "store2"),
        ({"a": ended(DAY, "c"), "b": ended(DAY, "c")}, {("chi", "c")}, "store2"),
        ({"a": ended(DAY, "b"), "b": ended(DAY, "c", "d")}, set(), "store1"),
        (
            {"a": ended(DAY, "b"), "b": ended(DAY, "c", "d", mailbox_to="d")},
            {("dung", "d")},
            "store2",
        ),
        ({"a": ended(DAY, "c", "d")}, set(), "store1"),
        ({"a": ended(DAY, "c", "d", mailbox_to="d")}, {("dung", "d")}, "store2"),
        ({"a": ended(DAY, "b"), "b": ended(DAY)}, set(), "store1"),
        ({"a": ended(DAY)}, set(), "store1"),
        ({"a": ended(DAY, "b"), "b": ended(DAY, "a")}, set(), "store1"),
        ({}, {("an", "")}, "store1"),
    ],
)
def test_it_goes_to_the_one_unit_that_goes_on(
    endings: dict[str, Ending], read: set[tuple[str, str]], where: str
) -> None:
    """Through later mergers; after a split to whom the decision names; else nobody has it."""
    state = on(province(**endings), DAY)
    assert (read, where) == (readers(state), store(state))


def test_a_successor_without_a_mailbox_has_it_all_the_same() -> None:
    """Its head answers for what the unit has left."""
    merged = province(a=ended(DAY, "c"))
    bare = replace(merged.units["c"], mailbox=None)
    state = on(replace(merged, units={**merged.units, "c": bare}), DAY)
    assert {("chi", "c")} == readers(state)


def test_the_quota_stays_its_own() -> None:
    """A full mailbox is full beside another; nothing is added to either."""
    merged = province(a=ended(DAY, "c"))
    full = replace(merged.units["a"], quota=GIB)
    found = shared(on(replace(merged, units={**merged.units, "a": full}), DAY))
    assert [GIB, POLICY.quotas.unit] == [found[key].quota for key in ("a", "c")]


def named(names: dict[str, str], **endings: Ending) -> dict[str, str]:
    organisation = province(**endings)
    units = {key: replace(each, name=names[key]) for key, each in organisation.units.items()}
    return dict(on(replace(organisation, units=units), DAY).folders)


def test_a_folder_gives_way_to_that_of_a_unit_of_the_same_name() -> None:
    """The successor is often called as one of those that it comes from: its own name stays."""
    names = dict.fromkeys("abc", "Xã Bắc Lý") | {"d": "Xã Hùng An"}
    found = named(names, a=ended(DAY, "c"), b=ended(DAY, "d"))
    assert {
        "a": "Xã Bắc Lý (a)", "b": "Xã Bắc Lý (b)", "c": "Xã Bắc Lý", "d": "Xã Hùng An",
    } == found  # fmt: skip


@pytest.mark.parametrize("number", [20, 40])
def test_of_more_than_can_be_shown_the_units_own_come_first(number: int) -> None:
    """Twenty communes merge into one: its head sees all. Of forty some are left out, and nobody."""
    merged = province()
    others = {
        f"a{n:02}": unit(f"a{n:02}", f"Xã {n}", f"a{n:02}", ended=ended(DAY, "c"))
        for n in range(number)
    }
    every = shared(on(replace(merged, units={**merged.units, **others}), DAY))
    assert all({"chi"} == every[key].readers for key in others)
    (line,) = (x for x in unit_readers.text(every, 90).splitlines() if x.startswith("chi:"))
    assert {"c", *sorted(others)[: MOST_SHOWN - 1]} == unit_readers.units(line)


def test_a_merger_that_is_withdrawn_or_corrected_before_its_day_leaves_no_trace() -> None:
    """What a day brings follows from what is written for it, and from nothing that was written."""
    assert on(province(), DAY) == on(province(a=ended(DAY + timedelta(days=9), "c")), DAY)
    corrected = on(province(a=ended(DAY, "d")), DAY)
    assert {("dung", "d")} == readers(corrected)


def test_a_plan_computes_what_a_new_head_of_the_successor_reads() -> None:
    """Also of what came by way of a unit that has merged itself, and nothing else."""
    before = province(a=ended(DAY, "b"), b=ended(DAY, "c"))
    heads = (Tenure("dung", "", date(2026, 8, 1), None),)
    after = replace(before, units={**before.units, "c": replace(before.units["c"], heads=heads)})
    part = inputs_of(before, after, POLICY, POLICY).differing(before, after)
    assert {"a", "b", "c"} == part
    for side in (before, after):
        whole = on(side, date(2026, 8, 1))
        found = state_of(side, POLICY, whole.on, part)
        assert [each for each in whole.access if each.unit in part] == [*found.access]
