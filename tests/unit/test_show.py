"""`hopthu show` and `hopthu address`: how things stand, and the free address."""

import json
import unicodedata
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from hopthu.cli import main
from hopthu.desired.state import Access, access_on, custodians_on
from hopthu.errors import UsageError
from hopthu.i18n.catalogue import translate
from hopthu.model.builder import build
from hopthu.model.organisation import FactChange, Organisation, Tenure
from hopthu.model.policy import Lifecycle
from hopthu.plan.upcoming import due as changes_due
from hopthu.show.report import View, show
from hopthu.source.values import Map, Value
from hopthu.validate import Loaded, read
from rule_pages import the_case

ROOT = Path(__file__).parents[2]
ON = date(2026, 11, 25)


@pytest.fixture(scope="module")
def province() -> Loaded:
    return read(ROOT, ON)


def rights(view: View) -> set[tuple[str, str, str]]:
    return {(right.mailbox, right.person, right.why) for right in view.rights}


def test_a_person_is_shown_with_what_they_may_use(province: Loaded) -> None:
    """Their own mailbox, and the unit's whose delegate they are."""
    view = show(province, ON, "nguyen-van-an")
    assert ("active", "store1, mailbox nguyen-van-an") == (view.stage, view.delivery)
    assert {
        ("nguyen-van-an", "nguyen-van-an", "owner"),
        ("so-tai-chinh", "nguyen-van-an", "delegate"),
    } == rights(view)
    assert ["77/QĐ-SKHĐT", "40/SKHĐT-TCHC"] == [d.number for d in view.history[0].documents]
    assert date(2025, 2, 28) == view.history[0].until


def test_an_acting_head_is_shown_as_one(province: Loaded) -> None:
    """Among the rights of the unit and of the person, and in the history of the unit."""
    units = province.organisation.units
    stc = units["so-tai-chinh"]
    acting = replace(stc, heads=(replace(stc.heads[0], acting=True),))
    organisation = replace(province.organisation, units={**units, acting.id: acting})
    loaded = replace(province, organisation=organisation)
    for asked in ("so-tai-chinh", "le-van-binh"):
        view = show(loaded, ON, asked)
        assert ("so-tai-chinh", "le-van-binh", "acting head") in rights(view)
    told = [each.what for each in show(loaded, ON, "so-tai-chinh").history]
    assert ["acting head: le-van-binh"] == [each for each in told if "head: le-van-binh" in each]


def test_a_unit_is_shown_with_who_may_use_it_and_until_when(province: Loaded) -> None:
    """Head and delegate; the delegation falls due the day after its last."""
    view = show(province, ON, "so-tai-chinh")
    assert {
        ("so-tai-chinh", "le-van-binh", "head"),
        ("so-tai-chinh", "nguyen-van-an", "delegate"),
    } == rights(view)
    assert [(date(2031, 1, 1), "ends: delegate: nguyen-van-an")] == [
        (each.on, each.what) for each in view.due
    ]


def test_a_change_of_facts_is_part_of_the_history(province: Loaded) -> None:
    """With its day and its documents."""
    row = FactChange(date(2026, 3, 2), ("name", "hold"), "qd-210-ubnd-2025", "cv-31-stc-2025")
    units = province.organisation.units
    changed = {**units, "so-tai-chinh": replace(units["so-tai-chinh"], changes=(row,))}
    data = replace(province, organisation=replace(province.organisation, units=changed))
    (event,) = (e for e in show(data, ON, "so-tai-chinh").history if e.start == row.on)
    assert "changed: name, hold" == event.what
    assert ["210/QĐ-UBND", "31/STC-VP"] == [d.number for d in event.documents]


def on_that(organisation: Organisation, policy: Lifecycle, day: date) -> tuple[Access, ...]:
    then = organisation.on(day)
    return access_on(then, custodians_on(organisation, then, policy))


@pytest.mark.parametrize(
    "asked",
    ["so-tai-chinh", "le-van-binh", "nguyen-van-an", "so-cong-thuong", "so-ke-hoach-va-dau-tu"],
)
def test_access_by_date_is_what_each_day_grants(asked: str, province: Loaded) -> None:
    """Asked of the whole province, on the first and last days of each span and those around."""
    view = show(province, ON, asked)
    organisation = province.organisation.at(ON)
    edges = {day for each in view.access for day in (each.start, each.until) if day}
    for day in {edge + timedelta(days=n) for edge in edges for n in (-1, 0, 1)}:
        granted = on_that(organisation, province.policy.lifecycle, day)
        assert {each for each in granted if asked in (each.unit, each.person)} == {
            each.access
            for each in view.access
            if each.start <= day and (each.until is None or day <= each.until)
        }


def test_a_lock_interrupts_access(province: Loaded) -> None:
    """And a transfer ends it: a span is what somebody really had."""
    lock = Tenure("le-van-binh", "", date(2026, 3, 2), date(2026, 4, 1))
    people = province.organisation.people
    locked = {**people, "le-van-binh": replace(people["le-van-binh"], locked=(lock,))}
    data = replace(province, organisation=replace(province.organisation, people=locked))
    spans = [each for each in show(data, ON, "so-tai-chinh").access if each.access.right == "head"]
    assert [
        ("le-van-binh", date(2025, 3, 1), date(2026, 3, 1)),
        ("le-van-binh", date(2026, 4, 2), None),
    ] == [(each.access.person, each.start, each.until) for each in spans]


def with_fields(province: Loaded, unit: str, **fields: Value) -> Loaded:
    """Return the data with other fields in the record of a unit."""
    records = [
        each._replace(data={**each.data, **fields}) if each.id == unit else each
        for each in province.source.units
    ]
    source = replace(province.source, records={**province.source.records, "units": tuple(records)})
    return replace(province, source=source, organisation=build(source))


def test_a_change_says_what_was_before(province: Loaded) -> None:
    """Of the facts whose row says so."""
    facts: list[Value] = ["name", "parent", "hold"]
    was: Map = {"name": "Sở Tài vụ", "parent": "van-phong-ubnd-tinh"}
    rows: list[Value] = [{"on": "2026-03-02", "facts": facts, "was": was}]
    data = with_fields(province, "so-tai-chinh", changes=rows)
    (event,) = (e for e in show(data, ON, "so-tai-chinh").history if e.start == date(2026, 3, 2))
    said = "changed: name (before: Sở Tài vụ), parent (before: van-phong-ubnd-tinh), hold"
    assert said == event.what


def test_offices_end_with_their_unit(province: Loaded) -> None:
    """Whatever is written: neither head nor delegate is due to end after it."""
    data = with_fields(province, "so-tai-chinh", ended={"how": "dissolved", "on": "2026-09-01"})
    view = show(data, date(2026, 8, 1), "so-tai-chinh")
    offices = [event for event in view.history if event.what.startswith(("head", "delegate"))]
    assert [date(2026, 8, 31)] * 2 == [event.until for event in offices]


@pytest.mark.parametrize(
    "asked", ["annv", "ANNV", "annv@thanhhoa.gov.vn", "AnNV@ThanhHoa.gov.vn", "nguyen-van-an"]
)
def test_addresses_ignore_case(asked: str, province: Loaded) -> None:
    """With the domain and without, as in mail (Art. 4)."""
    assert "nguyen-van-an" == show(province, ON, asked).record.id


def test_aliases_and_reserved_names_are_found(province: Loaded) -> None:
    """postmaster@ is the operator's, and it is said why (Art. 6.5)."""
    assert "so-tai-chinh" == show(province, ON, "sotaichinh").record.id
    view = show(province, ON, "postmaster@thanhhoa.gov.vn")
    assert ("van-phong-ubnd-tinh", True) == (view.record.id, "Art. 6.5" in view.note)


@pytest.mark.parametrize(
    ("day", "stage", "since", "falls_due"),
    [
        ("2026-05-31", "active", "2016-04-04", [*["2026-06-01"] * 3, "2026-08-30"]),
        ("2026-06-01", "closed", "2026-06-01", ["2026-08-30", "2026-12-29", "2036-08-27"]),
        ("2026-08-29", "closed", "2026-06-01", ["2026-08-30", "2026-12-29", "2036-08-27"]),
        ("2026-08-30", "archived", "2026-08-30", ["2026-12-29", "2036-08-27"]),
        ("2036-08-26", "archived", "2026-08-30", ["2036-08-27"]),
        ("2036-08-27", "erased", "2036-08-27", []),
        ("2016-04-03", "none", None, ["2016-04-04"]),
    ],
)
def test_a_leaver_passes_through_all_states(
    day: str, stage: str, since: str | None, falls_due: list[str], province: Loaded
) -> None:
    """Closed, after 90 days archived, after 3650 more erased; the address stays (Art. 5.2)."""
    view = show(province, date.fromisoformat(day), "nguyen-dinh-tu")
    assert stage == view.stage
    if view.mailbox:
        assert since == str(view.since)
        assert ("tund@thanhhoa.gov.vn",) == view.addresses
    assert falls_due == [str(each.on) for each in view.due][: len(falls_due)]
    if stage in ("closed", "archived", "erased"):
        assert "sct@thanhhoa.gov.vn" in view.delivery
        assert set() == rights(view)


def test_a_locked_person_still_gets_mail(province: Loaded) -> None:
    """And may use nothing (Art. 5.1)."""
    view = show(province, ON, "nguyen-tien-dung")
    assert ("locked", date(2026, 9, 14)) == (view.stage, view.since)
    assert "mailbox nguyen-tien-dung" in view.delivery
    assert set() == rights(view)


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("nguyen van an", "nguyen-van-an (Sở Tài chính), nguyen-van-an-2 (Sở Tài chính), "),
        ("so-tai-chin", "so-tai-chinh"),
        ("Chi cuc Kiem lam", "chi-cuc-kiem-lam"),
        ("annv@gmail.com", "annv"),
        ("@", "pass an id"),
    ],
)
def test_an_unknown_name_gets_suggestions(asked: str, near: str, province: Loaded) -> None:
    """Who is named so, else what is written much like it; other domains are not ours."""
    with pytest.raises(UsageError) as raised:
        show(province, ON, asked)
    assert near in raised.value.fix


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ("Lê Văn Bảy", "le-van-bay"),
        ("nguyễn vân an", "nguyen-van-an-2"),
        ("Chi cục Kiểm lâm", "chi-cuc-kiem-lam"),
    ],
)
def test_a_name_that_one_has_is_enough(asked: str, key: str, province: Loaded) -> None:
    """However it is composed or capitalised; its marks tell it from other names."""
    assert key == show(province, ON, asked).record.id
    assert key == show(province, ON, unicodedata.normalize("NFD", asked)).record.id


def test_people_of_one_name_are_told_with_their_units(province: Loaded) -> None:
    """That there is nobody of the name would be wrong; others of a similar one are not meant."""
    with pytest.raises(UsageError) as raised:
        show(province, ON, "Nguyễn Văn An")
    assert '2 records are named "Nguyễn Văn An"' == raised.value.what
    ids = "nguyen-van-an (Sở Tài chính), nguyen-van-an-3 (Phường Hạc Thành)"
    assert f"pass the id of one: {ids}" == raised.value.fix


@pytest.mark.parametrize("asked", ["Sở Tài chính", "So Tai chinh"])
def test_of_one_name_units_come_before_people(asked: str, province: Loaded) -> None:
    """All of them, each with what it is below: with the marks on letters, and without."""
    organisation = province.organisation
    an = replace(organisation.people["nguyen-van-an"], name="Sở Tài chính")
    people = {**organisation.people, an.id: an}
    found = replace(province, organisation=replace(organisation, people=people))
    with pytest.raises(UsageError) as raised:
        show(found, ON, asked)
    both = "so-tai-chinh (Ủy ban nhân dân tỉnh Thanh Hóa), nguyen-van-an (Sở Tài chính)"
    assert raised.value.fix
    assert both in raised.value.fix


def test_a_document_is_shown_with_what_rests_on_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Rows by their day, in both formats and languages; whoever looks it up knows only its id."""
    arguments = ["show", "guq-02-stc-2026", "--root", str(ROOT), "--on", str(ON)]
    assert 0 == main([*arguments, "--lang", "en"])
    expected = """\
guq-02-stc-2026: authorisation 02/GUQ-STC of 2026-01-02
  issuer: so-tai-chinh
what rests on it:
  2026-01-05  so-tai-chinh: a delegate
"""
    assert expected == capsys.readouterr().out
    assert 0 == main([*arguments, "--lang", "vi"])
    assert "05/01/2026  so-tai-chinh: " in capsys.readouterr().out
    assert 0 == main([*arguments, "--format", "json"])
    shown = json.loads(capsys.readouterr().out)
    cited = [{"record": "so-tai-chinh", "act": "delegate", "from": "2026-01-05"}]
    assert ("document", cited) == (shown["kind"], shown["cited"])


def test_nothing_is_said_to_be_erased(province: Loaded) -> None:
    """It falls due: a run of the archive does it, and no deploy; and copies have it meanwhile."""
    view = show(province, ON, "nguyen-dinh-tu")
    assert [
        "the copies of its store no longer have the content, which left it on 2026-08-30",
        (
            "the content is due to be erased, later if it was archived late;"
            " the address is never reissued"
        ),
    ] == [each.what for each in view.due]


def test_json_has_the_same_content(capsys: pytest.CaptureFixture[str]) -> None:
    """For tools."""
    arguments = ["show", "nguyen-van-an", "--root", str(ROOT), "--on", str(ON)]
    assert 0 == main([*arguments, "--format", "json"])
    shown = json.loads(capsys.readouterr().out)
    assert ("person", "active", "so-tai-chinh") == (shown["kind"], shown["state"], shown["unit"])
    assert 0 == main(arguments)
    text = capsys.readouterr().out
    for event in shown["history"]:
        assert event["what"] in text
        assert all(document["number"] in text for document in event["documents"])


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("nguyen-van-an", "uid=nguyen-van-an,ou=people,dc=thanhhoa,dc=gov,dc=vn"),
        ("so-tai-chinh", ""),
        ("nguyen-dinh-tu", ""),
    ],
)
def test_whoever_signs_in_to_the_directory_is_told_the_name(
    asked: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Address books ask for it; units and those who have left do not sign in."""
    assert 0 == main(["show", asked, "--root", str(ROOT), "--on", str(ON), "--format", "json"])
    assert expected == json.loads(capsys.readouterr().out)["bind_dn"]
    assert 0 == main(["show", asked, "--root", str(ROOT), "--on", str(ON), "--lang", "en"])
    text = capsys.readouterr().out
    assert (f"  bind DN in address books: {expected}\n" in text) == bool(expected)
    assert ("bind DN" in text) == bool(expected)


def test_unknown_exits_2() -> None:
    """As every name that is not there."""
    assert 2 == main(["show", "nobody-at-all", "--root", str(ROOT)])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["Nguyễn Văn An"], "annv4\n"),
        (["Nguyễn Văn An", "--unit", "so-tai-chinh"], "annv4\nalias: annv4.stc\n"),
        (["Giàng A Sử"], "suga\n"),
        (["so-tai-chinh"], "stc\n"),
        (["chi-cuc-kiem-lam"], "kiemlam.snnmt\n"),
    ],
)
def test_the_free_address(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a person the next number, of a unit the profile's (Art. 4)."""
    assert 0 == main(["address", *arguments, "--root", str(ROOT)])
    assert expected == capsys.readouterr().out


def test_an_address_once_held_is_never_free(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither that of somebody who left, nor one given up, nor one in between."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "units.yaml").touch()
    (data / "documents.yaml").touch()
    (data / "people.yaml").write_text(
        "- {id: a-b, name: Lê An, mailbox: {address: anl5, former: [anl7]}, left: {how: died}}\n",
        encoding="utf-8",
    )
    assert 0 == main(["address", "Lê An", "--root", str(tmp_path)])
    assert "anl8\n" == capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["123"], 'không lập được địa chỉ từ tên "123"'),
        (["Nguyễn Ван"], 'không lập được địa chỉ từ tên "Nguyễn Ван"'),
        (["×"], 'không lập được địa chỉ từ tên "×"'),
        (["Lê An", "--unit", "no-such-unit"], 'không có đơn vị "no-such-unit"'),
        (["so-tai-chinh-2"], 'không lập được địa chỉ từ tên "so-tai-chinh-2"'),
        (["nguyen-van-an"], "nguyen-van-an là mã của người đã có địa chỉ"),
        (["Sở Thử Nghiệm"], '"Sở Thử Nghiệm" có tên bắt đầu như tên đơn vị'),
        (["Sở Thử Nghiệm", "--kind", "so"], 'không có loại đơn vị "so"'),
        (["Sở Thử Nghiệm", "--kind", "department", "--parent", "ubnd"], 'không có đơn vị "ubnd"'),
        (["A" * 65], "dài hơn 64 ký tự"),
        (["A" * 61, "--unit", "so-tai-chinh"], "dài hơn 64 ký tự"),
    ],
)
def test_a_name_without_an_address_exits_2(
    arguments: list[str],
    expected: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No letters, letters of another script, a unit that is not there, more than mail takes."""
    monkeypatch.setenv("LC_ALL", "vi_VN.UTF-8")
    assert 2 == main(["address", *arguments, "--root", str(ROOT)])
    told = capsys.readouterr().err
    assert expected in told
    assert "cách sửa: " in told


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["so-tai-chinh"], "stc"),
        (["Sở Tài chính"], "stc"),
        (["sở tài chính"], "stc"),
        (["Sở Thử Nghiệm", "--kind", "department", "--short", "STN"], "stn"),
        (["Phòng Thử", "--kind", "division", "--parent", "so-tai-chinh"], "thu.stc"),
    ],
)
def test_the_address_of_a_unit(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of one in the data by id or name, or of one that is not in the data yet."""
    assert 0 == main(["address", *arguments, "--root", str(ROOT)])
    assert f"{expected}\n" == capsys.readouterr().out


def test_the_longest_address_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    """A local part has 64 characters at most (RFC 5321 §4.5.3.1.1)."""
    assert 0 == main(["address", "A" * 64, "--root", str(ROOT)])
    assert "a" * 64 + "\n" == capsys.readouterr().out


@pytest.mark.parametrize("locale", ["C.UTF-8", "vi_VN.UTF-8"])
def test_problems_are_in_the_chosen_language(
    locale: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """`--lang` comes before the locale, wherever the command ends."""
    monkeypatch.setenv("LC_ALL", locale)
    invalid = the_case("unique-address/two-people-have-one-address").lay(tmp_path)
    for language, error in (("vi", "lỗi: "), ("en", "error: ")):
        asked = ["--lang", language, "--root"]
        assert 2 == main(["show", "stc", *asked, str(invalid)])
        assert error in capsys.readouterr().out
        assert 2 == main(["show", "no-such-unit", *asked, str(ROOT)])
        assert capsys.readouterr().err.startswith(error)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("nguyen-dinh-tu", "  01/06/2026  thôi công tác: nghỉ hưu [khoản 2 Điều 5]\n"),
        ("nguyen-van-an", "  06/05/2019 đến 28/02/2025  Chuyên viên, so-ke-hoach-va-dau-tu ["),
        ("nguyen-tien-dung", ": bị khóa từ ngày 14/09/2026, không đăng nhập được, thư vẫn đến\n"),
        ("so-ke-hoach-va-dau-tu", "  01/03/2025  sáp nhập vào so-tai-chinh [khoản 2 Điều 5]\n"),
        ("postmaster", "  postmaster là địa chỉ dành riêng: thư đến đơn vị vận hành (khoản 5 Điều"),
        (
            "so-tai-chinh",
            "    quyết định số 210/QĐ-UBND ngày 24/02/2025, ubnd-tinh (qd-210-ubnd-2025)",
        ),
    ],
)
def test_output_in_vietnamese(
    asked: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sentences, days and articles; ids, names and numbers stay."""
    assert 0 == main(["show", asked, "--root", str(ROOT), "--on", str(ON), "--lang", "vi"])
    assert expected in capsys.readouterr().out


def test_the_locale_chooses_the_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of what is shown, in both formats, and of what is said of a name nobody has."""
    monkeypatch.setenv("LC_ALL", "vi_VN.UTF-8")
    arguments = ["--root", str(ROOT), "--on", str(ON)]
    assert 0 == main(["show", "nguyen-van-an", *arguments, "--format", "json"])
    shown = json.loads(capsys.readouterr().out)
    assert ("active", "store1, hộp thư nguyen-van-an") == (shown["state"], shown["delivery"])
    assert ["chủ hộp thư", "người được ủy quyền"] == [right["why"] for right in shown["rights"]]
    assert 2 == main(["show", "nguyen-van-a", *arguments])
    assert 'lỗi: không có người, đơn vị hay địa chỉ "nguyen-van-a"\n' in capsys.readouterr().err


def test_no_line_can_be_forged(capsys: pytest.CaptureFixture[str]) -> None:
    """What was asked for is shown with every sign of it."""
    assert 2 == main(["show", "a\nerror: \x1b[2J", "--root", str(ROOT), "--lang", "en"])
    assert r'"a\u000aerror: \u001b[2J"' in capsys.readouterr().err


@pytest.mark.parametrize("day", ["9999-12-31", "9999-12-01", "0001-01-01"])
def test_the_ends_of_the_calendar_are_days(day: str, province: Loaded) -> None:
    """Nothing is due after the last one, and nothing was before the first."""
    on = date.fromisoformat(day)
    assert on == show(province, on, "so-tai-chinh").on
    assert () == changes_due(province.organisation, province.policy, on)


def test_an_open_hold_is_never_due(province: Loaded) -> None:
    """Not on the last day of the calendar either (Art. 5.1)."""
    person = province.organisation.people["nguyen-dinh-tu"]
    hold = Tenure(person.id, "", date(2026, 3, 2), None)
    people = {**province.organisation.people, person.id: replace(person, hold=hold)}
    held = replace(province, organisation=replace(province.organisation, people=people))
    assert () == show(held, ON, "nguyen-dinh-tu").due


def test_a_redirect_is_shown_with_its_last_day(province: Loaded) -> None:
    """The day before mail is refused, not that day; in Vietnamese no other day is named."""
    view = show(province, date(2025, 8, 27), "so-ke-hoach-va-dau-tu")
    assert "redirected" == view.stage
    assert "the successor receives the mail through 2025-08-27 (Art. 5.2)" == view.why
    expected = "đơn vị kế thừa nhận thư đến hết ngày 27/08/2025 (khoản 2 Điều 5)"
    assert expected == translate(view.why, "vi")
    assert "closed" == show(province, date(2025, 8, 28), "so-ke-hoach-va-dau-tu").stage
