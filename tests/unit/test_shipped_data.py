"""The province in data/: valid, real in its communes, and cast for every probe."""

import csv
from datetime import date
from pathlib import Path

import pytest

from hopthu.desired.state import desired
from hopthu.i18n.vietnamese import fold
from hopthu.load import load
from hopthu.model import address_naming
from hopthu.model.organisation import Organisation, Unit
from hopthu.model.policy import Policy
from hopthu.model.sign_in_ranges import lets_in, own_password_ranges
from hopthu.validate import Loaded, read

ROOT = Path(__file__).parents[2]
ON = date(2026, 11, 25)


@pytest.fixture(scope="module")
def province() -> Loaded:
    return read(ROOT, ON)


def test_it_has_no_problem(province: Loaded) -> None:
    """Neither error nor warning."""
    assert () == province.warnings


@pytest.mark.parametrize("asked", ["203.0.113.0/24", "10.39.0.0/16", "::/0"])
def test_own_passwords_sign_in_from_the_provinces_networks_alone(
    province: Loaded, asked: str
) -> None:
    """Neither from CPNet nor from the Internet, in the shipped policy and by default."""
    for policy in (province.policy, Policy()):
        own = own_password_ranges(policy.networks)
        assert not lets_in(own, asked)
        assert lets_in(own, "10.38.0.0/16")


def test_it_has_the_communes_and_wards_of_today(province: Loaded) -> None:
    """166 since 1 July 2025, with their real names."""
    with (ROOT / "benchmarks" / "communes-2025.tsv").open(encoding="utf-8") as file:
        expected = sorted({row["new_name"] for row in csv.DictReader(file, delimiter="\t")})
    units = province.organisation.units.values()
    communes = [u for u in units if u.kind in ("commune", "ward")]
    assert 166 == len(communes)
    assert expected == sorted(u.name for u in communes)
    assert all(u.kind == ("ward" if u.name.startswith("Phường") else "commune") for u in communes)


def test_records_stand_sorted_by_id() -> None:
    """So that a pull request shows an added record where it belongs."""
    source = load(ROOT)
    for kind in ("units", "people", "documents"):
        ids = [record.id for record in source.records[kind]]
        assert sorted(ids) == ids, kind


def test_unit_addresses_follow_the_naming_profile(province: Loaded) -> None:
    """Every one; aliases are free."""
    units, policy = province.organisation.units, province.policy
    for unit in units.values():
        if unit.mailbox:
            assert profile(unit, units[unit.parent or ""], policy) == unit.mailbox.address


def profile(unit: Unit, parent: Unit, policy: Policy) -> str:
    pattern = policy.naming.unit.get(unit.kind, policy.naming.otherwise)
    above = parent.mailbox.address if parent.mailbox else ""
    return address_naming.unit(pattern, name=unit.name, short=unit.short or unit.name, parent=above)


def test_personal_addresses_follow_the_naming_profile(province: Loaded) -> None:
    """Given name and initials, numbered as they were given out."""
    people = sorted(province.organisation.people.values(), key=lambda p: (p.posts[0].start, p.id))
    taken: list[str] = []
    for person in people:
        assert person.mailbox is not None
        assert address_naming.personal(person.name, taken) == person.mailbox.address
        taken.append(person.mailbox.address)
    assert {"annv", "annv2", "annv3"} <= set(taken)


def test_it_has_people_enough_in_units_enough(province: Loaded) -> None:
    """Sixty or more, in fifteen or more units on both stores."""
    day = province.organisation.on(ON)
    homes = {day.home[person] for person in province.organisation.people}
    assert 60 <= len(province.organisation.people)
    assert 18 <= len(homes)
    assert 3 <= len([u for u in homes if province.organisation.units[u].kind == "commune"])


def test_every_document_is_cited(province: Loaded) -> None:
    """A document nobody cites is a leftover."""
    text = "".join(
        (ROOT / "data" / name).read_text(encoding="utf-8") for name in ("units.yaml", "people.yaml")
    )
    assert [d for d in province.organisation.documents if d not in text] == []


def test_a_decision_is_never_later_than_the_request_that_rests_on_it(province: Loaded) -> None:
    """Art. 5.2: first the decision, then the letter."""
    documents = province.organisation.documents
    for basis in bases(province.organisation):
        if all(basis):
            decision, request = (documents[key].date for key in basis)
            assert decision <= request, basis


def bases(organisation: Organisation) -> list[tuple[str, str]]:
    found = [
        (t.decision, t.request)
        for p in organisation.people.values()
        for t in (*p.posts, *p.locked, *filter(None, [p.left]))
    ]
    for u in organisation.units.values():
        found += [(t.decision, t.request) for t in (*u.heads, *filter(None, [u.created, u.ended]))]
    return found


def test_the_probes_have_accounts_on_both_stores(province: Loaded) -> None:
    """`make lab` proves everything with accounts of the operator's own."""
    probes = desired(province.organisation, province.policy, ON).probes
    assert {"store1", "store2"} == {each.store for each in probes}
    assert province.policy.probe.outside.server


def test_it_shows_a_leaver_a_lock_a_transfer_and_a_merger(province: Loaded) -> None:
    """What the lab is to prove must be there to prove."""
    people = province.organisation.people.values()
    units = province.organisation.units
    assert [p.id for p in people if p.left and p.left.on < ON]
    assert [p.id for p in people if any(span.holds_on(ON) for span in p.locked)]
    assert [u.id for u in units.values() if u.ended and u.ended.how == "merged"]
    moved = [
        (units[a.unit].kind, units[b.unit].kind)
        for p in people
        for a, b in zip(p.posts, p.posts[1:], strict=False)
    ]
    assert ("department", "ward") in moved, "nobody moves between stores"


def test_it_is_varied(province: Loaded) -> None:
    """Highland names, names in Đ, namesakes: where software goes wrong."""
    names = [p.name for p in province.organisation.people.values()]
    assert len({fold(name) for name in names}) < len(names)
    assert any(name.split()[-1].startswith("Đ") for name in names)
    assert "Giàng A Páo" in names
