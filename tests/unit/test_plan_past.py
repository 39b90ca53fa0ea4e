"""What a plan says of days gone by, and of what was planned before."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from samples import DAY, person, post
from test_plan import transferred, with_person, with_unit

from hopthu.model.organisation import Ending, Organisation, Tenure
from hopthu.model.policy import Policy
from hopthu.plan.plan import Plan, Snapshot, make

EVE = DAY - timedelta(days=1)
Sides = tuple[Organisation, Organisation]


def planned(before: Organisation, after: Organisation, policy: Policy) -> Plan:
    return make(Snapshot(before, policy), Snapshot(after, policy), DAY, "a")


def record(before: Organisation, after: Organisation, policy: Policy) -> list[str]:
    """Return the third part of a plan that has no other."""
    plan = planned(before, after, policy)
    assert ((), ()) == (plan.changes, plan.later)
    return [change.summary for change in plan.record]


def test_a_delegate_of_last_month_is_named_with_the_days(
    organisation: Organisation, policy: Policy
) -> None:
    """Today's state is the same; who could send as the unit is not."""
    stc = organisation.units["stc"]
    row = Tenure("dung", "", date(2026, 2, 1), date(2026, 2, 10), decision="guq-2")
    again = replace(stc.delegates[0], start=date(2026, 2, 11), decision="guq-3")
    first = replace(stc.delegates[0], until=date(2026, 1, 31))
    after = with_unit(organisation, replace(stc, delegates=(first, row, again)))
    days = "now on record for 2026-02-01 to 2026-02-10"
    told = "access to the mailbox of Sở Tài chính as delegate"
    plan = planned(organisation, after, policy)
    assert [
        ("stc/an", "revoke", ("guq-2",), f"{days}: Nguyễn Văn An loses {told}"),
        ("stc/dung", "grant", ("guq-2",), f"{days}: Phạm Văn Dũng gets {told}"),
    ] == [(c.id, c.action, c.basis, c.summary) for c in plan.record]
    assert {"since": "2026-02-01", "until": "2026-02-10"}.items() <= plan.record[
        0
    ].as_dict().items()
    assert (2, 0, 0) == (len(plan.record), len(plan.changes), len(plan.later))


def test_a_term_that_would_have_ended_is_named(organisation: Organisation, policy: Policy) -> None:
    """Also what went with it: a delegation ends with the head who gave it."""
    stc = organisation.units["stc"]
    gone = replace(stc.heads[0], until=date(2026, 4, 30))
    back = replace(stc.heads[0], start=date(2026, 5, 11), decision="qd-2")
    after = with_unit(organisation, replace(stc, heads=(gone, back)))
    days = "now on record for 2026-05-01 to 2026-05-10"
    assert [f"{days}: Lê Văn Bình loses access to the mailbox of Sở Tài chính as head"] == record(
        organisation, after, policy
    )


@pytest.mark.parametrize(
    ("lock", "told"),
    [
        (Tenure("chi", "", date(2026, 3, 3), date(2026, 3, 3)), "now on record for 2026-03-03"),
        (
            Tenure("chi", "", date(2026, 3, 3), EVE),
            "now on record for 2026-03-03 to 2026-05-31",
        ),
    ],
)
def test_a_lock_gone_by_is_named(
    organisation: Organisation, policy: Policy, lock: Tenure, told: str
) -> None:
    """Whether it was put in or taken out."""
    after = with_person(organisation, replace(organisation.people["chi"], locked=(lock,)))
    locked = f"{told}: Trần Thị Chi can no longer sign in; mail is still delivered"
    open_again = f"{told}: Trần Thị Chi can sign in again"
    assert [locked] == record(organisation, after, policy)
    assert [open_again] == record(after, organisation, policy)


def test_a_post_gone_by_is_named(organisation: Organisation, policy: Policy) -> None:
    """And that a transfer of that time ended the right to the unit's mailbox, to this day."""
    an = organisation.people["an"]
    posts = (
        replace(an.posts[0], until=date(2026, 2, 28)),
        replace(post("an", "xa", date(2026, 3, 1)), until=date(2026, 3, 31)),
        post("an", "stc", date(2026, 4, 1)),
    )
    plan = planned(organisation, with_person(organisation, replace(an, posts=posts)), policy)
    assert [
        (
            "now on record for 2026-03-01 to 2026-03-31: Nguyễn Văn An moves from Sở Tài chính to "
            "Xã Đồng Tiến, as Chuyên viên"
        )
    ] == [change.summary for change in plan.record]
    assert [
        (
            "Nguyễn Văn An loses access to the mailbox of Sở Tài chính as delegate (dated back to "
            "2026-03-01)"
        )
    ] == [change.summary for change in plan.changes]


def test_a_change_entered_late_says_since_when(organisation: Organisation, policy: Policy) -> None:
    """Where mail is kept has no past; what begins today needs no day."""
    plan = planned(organisation, transferred(organisation, date(2026, 5, 20)), policy)
    assert [
        (
            "Nguyễn Văn An moves from Sở Tài chính to Xã Đồng Tiến, as Chuyên viên (dated back to "
            "2026-05-20)"
        ),
        "Nguyễn Văn An: mail moves from store1 to store2",
        (
            "Nguyễn Văn An loses access to the mailbox of Sở Tài chính as delegate (dated back to "
            "2026-05-20)"
        ),
    ] == [change.summary for change in plan.changes]
    assert "2026-05-20" == plan.changes[0].as_dict()["since"]
    today = planned(organisation, transferred(organisation, DAY), policy)
    assert "dated back" not in str([change.summary for change in today.changes])
    assert () == plan.record == today.record


def test_two_late_transfers_give_each_its_days(organisation: Organisation, policy: Policy) -> None:
    """The place of today with its first day, the one between in the records only."""
    an = organisation.people["an"]
    posts = (
        replace(an.posts[0], until=date(2026, 2, 28)),
        replace(post("an", "vp", date(2026, 3, 1)), until=date(2026, 4, 30)),
        post("an", "xa", date(2026, 5, 1)),
    )
    plan = planned(organisation, with_person(organisation, replace(an, posts=posts)), policy)
    moves = "Nguyễn Văn An moves from Sở Tài chính to"
    assert f"{moves} Xã Đồng Tiến, as Chuyên viên (dated back to 2026-05-01)" == (
        plan.changes[0].summary
    )
    assert [
        f"now on record for 2026-03-01 to 2026-04-30: {moves} Văn phòng UBND tỉnh, as Chuyên viên"
    ] == [change.summary for change in plan.record]


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (date(2026, 5, 20), "the mailbox is closed; mail to it is refused"),
        (
            date(2026, 1, 15),
            (
                "can no longer sign in, and mail to the mailbox is refused; its content is "
                "already due to be archived"
            ),
        ),
        (
            date(2014, 1, 15),
            (
                "can no longer sign in, and mail to the mailbox is refused; its content is "
                "already due to be erased; the address is never reissued"
            ),
        ),
    ],
)
def test_a_late_leaver_loses_today_what_ended_in_the_past(
    organisation: Organisation, policy: Policy, left: date, told: str
) -> None:
    """The line says that mail is refused from now on, and which day that goes back to."""
    chi = replace(organisation.people["chi"], posts=(post("chi", "xa", date(2010, 1, 1)),))
    before = with_person(organisation, chi)
    after = with_person(before, replace(chi, left=Ending("retired", left)))
    (line,) = planned(before, after, policy).changes
    assert told in line.summary
    assert line.summary.endswith(f"(dated back to {left})")


def test_a_late_end_of_a_unit_says_what_ends_today(
    organisation: Organisation, policy: Policy
) -> None:
    """Dissolved months ago; its mailbox was open until this plan."""
    ended = replace(organisation.units["xa"], ended=Ending("dissolved", date(2026, 1, 15)))
    plan = planned(organisation, with_unit(organisation, ended), policy)
    (line,) = (change for change in plan.changes if change.kind == "mailbox" and change.id == "xa")
    assert (
        "Xã Đồng Tiến: the mailbox is closed; mail to it is refused, and its content is already "
        "due to be archived (dated back to 2026-01-15)"
    ) == line.summary


def test_facts_without_a_day_have_no_past(organisation: Organisation, policy: Policy) -> None:
    """A name, an address and a store are one line, whatever the records say of the past."""
    an, stc = organisation.people["an"], organisation.units["stc"]
    renamed = with_unit(organisation, replace(stc, name="Sở Kinh tế", store="store3"))
    after = with_person(renamed, replace(an, name="Nguyễn An"), person("ha", "Lê Hà", "hal", "xa"))
    plan = planned(organisation, after, policy)
    assert [] == [change for change in plan.lines() if change.since]


def test_a_planned_transfer_names_what_it_replaces(
    organisation: Organisation, policy: Policy
) -> None:
    """Of that day, or of another one; what only moves to another day is said once."""
    soon = DAY + timedelta(days=30)
    to_xa = transferred(organisation, soon)
    an = organisation.people["an"]

    def to_vp(day: date) -> Organisation:
        first = replace(post("an", "stc"), until=day - timedelta(days=1))
        return with_person(organisation, replace(an, posts=(first, post("an", "vp", day))))

    moves = "Nguyễn Văn An moves from Sở Tài chính to"
    instead = f"planned before: {moves} Xã Đồng Tiến, as Chuyên viên"
    same_day = planned(to_xa, to_vp(soon), policy)
    assert (
        f"on 2026-07-01: {moves} Văn phòng UBND tỉnh, as Chuyên viên; {instead}"
    ) == same_day.later[0].line().summary
    told = same_day.later[0].as_dict()
    assert "xa" == told["replaced"]["after"]["unit"]
    other_day = planned(to_xa, to_vp(DAY + timedelta(days=40)), policy)
    assert (
        f"on 2026-07-11 instead of 2026-07-01: {moves} Văn phòng UBND tỉnh, as Chuyên viên; "
        f"{instead}"
    ) in [each.line().summary for each in other_day.later]
    moved = planned(to_xa, transferred(organisation, DAY + timedelta(days=40)), policy)
    assert (
        f"on 2026-07-11 instead of 2026-07-01: {moves} Xã Đồng Tiến, as Chuyên viên"
    ) == moved.later[0].line().summary
    assert None is moved.later[0].as_dict()["replaced"]


def held(organisation: Organisation, hold: Tenure | None, **more: tuple[str, ...]) -> Organisation:
    """Return the organisation with somebody who retired long ago, under a hold."""
    dung = organisation.people["dung"]
    left = Ending("retired", date(2010, 3, 1), decision="qd-left", request="cv-left")
    posts = (post("dung", "stc", date(2000, 1, 1)),)
    return with_person(organisation, replace(dung, posts=posts, left=left, hold=hold, **more))


HOLD = Tenure("", "", date(2012, 1, 1), None, decision="qd-hold")


def test_what_a_lifted_hold_brings_about_rests_on_it(
    organisation: Organisation, policy: Policy
) -> None:
    """Not on the retirement of long ago: on the hold's row, or on what corrects the record."""
    before = held(organisation, HOLD)
    ended = replace(HOLD, until=DAY + timedelta(days=10))
    erased = [
        change
        for day in make(*[Snapshot(held(organisation, ended), policy)] * 2, DAY, "a").due
        for change in day.changes
    ]
    assert [("dung", "erase", ("qd-hold",))] == [(c.id, c.action, c.basis) for c in erased]
    lifted = planned(before, held(organisation, ended, corrections=("qd-lift",)), policy)
    (later,) = lifted.later
    assert (DAY + timedelta(days=11), "erase", ("qd-lift",)) == (
        later.on, later.change.action, later.change.basis
    )  # fmt: skip
    gone = planned(before, held(organisation, None, corrections=("qd-lift",)), policy)
    (line,) = (change for change in gone.changes if change.kind == "mailbox")
    assert ("erase", ("qd-lift",)) == (line.action, line.basis)
    kept = planned(held(organisation, None), before, policy)
    (line,) = (change for change in kept.changes if change.kind == "mailbox")
    assert ("change", ("qd-hold",)) == (line.action, line.basis)


def test_a_hold_lifted_from_a_unit_as_well(organisation: Organisation, policy: Policy) -> None:
    """How the unit ended decides nothing any more."""
    ended = Ending("dissolved", date(2010, 3, 1), decision="qd-end", request="cv-end")
    xa = replace(organisation.units["xa"], ended=ended, hold=HOLD)
    before = with_unit(organisation, xa)
    until = DAY + timedelta(days=10)
    after = with_unit(
        organisation, replace(xa, hold=replace(HOLD, until=until), corrections=("qd-lift",))
    )
    (later,) = planned(before, after, policy).later
    assert ("erase", ("qd-lift",)) == (later.change.action, later.change.basis)


def test_a_hold_that_decides_nothing_is_no_basis(
    organisation: Organisation, policy: Policy
) -> None:
    """It ended before the content would have been erased anyway."""
    over = replace(HOLD, until=date(2013, 1, 1))
    after = held(organisation, over)
    before = with_person(after, replace(after.people["dung"], left=None))
    retired = planned(before, after, policy)
    (line,) = (change for change in retired.changes if change.kind == "mailbox")
    assert ("erase", ("qd-left", "cv-left")) == (line.action, line.basis)
