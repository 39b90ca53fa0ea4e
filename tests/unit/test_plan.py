import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from samples import DAY, person, post, unit

from hopthu.model.guard_limits import Allowance
from hopthu.model.organisation import Ending, Organisation, Tenure
from hopthu.model.policy import Policy
from hopthu.plan.plan import Plan, Snapshot, compare, make


def with_person(organisation: Organisation, *changed) -> Organisation:
    return replace(organisation, people={**organisation.people, **{p.id: p for p in changed}})


def with_unit(organisation: Organisation, *changed) -> Organisation:
    return replace(organisation, units={**organisation.units, **{u.id: u for u in changed}})


def changes(before: Organisation, after: Organisation, policy: Policy, on: date = DAY):
    return compare(Snapshot(before, policy), Snapshot(after, policy), on)[0]


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


def test_transfer_names_person_units_rights_store_documents_and_nothing_else(
    organisation: Organisation, policy: Policy
) -> None:
    """Art. 5.2, 7.2: same address, mail moves along, rights of the old post are gone."""
    found = changes(organisation, transferred(organisation), policy)
    assert [
        "Nguyễn Văn An moves from Sở Tài chính to Xã Đồng Tiến, as Chuyên viên",
        "Nguyễn Văn An: mail moves from store1 to store2",
        "Nguyễn Văn An may no longer use the mailbox of Sở Tài chính, as its delegate",
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


def test_a_new_name_of_a_unit_is_two_lines(organisation: Organisation, policy: Policy) -> None:
    """One on its mailbox, one on the directory entries of its people, however many."""
    after = with_unit(organisation, replace(organisation.units["stc"], name="Sở Kinh tế"))
    assert [("mailbox", "stc", "change"), ("entry", "stc", "change")] == actions(
        organisation, after, policy
    )


def test_what_is_still_to_come_is_told(organisation: Organisation, policy: Policy) -> None:
    """A transfer dated ahead changes nothing today; the reviewer sees it all the same."""
    after = transferred(organisation, DAY + timedelta(days=90))
    (change,) = changes(organisation, after, policy)
    assert ("person", "an", "change") == (change.kind, change.id, change.action)
    expected = "from 2026-08-30: Nguyễn Văn An is Chuyên viên at Xã Đồng Tiến"
    assert expected == change.summary
    (undone,) = changes(after, organisation, policy)
    assert "Nguyễn Văn An: what was to begin on 2026-08-30 no longer will" == undone.summary


def test_records_say_what_mailboxes_do_not(organisation: Organisation, policy: Policy) -> None:
    """A unit without mailbox, a merger, a hold, a post beside the main one."""
    an, xa = organisation.people["an"], organisation.units["xa"]
    beside = replace(post("an", "xa", date(2026, 5, 1)), main=False)
    hold = Tenure("", "", date(2026, 5, 1), None, decision="qd-9")
    after = with_person(organisation, replace(an, posts=(*an.posts, beside), hold=hold))
    after = with_unit(
        after,
        replace(xa, ended=Ending("merged", date(2026, 5, 1), into=("stc",))),
        replace(unit("hd", "Hội đồng", ""), mailbox=None),
    )
    assert [
        "Nguyễn Văn An: a legal hold from 2026-05-01 on",
        "Nguyễn Văn An is also Chuyên viên at Xã Đồng Tiến",
        "Hội đồng: a new unit, without mailbox",
        "Xã Đồng Tiến is merged into Sở Tài chính",
        "Xã Đồng Tiến: mail to it now leads to Sở Tài chính",
    ] == [c.summary for c in changes(organisation, after, policy)]


def test_a_unit_on_another_store_takes_its_people_along(
    organisation: Organisation, policy: Policy
) -> None:
    """And those of units below it: their own records did not change."""
    below = unit("phong", "Phòng Ngân sách", "ngansach.stc", kind="division", parent="stc")
    before = with_person(
        with_unit(organisation, below), person("ha", "Lê Thị Thu Hà", "haltt", "phong")
    )
    after = with_unit(before, replace(before.units["stc"], store="store3"))
    moved = {c.id for c in changes(before, after, policy) if c.action == "move"}
    assert {"stc", "phong", "an", "binh", "dung", "ha"} == moved


def test_a_policy_for_all_changes_all(organisation: Organisation, policy: Policy) -> None:
    """Quotas, stores and the domain are everybody's."""
    larger = replace(policy, quotas=replace(policy.quotas, personal=2 * policy.quotas.personal))
    found, _ = compare(Snapshot(organisation, policy), Snapshot(organisation, larger), DAY)
    assert {"an", "binh", "chi", "dung", "quotas.personal"} == {c.id for c in found}
    assert "Nguyễn Văn An: space goes from 2048 to 4096 MiB" == found[0].summary


def test_every_key_of_the_policy_that_changes_is_a_line(
    organisation: Organisation, policy: Policy
) -> None:
    """With what it was and will be, though no mailbox changes by it; of a list what differs."""
    after = replace(
        policy,
        dns=replace(policy.dns, dmarc="none"),
        free_mail=(*policy.free_mail[1:], "example.com"),
        stores=replace(policy.stores, by_kind={"commune": "store2"}),
        allowances=(Allowance("close", "stc", "qd-9", date(2026, 7, 1)),),
    )
    found, _ = compare(Snapshot(organisation, policy), Snapshot(organisation, after), DAY)
    assert [
        ("allowances.close/stc", "add", ("qd-9",),
         "policy: the guard close may be passed in stc until 2026-07-01"),
        ("dns.dmarc", "change", (), "policy: dns.dmarc goes from reject to none"),
        ("free_mail", "change", (), "policy: free_mail goes from aol.com to example.com"),
        ("stores.by_kind.ward", "remove", (), "policy: stores.by_kind.ward goes from store2 to –"),
    ] == [(c.id, c.action, c.basis, c.summary) for c in found]  # fmt: skip
    assert [None, "reject"] == [found[0].before, found[1].before]
    assert {"policy"} == {c.kind for c in found}
    changes, _ = compare(Snapshot(organisation, after), Snapshot(organisation, policy), DAY)
    (back,) = (c for c in changes if c.id.startswith("allowances"))
    assert ("remove", None) == (back.action, back.after)


def test_due_says_what_comes_without_an_edit(organisation: Organisation, policy: Policy) -> None:
    """By day, each once, within the days the policy names."""
    today = date(2026, 12, 20)
    leaver = replace(organisation.people["chi"], left=Ending("retired", date(2027, 1, 5)))
    data = with_person(organisation, leaver)
    made = make(Snapshot(data, policy), Snapshot(data, policy), today, "a")
    assert () == made.changes
    assert [
        (date(2027, 1, 1), [("access", "stc/an", "revoke")]),
        (date(2027, 1, 5), [("mailbox", "chi", "close")]),
    ] == [(d.on, [(c.kind, c.id, c.action) for c in d.changes]) for d in made.due]
    fewer = replace(policy, lifecycle=replace(policy.lifecycle, foreseen_days=12))
    assert [date(2027, 1, 1)] == [
        d.on for d in make(Snapshot(data, fewer), Snapshot(data, fewer), today, "a").due
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
        ({"left": Ending("retired", SOON)}, {"close"}),
    ],
)
def test_whatever_has_a_day_to_come_is_due(
    organisation: Organisation, policy: Policy, changes: dict[str, Any], told: set[str]
) -> None:
    """Most people have none, and are passed over at a glance."""
    data = with_person(organisation, replace(organisation.people["chi"], **changes))
    (day,) = (
        d
        for d in make(Snapshot(data, policy), Snapshot(data, policy), DAY, "a").due
        if d.on == SOON
    )
    assert told == {c.action for c in day.changes if "chi" in c.id}


def test_due_knows_who_else_may_hold_a_unit(organisation: Organisation, policy: Policy) -> None:
    """When an acting head's time is over, the head of before holds it again."""
    stc = organisation.units["stc"]
    acting = Tenure("dung", "", date(2026, 1, 1), DAY, acting=True)
    dung = replace(organisation.people["dung"], left=None)
    data = with_person(with_unit(organisation, replace(stc, heads=(*stc.heads, acting))), dung)
    (day,) = make(Snapshot(data, policy), Snapshot(data, policy), DAY, "a").due
    assert {("stc/binh", "grant"), ("stc/dung", "revoke")} == {
        (c.id, c.action) for c in day.changes
    }


def test_checksum_is_of_the_changes(organisation: Organisation, policy: Policy) -> None:
    """Same changes, same checksum, whatever the revisions are called; else another."""
    after = with_person(organisation, person("ha", "Lê Thị Thu Hà", "haltt", "stc"))
    made = changes(organisation, after, policy)
    assert Plan(DAY, "a", "b", made).checksum == Plan(DAY, "c", "d", made).checksum
    assert Plan(DAY, "a", "b", made).checksum != Plan(DAY, "a", "b", made[:1]).checksum


def test_json_is_the_contract(organisation: Organisation, policy: Policy) -> None:
    """Keys as DESIGN has them, at every level; sentences in the language asked for."""
    made = make(
        Snapshot(organisation, policy), Snapshot(transferred(organisation), policy), DAY, "a", "b"
    )
    told = json.loads(made.as_json("vi"))
    assert ["on", "base", "head", "checksum", "changes", "guards", "due"] == list(told)
    assert {"kind", "id", "action", "before", "after", "basis", "summary"} == set(
        told["changes"][0]
    )
    assert {"id", "scope", "actual", "limit", "passed"} == set(told["guards"][0])
    assert "chuyển từ Sở Tài chính đến Xã Đồng Tiến" in told["changes"][0]["summary"]
    assert made.checksum == told["checksum"]
