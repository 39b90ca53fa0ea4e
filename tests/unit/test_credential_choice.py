"""Who is given a password, and on which document."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hopthu.credentials.basis import basis
from hopthu.credentials.selection import by_unit, everybody, named, of_units
from hopthu.desired.state import Mailbox, desired
from hopthu.errors import Refused, UsageError
from hopthu.validate import Loaded, read

ROOT = Path(__file__).parents[2]
ON = date(2026, 11, 25)


@pytest.fixture(scope="module")
def province() -> Loaded:
    return read(ROOT, ON)


def ids(mailboxes: tuple[Mailbox, ...]) -> list[str]:
    return [mailbox.id for mailbox in mailboxes]


def test_people_are_named_by_id_or_address(province: Loaded) -> None:
    """Each once, in the order given."""
    asked = ["le-van-binh", "annv@thanhhoa.gov.vn", "le-van-binh"]
    assert ["le-van-binh", "nguyen-van-an"] == ids(named(province, ON, asked))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nguyen-tien-dung", "nguyen-tien-dung: may not sign in: locked"),
        ("nguyen-dinh-tu", "nguyen-dinh-tu: has left the service"),
        ("so-tai-chinh", "so-tai-chinh: is a unit: its head and delegate sign in with their own"),
    ],
)
def test_who_may_not_sign_in_is_refused_with_the_reason(
    province: Loaded, name: str, reason: str
) -> None:
    """Nobody is given a password beside those who may have one."""
    with pytest.raises(Refused) as raised:
        named(province, ON, ["le-van-binh", name])
    assert str(raised.value).startswith(reason)


def test_all_reasons_are_given_at_once(province: Loaded) -> None:
    """Whoever typed ten names corrects them once."""
    with pytest.raises(Refused) as raised:
        named(province, ON, ["nguyen-tien-dung", "nguyen-dinh-tu"])
    assert 2 == len(str(raised.value).splitlines())


def test_before_the_first_day_there_is_no_mailbox(province: Loaded) -> None:
    """A first password comes no earlier than the mailbox."""
    with pytest.raises(Refused, match="le-van-binh: has no mailbox on 1990-01-01"):
        named(province, date(1990, 1, 1), ["le-van-binh"])


def test_an_unknown_name_is_answered_with_similar_ones(province: Loaded) -> None:
    """As everywhere."""
    with pytest.raises(UsageError, match="did you mean le-van-binh"):
        named(province, ON, ["le-van-bin"])


def test_a_unit_stands_for_its_people_and_those_of_units_below(province: Loaded) -> None:
    """And for nobody else; who may not sign in is left out."""
    chosen = of_units(province, ON, ["so-tai-chinh"])
    assert {"le-van-binh", "nguyen-van-an", "tran-thi-hoa"} <= set(ids(chosen))
    above = {unit.id: unit.parent for unit in province.organisation.units.values()}
    assert {"so-tai-chinh"} == {m.unit for m in chosen if above[m.unit] != "so-tai-chinh"}
    assert {"active"} == {m.state for m in chosen}
    top = of_units(province, ON, ["ubnd-tinh"])
    assert set(ids(chosen)) < set(ids(top)) <= set(ids(everybody(province, ON)))


def test_a_person_is_no_unit(province: Loaded) -> None:
    """It is said so."""
    with pytest.raises(UsageError, match="le-van-binh is not a unit"):
        of_units(province, ON, ["le-van-binh"])


def test_slips_are_in_vietnamese_order(province: Loaded) -> None:
    """By given name, as lists of people are; a unit's together."""
    of_office = dict(by_unit(of_units(province, ON, ["so-tai-chinh"])))
    given = [person.name.split()[-1] for person in of_office["so-tai-chinh"]]
    assert ["An", "An", "Bình"] == [name for name in given if name in ("An", "Bình")]
    people = [Mailbox(i, "personal", n, (i,), "active", "s", 1, "u", "U") for i, n in (
        ("a", "Lê Thị Yến"), ("b", "Đỗ Văn Đức"), ("c", "Trần Ích Dũng"), ("d", "Lê Ánh"),
    )]  # fmt: skip
    (unit,) = by_unit(people)
    assert ("u", ["d", "c", "b", "a"]) == (unit[0], [person.id for person in unit[1]])


@pytest.fixture
def office(province: Loaded) -> tuple[Mailbox, ...]:
    return named(province, ON, ["nguyen-van-an"])


@pytest.mark.parametrize(
    "document", ["cv-31-stc-2025", "qd-210-ubnd-2025", "cv-858-vpubnd-2025"],
    ids=["the unit", "one above it", "the operator"],
)  # fmt: skip
def test_those_with_a_say_may_ask(
    province: Loaded, office: tuple[Mailbox, ...], document: str
) -> None:
    """As they may have somebody locked."""
    assert document == basis(province, ON, document, office).id


@pytest.mark.parametrize(
    ("unit", "document"),
    [("so-tai-chinh", "cv-31-stc-2025"), ("so-tai-chinh", "qd-210-ubnd-2025")],
)
def test_of_a_units_mailbox_the_unit_decides(province: Loaded, unit: str, document: str) -> None:
    """Mail of a unit is restored on a document of its own, or of one above it; of no other."""
    state = desired(province.organisation, province.policy, ON)
    mailbox = next(each for each in state.mailboxes if each.id == unit and each.kind == "unit")
    assert document == basis(province, ON, document, [mailbox]).id
    other = next(m for m in state.mailboxes if m.kind == "unit" and m.id == "so-noi-vu")
    with pytest.raises(Refused, match="not by an authority"):
        basis(province, ON, "cv-31-stc-2025", [other])


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("acts", ["exception"], "was issued for something else"),
        ("units", ["so-noi-vu"], "does not name the unit of: nguyen-van-an"),
    ],
)
def test_a_document_serves_what_it_names(
    province: Loaded, office: tuple[Mailbox, ...], field: str, value: list[str], reason: str
) -> None:
    """A permit for an address is no request for a password."""

    def basis_of(given: list[str]) -> str:
        records = tuple(
            record._replace(data={**record.data, field: given})
            if record.id == "cv-31-stc-2025"
            else record
            for record in province.source.documents
        )
        source = replace(province.source, records={**province.source.records, "documents": records})
        return basis(replace(province, source=source), ON, "cv-31-stc-2025", office).id

    assert "cv-31-stc-2025" == basis_of({"acts": ["post"], "units": ["so-tai-chinh"]}[field])
    with pytest.raises(Refused, match=reason):
        basis_of(value)


def test_a_document_must_be_on_record(province: Loaded, office: tuple[Mailbox, ...]) -> None:
    """It is entered first."""
    with pytest.raises(UsageError, match='there is no document "qd-none"'):
        basis(province, ON, "qd-none", office)


def test_another_unit_may_not_ask(province: Loaded, office: tuple[Mailbox, ...]) -> None:
    """A commune has no say in who signs in at a department."""
    with pytest.raises(Refused, match="is not by an authority that may decide on the sign-in of"):
        basis(province, ON, "cv-103-phuong-dong-tien-2025", office)


def test_a_document_of_tomorrow_is_no_basis(province: Loaded, office: tuple[Mailbox, ...]) -> None:
    """It does not exist yet."""
    with pytest.raises(Refused, match="is of a later day than 2025-07-02"):
        basis(province, date(2025, 7, 2), "cv-103-phuong-dong-tien-2025", office)
