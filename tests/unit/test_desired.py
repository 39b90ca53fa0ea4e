from dataclasses import replace
from datetime import date

from samples import DAY, unit

from hopthu.desired.state import Access, Desired, desired
from hopthu.model.organisation import Ending, Organisation, Tenure
from hopthu.model.policy import Policy


def mailbox(state: Desired, key: str):
    return next(m for m in state.mailboxes if m.id == key)


def test_everybody_has_one_mailbox(organisation: Organisation, policy: Policy) -> None:
    """Mailboxes are sorted by id and hold units, people and the closed ones."""
    state = desired(organisation, policy, DAY)
    assert ["an", "binh", "chi", "dung", "skh", "stc", "vp", "xa"] == [
        m.id for m in state.mailboxes
    ]
    assert ["an", "binh", "chi", "stc", "vp", "xa"] == [m.id for m in state.live()]


def test_head_and_delegate_use_the_unit_mailbox(organisation: Organisation, policy: Policy) -> None:
    """Art. 7.2: the head of the day and the one delegate, nobody else."""
    expected = (Access("stc", "an", "delegate"), Access("stc", "binh", "head"))
    assert expected == desired(organisation, policy, DAY).access


def test_delegation_ends_with_its_last_day(organisation: Organisation, policy: Policy) -> None:
    """Art. 7.2: a delegation holds until a date."""
    on_last = desired(organisation, policy, date(2026, 12, 31)).access
    after = desired(organisation, policy, date(2027, 1, 1)).access
    assert Access("stc", "an", "delegate") in on_last
    assert (Access("stc", "binh", "head"),) == after


def test_locked_person_loses_access_but_keeps_mail(
    organisation: Organisation, policy: Policy
) -> None:
    """A locked mailbox still receives; whoever may not sign in may not use the unit's either."""
    locked = replace(organisation.people["an"], locked=(Tenure("an", "", date(2026, 5, 1), None),))
    state = desired(
        replace(organisation, people={**organisation.people, "an": locked}), policy, DAY
    )
    assert "locked" == mailbox(state, "an").state
    assert (Access("stc", "binh", "head"),) == state.access


def test_a_closed_address_names_the_address_to_use(
    organisation: Organisation, policy: Policy
) -> None:
    """Art. 5.2: the answer names the unit's mailbox, or its successor's, in ASCII."""
    state = desired(organisation, policy, DAY)
    for key in ("dung", "skh"):
        refusal = mailbox(state, key).refusal
        assert "stc@thanhhoa.gov.vn" in refusal
        assert refusal.isascii()
    assert "" == mailbox(state, "an").refusal


def test_each_successor_is_followed_once(organisation: Organisation, policy: Policy) -> None:
    """Forty steps of two successors each have 2^40 ways through; a thousand more are no depth."""
    units = dict(organisation.units)
    for number in range(1000):
        after = min(number // 2 * 2 + 2, 80) if number < 80 else number + 1
        into = tuple(f"x{n}" for n in ((after, after + 1) if after < 80 else (max(after, 80),)))
        ended = Ending("merged", date(2026, 5, 1), into if number < 999 else ("stc",))
        units[f"x{number}"] = unit(f"x{number}", "Sở", f"x{number}", ended=ended)
    state = desired(replace(organisation, units=units), policy, DAY)
    assert ("redirected", "stc") == (mailbox(state, "x0").state, mailbox(state, "x0").leads_to)


def test_people_live_on_the_store_of_their_unit(organisation: Organisation, policy: Policy) -> None:
    """Dovecot shares mailboxes only within one store, so a unit and its people share one."""
    state = desired(organisation, policy, DAY)
    stores = {m.id: m.store for m in state.mailboxes}
    assert stores["chi"] == stores["xa"] == "store2"
    assert stores["an"] == stores["stc"] == "store1"


def test_reserved_addresses_lead_to_the_operator(
    organisation: Organisation, policy: Policy
) -> None:
    """Art. 6.5: postmaster and abuse always reach the operator."""
    reserved = dict(desired(organisation, policy, DAY).reserved)
    assert "vp" == reserved["postmaster"] == reserved["abuse"]
