"""The reorganisation of 1 July 2025, as one change: 547 communes into 166, 26 districts gone."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.reform import PEOPLE, TABLE, Reform, write
from hopthu.daemons import postfix
from hopthu.desired.state import desired
from hopthu.load import load
from hopthu.model.organisation import OrganisationOnDate
from hopthu.plan.plan import compare
from hopthu.validate import Loaded, between, read, validate

pytestmark = pytest.mark.slow

EVE, DAY = date(2025, 6, 30), date(2025, 7, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reform")


@pytest.fixture(scope="module")
def reform(folder: Path) -> Reform:
    write(folder / "before", before=True)
    return write(folder / "after")


@pytest.fixture(scope="module")
def loaded(folder: Path, reform: Reform) -> Loaded:
    return read(folder / "after", DAY)


@pytest.fixture(scope="module")
def days(loaded: Loaded) -> tuple[OrganisationOnDate, OrganisationOnDate]:
    return loaded.organisation.on(EVE), loaded.organisation.on(DAY)


def table() -> Iterator[tuple[str, str, str]]:
    """Yield old code, new name and how, of every row of the table."""
    with TABLE.open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            yield row["old_code"], row["new_name"], row["how"]


@pytest.mark.usefixtures("reform")
def test_it_passes_on_the_eve_and_on_the_day(folder: Path) -> None:
    """No error on either day; what lies ahead is no problem, and needs no warning for months."""
    source = load(folder / "after")
    assert [] == validate(source, EVE)
    assert [] == validate(source, DAY)


def test_it_is_one_change_that_rewrites_nothing(folder: Path, reform: Reform) -> None:
    """Against the revision before: no id lost, no address in other hands, no past row touched."""
    before, after = load(folder / "before"), load(folder / "after")
    assert [] == validate(before, EVE)
    assert [] == between(before, after, EVE)


def test_another_pattern_of_addresses_comes_first(tmp_path: Path) -> None:
    """First the policy alone, and units keep what they were given; then the new units follow it."""
    write(tmp_path / "before", before=True)
    write(tmp_path / "policy", before=True)
    write(tmp_path / "after", pattern="ubnd.{place}")
    old = '{commune: "xa.{place}.{parent}", ward: "phuong.{place}.{parent}"}'
    new = '{commune: "ubnd.{place}", ward: "ubnd.{place}"}'
    changed = f"{{on: 2025-06-25, facts: [naming.unit], was: {{naming.unit: {old}}}"
    paper = "kind: decision, number: 16/QĐ-UBND, issuer: ubnd-tinh, date: 2025-06-20"
    for name in ("policy", "after"):
        policy, documents = (
            tmp_path / name / "data" / f"{f}.yaml" for f in ("policy", "documents")
        )
        text = policy.read_text(encoding="utf-8").replace(old, new)
        policy.write_text(f"{text}changes: [{changed}, decision: qd-16-ubnd-2025}}]\n")
        with documents.open("a", encoding="utf-8") as file:
            file.write(f"- {{id: qd-16-ubnd-2025, {paper}}}\n")
    revisions = [load(tmp_path / name) for name in ("before", "policy", "after")]
    for earlier, later in pairwise(revisions):
        found = [*validate(later, EVE), *between(earlier, later, EVE)]
        assert [] == [problem for problem in found if problem.severity == "error"]


def test_every_commune_has_the_fate_of_the_table(
    loaded: Loaded, days: tuple[OrganisationOnDate, OrganisationOnDate]
) -> None:
    """Open the day before, closed on the day; its successors as decided, the main one first."""
    eve, day = days
    expected: dict[str, list[str]] = defaultdict(list)
    for code, new, how in table():
        expected[code].insert(0 if how == "split-main" else len(expected[code]), new)
    units = loaded.organisation.units
    old = {key.rpartition("-")[2]: unit for key, unit in units.items() if key[-1].isdigit()}
    assert 547 == len(expected)
    assert expected.keys() == old.keys()
    for code, unit in old.items():
        assert ("active", "closed") == (eve.states[unit.id], day.states[unit.id])
        assert unit.ended is not None
        assert expected[code] == [units[into].name for into in unit.ended.into]
        assert ("merged" if len(expected[code]) == 1 else "split") == unit.ended.how
    assert 10 == sum(len(names) > 1 for names in expected.values())


def test_split_communes_say_which_part_went_where(folder: Path, reform: Reform) -> None:
    """Every part has its words."""
    split = [r for r in load(folder / "after").units if "parts" in str(r.data.get("ended"))]
    assert 10 == len(split)
    for record in split:
        ended = record.data["ended"]
        assert isinstance(ended, dict)
        assert isinstance(ended["parts"], list)
        assert all(isinstance(part, dict) and part["what"] for part in ended["parts"])


def test_districts_end_and_communes_begin(
    loaded: Loaded, days: tuple[OrganisationOnDate, OrganisationOnDate]
) -> None:
    """On the day, and not the day before."""
    eve, day = days
    units = loaded.organisation.units.values()
    districts = [u.id for u in units if u.kind == "district"]
    begun = [u.id for u in units if u.created]
    assert (26, 166) == (len(districts), len(begun))
    assert {("active", "closed")} == {(eve.states[u], day.states[u]) for u in districts}
    assert {(None, "active")} == {(eve.states.get(u), day.states[u]) for u in begun}


def test_people_work_where_their_commune_went(
    reform: Reform, loaded: Loaded, days: tuple[OrganisationOnDate, OrganisationOnDate]
) -> None:
    """Same mailbox and address; the old unit on the eve, the new one on the day."""
    eve, day = days
    assert PEOPLE == len(reform.people)
    for official in reform.people:
        assert (official.before, official.after) == (eve.home[official.id], day.home[official.id])
        assert ("active", "active") == (eve.states[official.id], day.states[official.id])
        mailbox = loaded.organisation.people[official.id].mailbox
        assert mailbox is not None
        assert official.address == mailbox.address


def test_unit_mailboxes_change_hands_in_one_step(
    loaded: Loaded, days: tuple[OrganisationOnDate, OrganisationOnDate], reform: Reform
) -> None:
    """Who headed an old unit has its mailbox until the eve; who heads a new one, from the day."""
    eve, day = days
    old = {u.id for u in reform.units.values() if not u.new}
    new = {u.id for u in reform.units.values() if u.new}
    office = {"van-phong-ubnd-tinh"}
    assert (old | office, new | office) == (set(eve.head), set(day.head))


def test_mail_leads_to_the_main_successor_then_senders_are_told_where_to_write(
    loaded: Loaded,
) -> None:
    """Art. 5.2: for as long as the policy says; after that the address answers with the new one."""
    end = DAY + timedelta(days=loaded.policy.lifecycle.redirect_days)
    during, over = (
        desired(loaded.organisation, loaded.policy, day) for day in (end - timedelta(days=1), end)
    )
    assert 547 == sum(m.state == "redirected" for m in during.mailboxes)
    assert 0 == sum(m.state == "redirected" for m in over.mailboxes)
    aliases = dict(postfix.aliases(during))
    led, told = ({m.id: m for m in day.mailboxes} for day in (during, over))
    for unit in loaded.organisation.units.values():
        if unit.ended and unit.ended.into:
            old, (new, *_) = led[unit.id], unit.ended.into
            assert new == old.leads_to
            here = f"{led[new].addresses[0]}@{during.domain}"
            assert {here} == {aliases[f"{name}@{during.domain}"] for name in old.addresses}
            assert here in told[unit.id].refusal


def test_guards_pass_only_because_it_was_declared(folder: Path, loaded: Loaded) -> None:
    """The same changes, with the old units left standing empty, are stopped in each of them."""
    eve = read(folder / "before", EVE)
    _, declared = compare(eve, loaded, DAY)
    assert [] == [guard.id for guard in declared if not guard.passed]
    units = {key: replace(u, ended=None) for key, u in loaded.organisation.units.items()}
    standing = replace(loaded, organisation=replace(loaded.organisation, units=units))
    _, undeclared = compare(eve, standing, DAY)
    assert "change" in {guard.id for guard in undeclared if not guard.passed}
    assert "unit-without-custodian" in {guard.id for guard in undeclared if guard.warns}
