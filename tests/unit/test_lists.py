"""Lists from the tree: who is on them on a day, what a plan says of it, and what is shown."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest
from samples import DAY, person, post, unit

from hopthu.desired.state import Desired, desired
from hopthu.model.organisation import Address, Ending, FactChange, Organisation, Tenure
from hopthu.model.policy import ListQuery, Policy
from hopthu.plan.diff import Change
from hopthu.plan.plan import make
from revisions import revision

LISTS = {
    "canbo": ListQuery("Cán bộ", "members", kinds=("department", "commune")),
    "toanthe": ListQuery("Toàn thể", "all", kinds=("department",)),
    "thutruong": ListQuery("Thủ trưởng", "heads", units=("vp",), top="tinh", among=("department",)),
    "donvi": ListQuery("Đơn vị", "units", units=("vp",), top="tinh"),
}
POLICY = Policy(operator="vp", lists=LISTS)


def province(*people: object, **units: object) -> Organisation:
    """Return a department with a division and its head, an office, a commune, and people."""
    head = Tenure("binh", "", date(2024, 1, 1), None)
    found = [
        replace(unit("tinh", "Tỉnh", "x", kind="province"), mailbox=None),
        unit("vp", "Văn phòng", "vpubnd", kind="office", parent="tinh"),
        unit("stc", "Sở Tài chính", "stc", parent="tinh", heads=(head,)),
        unit("ns", "Phòng Ngân sách", "ngansach.stc", kind="division", parent="stc"),
        unit("xa", "Xã Đồng Tiến", "xa.dongtien", kind="commune", parent="tinh"),
    ]
    staff = [
        person("binh", "Lê Văn Bình", "binhlv", "stc"),
        person("an", "Nguyễn Văn An", "annv", "ns"),
        person("chi", "Trần Thị Chi", "chitt", "xa"),
        *people,
    ]
    known = {each.id: each for each in found} | units
    return Organisation(known, {each.id: each for each in staff})  # type: ignore[arg-type, attr-defined]


def on_lists(state: Desired) -> dict[str, list[str]]:
    """Return the mailboxes on each list, by its address."""
    return {each.address: [place.mailbox for place in each.places] for each in state.lists}


def members(organisation: Organisation, on: date = DAY) -> dict[str, list[str]]:
    return on_lists(desired(organisation, POLICY, on))


def lines(changes: Iterable[Change]) -> dict[str, str]:
    return {each.id: each.action for each in changes if each.kind == "list"}


def test_each_query_finds_its_own() -> None:
    """Members of a unit, all below it, the heads and the mailboxes of units."""
    assert {
        "canbo_stc": ["binh"],
        "canbo_xa.dongtien": ["chi"],
        "toanthe_stc": ["an", "binh"],
        "thutruong_vpubnd": ["binh"],
        "donvi_vpubnd": ["ns", "stc", "vp", "xa"],
    } == members(province())


def test_a_second_post_counts_and_a_lock_does_not() -> None:
    """Whoever works in a unit gets its mail, wherever their mailbox belongs (Art. 7.1)."""
    second = replace(
        person("ha", "Lê Thị Hà", "halt", "xa"),
        posts=(post("ha", "xa"), post("ha", "stc", main=False)),
        locked=(Tenure("ha", "", date(2026, 5, 1), None),),
    )
    found = members(province(second))
    assert ["binh", "ha"] == found["canbo_stc"]
    assert ["chi", "ha"] == found["canbo_xa.dongtien"]


def test_a_transfer_counts_on_its_day() -> None:
    """The day before, one list; on the day, the other; never both and never none."""
    day = date(2026, 6, 15)
    moved = replace(
        person("ha", "Lê Thị Hà", "halt", "xa"),
        posts=(replace(post("ha", "xa"), until=date(2026, 6, 14)), post("ha", "stc", day)),
    )
    before, after = (members(province(moved), each) for each in (date(2026, 6, 14), day))
    assert ("ha" in before["canbo_stc"], "ha" in before["canbo_xa.dongtien"]) == (False, True)
    assert ("ha" in after["canbo_stc"], "ha" in after["canbo_xa.dongtien"]) == (True, False)


@pytest.mark.parametrize(
    "gone",
    [
        {"left": Ending("retired", date(2026, 3, 1))},
        {"posts": (replace(post("ha", "stc"), until=date(2026, 5, 1)),)},
        {"posts": (post("ha", "stc", date(2026, 7, 1)),)},
    ],
    ids=["left", "without a post", "not yet there"],
)
def test_who_does_not_work_there_is_on_no_list(gone: dict[str, object]) -> None:
    ha = replace(person("ha", "Lê Thị Hà", "halt", "stc"), **gone)  # type: ignore[arg-type]
    assert ["binh"] == members(province(ha))["canbo_stc"]


def test_a_unit_that_is_over_has_no_list() -> None:
    """Its address may lead to the successor; its list leads nowhere."""
    over = unit("xa", "Xã", "xa.dongtien", kind="commune", parent="tinh",
                ended=Ending("merged", date(2026, 1, 1), into=("stc",)))  # fmt: skip
    assert "canbo_xa.dongtien" not in members(province(xa=over))


def test_a_unit_without_a_mailbox_has_no_list() -> None:
    """Nobody could write to it."""
    bare = replace(province().units["xa"], mailbox=None)
    assert "canbo_xa.dongtien" not in members(province(xa=bare))


def test_a_list_follows_the_address_of_its_unit() -> None:
    """Until the day of the change it has the former one."""
    changed = replace(
        province().units["stc"],
        mailbox=Address("taichinh", former=("stc",)),
        changes=(FactChange(date(2026, 7, 1), ("address",), was={"address": "stc"}),),
    )
    assert "canbo_stc" in members(province(stc=changed), date(2026, 6, 30))
    assert "canbo_taichinh" in members(province(stc=changed), date(2026, 7, 1))


def plan(before: Organisation, after: Organisation, policies: tuple[Policy, Policy]):
    sides = zip((before, after), policies, strict=True)
    old, new = (revision(*side) for side in sides)
    return make(old, new, DAY, "base")


def test_a_plan_says_who_comes_to_be_on_which_list_and_by_which_row() -> None:
    moved = replace(
        person("an", "Nguyễn Văn An", "annv", "ns"),
        posts=(
            replace(post("an", "ns"), until=date(2026, 5, 31)),
            replace(post("an", "xa", DAY), decision="qd-1"),
        ),
    )
    now = province()
    found = plan(now, replace(now, people={**now.people, "an": moved}), (POLICY, POLICY)).changes
    assert {
        "canbo/xa/an": "add",
        "toanthe/stc/an": "remove",
    } == lines(found)
    rows = {each.id: each.rows for each in found if each.kind == "list"}
    assert ("an", "posts", DAY.isoformat()) in rows["canbo/xa/an"]
    assert ("qd-1",) == next(each.basis for each in found if each.id == "canbo/xa/an")


def test_a_second_post_is_named_as_the_row() -> None:
    second = (post("an", "ns"), replace(post("an", "xa", DAY, main=False), decision="qd-2"))
    now = province()
    an = replace(now.people["an"], posts=second)
    found = plan(now, replace(now, people={**now.people, "an": an}), (POLICY, POLICY)).changes
    (change,) = (each for each in found if each.kind == "list")
    assert ("canbo/xa/an", ("qd-2",)) == (change.id, change.basis)


def test_a_new_head_takes_the_place_on_a_list() -> None:
    heads = (
        replace(Tenure("binh", "", date(2024, 1, 1), None), until=date(2026, 5, 31)),
        Tenure("ha", "", DAY, None, decision="qd-3"),
    )
    ha = person("ha", "Lê Thị Hà", "halt", "stc")
    now = province(ha)
    after = replace(now, units={**now.units, "stc": replace(now.units["stc"], heads=heads)})
    (change,) = (e for e in plan(now, after, (POLICY, POLICY)).changes if e.kind == "list")
    assert ("thutruong/vp/stc", "binh", "ha") == (change.id, change.before, change.after)
    assert ("qd-3",) == change.basis


def test_lists_that_the_policy_declares_begin_with_who_is_on_them() -> None:
    found = plan(province(), province(), (replace(POLICY, lists={}), POLICY))
    begun = ["canbo/stc", "canbo/xa", "donvi/vp", "thutruong/vp", "toanthe/stc"]
    said = lines(found.changes)
    assert begun == sorted(key for key, action in said.items() if action == "create")
    assert {*begun} == {key.rpartition("/")[0] for key, action in said.items() if action == "add"}
    assert {"policy"} == {each.cause for each in found.changes if each.kind == "list"}


def test_what_dates_bring_to_lists_is_due_on_its_day() -> None:
    leaver = replace(
        person("ha", "Lê Thị Hà", "halt", "stc"), left=Ending("retired", date(2026, 6, 20))
    )
    (day,) = (each for each in plan(*[province(leaver)] * 2, (POLICY, POLICY)).due if each.changes)
    assert date(2026, 6, 20) == day.on
    assert {"canbo/stc/ha": "remove", "toanthe/stc/ha": "remove"} == lines(day.changes)
