"""What holds for the plan between any two revisions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hopthu.desired.lists import MailList
from hopthu.desired.state import Desired, desired
from hopthu.inventory.topology import Centre, Host
from hopthu.model.lifecycle import LIVE
from hopthu.model.organisation import Address, Ending, Organisation, Person, Tenure
from hopthu.model.policy import ListQuery
from hopthu.plan.diff import Change, diff, mailbox_by_address, mailbox_fields
from hopthu.plan.plan import compare
from hopthu.plan.upcoming import due
from hopthu.servers.plan import guarded
from hopthu.servers.state import as_applied
from hopthu.validate import Loaded, read
from revisions import revision

STORES = [
    Host(f"m{n}", f"m{n}.x.vn", f"10.0.0.{n}", frozenset({"store"}), (f"store{n}",))
    for n in (1, 2, 3)
]
CENTRE = Centre("lab", (*STORES, Host("d", "d.x.vn", "10.0.0.9", frozenset({"directory"}))))
ALL = frozenset(host.name for host in CENTRE.hosts)
ROOT = Path(__file__).parents[2]
ON = date(2026, 11, 25)
SHIPPED = read(ROOT, ON)
LISTS = {
    "canbo": ListQuery("Cán bộ", "members", kinds=("department", "ward")),
    "toanthe": ListQuery("Toàn thể", "all", units=("so-tai-chinh", "so-giao-duc-va-dao-tao")),
    "thutruong": ListQuery("Thủ trưởng", "heads", units=("van-phong-ubnd-tinh",), top="ubnd-tinh"),
    "phuong": ListQuery("Phường", "units", units=("so-noi-vu",), among=("ward",), top="ubnd-tinh"),
}
POLICY = replace(SHIPPED.policy, lists=LISTS)
PEOPLE = sorted(SHIPPED.organisation.people)
UNITS = sorted(SHIPPED.organisation.units)
IN_TABLES = {"refusal", "leads_to", "folder", "custodian"}
DAYS = st.integers(-400, 40).map(lambda days: ON + timedelta(days=days))


KINDS = ["move", "leave", "lock", "name", "go", "end", "store", "head", "called", "answer"]
EDIT = st.tuples(st.sampled_from(KINDS), st.sampled_from(PEOPLE), st.sampled_from(UNITS), DAYS)
EDITS = st.lists(EDIT, max_size=6)
Edits = list[tuple[str, str, str, date]]


def edited(edits: Edits) -> Organisation:
    """Return the shipped province after a few edits of any kind, sensible or not."""
    people, units = dict(SHIPPED.organisation.people), dict(SHIPPED.organisation.units)
    for kind, key, unit, day in edits:
        if kind == "end":
            units[unit] = replace(units[unit], ended=Ending("dissolved", day))
        elif kind == "store":
            units[unit] = replace(units[unit], store="store3")
        elif kind == "called":
            units[unit] = replace(units[unit], name=units[sorted(units)[day.day % len(units)]].name)
        elif kind == "answer":
            ended = units[unit].ended or Ending("dissolved", day)
            units[unit] = replace(units[unit], ended=replace(ended, business_to="so-noi-vu"))
        elif kind == "head":
            heads = (*units[unit].heads, Tenure(key, "", day, None))
            units[unit] = replace(units[unit], heads=heads)
        elif key in people:
            edit_person(kind, people, key, unit, day)
    return replace(SHIPPED.organisation, people=people, units=units)


def edit_person(kind: str, people: dict[str, Person], key: str, unit: str, day: date) -> None:
    person = people[key]
    if kind == "move":
        posts = tuple(replace(p, until=day - timedelta(days=1)) for p in person.posts)
        new = Tenure(key, unit, day, None, "Chuyên viên", decision="qd-1")
        people[key] = replace(person, posts=(*posts, new))
    elif kind == "leave":
        people[key] = replace(person, left=Ending("retired", day))
    elif kind == "lock":
        people[key] = replace(person, locked=(Tenure(key, "", day, None),))
    elif kind == "name":
        people[key] = replace(person, name="Lê Mới", mailbox=Address(f"le.{key}"))
    else:
        del people[key]


def held(state: Desired) -> dict[str, Any]:
    """Return what a plan tells of a state, in the words of its changes."""
    access = {f"{a.unit}/{a.person}": a.right for a in state.access}
    mailboxes = {m.id: mailbox_fields(m, state.folders.get(m.id, "")) for m in state.mailboxes}
    return {
        "mailbox": mailboxes,
        "address": dict(mailbox_by_address(state)),
        "access": access,
        "list": {k: v for each in state.lists for k, v in of_list(each, state.domain)},
    }


def of_list(found: MailList, domain: str) -> Iterator[tuple[str, Any]]:
    """Yield what a list is called, and who is on it by which record."""
    yield found.id, {f"{found.address}@{domain}", found.name}
    yield from ((f"{found.id}/{place.record}", place.mailbox) for place in found.places)


def seen(told: dict[str, Any]) -> dict[str, Any]:
    """Return the same without what follows from a closing: that there is no title."""
    mailboxes = {
        k: m | ({} if m["state"] in LIVE else {"title": ""}) for k, m in told["mailbox"].items()
    }
    return told | {"mailbox": mailboxes}


def applied(state: dict[str, Any], changes: tuple[Any, ...]) -> dict[str, Any]:
    """Do what a plan says, from nothing but what it says."""
    for change in sorted(changes, key=lambda c: c.action == "grant"):
        told = state.get(change.kind)
        if told is None:
            continue
        if change.kind == "list" and change.action in ("create", "end", "rename"):
            apply_to_list(told, change)
        elif change.after is None:
            told.pop(change.id, None)
        elif change.kind != "mailbox" or change.action == "create":
            told[change.id] = change.after
        elif change.action == "move":
            told[change.id]["store"] = change.after
        elif change.action == "change":
            told[change.id] |= change.after
        else:
            told[change.id]["state"] = change.after
    return state


def apply_to_list(told: dict[str, Any], change: Change) -> None:
    if change.action == "rename":
        told[change.id] = told[change.id] - {change.before} | {change.after}
    elif change.action == "create":
        told[change.id] = {change.after["address"], change.after["name"]}
        told |= {f"{change.id}/{record}": box for record, box in change.after["places"]}
    else:
        for key in [key for key in told if f"{key}/".startswith(f"{change.id}/")]:
            del told[key]


@given(EDITS, EDITS)
@settings(max_examples=30)
def test_a_plan_leads_from_one_revision_to_the_other(old: Edits, new: Edits) -> None:
    """Nothing is left out: doing what it says gives what should exist."""
    a, b = edited(old), edited(new)
    changes, _ = compare(revision(a, POLICY), revision(b, POLICY), ON)
    before, after = (held(desired(each, POLICY, ON)) for each in (a, b))
    assert seen(after) == seen(applied(before, changes))


@given(EDITS, EDITS)
@settings(max_examples=30)
def test_looking_only_where_revisions_differ_finds_all(old: Edits, new: Edits) -> None:
    """The same as comparing the whole province."""
    a, b = edited(old), edited(new)
    found, _ = compare(revision(a, POLICY), revision(b, POLICY), ON)
    whole = diff(desired(a, POLICY, ON), desired(b, POLICY, ON))
    assert whole == tuple(replace(change, basis=(), rows=()) for change in found)


@given(EDITS, EDITS)
@settings(max_examples=20)
def test_servers_to_which_a_revision_was_applied_are_that_revision(old: Edits, new: Edits) -> None:
    """A plan against them is the plan against it, but for whom the data lost: nothing is erased."""
    a, b = (revision(edited(edits), POLICY) for edits in (old, new))
    live = as_applied(a, ON, CENTRE, ALL)
    kinds = {"mailbox", "address", "access"}
    found = set(_in_the_directory(compare(a, b, ON)[0]))
    told = set(_in_the_directory(guarded(live, b, CENTRE, ON, a).changes))
    gone = {(k, i, "close" if k == "mailbox" and (act, to) == ("erase", "None") else act, to)
            for k, i, act, to in found}  # fmt: skip
    assert {each for each in told if each[0] in kinds} == {
        each for each in gone if each[0] in kinds and not _refused_already(each, a, b)
    }


def _in_the_directory(changes: Iterable[Change]) -> Iterator[tuple[str, str, str, str]]:
    """Yield changes without what is in files on hosts alone, which are compared by digest."""
    for each in changes:
        after = each.after
        if isinstance(after, Mapping):
            after = {name: value for name, value in after.items() if name not in IN_TABLES}
        if after or each.action != "change":
            yield each.kind, each.id, each.action, str(after)


def _refused_already(change: tuple[str, str, str, str], a: Loaded, b: Loaded) -> bool:
    """Tell whether it is of somebody the data lost whose mail was refused before."""
    gone = a.organisation.people.keys() - b.organisation.people.keys()
    states = {m.id: m for m in desired(a.organisation, POLICY, ON).mailboxes if m.id in gone}
    closed = [m for m in states.values() if m.state not in LIVE]
    addresses = {f"{local}@{POLICY.domain}" for m in closed for local in m.addresses}
    return change[1] in {m.id for m in closed} | addresses


@given(EDITS)
@settings(max_examples=15)
def test_nothing_changes_between_a_revision_and_itself(edits: Edits) -> None:
    """Also where the records are equal without being the same objects."""
    a = edited(edits)
    again = replace(a, people={k: replace(p) for k, p in a.people.items()})
    changes, guards = compare(revision(a, POLICY), revision(again, POLICY), ON)
    assert () == changes
    assert all(guard.passed for guard in guards)


@given(EDITS)
@settings(max_examples=15)
def test_what_is_due_adds_up(edits: Edits) -> None:
    """The days one after another lead to the last day's state, with no change on other days."""
    a = edited(edits)
    state = held(desired(a, POLICY, ON))
    for day in due(a, POLICY, ON):
        state = applied(state, day.changes)
        assert seen(held(desired(a, POLICY, day.on))) == seen(state)
    last = ON + timedelta(days=POLICY.lifecycle.foreseen_days)
    assert seen(held(desired(a, POLICY, last))) == seen(state)
