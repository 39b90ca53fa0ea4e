"""What a plan says an edit does is all it does, today and on each later day, to whomever."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from operator import attrgetter

from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from test_plan_between import CENTRE, EDITS, ON, PEOPLE, POLICY, SHIPPED, UNITS, Edits, edited

from hopthu.daemons.registry import render
from hopthu.desired.state import desired
from hopthu.directory.entries import entries
from hopthu.model.former_domains import compared
from hopthu.model.lifecycle import turning_days
from hopthu.model.organisation import (
    Creation,
    Ending,
    FactChange,
    Organisation,
    Person,
    Tenure,
)
from hopthu.model.policy import GIB, Policy
from hopthu.plan.diff import Change, diff
from hopthu.plan.plan import Plan, make
from hopthu.render.context import Context
from revisions import revision

DATES = st.integers(-400, 800).map(lambda days: ON + timedelta(days=days))
OTHER = st.tuples(
    st.sampled_from(["delegate", "until", "hold", "unlock", "side", "named", "below", "begins",
                     "given up", "merge"]),
    st.sampled_from(PEOPLE), st.sampled_from(UNITS), DATES,
)  # fmt: skip
OTHERS = st.lists(OTHER, max_size=3)
POLICIES = st.sampled_from([
    POLICY,
    POLICY,
    replace(POLICY, lifecycle=replace(POLICY.lifecycle, redirect_days=90, keep_closed_days=30)),
    replace(POLICY, quotas=replace(POLICY.quotas, personal=GIB)),
    replace(POLICY, stores=replace(POLICY.stores, by_kind={"school": "store3"})),
])  # fmt: skip
KEYS = dict.fromkeys(("ca.pem", "host.pem", "host.key", "dkim.key"), b"key\n")
Key = tuple[str, str, str]
Event = tuple[date, str, str]
Timeline = dict[Key, list[Event]]


def after(edits: Edits, others: Edits) -> Organisation:
    """Return the shipped province after edits of which most have effects on later days only."""
    organisation = edited(edits)
    people, units = dict(organisation.people), dict(organisation.units)
    for kind, key, unit, day in others:
        if kind == "delegate":
            home = people[key].posts[-1].unit if key in people else unit
            granted = Tenure(key, "", ON - timedelta(days=9), day)
            units[home] = replace(units[home], delegates=(granted,))
        elif kind == "begins":
            units[unit] = replace(units[unit], created=Creation(day))
        elif kind == "merge" and key in people and people[key].posts[-1].unit != unit:
            ended = units[unit].ended or Ending("merged", day)
            units[unit] = replace(
                units[unit], ended=replace(ended, into=(people[key].posts[-1].unit,))
            )
        elif kind in ("named", "below"):
            was = {"name": "Tên cũ"} if kind == "named" else {"parent": "so-tai-chinh"}
            row = FactChange(day, tuple(was), was=was)
            if kind == "named" or unit not in ("so-tai-chinh", "ubnd-tinh"):
                units[unit] = replace(units[unit], changes=(row,))
        elif key in people:
            people[key] = other(kind, people[key], unit, day)
    units["ubnd-tinh"] = replace(units["ubnd-tinh"], changes=())
    return replace(organisation, people=people, units=units)


def other(kind: str, person: Person, unit: str, day: date) -> Person:
    if kind == "until":
        last = replace(person.posts[-1], until=day)
        return replace(person, posts=(*person.posts[:-1], last))
    if kind == "hold":
        return replace(person, hold=Tenure("", "", day, None))
    if kind == "given up" and person.mailbox:
        return replace(person, mailbox=replace(person.mailbox, former=("ten.cu",)))
    if kind == "side":
        side = Tenure(person.id, unit, day, day + timedelta(days=100), "Thành viên", main=False)
        return replace(person, posts=tuple(sorted((*person.posts, side), key=attrgetter("start"))))
    return replace(person, locked=(Tenure(person.id, "", date(2020, 1, 1), day),))


def timeline(organisation: Organisation, policy: Policy, days: list[date]) -> Timeline:
    """Return what each later day changes in the whole province."""
    found: Timeline = defaultdict(list)
    before = desired(organisation, policy, ON)
    for day in days:
        now = desired(organisation, policy, day)
        for change in diff(before, now):
            found[key(change)].append(event(change, day))
        before = now
    return found


def key(change: Change) -> Key:
    return change.kind, change.id, change.action


def event(change: Change, day: date) -> Event:
    """Return when something changes, and to what: what was before is told of an earlier day."""
    return day, str(change.after), change.leads_to


def turning(policy: Policy, *sides: Organisation) -> list[date]:
    records = (r for side in sides for r in (*side.units.values(), *side.people.values()))
    days = {day for record in records for day in turning_days(record, policy.lifecycle)}
    return sorted(day for day in days if ON < day < date.max)


def planned(a: Organisation, b: Organisation, policies: tuple[Policy, Policy]) -> Plan:
    return make(revision(a, policies[0]), revision(b, policies[1]), ON, "a")


SOON = ON + timedelta(days=30)
MERGED = [[("merge", key, "so-noi-vu", SOON)] for key in ("le-van-binh", "nguyen-thi-phuong-thao")]
LOCKED = [[("lock", PEOPLE[1], UNITS[0], day)] for day in (SOON, ON)]


@given(EDITS, OTHERS, EDITS, OTHERS, POLICIES)
@example([], MERGED[0], [], MERGED[1], POLICY)
@example(LOCKED[0], [], LOCKED[1], [], POLICY)
@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_every_difference_of_a_later_day_is_listed_with_its_day(
    old: Edits, formerly: Edits, new: Edits, others: Edits, policy: Policy
) -> None:
    """The days of before, and what the plan says, give the days of after: of all, on every day."""
    a, b = after(old, formerly), after(new, others)
    days = sorted({*turning(POLICY, a, b), *turning(policy, a, b)})
    was, will = timeline(a, POLICY, days), timeline(b, policy, days)
    plan = planned(a, b, (POLICY, policy))
    for change in plan.later:
        found = event(change, change.on or ON)
        if change.action == "cancel":
            (one,) = (k for k, v in was.items() if k[:2] == key(change)[:2] and found in v)
            was[one].remove(found)
        else:
            was[key(change)].append(found)
    for one in was.keys() | will.keys():
        assert sorted(will[one]) == sorted(was[one])


@given(EDITS, OTHERS, POLICIES)
@settings(max_examples=8, deadline=None, phases=[Phase.generate])
def test_where_a_plan_says_nothing_hosts_get_nothing_else(
    edits: Edits, others: Edits, policy: Policy
) -> None:
    """Neither in the directory, nor in files, nor as rights: of the day itself; and no less."""
    a, b = SHIPPED.organisation, after(edits, others)
    plan = planned(a, b, (POLICY, policy))
    sides = [desired(replace(each), p, ON) for each, p in ((a, POLICY), (b, policy))]
    had, has = (entries(each, CENTRE, POLICY) for each in sides)
    of = {m.id: m.unit for side in sides for m in side.mailboxes}
    told = {one for change in plan.changes for one in about(change)}
    seen = set()
    for dn in had.keys() | has.keys():
        if had.get(dn) != has.get(dn) and ",ou=probes," not in dn:  # one on each store
            one = dn.partition(",")[0].partition("=")[2]
            assert {one, one.partition("@")[0], of.get(one)} & told, dn
            seen |= {one, one.partition("@")[0], of.get(one)}
    # How mail is refused, where it is redirected and as what readers see it stands in files, which
    # are tables of all.
    in_entries = [c for c in plan.changes if c.kind != "access" and not in_files(c)]
    assert [] == [change for change in in_entries if not about(change) & seen]
    granted, revoked = (
        {(f"{a.unit}/{a.person}", a.right) for a in {*one.access} - {*other.access}}
        for one, other in (sides[::-1], sides)
    )
    rights = [change for change in plan.changes if change.kind == "access"]
    assert granted == {(c.id, c.after) for c in rights if c.action == "grant"}
    assert revoked == {(c.id, c.before) for c in rights if c.action == "revoke"}
    if not plan.changes:
        files = [
            [render(Context(host, CENTRE, side, POLICY, KEYS)) for host in CENTRE.hosts]
            for side in sides
        ]
        assert files[0] == files[1]


def in_files(change: Change) -> bool:
    """Tell whether only files on hosts show a change."""
    fields = change.after.keys() if isinstance(change.after, dict) else ()
    return change.action == "redirect" or {*fields} in ({"refusal"}, {"folder"})


def about(change: Change) -> set[str]:
    """Return the records and addresses that a change is of, these as the directory has them too."""
    found = {change.id, change.id.partition("@")[0], *change.id.split("/")}
    found |= {each for each in (change.before, change.after) if isinstance(each, str)}
    return found | {*map(compared, found)}


@given(EDITS, OTHERS)
@settings(max_examples=5, deadline=None)
def test_unchanged_data_is_an_empty_plan(edits: Edits, others: Edits) -> None:
    """Also where the records are equal without being the same objects."""
    a = after(edits, others)
    again = replace(a, people={k: replace(p) for k, p in a.people.items()})
    plan = planned(a, again, (POLICY, POLICY))
    assert ((), (), ()) == (plan.changes, plan.later, plan.edits)
