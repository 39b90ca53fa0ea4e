import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from samples import DAY, person, post, unit

from hopthu.model.organisation import Address, Creation, Ending, FactChange, Organisation, Tenure
from hopthu.model.policy import Policy, UnitKind
from hopthu.plan.plan import Plan, compare, make
from hopthu.plan.summary import change_lines
from revisions import revision


def with_person(organisation: Organisation, *changed) -> Organisation:
    return replace(organisation, people={**organisation.people, **{p.id: p for p in changed}})


def with_unit(organisation: Organisation, *changed) -> Organisation:
    return replace(organisation, units={**organisation.units, **{u.id: u for u in changed}})


def changes(before: Organisation, after: Organisation, policy: Policy, on: date = DAY):
    return compare(revision(before, policy), revision(after, policy), on)[0]


def actions(*arguments) -> list[tuple[str, str, str]]:
    return [(c.kind, c.id, c.action) for c in changes(*arguments)]


def transferred(organisation: Organisation, start: date = date(2026, 5, 1)) -> Organisation:
    posts = (
        replace(post("an", "stc"), until=start - timedelta(days=1)),
        post("an", "xa", start, decision="qd-9", request="cv-9"),
    )
    return with_person(organisation, replace(organisation.people["an"], posts=posts))


def test_no_difference_no_change(organisation: Organisation, policy: Policy) -> None:
    """The same data plans nothing."""
    assert () == changes(organisation, organisation, policy)


def test_recruit(organisation: Organisation, policy: Policy) -> None:
    """Art. 5.2: a new official is a new mailbox and an address."""
    after = with_person(organisation, person("ha", "Lê Thị Thu Hà", "haltt", "stc"))
    assert [
        ("mailbox", "ha", "create"),
        ("address", "haltt@thanhhoa.gov.vn", "add"),
    ] == actions(organisation, after, policy)


def test_a_transfer_lists_person_move_and_access_only(
    organisation: Organisation, policy: Policy
) -> None:
    """Art. 5.2, 7.2: same address, mail moves along, rights of the old post are gone."""
    found = changes(organisation, transferred(organisation), policy)
    assert [
        "Nguyễn Văn An moves from Sở Tài chính to Xã Đồng Tiến, as Chuyên viên",
        "Nguyễn Văn An: mail moves from store1 to store2",
        "Nguyễn Văn An loses access to the mailbox of Sở Tài chính as delegate",
    ] == [c.summary for c in found]
    assert {("qd-9", "cv-9")} == {c.basis for c in found}


@pytest.mark.parametrize(
    ("change", "action"),
    [
        ({"left": Ending("retired", date(2026, 5, 1))}, "close"),
        ({"locked": (Tenure("chi", "", date(2026, 5, 1), None),)}, "lock"),
    ],
)
def test_states(organisation: Organisation, policy: Policy, change: dict, action: str) -> None:
    """A leaver's mailbox closes, a sanctioned person's is locked, and back."""
    after = with_person(organisation, replace(organisation.people["chi"], **change))
    assert ("mailbox", "chi", action) in actions(organisation, after, policy)
    assert ("mailbox", "chi", "unlock") in actions(after, organisation, policy)


def test_renaming_a_unit_changes_entries_of_its_people(
    organisation: Organisation, policy: Policy
) -> None:
    """Beside the mailbox of the unit, the directory's entry of each of them."""
    after = with_unit(organisation, replace(organisation.units["stc"], name="Sở Kinh tế"))
    own, *entries = actions(organisation, after, policy)
    assert ("mailbox", "stc", "change") == own
    assert [("entry", f"stc/{each}", "change") for each in ("an", "binh", "dung")] == entries


def test_future_changes_are_listed(organisation: Organisation, policy: Policy) -> None:
    """A transfer dated ahead changes nothing today; the reviewer sees it all the same."""
    after = transferred(organisation, DAY + timedelta(days=90))
    sides = revision(organisation, policy), revision(after, policy)
    made, undone = make(*sides, DAY, "a"), make(*reversed(sides), DAY, "a")
    assert () == made.changes == undone.changes
    assert made.later == made.lines()
    expected = (
        "on 2026-08-30: Nguyễn Văn An moves from Sở Tài chính to Xã Đồng Tiến, as Chuyên viên"
    )
    assert expected == made.later[0].summary
    lost = [(each.on, each.action) for each in made.later if each.kind == "access"]
    assert [(date(2026, 8, 30), "revoke"), (date(2027, 1, 1), "cancel")] == lost
    assert f"no longer {expected}" in [each.summary for each in undone.later]


def test_an_acting_head_is_called_so(organisation: Organisation, policy: Policy) -> None:
    """When access is given and when it is taken."""
    stc = organisation.units["stc"]
    acting = Tenure("an", "", DAY, None, acting=True)
    vacant = with_unit(organisation, replace(stc, heads=(), delegates=()))
    after = with_unit(organisation, replace(stc, heads=(acting,), delegates=()))
    assert ["Nguyễn Văn An gets access to the mailbox of Sở Tài chính as acting head"] == [
        c.summary for c in changes(vacant, after, policy)
    ]
    assert ["Nguyễn Văn An loses access to the mailbox of Sở Tài chính as acting head"] == [
        c.summary for c in changes(after, vacant, policy)
    ]


def test_an_acting_head_who_becomes_the_head_keeps_access(
    organisation: Organisation, policy: Policy
) -> None:
    """Nothing is revoked and granted for the word."""
    stc = organisation.units["stc"]
    head = stc.heads[0]
    acting = with_unit(organisation, replace(stc, heads=(replace(head, acting=True),)))
    assert () == tuple(changes(acting, organisation, policy))


def test_people_move_with_the_store_of_their_unit(
    organisation: Organisation, policy: Policy
) -> None:
    """And those of units below it, and what is left to it: their own records did not change."""
    below = unit("phong", "Phòng Ngân sách", "ngansach.stc", kind="division", parent="stc")
    before = with_person(
        with_unit(organisation, below), person("ha", "Lê Thị Thu Hà", "haltt", "phong")
    )
    after = with_unit(before, replace(before.units["stc"], store="store3"))
    moved = {c.id for c in changes(before, after, policy) if c.action == "move"}
    assert {"stc", "skh", "phong", "an", "binh", "dung", "ha"} == moved


def test_a_new_head_brings_no_former_address(organisation: Organisation, policy: Policy) -> None:
    """The record of somebody is read for a right of theirs; what it gave up is as it was."""
    chi = organisation.people["chi"]
    before = with_person(organisation, replace(chi, mailbox=Address("chitt", former=("chi.cu",))))
    xa = replace(before.units["xa"], heads=(Tenure("chi", "", date(2026, 5, 1), None),))
    assert [("access", "xa/chi", "grant")] == actions(before, with_unit(before, xa), policy)


def test_a_changed_quota_changes_every_mailbox(organisation: Organisation, policy: Policy) -> None:
    """Quotas, stores and the domain are everybody's; the entry of a closed one has it as well."""
    larger = replace(policy, quotas=replace(policy.quotas, personal=2 * policy.quotas.personal))
    found, _ = compare(revision(organisation, policy), revision(organisation, larger), DAY)
    assert {"an", "binh", "chi", "dung"} == {c.id for c in found}
    assert "Nguyễn Văn An: quota: 2 GiB → 4 GiB" == found[0].summary


def test_a_kind_that_is_like_another_moves_its_whole_unit(
    organisation: Organisation, policy: Policy
) -> None:
    """Where the policy has another store for that kind: the unit, and everybody in it."""
    before = with_unit(organisation, unit("rung", "Khu Rừng", "rung", kind="khu-rung"))
    more = [person(key, key, key, "rung") for key in ("gia", "hai")]
    before = with_person(before, *more)
    like = [
        replace(policy, unit_kinds={"khu-rung": UnitKind("Khu Rừng", each)})
        for each in ("board", "commune")
    ]
    sides = (revision(before, each) for each in like)
    plan = make(*sides, DAY, "")
    moved = {c.id: c.cause for c in plan.changes if c.action == "move"}
    assert dict.fromkeys(("gia", "hai", "rung"), "policy") == moved


def test_units_of_one_name_are_told_apart(organisation: Organisation, policy: Policy) -> None:
    """By their ids, where an address or somebody goes from one to the other."""
    stc = organisation.units["stc"]
    ended = Ending("merged", DAY, into=("moi",))
    twin = replace(stc, id="moi", created=Creation(DAY))
    gone = replace(stc, ended=ended, heads=(), delegates=(), mailbox=Address("cu"))
    an = organisation.people["an"]
    moved = replace(an, posts=(*an.posts, replace(an.posts[-1], unit="moi", start=DAY)))
    after = replace(
        organisation,
        units={**organisation.units, "stc": gone, "moi": twin},
        people={**organisation.people, "an": moved},
    )
    changes, _ = compare(revision(organisation, policy), revision(after, policy), DAY)
    told = [str(change.summary) for change in changes]
    name = stc.name
    assert f"stc@thanhhoa.gov.vn leads to {name} (moi) instead of {name} (stc)" in told
    assert f"Nguyễn Văn An moves from {name} (stc) to {name} (moi), as Chuyên viên" in told
    assert f"{name} (stc): mail is now redirected to {name} (moi)" in told
    rows = [change.as_dict() for change in changes]
    assert ["moi"] == [row["leads_to"] for row in rows if "leads_to" in row]


def test_due_lists_changes_without_further_edits(
    organisation: Organisation, policy: Policy
) -> None:
    """By day, each once, within the days the policy names."""
    today = date(2026, 12, 20)
    leaver = replace(organisation.people["chi"], left=Ending("retired", date(2027, 1, 5)))
    data = with_person(organisation, leaver)
    made = make(revision(data, policy), revision(data, policy), today, "a")
    assert () == made.changes
    assert [
        (date(2027, 1, 1), [("access", "stc/an", "revoke")]),
        (date(2027, 1, 5), [("mailbox", "chi", "change"), ("mailbox", "chi", "close")]),
    ] == [(d.on, [(c.kind, c.id, c.action) for c in d.changes]) for d in made.due]
    fewer = replace(policy, lifecycle=replace(policy.lifecycle, foreseen_days=12))
    assert [date(2027, 1, 1)] == [
        d.on for d in make(revision(data, fewer), revision(data, fewer), today, "a").due
    ]


SOON = DAY + timedelta(days=5)
EVE = SOON - timedelta(days=1)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"posts": (post("chi", "stc", SOON),)}, {"create", "add"}),
        ({"posts": (replace(post("chi", "stc"), until=EVE),)}, {"change", "lock"}),
        ({"locked": (Tenure("chi", "", SOON, None),)}, {"lock"}),
        ({"locked": (Tenure("chi", "", date(2026, 1, 1), EVE),)}, {"unlock"}),
        ({"left": Ending("retired", SOON)}, {"close", "change"}),
    ],
)
def test_every_future_date_is_due(
    organisation: Organisation, policy: Policy, changes: dict[str, Any], told: set[str]
) -> None:
    """Most people have none, and are passed over at a glance."""
    data = with_person(organisation, replace(organisation.people["chi"], **changes))
    (day,) = (
        d
        for d in make(revision(data, policy), revision(data, policy), DAY, "a").due
        if d.on == SOON
    )
    assert told == {c.action for c in day.changes if "chi" in c.id}


def test_what_was_planned_for_a_day_is_replaced_on_it(
    organisation: Organisation, policy: Policy
) -> None:
    """By the same with another end; what is of another sort is added, and the old one gone."""
    before = transferred(organisation, SOON)
    *rest, last = before.people["an"].posts
    elsewhere = replace(before.people["an"], posts=(*rest, replace(last, unit="vp")))
    plan = make(
        revision(before, policy), revision(with_person(before, elsewhere), policy), DAY, "a"
    )
    told = {each.action: each for each in plan.later if "moves" in each.summary}
    assert {"change": SOON, "cancel": SOON} == {key: each.on for key, each in told.items()}
    assert told["change"].before == told["cancel"].before != told["change"].after
    chi = organisation.people["chi"]
    sides = (
        revision(with_person(organisation, replace(chi, **change)), policy)
        for change in (
            {"locked": (Tenure("chi", "", SOON, None),)},
            {"left": Ending("retired", SOON)},
        )
    )
    later = make(*sides, DAY, "a").later
    assert {("cancel", "locked"), ("close", "closed"), ("change", "refusal")} == {
        (each.action, "".join(each.after)) for each in later if each.on == SOON
    }


def test_due_considers_other_heads_and_delegates(
    organisation: Organisation, policy: Policy
) -> None:
    """When an acting head's time is over, the head of before holds it again."""
    stc = organisation.units["stc"]
    acting = Tenure("dung", "", date(2026, 1, 1), DAY, acting=True)
    dung = replace(organisation.people["dung"], left=None)
    data = with_person(with_unit(organisation, replace(stc, heads=(*stc.heads, acting))), dung)
    (day,) = make(revision(data, policy), revision(data, policy), DAY, "a").due
    assert {("stc/binh", "grant"), ("stc/dung", "revoke")} == {
        (c.id, c.action) for c in day.changes
    }


def test_the_checksum_depends_on_the_changes_only(
    organisation: Organisation, policy: Policy
) -> None:
    """Same changes, same checksum, whatever the revisions are called; else another."""
    after = with_person(organisation, person("ha", "Lê Thị Thu Hà", "haltt", "stc"))
    made = changes(organisation, after, policy)
    assert Plan(DAY, "a", made).checksum == Plan(DAY, "c", made).checksum
    assert Plan(DAY, "a", made).checksum != Plan(DAY, "a", made[:1]).checksum


def test_json_has_the_documented_keys(organisation: Organisation, policy: Policy) -> None:
    """Keys as DESIGN has them, at every level; sentences in the language asked for."""
    after = revision(transferred(organisation, DAY), policy)
    made = make(revision(organisation, policy), after, DAY, "a")
    told = json.loads(made.as_json("vi"))
    assert [
        "on",
        "base",
        "head",
        "checksum",
        "edits",
        "changes",
        "guards",
        "due",
        "later",
        "code",
    ] == list(told)
    assert {"kind", "id", "action", "before", "after", "basis", "rows", "summary"} == set(
        told["changes"][0]
    )
    assert {"id", "scope", "actual", "limit", "passed"} == set(told["guards"][0])
    assert "chuyển từ Sở Tài chính đến Xã Đồng Tiến" in told["changes"][0]["summary"]
    assert made.checksum == told["checksum"]


def test_later_changes_include_units_that_lead_to_the_edited_one(
    organisation: Organisation, policy: Policy
) -> None:
    """Mail of a merged unit is no longer redirected once its successor ends."""
    merged = Ending("merged", date(2026, 5, 1), into=("stc",))
    before = with_unit(organisation, replace(organisation.units["skh"], ended=merged))
    ended = replace(before.units["stc"], ended=Ending("dissolved", SOON))
    after = with_unit(before, ended)
    plan = make(revision(before, policy), revision(after, policy), DAY, "a")
    assert ("skh", "close", SOON) in {(c.id, c.action, c.on) for c in plan.later}


def changed(*facts: str) -> FactChange:
    return FactChange(DAY, facts, f"qd-{facts[0]}", f"cv-{facts[0]}")


def test_a_fact_rests_on_the_new_row_that_names_it(
    organisation: Organisation, policy: Policy
) -> None:
    """Art. 5.1: each on its own, and on no row that the record had before."""
    old = replace(organisation.units["xa"], changes=(changed("kind"),))
    before = with_unit(organisation, old)
    new = replace(
        old,
        name="Phường Đồng Tiến",
        short="DT",
        kind="ward",
        mailbox=Address("phuong.dongtien", ("xa.dongtien", "dongtien")),
        changes=(*old.changes, changed("name"), changed("aliases"), changed("address", "short")),
    )
    found = {
        (c.kind, c.id, *(c.after if c.kind != "address" and isinstance(c.after, dict) else ())):
        c.basis
        for c in changes(before, with_unit(before, new), policy)
    }  # fmt: skip
    address = ("qd-address", "cv-address")
    assert {
        ("mailbox", "xa", "name", "folder"): ("qd-name", "cv-name"),
        ("mailbox", "xa", "address"): address,
        ("address", "phuong.dongtien@thanhhoa.gov.vn"): address,
        ("address", "dongtien@thanhhoa.gov.vn"): ("qd-aliases", "cv-aliases"),
        ("entry", "xa/chi"): ("qd-name", "cv-name"),
    } == found


def test_mail_moves_by_the_row_that_moves_its_unit(
    organisation: Organisation, policy: Policy
) -> None:
    """Or a unit above it; people have no row for it."""
    division = unit("vt-stc", "Phòng Văn thư", "vanthu.stc", kind="division", parent="stc")
    works = person("giang", "Lê Giang", "giangl", "vt-stc")
    before = with_person(with_unit(organisation, division), works)
    stc = replace(before.units["stc"], store="store2", changes=(changed("store"),))
    moved = [c for c in changes(before, with_unit(before, stc), policy) if c.action == "move"]
    assert {"stc", "skh", "an", "binh", "vt-stc", "giang"} <= {c.id for c in moved}
    assert {("qd-store", "cv-store")} == {c.basis for c in moved}


@pytest.mark.parametrize(
    ("row", "basis"), [((), ()), ((changed("address"),), ("qd-address", "cv-address"))]
)
def test_an_old_unit_gets_its_mailbox_by_a_row(
    organisation: Organisation,
    policy: Policy,
    row: tuple[FactChange, ...],
    basis: tuple[str, ...],
) -> None:
    """Art. 5.2: the unit asks for it."""
    before = with_unit(organisation, replace(organisation.units["xa"], mailbox=None))
    xa = replace(organisation.units["xa"], changes=row)
    found = changes(before, with_unit(before, xa), policy)
    assert ["mailbox", "address"] == [c.kind for c in found]
    assert {basis} == {c.basis for c in found}


def test_two_new_rows_of_a_record_are_each_filed_under_their_own_documents(
    organisation: Organisation, policy: Policy
) -> None:
    """A lock of last week is not the transfer of this week."""
    moved = transferred(organisation)
    lock = Tenure("an", "", DAY - timedelta(days=7), None, decision="qd-2", request="cv-2")
    after = with_person(moved, replace(moved.people["an"], locked=(lock,), name="An Mới"))
    found = {(c.action, *(c.after if c.action == "change" else ())): c.basis
             for c in changes(organisation, after, policy) if c.kind == "mailbox"}  # fmt: skip
    assert {
        ("change", "name"): (),
        ("change", "unit"): ("qd-9", "cv-9"),
        ("lock",): ("qd-2", "cv-2"),
        ("move",): ("qd-9", "cv-9"),
    } == found


@pytest.mark.parametrize(("cited", "basis"), [("qd-9", ()), ("qd-5", ("qd-5",))])
def test_an_edited_row_rests_on_what_it_newly_names(
    organisation: Organisation, policy: Policy, cited: str, basis: tuple[str, ...]
) -> None:
    """A transfer that goes elsewhere than its decision said, with another one and without."""
    planned = transferred(organisation, DAY)
    *rest, last = planned.people["an"].posts
    other = replace(last, unit="so2", decision=cited)
    units = {**planned.units, "so2": unit("so2", "Sở Hai", "so2")}
    before = replace(planned, units=units)
    edited = replace(before.people["an"], posts=(*rest, other))
    after = with_person(before, edited)
    (moved,) = [
        c for c in changes(before, after, policy) if (c.kind, c.action) == ("mailbox", "change")
    ]
    assert basis == moved.basis


def test_a_successor_is_why_a_head_loses_access(organisation: Organisation, policy: Policy) -> None:
    """Not the authorisation of a delegate in the same record."""
    stc = organisation.units["stc"]
    start = DAY - timedelta(days=3)
    eve = start - timedelta(days=1)
    new = Tenure("chi", "", start, None, decision="qd-5", request="cv-5")
    given = Tenure("an", "", DAY, date(2026, 12, 31), decision="guq-6")
    heads = (*(replace(h, until=eve) for h in stc.heads), new)
    chi = replace(organisation.people["chi"], posts=(post("chi", "stc"),))
    units = with_unit(with_person(organisation, chi), replace(stc, heads=heads, delegates=(given,)))
    found = {c.id: c.basis for c in changes(organisation, units, policy) if c.kind == "access"}
    assert ("qd-5", "cv-5") == found["stc/binh"] == found["stc/chi"]


def test_units_of_one_name_are_told_with_the_one_above(
    organisation: Organisation, policy: Policy
) -> None:
    """Each commune has an office of that name; others are told by their name alone."""
    parts = (
        unit("vp-stc", "Văn phòng", "vp.stc", parent="stc"),
        unit("vp-xa", "Văn phòng", "vp.xa", parent="xa"),
    )
    before = with_unit(organisation, *parts)
    after = with_person(before, person("ha", "Lê Thị Hà", "halt", "vp-xa"),
                        person("ba", "Lê Thị Ba", "balt", "stc"))  # fmt: skip
    found = change_lines(changes(before, after, policy), after)
    above, alone = organisation.units["xa"].name, organisation.units["stc"].name
    assert [alone, f"Văn phòng, {above}"] == sorted({line.about for line in found})
