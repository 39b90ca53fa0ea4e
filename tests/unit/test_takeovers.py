"""The address of a merged unit goes on with its successor of the same name (Art. 5.2)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from samples import unit

from hopthu.daemons.postfix import aliases, mailboxes
from hopthu.daily.dated import dated
from hopthu.desired.state import desired
from hopthu.model.organisation import Address, Creation, Ending, Organisation, Unit
from hopthu.model.policy import Policy
from hopthu.plan.plan import compare, make
from revisions import revision

DAY = date(2026, 3, 1)
POLICY = Policy(operator="van-phong", domain="tinh.gov.vn", reserved=())


@pytest.fixture
def units() -> list[Unit]:
    """The office, a commune that merges into one of its name, and that one."""
    ended = Ending("merged", DAY, ("xa-moi",), address_to="xa-moi")
    old = unit("xa-cu", "Xã Bắc Lý", "xa.bacly", ended=ended)
    assert old.mailbox
    return [
        unit("van-phong", "Văn phòng", "vp"),
        replace(old, mailbox=replace(old.mailbox, aliases=("bacly.cu",))),
        unit("xa-moi", "Xã Bắc Lý", "xa.bacly", created=Creation(DAY)),
    ]


def organisation(units: list[Unit]) -> Organisation:
    return Organisation({each.id: each for each in units}, {})


def test_the_address_is_the_successors_from_the_day_on(units: list[Unit]) -> None:
    """And the predecessor's until then; its other addresses lead to the successor."""
    for day, holder, others in (
        (DAY - timedelta(days=1), "xa-cu", []),
        (DAY, "xa-moi", [("bacly.cu@tinh.gov.vn", "xa.bacly@tinh.gov.vn")]),
    ):
        state = desired(organisation(units), POLICY, day)
        assert ("xa.bacly@tinh.gov.vn", holder) in mailboxes(state)
        assert others == aliases(state)


def test_no_guard_stops_the_takeover(units: list[Unit]) -> None:
    """Only the declared one: another unit that gets the address is stopped."""
    before = revision(organisation([units[0], replace(units[1], ended=None)]), POLICY)
    for heir, stopped in (("xa-moi", set()), ("van-phong", {"address-changes-hands"})):
        old, new = units[1:]
        assert old.ended
        ending = replace(old.ended, address_to=heir)
        after = organisation([units[0], replace(old, ended=ending), new])
        _, guards = compare(before, revision(after, POLICY), DAY)
        assert stopped == {guard.id for guard in guards if not guard.passed}


def test_no_guard_stops_the_takeover_on_its_day(units: list[Unit]) -> None:
    """What was planned and deployed before comes about by its date alone."""
    found = dated(organisation(units), POLICY, DAY - timedelta(days=1), DAY)
    (day,) = found.days
    assert ("xa.bacly@tinh.gov.vn", "change") in {(c.id, c.action) for c in day.changes}
    assert () == found.refused


def test_an_address_of_an_end_long_past_is_stopped(units: list[Unit]) -> None:
    """Whoever writes to it means the unit that is gone."""
    old = units[1]
    assert old.ended
    over = replace(old, ended=replace(old.ended, on=DAY - timedelta(days=400)))
    elsewhere = Ending("merged", DAY - timedelta(days=400), (units[0].id,))
    gone = replace(over, ended=elsewhere)
    before = revision(organisation([units[0], gone]), POLICY)
    after = revision(organisation([units[0], over, units[2]]), POLICY)
    _, guards = compare(before, after, DAY)
    assert {"address-changes-hands"} == {guard.id for guard in guards if not guard.passed}


@pytest.mark.parametrize("day", [DAY, DAY - timedelta(days=10)], ids=["now", "later"])
def test_the_plan_of_a_unit_that_had_no_other_address(units: list[Unit], day: date) -> None:
    """It is left without one, and the plan says so, whether it happens today or later."""
    old = replace(units[1], mailbox=Address("xa.bacly"))
    before = revision(organisation([units[0], replace(old, ended=None)]), POLICY)
    after = revision(organisation([units[0], old, units[2]]), POLICY)
    plan = make(before, after, day, "0" * 40)
    told = [line.summary for line in plan.lines()]
    assert any("Xã Bắc Lý: the mailbox no longer has an address" in each for each in told)
    assert any("Xã Bắc Lý (xa-cu): Xã Bắc Lý (xa-moi) now has the mail" in each for each in told)


def test_a_reissued_address_is_still_refused(units: list[Unit]) -> None:
    """One that was only given up is for nobody, same name or not."""
    gone = replace(units[1], mailbox=Address("xa.cu", former=("xa.bacly",)), ended=None)
    before = revision(organisation([units[0], gone]), POLICY)
    after = revision(organisation([units[0], gone, units[2]]), POLICY)
    _, guards = compare(before, after, DAY)
    assert {"address-reissued"} == {guard.id for guard in guards if not guard.passed}


def test_a_business_goes_on_and_on(units: list[Unit]) -> None:
    """A refusal names who has it in the end; where they name each other, nobody."""
    office, old, new = units
    gone = replace(old, ended=Ending("dissolved", DAY, business_to="xa-moi"))
    for last, named in (("van-phong", "write to vp@tinh.gov.vn"), ("xa-cu", "Mailbox closed / ")):
        too = replace(new, created=None, ended=Ending("dissolved", DAY, business_to=last))
        state = desired(organisation([office, gone, too]), POLICY, DAY)
        refusals = {mailbox.id: mailbox.refusal for mailbox in state.mailboxes}
        assert named in refusals["xa-cu"]


def test_a_refusal_names_who_took_over_the_business(units: list[Unit]) -> None:
    """Rather than the unit above; where that one has merged since, the one it is now."""
    office, old, new = units
    gone = replace(old, parent="van-phong", ended=Ending("dissolved", DAY, business_to="xa-moi"))
    state = desired(organisation([office, gone, replace(new, created=None)]), POLICY, DAY)
    (closed,) = (mailbox for mailbox in state.mailboxes if mailbox.state == "closed")
    assert "please write to xa.bacly@tinh.gov.vn" in closed.refusal
    merged = replace(new, created=None, ended=Ending("merged", DAY, ("van-phong",)))
    state = desired(organisation([office, gone, merged]), POLICY, DAY)
    refusals = {mailbox.id: mailbox.refusal for mailbox in state.mailboxes}
    assert "please write to vp@tinh.gov.vn" in refusals["xa-cu"]
