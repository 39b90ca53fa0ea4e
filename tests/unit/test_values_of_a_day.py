"""What records say of a day: names, kinds, parents, addresses … before a change, and after it."""

from dataclasses import replace
from datetime import date

import pytest

from hopthu.desired.state import desired
from hopthu.load import load
from hopthu.model.builder import build
from hopthu.model.organisation import FactChange, Organisation
from hopthu.model.policy import Policy
from hopthu.plan.upcoming import due
from hopthu.validate import policy_of

UNITS = """
- id: so-a
  name: Sở A mới
  short: SAM
  kind: office
  parent: tinh
  mailbox: {address: sam, aliases: [sa]}
  changes:
    - {on: 2027-01-01, facts: [name, short, kind, address], decision: d, request: r,
       was: {name: Sở A, short: SA, kind: department, address: sa}}
    - {on: 2025-01-01, facts: [name], decision: d, request: r, was: {name: Ty A}}
- {id: phong, name: Phòng, kind: division, parent: so-b, store: store1, mailbox: {address: phong},
   changes: [{on: 2027-01-01, facts: [parent], decision: d, request: r, was: {parent: so-a}}]}
- {id: ban, name: Ban, short: BA, kind: board, parent: tinh,
   changes: [{on: 2027-01-01, facts: [short], decision: d, request: r, was: {short: null}}]}
- {id: so-b, name: Sở B, kind: department, parent: tinh, store: store2, mailbox: {address: sb},
   quota: 20 GiB}
- {id: to, name: Tổ, kind: division, parent: vu, mailbox: {address: to}}
- {id: vu, name: Vụ, kind: division, parent: so-b,
   changes: [{on: 2027-01-01, facts: [parent], decision: d, request: r, was: {parent: so-a}}]}
- {id: tinh, name: Tỉnh, kind: province, mailbox: {address: tinh}}
"""
PEOPLE = """
- id: an
  name: Lê An
  category: cadre
  mailbox: {address: anl}
  quota: 5 GiB
  posts: [{unit: to, title: Chuyên viên, from: 2020-01-01, decision: d, request: r}]
  changes: [{on: 2027-01-01, facts: [category, quota], decision: d, request: r,
             was: {category: civil_servant, quota: default}}]
"""
EVE, DAY = date(2026, 12, 31), date(2027, 1, 1)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> tuple[Organisation, Policy]:
    root = tmp_path_factory.mktemp("province")
    (root / "data").mkdir()
    policy = "stores: {default: store1, names: [store1, store2]}\noperator: tinh\n"
    for name, text in (("units", UNITS), ("people", PEOPLE), ("policy", policy)):
        (root / "data" / f"{name}.yaml").write_text(text, encoding="utf-8")
    source = load(root)
    return build(source), policy_of(source)


def test_each_day_has_its_values(case: tuple[Organisation, Policy]) -> None:
    """Until the day of a change what it says was there, from the day on what the record says."""
    organisation, _ = case
    names = {day: organisation.at(day).units["so-a"].name for day in (EVE, DAY, date(2024, 1, 1))}
    assert {EVE: "Sở A", DAY: "Sở A mới", date(2024, 1, 1): "Ty A"} == names
    eve = organisation.at(EVE)
    was = eve.units["so-a"]
    assert ("SA", "department", "so-a") == (was.short, was.kind, eve.units["phong"].parent)
    assert was.mailbox
    assert ("sa", ()) == (was.mailbox.address, was.mailbox.aliases)
    assert "civil_servant" == eve.people["an"].category
    assert eve == eve.at(EVE)


def test_what_there_was_not_comes_on_its_day(case: tuple[Organisation, Policy]) -> None:
    """A value that a record had not before is null until then, for every reader."""
    organisation, _ = case
    shorts = [organisation.at(day).units["ban"].short for day in (EVE, DAY)]
    assert [None, "BA"] == shorts


def test_what_stays_the_same_is_the_same_object(case: tuple[Organisation, Policy]) -> None:
    """Plans tell by identity which records cannot differ."""
    organisation, _ = case
    assert organisation is organisation.at(DAY)
    eve = organisation.at(EVE)
    assert all(eve.units[key] is organisation.units[key] for key in ("so-b", "to", "tinh"))


def test_the_desired_state_follows_on_the_day(case: tuple[Organisation, Policy]) -> None:
    """Names and addresses, and the store of everybody below a unit that moves."""
    eve, day = ({m.id: m for m in desired(*case, each).mailboxes} for each in (EVE, DAY))
    assert ("Sở A", ("sa",)) == (eve["so-a"].name, eve["so-a"].addresses)
    assert ("Sở A mới", ("sam", "sa")) == (day["so-a"].name, day["so-a"].addresses)
    assert ["store1"] * 2 == [eve[key].store for key in ("to", "an")]
    assert ["store2"] * 2 == [day[key].store for key in ("to", "an")]
    assert [2, 5] == [each["an"].quota >> 30 for each in (eve, day)]
    assert [10, 20] == [eve[key].quota >> 30 for key in ("so-a", "so-b")]


def test_the_day_is_among_those_that_are_due(case: tuple[Organisation, Policy]) -> None:
    """With the documents of the change, for the people of the units below too."""
    (found,) = due(*case, EVE)
    assert DAY == found.on
    assert [("d", "r")] * len(found.changes) == [change.basis for change in found.changes]
    assert [
        ("an", "change"),
        ("an", "move"),
        ("phong", "change"),
        ("so-a", "change"),
        ("so-a", "change"),
        ("to", "change"),
        ("to", "move"),
    ] == [(c.id, c.action) for c in found.changes if c.kind == "mailbox"]
    addresses = [c.id for c in found.changes if c.kind == "address"]
    assert ["sam@thanhhoa.gov.vn"] == addresses


def test_a_new_name_of_a_unit_without_mailbox_is_due(case: tuple[Organisation, Policy]) -> None:
    """The entries of its people show it from that day on; a category no host is told."""
    organisation, policy = case
    named = FactChange(DAY, ("name",), was={"name": "Ban"}, decision="e", request="s")
    an = organisation.people["an"]
    category = FactChange(date(2027, 1, 2), ("category",), was={"category": "civil_servant"})
    units = {**organisation.units, "vu": replace(organisation.units["vu"], changes=(named,))}
    people = {"an": replace(an, posts=(replace(an.posts[0], unit="vu"),), changes=(category,))}
    listed = {c.id: c for d in due(replace(organisation, units=units, people=people), policy, EVE)
              for c in d.changes if c.kind == "entry" or c.id == "an"}  # fmt: skip
    assert {"vu/an": ("Ban", "Vụ", ("e", "s"))} == {
        key: (c.before, c.after, c.basis) for key, c in listed.items()
    }
