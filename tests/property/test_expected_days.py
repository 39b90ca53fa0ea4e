"""What is worked out of the records for a day is met as an expectation, and its contrary is not."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hopthu.desired.state import Desired, desired
from hopthu.diagnostics.problem import Problem
from hopthu.i18n.catalogue import translate
from hopthu.load import load
from hopthu.model.builder import build
from hopthu.model.lifecycle import REFUSED
from hopthu.rules.context import RuleContext
from hopthu.rules.records.expectations import unmet_expectations
from hopthu.source.positions import Positions
from hopthu.source.records import Record
from hopthu.validate import policy_of

SOURCE = load(Path(__file__).parents[2])
POLICY = policy_of(SOURCE)
ORGANISATION = build(SOURCE)
FILE = "data/expectations.yaml"
DAYS = st.dates(date(2016, 1, 1), date(2037, 12, 31))
# Days on which something begins or ends, and those beside them, are worth more than others.
TURNS = sorted(
    {post.start for person in ORGANISATION.people.values() for post in person.posts}
    | {person.left.on for person in ORGANISATION.people.values() if person.left}
    | {unit.ended.on for unit in ORGANISATION.units.values() if unit.ended}
    | {lock.start for person in ORGANISATION.people.values() for lock in person.locked}
)
NEAR_TURNS = st.builds(
    lambda day, days: day + timedelta(days=days),
    st.sampled_from(TURNS),
    st.sampled_from([-1, 0, 1, POLICY.lifecycle.redirect_days]),
)
UNITS = st.sampled_from([unit.id for unit in ORGANISATION.units.values() if unit.heads])
PEOPLE = st.sampled_from(sorted(ORGANISATION.people))
OWNERS = st.sampled_from(
    [r for r in (*ORGANISATION.units.values(), *ORGANISATION.people.values()) if r.mailbox]
)
Expected = dict[str, Any]


def found(*expectations: Expected) -> list[Problem]:
    """Return what is said of expectations beside the shipped data."""
    records = tuple(
        Record.of("expectations", FILE, (n,), each, Positions(FILE, ""))
        for n, each in enumerate(expectations)
    )
    source = replace(SOURCE, records={**SOURCE.records, "expectations": records})
    return list(unmet_expectations(RuleContext(source, POLICY, date(2026, 11, 25))))


def held(form: str, unit: str, person: str, holds: bool) -> Expected:
    """Return an expectation of a person, and of a unit unless it is about signing in."""
    subject = {"person": person, "holds": holds}
    return {form: subject if form == "can_sign_in" else {"unit": unit, **subject}}


def truth(form: str, unit: str, person: str, state: Desired) -> bool:
    """Tell what is so, by the whole province."""
    if form == "can_sign_in":
        return any(m.id == person and m.state == "active" for m in state.mailboxes)
    if form == "access":
        return any((a.unit, a.person) == (unit, person) for a in state.access)
    on = ORGANISATION.on(state.on)
    return (on.head if form == "head" else on.delegate).get(unit) == person


def leads_to(address: str, owner: str, state: Desired) -> str:
    """Return the mailbox that mail leads to, empty where it is refused."""
    mailbox = next((m for m in state.mailboxes if m.id == owner), None)
    if mailbox is None or mailbox.state in REFUSED or address not in mailbox.addresses:
        return ""
    return mailbox.leads_to or mailbox.id


@settings(max_examples=120)
@given(st.data())
def test_of_people_and_units_only_what_is_so_is_met(data: st.DataObject) -> None:
    """Head, delegate, access and signing in, on days on which something changes and others."""
    form = data.draw(st.sampled_from(["head", "delegate", "access", "can_sign_in"]))
    unit, on = data.draw(UNITS), data.draw(NEAR_TURNS | DAYS)
    record = ORGANISATION.units[unit]
    near = [tenure.person for tenure in (*record.heads, *record.delegates)]
    person = data.draw(st.sampled_from(near) | PEOPLE)
    is_so = truth(form, unit, person, desired(ORGANISATION, POLICY, on))
    day = {"on": on.isoformat()}
    assert [] == found({**day, **held(form, unit, person, is_so)})
    (problem,) = found({**day, **held(form, unit, person, not is_so)})
    holder = (
        getattr(ORGANISATION.on(on), form).get(unit, "") if form in ("head", "delegate") else ""
    )
    assert on.isoformat() in problem.what
    assert holder in problem.what
    assert problem.why.startswith("data/")
    assert problem.why != translate(problem.why, "vi")


@settings(max_examples=120)
@given(OWNERS, NEAR_TURNS | DAYS, st.data())
def test_of_mail_only_what_is_so_is_met(owner: Any, on: date, data: st.DataObject) -> None:
    """Where it leads, that it is refused, and that it is not."""
    address = data.draw(st.sampled_from((owner.mailbox.address, *owner.mailbox.aliases)))
    actual = leads_to(address, owner.id, desired(ORGANISATION, POLICY, on))
    day = {"on": on.isoformat()}
    right = {"leads_to": actual} if actual else {"refused": True}
    other = data.draw(PEOPLE.filter(lambda person: person != actual))
    assert [] == found(
        {**day, "mail": {"to": address, **right}},
        {**day, "mail": {"to": f"{address}@{POLICY.domain}", "refused": not actual}},
    )
    wrong = found(
        {**day, "mail": {"to": address, "leads_to": other}},
        {**day, "mail": {"to": address, "refused": bool(actual)}},
    )
    assert [2] == [len(wrong)]
    assert all(problem.why.startswith("data/") for problem in wrong)
