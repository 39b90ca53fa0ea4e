"""Who is what on a day."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hopthu.load import load
from hopthu.model.builder import build
from hopthu.model.organisation import Organisation

UNITS = """
- {id: ubnd-tinh, name: UBND tỉnh, kind: province}
- id: so-cu
  name: Sở cũ
  kind: department
  mailbox: {address: socu}
  ended: {how: merged, into: [so-moi], on: 2025-03-01, decision: d-1, request: r-1}
- id: so-moi
  name: Sở mới
  short: SM
  kind: department
  mailbox: {address: somoi}
  created: {on: 2025-03-01, decision: d-1, request: r-1}
  heads:
    - {person: le-b, from: 2026-01-01, decision: d-1, request: r-1}
    - {person: vu-a, from: 2025-03-01, decision: d-1, request: r-1}
  delegates:
    - {person: ho-c, from: 2025-06-01, until: 2026-12-31, decision: d-1}
    - {person: ho-c, from: 2026-01-01, until: 2026-12-31, decision: d-1}
"""
PEOPLE = """
- id: vu-a
  name: Vũ A
  category: cadre
  mailbox: {address: av}
  posts:
    - {unit: so-cu, title: Giám đốc, from: 2020-01-01, decision: d-1, request: r-1}
    - {unit: so-moi, title: Giám đốc, from: 2025-03-01, decision: d-1, request: r-1}
  left: {how: retired, on: 2026-01-01, decision: d-1, request: r-1}
- id: le-b
  name: Lê B
  category: civil_servant
  mailbox: {address: bl}
  posts:
    - {unit: so-moi, title: Phó, from: 2025-03-01, decision: d-1, request: r-1}
    - {unit: so-moi, title: Giám đốc, from: 2026-01-01, decision: d-1, request: r-1}
  locked:
    - {from: 2025-05-01, until: 2025-05-31, request: r-1}
- id: ho-c
  name: Hồ C
  category: public_employee
  mailbox: {address: ch}
  posts:
    - {unit: so-moi, title: Văn thư, from: 2025-03-01, decision: d-1, request: r-1}
    - unit: ubnd-tinh
      title: Tổ viên
      from: 2025-04-01
      until: 2025-04-30
      main: false
      decision: d-1
      request: r-1
    - unit: ubnd-tinh
      title: Thư ký
      from: 2026-07-01
      until: 2026-09-30
      decision: d-1
      request: r-1
"""
DOCUMENTS = """
- {id: d-1, kind: decision, number: 1/QĐ, issuer: ubnd-tinh, date: 2020-01-01}
- {id: r-1, kind: request, number: 1/CV, outside_issuer: Chính phủ, date: 2020-01-01}
"""


def made(root: Path, units: str) -> Organisation:
    (root / "data").mkdir()
    for name, text in (("units", units), ("people", PEOPLE), ("documents", DOCUMENTS)):
        (root / "data" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return build(load(root))


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    return made(tmp_path_factory.mktemp("province"), UNITS)


def test_mailboxes_change_state_on_their_day(province: Organisation) -> None:
    """A mailbox that is not there yet has no state at all."""
    days = ["2019-12-31", "2020-01-01", "2025-02-28", "2025-03-01", "2025-05-01", "2025-05-31"]
    days += ["2025-06-01", "2025-12-31", "2026-01-01", "2026-09-30", "2026-10-01"]
    states = {day: province.on(date.fromisoformat(day)).states for day in days}
    for of, expected in {
        "so-cu": "active active active closed closed closed closed closed closed closed closed",
        "so-moi": "- - - active active active active active active active active",
        "vu-a": "- active active active active active active active closed closed closed",
        "le-b": "- - - active locked locked active active active active active",
        "ho-c": "- - - active active active active active active active locked",
        "ubnd-tinh": "- - - - - - - - - - -",
    }.items():
        assert expected.split() == [states[day].get(of, "-") for day in days], of


def test_the_head_of_the_day_is_the_latest_who_works_there(province: Organisation) -> None:
    """A new head is one more row, wherever it stands in the list (Art. 7.2)."""
    assert {} == province.on(date(2025, 2, 28)).head
    assert {"so-moi": "vu-a"} == province.on(date(2025, 12, 31)).head
    assert {"so-moi": "le-b"} == province.on(date(2026, 1, 1)).head


def test_a_transfer_ends_the_delegation(province: Organisation) -> None:
    """The delegate is of the same unit, on that day (Art. 7.2)."""
    assert {} == province.on(date(2025, 5, 31)).delegate
    assert {"so-moi": "ho-c"} == province.on(date(2026, 6, 30)).delegate
    assert {} == province.on(date(2026, 7, 1)).delegate


def test_returning_does_not_restore_the_delegation(province: Organisation) -> None:
    """Neither a delegation nor the headship outlives a transfer (Art. 7.2)."""
    people = dict(province.people)
    for key in ("ho-c", "le-b"):
        here = people[key].posts[0]
        posts = (
            replace(here, until=date(2026, 6, 30)),
            replace(here, unit="ubnd-tinh", start=date(2026, 7, 1), until=date(2026, 9, 30)),
            replace(here, start=date(2026, 10, 1), until=None),
        )
        people[key] = replace(people[key], posts=posts)
    moved = replace(province, people=people)
    held = [
        (moved.on(d).head, moved.on(d).delegate) for d in (date(2026, 6, 30), date(2026, 10, 1))
    ]
    assert [({"so-moi": "le-b"}, {"so-moi": "ho-c"}), ({}, {})] == held


def test_consecutive_posts_in_a_unit_are_not_a_transfer(province: Organisation) -> None:
    """A promotion within the unit ends no right (Art. 7.2)."""
    person = province.people["ho-c"]
    first = replace(person.posts[0], until=date(2026, 6, 30))
    next_one = replace(person.posts[0], start=date(2026, 7, 1), until=None, title="Phó phòng")
    people = {**province.people, "ho-c": replace(person, posts=(first, next_one))}
    promoted = replace(province, people=people)
    assert {"so-moi": "ho-c"} == promoted.on(date(2026, 12, 1)).delegate


def test_posts_have_the_main_one_first_and_one_after_another(province: Organisation) -> None:
    """The next main post ends the one before; a post beside it ends nothing (Art. 5.2)."""

    def titles(day: date) -> list[str]:
        return [p.title for p in province.on(day).posts.get("ho-c", ())]

    assert ["Văn thư"] == titles(date(2025, 3, 1))
    assert ["Văn thư", "Tổ viên"] == titles(date(2025, 4, 30))
    assert ["Văn thư"] == titles(date(2026, 6, 30))
    assert ["Thư ký"] == titles(date(2026, 7, 1))
    assert [] == titles(date(2026, 10, 1))
    assert date(2026, 6, 30) == province.people["ho-c"].posts[0].until


def test_a_mailbox_belongs_to_the_unit_of_the_main_post_or_the_last(
    province: Organisation,
) -> None:
    """Also of somebody who has left: their refusal names it."""
    assert "so-cu" == province.on(date(2025, 2, 28)).home["vu-a"]
    assert "so-moi" == province.on(date(2026, 6, 1)).home["vu-a"]
    assert "ubnd-tinh" == province.on(date(2026, 12, 1)).home["ho-c"]
    assert "so-moi" == province.on(date(2025, 4, 15)).home["ho-c"]


@pytest.mark.parametrize("day", ["2019-12-31", "2025-03-01", "2025-05-15", "2026-10-01"])
def test_mailboxes_are_counted_where_they_belong(province: Organisation, day: str) -> None:
    """The quick count is that of the whole day: locked ones take mail, closed ones do not."""
    whole = province.on(date.fromisoformat(day))
    live = (whole.home[key] for key, state in whole.states.items() if state != "closed")
    assert sorted(live) == sorted(province.homes(date.fromisoformat(day)))


def test_an_ended_unit_has_no_holders(province: Organisation) -> None:
    """Whoever its last head was."""
    person, unit = province.people["ho-c"], province.units["so-cu"]
    beside = replace(person.posts[0], unit="so-cu", until=None, main=False, start=date(2025, 1, 1))
    merged = replace(
        province,
        people={"ho-c": replace(person, posts=(beside,))},
        units={"so-cu": replace(unit, heads=(replace(beside, unit=""),))},
    )
    assert {"so-cu": "ho-c"} == merged.on(date(2025, 2, 28)).head
    assert {} == merged.on(date(2025, 3, 1)).head


def test_a_unit_may_have_no_short_name(province: Organisation) -> None:
    """Communes have none: another full name is not another short name."""
    assert ("SM", None) == (
        province.units["so-moi"].short,
        province.units["ubnd-tinh"].short,
    )


def test_a_document_has_an_inside_or_outside_issuer(province: Organisation) -> None:
    """The National Assembly is no unit of the province."""
    issuers = {d.id: (d.issuer, d.outside_issuer) for d in province.documents.values()}
    assert {"d-1": ("ubnd-tinh", ""), "r-1": ("", "Chính phủ")} == issuers


def test_a_delegation_ends_with_the_term_of_its_head(province: Organisation) -> None:
    """Unless the next head gives another; and with the next delegate (Art. 7.2)."""
    unit = province.units["so-moi"]
    given, confirmed = unit.delegates
    assert (date(2025, 12, 31), date(2026, 12, 31)) == (given.until, confirmed.until)
    alone = replace(province, units={**province.units, "so-moi": replace(unit, delegates=(given,))})
    assert {"so-moi": "ho-c"} == alone.on(date(2025, 12, 31)).delegate
    assert {} == alone.on(date(2026, 1, 1)).delegate


@pytest.mark.parametrize(
    ("row", "ends"),
    [
        (
            "    - {person: ho-c, from: 2026-01-01, until: 2026-12-31, decision: d-1}\n",
            [date(2025, 12, 31)],
        ),
        (
            "    - {person: le-b, from: 2026-01-01, decision: d-1, request: r-1}\n",
            [date(2025, 12, 31), date(2026, 12, 31)],
        ),
    ],
    ids=["the term", "the next delegate"],
)
def test_each_alone_ends_a_delegation(row: str, ends: list[date], tmp_path: Path) -> None:
    """The term of the head who gave it without a next delegate, and the other way round."""
    assert row in UNITS
    organisation = made(tmp_path, UNITS.replace(row, ""))
    assert ends == [each.until for each in organisation.units["so-moi"].delegates]
