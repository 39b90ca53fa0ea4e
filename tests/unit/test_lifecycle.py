"""What becomes of a mailbox day by day, in plans, in what is due, and on the servers."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from samples import DAY

from hopthu.daemons import postfix
from hopthu.desired.state import Mailbox, desired
from hopthu.inventory.topology import Centre, Host
from hopthu.model.organisation import Address, Ending, Organisation, Tenure
from hopthu.model.policy import Lifecycle, Policy
from hopthu.plan.plan import compare
from hopthu.plan.upcoming import due
from revisions import revision

LEFT, MERGED = date(2026, 1, 1), date(2026, 3, 1)
STORE = Host("m", "m.x.vn", "10.0.0.1", frozenset({"store"}), ("store1", "store2"))
CENTRE = Centre("c", (STORE,))
SHORT = Lifecycle(keep_closed_days=90, keep_archived_days=365, redirect_days=180)
ARCHIVED, ERASED = LEFT + timedelta(days=90), LEFT + timedelta(days=455)


@pytest.fixture
def policy() -> Policy:
    return Policy(operator="vp", lifecycle=SHORT)


@pytest.fixture
def leaver(organisation: Organisation) -> Organisation:
    """Chi has left."""
    return with_person(organisation, "chi", left=Ending("retired", LEFT, decision="qd-5"))


@pytest.fixture
def merged(organisation: Organisation) -> Organisation:
    """The commune went on in the department, under another name of mail."""
    xa = organisation.units["xa"]
    end = Ending("merged", MERGED, into=("stc",), decision="nq-1", request="cv-1")
    xa = replace(xa, ended=end, mailbox=Address("xa.dongtien", ("dongtien",)))
    return replace(organisation, units={**organisation.units, "xa": xa})


def with_person(organisation: Organisation, key: str, **change: object) -> Organisation:
    changed = replace(organisation.people[key], **change)  # type: ignore[arg-type]
    return replace(organisation, people={**organisation.people, key: changed})


def mailbox(organisation: Organisation, policy: Policy, key: str, on: date) -> Mailbox:
    (found,) = (m for m in desired(organisation, policy, on).mailboxes if m.id == key)
    return found


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (LEFT - timedelta(days=1), "active"),
        (LEFT, "closed"),
        (ARCHIVED - timedelta(days=1), "closed"),
        (ARCHIVED, "archived"),
        (ERASED - timedelta(days=1), "archived"),
        (ERASED, "erased"),
        (date(2999, 1, 1), "erased"),
    ],
)
def test_a_leaver(leaver: Organisation, policy: Policy, day: date, state: str) -> None:
    """Closed on the day; archived and erased as many days later as the policy says (Art. 5.2)."""
    assert state == mailbox(leaver, policy, "chi", day).state


@pytest.mark.parametrize(
    ("until", "erased"),
    [
        (None, None),
        (ERASED + timedelta(days=9), ERASED + timedelta(days=10)),
        (ERASED - timedelta(days=1), ERASED),
    ],
)
def test_nothing_is_erased_while_a_hold_lasts(
    leaver: Organisation, policy: Policy, until: date | None, erased: date | None
) -> None:
    """It is the day after, if the hold outlasts the day it would have been (Art. 5.1)."""
    held = with_person(leaver, "chi", hold=Tenure("", "", DAY, until, decision="qd-7"))
    last = erased or date.max
    assert "archived" == mailbox(held, policy, "chi", last - timedelta(days=1)).state
    assert ("archived" if erased is None else "erased") == mailbox(held, policy, "chi", last).state


def test_mail_of_a_merged_unit_is_redirected_for_a_time(
    merged: Organisation, policy: Policy
) -> None:
    """Every address it had; then senders are told, then its content goes the way of all."""
    end = MERGED + timedelta(days=180)
    during, over = (desired(merged, policy, day) for day in (end - timedelta(days=1), end))
    led = mailbox(merged, policy, "xa", during.on)
    assert ("redirected", "stc", "") == (led.state, led.leads_to, led.refusal)
    leads = {f"{name}@thanhhoa.gov.vn" for name in ("xa.dongtien", "dongtien")}
    aliases = dict(postfix.aliases(during))
    assert {"stc@thanhhoa.gov.vn"} == {aliases[address] for address in leads}
    assert leads.isdisjoint(dict(postfix.refused(during)))
    assert leads.isdisjoint(dict(postfix.routes(during, CENTRE)))
    assert leads.isdisjoint(dict(postfix.aliases(over)))
    assert leads <= dict(postfix.refused(over)).keys()
    assert "archived" == mailbox(merged, policy, "xa", end + timedelta(days=90)).state


def test_a_merged_successor_passes_the_redirect_on(merged: Organisation, policy: Policy) -> None:
    """To where its own mail leads; where nobody is left, the address is refused."""
    later = MERGED + timedelta(days=30)
    stc = replace(merged.units["stc"], ended=Ending("merged", later, into=("vp",)))
    again = replace(merged, units={**merged.units, "stc": stc})
    assert "stc" == mailbox(again, policy, "xa", later - timedelta(days=1)).leads_to
    assert "vp" == mailbox(again, policy, "xa", later).leads_to
    gone = replace(stc, ended=Ending("dissolved", later))
    lost = mailbox(replace(merged, units={**merged.units, "stc": gone}), policy, "xa", later)
    assert ("closed", "") == (lost.state, lost.leads_to)


def test_mail_of_a_split_unit_goes_to_the_main_part(merged: Organisation, policy: Policy) -> None:
    """The first named, as long as it takes mail."""
    xa = replace(merged.units["xa"], ended=Ending("split", MERGED, into=("vp", "stc")))
    split = replace(merged, units={**merged.units, "xa": xa})
    assert "vp" == mailbox(split, policy, "xa", DAY).leads_to


def test_every_lifecycle_step_is_due(leaver: Organisation, policy: Policy) -> None:
    """Archive, erasure, the end of a redirect; a hold puts it off and is foreseen too."""

    def foreseen(organisation: Organisation, on: date) -> list[tuple[date, str, str]]:
        eve = on - timedelta(days=1)
        return [(d.on, c.id, c.action) for d in due(organisation, policy, eve) for c in d.changes]

    assert (ARCHIVED, "chi", "archive") in foreseen(leaver, ARCHIVED)
    assert (ERASED, "chi", "erase") in foreseen(leaver, ERASED)
    until = ERASED + timedelta(days=9)
    held = with_person(leaver, "chi", hold=Tenure("", "", DAY, until, decision="qd-7"))
    assert (ERASED, "chi", "erase") not in foreseen(held, ERASED)
    assert (until + timedelta(days=1), "chi", "erase") in foreseen(held, until)


def test_a_redirect_and_its_end_are_due(merged: Organisation, policy: Policy) -> None:
    """On the day of the merger, and when the policy's time is over."""
    for day, action in ((MERGED, "redirect"), (MERGED + timedelta(days=180), "close")):
        (found,) = (d for d in due(merged, policy, day - timedelta(days=1)) if d.on == day)
        assert ("mailbox", "xa", action) in [(c.kind, c.id, c.action) for c in found.changes]


def test_distant_dates_do_not_overflow(leaver: Organisation, policy: Policy) -> None:
    """What no calendar has a year for never comes."""
    for_ever = replace(policy, lifecycle=replace(SHORT, keep_archived_days=36_500_000))
    assert "archived" == mailbox(leaver, for_ever, "chi", date.max).state
    assert () == due(leaver, for_ever, date.max)


def test_a_corrected_date_reverts_states(leaver: Organisation, policy: Policy) -> None:
    """Who left later than it was said is kept longer; that is a change, not a closing."""
    later = with_person(leaver, "chi", left=Ending("retired", DAY, decision="qd-5"))
    found, guards = compare(revision(leaver, policy), revision(later, policy), DAY)
    (change,) = (c for c in found if c.kind == "mailbox")
    assert ("change", {"state": "archived"}, {"state": "closed"}) == (
        change.action, change.before, change.after,
    )  # fmt: skip
    assert "Trần Thị Chi: the content of the mailbox is kept longer" == change.summary
    assert all(g.passed for g in guards)
