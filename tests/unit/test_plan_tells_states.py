"""A plan tells every field of the desired state: one that differs has a line, whichever it is."""

from collections.abc import Iterator
from dataclasses import Field, fields, replace
from datetime import date, timedelta
from typing import Any, get_args, get_type_hints

import pytest
from samples import DAY, person, post, unit

from hopthu.desired.lists import MailList, Place
from hopthu.desired.state import Access, Desired, Mailbox, desired
from hopthu.i18n.message import Message
from hopthu.model.former_domains import FormerDomain
from hopthu.model.organisation import (
    Address,
    Creation,
    Ending,
    FactChange,
    Organisation,
    Tenure,
    Unit,
)
from hopthu.model.policy import ListQuery, Policy, Probe
from hopthu.plan.diff import Change, diff, ordered
from hopthu.plan.plan import Plan, make
from hopthu.plan.summary import summary
from hopthu.plan.upcoming import due_until
from revisions import revision

FORMER = FormerDomain("cu.gov.vn", date(2025, 1, 1), date(2027, 1, 1))
OVER = FormerDomain("xua.gov.vn", date(2015, 1, 1), date(2020, 1, 1))
LISTS = {
    "canbo": ListQuery("Cán bộ", "members", kinds=("department", "division")),
    "thutruong": ListQuery("Thủ trưởng", "heads", kinds=("office",), top="tinh"),
}
POLICY = Policy(
    operator="vp", lists=LISTS, former_domains=(FORMER, OVER), probe=Probe(accounts=False)
)
SOON, EVE = date(2026, 7, 1), date(2026, 6, 30)
HEAD = Tenure("binh", "", date(2024, 1, 1), None, decision="qd-1")
GONE = {
    "over": Ending("merged", date(2026, 3, 1), into=("stc",)),
    "kept": Ending("dissolved", date(2026, 3, 1), business_to="stc"),
}
"""Units that have ended: of one mail is redirected, the other answers."""


def province(*, people: tuple[Any, ...] = (), **changed: Any) -> Organisation:
    """Return a department, its division and its namesake in a commune, and units that are over."""
    units = [
        replace(unit("tinh", "Tỉnh", "x", kind="province"), mailbox=None),
        unit("vp", "Văn phòng", "vpubnd", kind="office", parent="tinh"),
        unit("stc", "Sở Tài chính", "stc", parent="tinh", heads=(HEAD,)),
        unit("ns", "Phòng Ngân sách", "ngansach.stc", kind="division", parent="stc"),
        unit("xa", "Xã Đồng Tiến", "xa.dongtien", kind="commune", parent="tinh"),
        unit("over", "Sở Cũ", "socu", parent="tinh", ended=GONE["over"]),
        unit("kept", "Sở Xưa", "soxua", parent="tinh", ended=GONE["kept"]),
    ]
    staff = [
        person("binh", "Lê Văn Bình", "binhlv", "stc"),
        person("an", "Nguyễn Văn An", "annv", "ns"),
        replace(
            person("chi", "Trần Thị Chi", "chitt", "xa"),
            mailbox=Address("chitt", former=("chi.cu", "chi@cu.gov.vn", "chi@xua.gov.vn")),
        ),
        person("dung", "Phạm Văn Dũng", "dungpv", "stc", left=Ending("retired", date(2026, 3, 1))),
        *people,
    ]
    known = {each.id: each for each in units} | changed
    return Organisation(known, {each.id: each for each in staff})


STATE = desired(province(), POLICY, DAY)


def another(kind: Any, value: Any) -> Any:
    """Return another value of a field of a record, by its type."""
    if words := [each for each in get_args(kind) if isinstance(each, str) and each != value]:
        return words[0]
    if isinstance(value, tuple):
        return (*value, Place("chi", "chi") if value and isinstance(value[0], Place) else "moi")
    return value + 1 if isinstance(value, int) else f"{value}moi"


def varied(record: Mailbox | Access | MailList) -> Iterator[tuple[str, Any]]:
    """Yield each field of a record with one that differs in it, of those that are compared."""
    hints = get_type_hints(type(record))
    for each in fields(record):
        new: dict[str, Any] = {each.name: another(hints[each.name], getattr(record, each.name))}
        if isinstance(record, Mailbox) and record.kind == "unit" and "name" in each.name:
            new = {"name": "Tên mới", "unit_name": "Tên mới"}  # a unit is in itself
        yield each.name, replace(record, **new)


def states(field: Field[Any]) -> Iterator[tuple[str, Desired]]:
    """Yield states that differ in a field: lack one of its values, or have another one."""
    for name, value in values(getattr(STATE, field.name)):
        new: dict[str, Any] = {field.name: value}
        yield name, replace(STATE, **new)


def values(held: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(held, str):
        yield "", f"{held}.moi"
    elif isinstance(held, tuple):
        for number, record in enumerate(held):
            first, rest = held[:number], held[number + 1 :]
            yield f"{number} is gone", (*first, *rest)
            if isinstance(record, (Mailbox, Access, MailList)):
                for name, other in varied(record):
                    yield f"{number} {name}", (*first, other, *rest)
    else:
        for key in held:
            yield f"{key} is gone", {each: value for each, value in held.items() if each != key}
            yield key, {**held, key: "Tên khác"}


OF_POLICY = ("quotas", "probes")
"""What follows from the policy: its own keys, and accounts for probing, which are nobody's."""
STATED = [field for field in fields(Desired) if field.name not in ("on", "part", *OF_POLICY)]
"""All else but the day, which heads the lines, and how much of a state is computed."""


@pytest.mark.parametrize("field", STATED, ids=lambda field: field.name)
def test_a_field_that_differs_has_a_line(field: Field[Any]) -> None:
    """By itself, there and back; a field that nobody tells yet fails here."""
    found = [(name, state) for name, state in states(field) if state != STATE]
    assert found
    untold = [name for name, state in found if () in (diff(STATE, state), diff(state, STATE))]
    assert [] == untold


def told(plan: Plan, day: date | None = None) -> list[tuple[str, str, Any]]:
    """Return what a plan says of the day itself, or of a later one, with the rows it comes from."""
    found = plan.changes if day is None else [each for each in plan.later if each.on == day]
    return [(each.id, str(each.summary), [tuple(row) for row in each.rows]) for each in found]


def planned(
    before: Organisation, after: Organisation, policies: tuple[Policy, Policy] = (POLICY, POLICY)
) -> Plan:
    sides = zip((before, after), policies, strict=True)
    old, new = (revision(*each) for each in sides)
    return make(old, new, DAY, "base")


def ends(to: str) -> Organisation:
    """Return the province in which the commune ends soon and another unit has its business."""
    xa = province().units["xa"]
    return province(xa=replace(xa, ended=Ending("dissolved", SOON, business_to=to)))


def test_another_answer_of_a_later_day_is_told_on_it() -> None:
    """Of the unit that closes then, beside its closing: nothing else of that day differs."""
    answer = (
        "Xã Đồng Tiến: senders are now answered: Mailbox closed, please write to {0}@thanhhoa."
        "gov.vn / Hop thu da dong, xin gui den {0}@thanhhoa.gov.vn"
    )
    found = told(planned(ends("stc"), ends("vp")), SOON)
    assert [
        ("xa", f"on 2026-07-01: {answer.format('vpubnd')}", [("xa", "ended", "")]),
        ("xa", f"no longer on 2026-07-01: {answer.format('stc')}", [("xa", "ended", "")]),
    ] == sorted(found, key=lambda each: each[1], reverse=True)


def moved(**changed: Any) -> Organisation:
    """Return the province in which the department with the business of another is changed."""
    return province(stc=replace(province().units["stc"], **changed))


@pytest.mark.parametrize(
    ("changed", "row"),
    [
        ({"mailbox": Address("taichinh"),
          "changes": (FactChange(DAY, ("address",), was={"address": "stc"}),)},
         ("stc", "changes", "2026-06-01")),
        ({"ended": Ending("dissolved", DAY, business_to="vp")}, ("stc", "ended", "")),
        ({"ended": Ending("merged", DAY, into=("xa",))}, ("stc", "ended", "")),
    ],
    ids=["address", "dissolved", "merged"],
)  # fmt: skip
@pytest.mark.parametrize("key", ["kept", "dung"])
def test_another_answer_comes_from_the_unit_that_gives_it(
    key: str, changed: dict[str, Any], row: tuple[str, str, str]
) -> None:
    """Of a unit whose business goes on there, and of who has left it."""
    said = [rows for each, text, rows in told(planned(province(), moved(**changed))) if each == key]
    assert [[row]] == said


def test_an_answer_is_no_closing() -> None:
    """A closing is counted once, by the guard of closings, though its answer has a line."""
    plan = make(revision(province(), POLICY), revision(ends("vp"), POLICY), SOON, "base")
    lines = [(each.action, str(each.after)[:11]) for each in plan.changes if each.id == "xa"]
    assert [("change", "{'refusal':"), ("close", "closed")] == [
        each for each in lines if each[0] == "close" or "refusal" in each[1]
    ]
    left = replace(province().people["an"], left=Ending("retired", DAY))
    gone = replace(province(), people={**province().people, "an": left})
    plan = planned(province(), gone)
    assert {"an"} == {each.id for each in plan.changes if each.action == "close"}
    counted = {guard.id: guard.mailboxes for guard in plan.guards if guard.scope == "all"}
    assert (1, 0) == (counted["close"], counted["change"])


def test_an_answer_counts_by_itself_alone() -> None:
    """At the head of a comment: of a mailbox that closes it is a part of the closing."""
    left = replace(province().people["an"], left=Ending("retired", DAY))
    gone = replace(province(), people={**province().people, "an": left})
    reply = "mailboxes with a new name, post, quota or reply"
    assert reply not in dict(summary(planned(province(), gone).changes))
    ended = replace(GONE["kept"], business_to="vp")
    answered = planned(province(), province(kept=replace(province().units["kept"], ended=ended)))
    assert {reply: 1} == dict(summary(answered.changes))


def test_a_folder_with_another_name_has_a_line() -> None:
    """Of each unit below the one that is renamed: readers see it under the names above."""
    stc = replace(province().units["stc"], name="Sở Kinh tế")
    found = told(planned(province(), province(stc=stc)))
    said = "Phòng Ngân sách: readers now see the mailbox as Phòng Ngân sách – Sở Kinh tế"
    assert ("ns", said) in [each[:2] for each in found]
    both = "Sở Tài chính is renamed to Sở Kinh tế; readers see the mailbox as Sở Kinh tế"
    assert ("stc", both) in [each[:2] for each in found]


def namesake(created: date) -> Organisation:
    """Return the province with another division of the same name in the same department."""
    new = unit("ns2", "Phòng ngân sách", "ns2.stc", kind="division", parent="stc",
               created=Creation(created, "qd-2"))  # fmt: skip
    return province(ns2=new)


@pytest.mark.parametrize("day", [DAY, SOON])
def test_a_namesake_gives_another_unit_another_folder(day: date) -> None:
    """Of which no record differs; the line names the row of the namesake, on its day."""
    plan = planned(province(), namesake(day))
    found = told(plan, None if day == DAY else day)
    said = "Phòng Ngân sách: readers now see the mailbox as Phòng Ngân sách – Sở Tài chính (ns)"
    said = said if day == DAY else f"on 2026-07-01: {said}"
    assert ("ns", said, [("ns2", "created", "")]) in found
    (change,) = (c for c in plan.lines() if c.id == "ns")
    assert ("qd-2",) == change.basis


def test_a_namesake_by_a_later_name_is_told_on_its_day() -> None:
    """Nothing but the names of that day can tell that two are called alike."""
    other = unit("ns2", "Phòng Ngân sách", "ns2.stc", kind="division", parent="stc")
    row = FactChange(SOON, ("name",), "qd-2", was={"name": "Phòng Thuế"})
    found = told(planned(province(ns2=replace(other, name="Phòng Thuế")),
                         province(ns2=replace(other, changes=(row,)))), SOON)  # fmt: skip
    assert ("ns", [("ns2", "changes", "2026-07-01")]) in [(key, rows) for key, _, rows in found]


def begun(query: str, *people: Any, into: str = "") -> Plan:
    """Return the plan of an edit of a unit that begins soon, with a list, and who is on it."""
    new = unit("moi", "Sở Mới", "somoi", kind="office" if query == "heads" else "department",
               parent="tinh", created=Creation(SOON, "qd-2"))  # fmt: skip
    changed: dict[str, Any] = {
        "heads": (replace(HEAD, until=EVE), replace(HEAD, person=into, start=SOON))
    }
    stc = replace(province().units["stc"], **(changed if into else {}))
    return planned(province(), province(people=people, moi=new, stc=stc))


def test_a_list_that_begins_on_a_later_day_tells_who_is_on_it() -> None:
    """With its name and who writes to it, below the row by which it begins; then each on it."""
    ha = replace(person("ha", "Lê Thị Hà", "halt", "moi"))
    ha = replace(ha, posts=(replace(ha.posts[0], start=SOON),))
    found = [each for each in told(begun("members", ha), SOON) if each[0].startswith("canbo/moi")]
    begins = (
        "on 2026-07-01: there is a new list: canbo_somoi@thanhhoa.gov.vn (Cán bộ – Sở Mới), to "
        "which Sở Mới alone writes"
    )
    on_it = "on 2026-07-01: Lê Thị Hà is now on the list canbo_somoi@thanhhoa.gov.vn"
    assert [
        ("canbo/moi", begins, [("moi", "created", "")]),
        ("canbo/moi/ha", on_it, [("ha", "posts", "2026-07-01")]),
    ] == found


def test_a_list_of_units_elsewhere_tells_who_is_on_it() -> None:
    """The heads of units below another one, of which no record differs."""
    found = {each[0]: each[1] for each in told(begun("heads"), SOON)}
    assert "on 2026-07-01: Lê Văn Bình is now on the list" in found["thutruong/moi/stc"]


LATE = date(2027, 1, 1)


def turned(unit: Unit, **was: str) -> Unit:
    """Return a unit some of whose values were others before a later day."""
    return replace(unit, changes=(FactChange(LATE, tuple(was), "qd-later", was=was),))


def ending(key: str, **into: Any) -> Unit:
    """Return a unit that ends soon."""
    return replace(province().units[key], ended=Ending(on=SOON, decision="qd-9", **into))


def test_what_stays_planned_is_not_told_again() -> None:
    """Whoever is locked today leaves as planned: what was before is no difference of that day."""
    leaves = replace(province().people["an"], left=Ending("retired", SOON, decision="qd-9"))
    locked = replace(leaves, locked=(Tenure("an", "", DAY, None, decision="qd-10"),))
    before = replace(province(), people={**province().people, "an": leaves})
    plan = planned(before, replace(before, people={**before.people, "an": locked}))
    assert ["lock"] == [each.action for each in plan.changes]
    assert not plan.later


def test_a_later_day_calls_units_by_their_names_of_that_day() -> None:
    """Not by those that they have in the end."""
    vp = turned(replace(province().units["vp"], name="Văn phòng mới"), name="Văn phòng")
    plan = planned(province(vp=vp), province(vp=vp, xa=ending("xa", how="merged", into=("vp",))))
    (said,) = (each.summary for each in plan.later if each.on == SOON and each.action == "redirect")
    assert said.endswith("redirected to Văn phòng")


@pytest.mark.parametrize("joins", [False, True])
def test_a_rename_that_stays_planned_is_told_only_for_who_comes_or_goes(joins: bool) -> None:
    """Others of the unit have it as before."""
    stc = turned(replace(province().units["stc"], name="Sở Kinh tế"), name="Sở Tài chính")
    with_ha = province(stc=stc, people=(person("ha", "Lê Thị Hà", "halt", "stc"),))
    plan = planned(*((province(stc=stc), with_ha) if joins else (with_ha, province(stc=stc))))
    (said,) = (each.summary for each in plan.later if each.kind == "entry")
    when = "on" if joins else "no longer on"
    assert (
        f"{when} 2027-01-01: the directory shows the new name of Sở Kinh tế for Lê Thị Hà" == said
    )


def test_nobody_is_told_for_others_of_a_unit_that_is_renamed_later() -> None:
    """Its head changes, so it is computed, and its people are not: one who leaves is told alone."""
    stc = turned(replace(province().units["stc"], name="Sở Kinh tế"), name="Sở Tài chính")
    led = replace(stc, heads=(replace(HEAD, until=EVE), replace(HEAD, person="an", start=SOON)))
    ha = person("ha", "Lê Thị Hà", "halt", "stc")
    gone = replace(ha, posts=(replace(ha.posts[0], unit="xa"),))
    plan = planned(province(stc=stc, people=(ha,)), province(stc=led, people=(gone,)))
    found = [(each.action, each.id) for each in plan.later if each.kind == "entry"]
    assert [("cancel", "stc/ha")] == found


def test_who_is_on_a_list_that_ends_later_is_told_alone() -> None:
    """The unit that has it is not computed; its end is told in neither revision."""
    vp = replace(province().units["vp"], ended=Ending("merged", LATE, into=("xa",)))
    ns = replace(province().units["ns"], heads=(Tenure("an", "", DAY, None, decision="qd-9"),))
    plan = planned(province(vp=vp), province(vp=vp, ns=ns))
    found = [(each.id, each.on) for each in plan.later if each.kind == "list"]
    assert [("thutruong/vp/ns", LATE)] == found


def test_a_head_who_moves_leaves_lists_by_the_post() -> None:
    """The place rests on what moves the person, as access does."""
    moves = province().people["binh"]
    moves = replace(moves, posts=(replace(moves.posts[0], until=EVE), post("binh", "xa", SOON)))
    plan = planned(province(), replace(province(), people={**province().people, "binh": moves}))
    (place,) = (each for each in plan.later if each.id == "thutruong/vp/stc")
    assert "binh" in {row.record for row in place.rows}


def test_who_is_entered_late_and_has_left_has_a_mailbox_that_is_closed() -> None:
    """Nobody ever signs in to it; only its address is kept."""
    left = Ending("retired", DAY - timedelta(days=1))
    ha = replace(person("ha", "Lê Thị Hà", "halt", "stc"), left=left)
    plan = planned(province(), province(people=(ha,)))
    (made,) = (each for each in plan.changes if each.kind == "mailbox")
    said = "Lê Thị Hà: a new mailbox that is closed already; mail to it is refused"
    assert said == made.summary


def test_a_list_goes_by_the_kinds_of_the_day() -> None:
    """An office that becomes a department later has the list of all heads today."""
    vp = turned(replace(province().units["vp"], kind="department"), kind="office")
    ns = replace(province().units["ns"], heads=(Tenure("an", "", DAY, None, decision="qd-9"),))
    plan = planned(province(vp=vp), province(vp=vp, ns=ns))
    assert ["thutruong/vp/ns"] == [each.id for each in plan.changes if each.kind == "list"]


def test_a_list_that_begins_later_elsewhere_tells_who_is_newly_on_it() -> None:
    """The edit names neither the list nor the unit that has it."""
    vp = replace(province().units["vp"], created=Creation(SOON, "qd-2"))
    ns = replace(province().units["ns"], heads=(Tenure("an", "", DAY, None, decision="qd-9"),))
    plan = planned(province(vp=vp), province(vp=vp, ns=ns))
    assert ["thutruong/vp/ns"] == [each.id for each in plan.later if each.kind == "list"]


def test_a_list_of_a_unit_that_is_only_read_is_not_told() -> None:
    """It is renamed on that day in both revisions, of which one reads it."""
    stc = replace(province().units["stc"], mailbox=Address("stcmoi", aliases=("stc",)))
    stc = turned(stc, address="stc")
    xa = ending("xa", how="dissolved", business_to="stc")
    plan = planned(province(stc=stc), province(stc=stc, xa=xa))
    assert [] == [each.summary for each in plan.later if each.kind == "list" and each.on == LATE]


def test_a_folder_gives_way_until_its_namesake_is_archived() -> None:
    """Both have ended, the other one earlier."""
    ends = (Ending("merged", day, into=("xa",)) for day in (date(2026, 2, 1), date(2026, 5, 1)))
    one, other = (
        unit(f"xa{n}", "Xã Cũ", f"xa.cu{n}", kind="commune", parent="tinh", ended=end)
        for n, end in enumerate(ends, 1)
    )
    plan = planned(province(xa1=one, xa2=replace(other, ended=None)), province(xa1=one, xa2=other))
    (said,) = (each.summary for each in plan.later if "readers now see" in each.summary)
    assert "on 2026-10-29: Xã Cũ: readers now see the mailbox as Xã Cũ" == said


def test_the_days_of_dates_tell_the_same() -> None:
    """What is due without an edit is told by the same lines."""
    (day,) = due_until(namesake(SOON), POLICY, DAY, SOON)
    assert {"ns", "ns2"} <= {each.id for each in day.changes}
    assert isinstance(day.changes[0], Change)


def test_what_a_person_loses_in_two_offices_has_one_order() -> None:
    """Else the same plan would have two checksums."""
    lost = [
        Change("access", "stc/an", "revoke", right, None, (), Message("{right}", right=right))
        for right in ("head", "delegate")
    ]
    assert ordered(lost) == ordered(lost[::-1])
