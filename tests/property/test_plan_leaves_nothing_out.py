"""A plan leaves nothing out: each difference of the data is in one of its three parts."""

from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from test_mutations import slipped
from test_plan_between import CENTRE, EDITS, ON, PEOPLE, POLICY, SHIPPED, UNITS, Edits, edited

from hopthu.desired.state import desired
from hopthu.directory.entries import entries
from hopthu.model.builder import build
from hopthu.model.lifecycle import LIVE, REFUSED
from hopthu.model.organisation import Creation, Organisation, Tenure, Unit
from hopthu.plan.diff import Change, diff
from hopthu.plan.field_words import all_fields
from hopthu.plan.format_text import as_text
from hopthu.plan.plan import Plan, Snapshot, make
from hopthu.plan.upcoming import turning_days
from hopthu.source.records import Source

DATES = st.integers(-400, 800).map(lambda days: ON + timedelta(days=days))
OTHER = st.tuples(
    st.sampled_from(["delegate", "until", "hold", "unlock", "side", "bare"]),
    st.sampled_from(PEOPLE),
    st.sampled_from(UNITS),
    DATES,
)
OTHERS = st.lists(OTHER, max_size=3)
Key = tuple[str, str, str]
Timeline = dict[Key, list[tuple[date, str, str]]]


def after(edits: Edits, others: Edits) -> Organisation:
    """Return the shipped province after edits of which most have effects on later days only."""
    organisation = edited(edits)
    people, units = dict(organisation.people), dict(organisation.units)
    for kind, key, unit, day in others:
        if kind == "delegate":
            home = people[key].posts[-1].unit if key in people else unit
            granted = Tenure(key, "", ON - timedelta(days=9), day)
            units[home] = replace(units[home], delegates=(granted,))
        elif kind == "bare":
            begun = Creation(ON - timedelta(days=9)) if day < ON else Creation(day)
            head = Tenure(key, "", day + timedelta(days=30), day + timedelta(days=60))
            units["to-moi"] = Unit(
                "to-moi", "Tổ Mới", "tm", "division", unit, None, (head,), created=begun
            )
        elif key in people:
            person = people[key]
            if kind == "until":
                last = replace(person.posts[-1], until=day)
                people[key] = replace(person, posts=(*person.posts[:-1], last))
            elif kind == "hold":
                people[key] = replace(person, hold=Tenure("", "", day, None))
            elif kind == "side":
                last = day + timedelta(days=100)
                side = Tenure(key, unit, day, last, "Thành viên", main=False)
                posts = sorted((*person.posts, side), key=lambda post: post.start)
                people[key] = replace(person, posts=tuple(posts))
            else:
                people[key] = replace(person, locked=(Tenure(key, "", date(2020, 1, 1), day),))
    return replace(organisation, people=people, units=units)


def timeline(organisation: Organisation, days: list[date]) -> Timeline:
    """Return what each later day changes in the whole province."""
    found: Timeline = defaultdict(list)
    before = desired(organisation, POLICY, ON)
    for day in days:
        now = desired(organisation, POLICY, day)
        for change in diff(before, now):
            found[key(change)].append((day, str(change.before), str(change.after)))
        before = now
    return found


def key(change: Change) -> Key:
    return change.kind, change.id, change.action


def turning(*sides: Organisation) -> list[date]:
    records = (r for side in sides for r in (*side.units.values(), *side.people.values()))
    days = {day for record in records for day in turning_days(record, POLICY.lifecycle)}
    return sorted(day for day in days if ON < day < date.max)


def planned(a: Organisation, b: Organisation) -> Plan:
    return make(Snapshot(a, POLICY), Snapshot(b, POLICY), ON, "a")


@given(EDITS, EDITS, OTHERS)
@settings(max_examples=25)
def test_every_difference_of_a_later_day_is_listed_with_its_day(
    old: Edits, new: Edits, others: Edits
) -> None:
    """The days of before, and what the plan says, give the days of after: of all, on every day."""
    a, b = edited(old), after(new, others)
    days = turning(a, b)
    was, will = timeline(a, days), timeline(b, days)
    plan = planned(a, b)
    for each in plan.later:
        change = each.change
        if change.kind in OWN:
            continue
        listed = was[key(change)]
        if each.edit != "added":
            (gone, *_) = (e for e in listed if e[0] == (each.before or each.on))
            listed.remove(gone)
            told = each.replaced or change
            assert each.edit == "removed" or gone[1:] == (str(told.before), str(told.after))
        if each.edit != "removed":
            listed.append((each.on, str(change.before), str(change.after)))
    brought_forward = {(*key(change), str(change.after)) for change in plan.changes}
    for one in {one for one in was.keys() | will.keys() if one[0] not in OWN}:
        expected, found = sorted(will[one]), sorted(was[one])
        left = [e for e in found if e in expected or (*one, e[2]) not in brought_forward]
        assert expected == left


OWN = ("person", "unit")


def own(organisation: Organisation, day: date) -> dict[Key, str]:
    """Return what units and people have of their own on a day, beside mailboxes and access.

    That are additional posts, units without a mailbox and their heads, how units ended, and the
    directory entries of open mailboxes.
    """
    found: dict[Key, str] = {}
    for person in organisation.people.values():
        for post in person.posts:
            if not post.main and post.holds_on(day):
                found["person", person.id, f"{post.unit} {post.title}"] = "held"
    for unit in organisation.units.values():
        begun, ended = unit.created, unit.ended
        if unit.mailbox is None and not (begun and day < begun.on):
            heads = [head.person for head in unit.heads if head.holds_on(day)]
            found["unit", unit.id, "head"] = str(heads[-1:])
        if ended and ended.on <= day:
            found["unit", unit.id, "ended"] = f"{ended.how} {ended.into}"
    for attributes in entries(desired(organisation, POLICY, day), CENTRE, POLICY).values():
        if not {*attributes.get("hopthuState", ())}.isdisjoint(LIVE):
            for name, values in attributes.items():
                found["entry", attributes["uid"][0], name] = str(values)
    return found


def days_of_own(organisation: Organisation, days: list[date]) -> set[tuple[date, str, str]]:
    """Return each day on which something of a record's own changes, with its kind and id."""
    found, before = set(), own(organisation, ON)
    for day in days:
        now = own(organisation, day)
        differ = (one for one in before.keys() | now.keys() if before.get(one) != now.get(one))
        found |= {(day, kind, record) for kind, record, _ in differ}
        before = now
    return found


@given(EDITS, OTHERS, OTHERS)
@settings(max_examples=8)
def test_what_units_and_people_have_of_their_own_stands_with_its_day(
    edits: Edits, old: Edits, new: Edits
) -> None:
    """Where the edit makes a difference on a later day, part two has a line of that day.

    Unless it is brought forward: then the line is in part one.
    """
    a, b = after(edits, old), after(edits, new)
    days = turning(a, b)
    plan = planned(a, b)
    lines = {(day, each.change.kind, one) for each in plan.later
             for day in each.days() for one in each.change.records()}  # fmt: skip
    now = {(change.kind, one) for change in plan.changes for one in change.records()}
    about = {(day, one) for day, _, one in lines}, {one for _, one in now}
    for day, kind, one in days_of_own(a, days) ^ days_of_own(b, days):
        if kind == "entry":
            assert (day, one) in about[0] or one in about[1], (day, one)
        else:
            assert (day, kind, one) in lines or (kind, one) in now, (day, kind, one)


@given(EDITS, OTHERS)
@settings(max_examples=15)
def test_unchanged_data_is_an_empty_plan(edits: Edits, others: Edits) -> None:
    """Also where the records are equal without being the same objects."""
    a = after(edits, others)
    again = replace(a, people={k: replace(p) for k, p in a.people.items()})
    plan = planned(a, again)
    assert ((), (), ()) == (plan.changes, plan.later, plan.record)


WRITTEN: dict[str, list[dict[str, Any]]] = {
    kind: [record.data for record in records]  # type: ignore[misc]
    for kind, records in SHIPPED.source.records.items()
}
FORMER = [p["id"] for p in WRITTEN["people"] if len(p["posts"]) > 1 and "left" not in p]
ENDED = [u["id"] for u in WRITTEN["units"] if "ended" in u]
DOCUMENTS = [d["id"] for d in WRITTEN["documents"] if "signer" not in d]
QUIET = st.one_of(
    st.tuples(st.sampled_from(["title", "request", "past"]), st.sampled_from(FORMER)),
    st.tuples(st.sampled_from(["exception", "former", "corrections"]), st.sampled_from(FORMER)),
    st.tuples(st.just("how"), st.sampled_from(ENDED)),
    st.tuples(st.just("signer"), st.sampled_from(DOCUMENTS)),
)
LOUD = st.tuples(
    st.sampled_from(["name", "leave", "transfer", "alias", "present"]), st.sampled_from(FORMER)
)


def written(edits: list[tuple[str, str]]) -> Source:
    """Return the shipped province as written, after edits."""
    data = deepcopy(WRITTEN)
    named = {record["id"]: record for kind in data for record in data[kind] if "id" in record}
    for kind, one in edits:
        edit_record(kind, named[one])
    records = {kind: slipped(SHIPPED.source.records[kind], data[kind]) for kind in data}
    return replace(SHIPPED.source, records=records)


def edit_record(kind: str, record: dict[str, Any]) -> None:
    """Make one edit; the quiet ones have no effect on any mailbox or right on or after the day."""
    posts = record.get("posts", [{}])
    new = {"unit": "xa-dong-tien", "title": "Chuyên viên", "from": "2026-11-20"}
    left = {"how": "retired", "on": "2027-02-01", "decision": "x", "request": "x"}
    edits: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "title": (posts[0], {"title": "Thư ký"}),
        "request": (posts[0], {"request": "cv-khac"}),
        "past": (record, {"posts": [{**posts[0], "from": "2001-01-01"}, *posts]}),
        "exception": (record.get("mailbox", {}), {"exception": "qd-khac"}),
        "former": (record.get("mailbox", {}), {"former": ["cu"]}),
        "corrections": (record, {"corrections": ["cv-khac"]}),
        "how": (record.get("ended", {}), {"how": "dissolved"}),
        "signer": (record, {"signer": "ai-do"}),
        "name": (record, {"name": "Lê Mới"}),
        "leave": (record, {"left": left}),
        "transfer": (record, {"posts": [*posts, {**posts[-1], **new}]}),
        "alias": (record.get("mailbox", {}), {"aliases": [f"moi.{record['id']}"]}),
        "present": (posts[-1], {"title": "Thư ký"}),
    }
    where, what = edits[kind]
    where.update(what)


FIELD = {"past": "from", "leave": "left", "transfer": "posts", "present": "title"}


def snapshot(source: Source) -> Snapshot:
    return Snapshot(build(source), POLICY, source)


def quiet_lines(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the fields of records; lines of days gone by tell of mailboxes and rights."""
    for change in (change for change in plan.record if not change.since):
        yield from ((change.id, field) for field in change.after or change.before or {})


@given(
    st.lists(QUIET, min_size=1, max_size=4, unique=True),
    st.lists(LOUD, max_size=3, unique_by=lambda edit: edit[1]),
)
@settings(max_examples=40)
def test_an_edit_without_effect_is_in_the_record_only_and_others_are_not(
    quiet: list[tuple[str, str]], loud: list[tuple[str, str]]
) -> None:
    """Field by field, whatever else the same record says."""
    plan = make(snapshot(SHIPPED.source), snapshot(written([*quiet, *loud])), ON, "a")
    found = set(quiet_lines(plan))
    assert {(one, FIELD.get(kind, kind)) for kind, one in quiet} <= found
    for kind, one in loud:
        lines = [change for change in plan.changes if one in change.records()]
        lines += [each.change for each in plan.later if one in each.change.records()]
        assert lines, kind
        shown = {"title" if kind == "present" else {"alias": "aliases"}.get(kind, kind)}
        assert kind == "present" or not {(one, field) for field in shown} & found


Said = set[tuple[Any, ...]]


def past(organisation: Organisation, day: date) -> Said:
    """Return who could sign in, worked where, and used which mailbox as what, on a past day."""
    state = desired(organisation, POLICY, day)
    access: Said = {("access", f"{a.unit}/{a.person}", a.right) for a in state.access}
    for box in state.mailboxes:
        refused = box.state in REFUSED
        access.add(("service", box.id, "refused" if refused else box.state, box.leads_to))
        if not refused:
            access.add(("post", box.id, box.unit, box.title))
    return access


def told_of(plan: Plan, day: date) -> set[str]:
    """Return the mailboxes and rights of which the plan says something for a past day."""
    lines = [*plan.record, *plan.changes]
    return {c.id for c in lines if c.since and c.since <= day <= (c.until or day)}


@given(EDITS, EDITS)
@settings(max_examples=25)
def test_every_difference_of_a_past_day_is_listed_with_its_days(old: Edits, new: Edits) -> None:
    """And nothing else is, whatever the edits; what a record newly is has no past."""
    a, b = edited(old), edited(new)
    plan = planned(a, b)
    lasting = {*a.people, *a.units} & {*b.people, *b.units}
    records = [r for side in (a, b) for r in (*side.units.values(), *side.people.values())]
    days = {day for record in records for day in turning_days(record, POLICY.lifecycle) if day < ON}
    for day in days:
        differing = {each[1] for each in past(a, day) ^ past(b, day)}
        expected = {one for one in differing if {*one.split("/")} <= lasting}
        assert expected == {one for one in told_of(plan, day) if {*one.split("/")} <= lasting}, day


NEW_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["posts", "side", "locked", "hold", "heads", "exception", "created"]),
        st.integers(-400, 400).map(lambda days: ON + timedelta(days=days)),
        st.integers(0, 40),
        st.booleans(),
    ),
    max_size=5,
    unique_by=lambda row: row[1],
)


def fresh(rows: list[tuple[str, date, int, bool]]) -> Source:
    """Return the shipped province with a new person and a new unit, with rows of any days."""
    data = deepcopy(WRITTEN)
    cited = {"decision": "x", "request": "x"}
    person: dict[str, Any] = {
        "id": "moi", "name": "Lê Mới", "category": "cadre", "mailbox": {"address": "moil"},
        "posts": [{"unit": UNITS[0], "title": "Văn thư", "from": ON.isoformat(), **cited}],
    }  # fmt: skip
    unit: dict[str, Any] = {
        "id": "to-moi", "name": "Tổ Mới", "short": "TMOI", "kind": "division", "parent": UNITS[0],
    }  # fmt: skip
    for number, (kind, day, length, lasts) in enumerate(rows):
        row: dict[str, Any] = {"from": day.isoformat(), **cited}
        if not lasts:
            row["until"] = (day + timedelta(days=length)).isoformat()
        if kind in ("posts", "side"):
            about = {"unit": UNITS[number % len(UNITS)], "title": f"Chức danh {number}"}
            person["posts"].append(about | row | ({"main": False} if kind == "side" else {}))
        elif kind == "exception":
            person["mailbox"]["exception"] = "x"
        elif kind == "created":
            unit["created"] = {"on": day.isoformat(), **cited}
        elif kind == "heads":
            unit.setdefault("heads", []).append({"person": PEOPLE[0]} | row)
        elif kind == "hold":
            person["hold"] = row
        else:
            person.setdefault("locked", []).append(row)
    for rows_of in (person["posts"], person.get("locked", []), unit.get("heads", [])):
        rows_of.sort(key=lambda row: row["from"])
    data["people"].append(person)
    data["units"].append(unit)
    records = {kind: slipped(SHIPPED.source.records[kind], data[kind]) for kind in data}
    return replace(SHIPPED.source, records=records)


def leaves(value: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Yield each value of a record, with the field that has it."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from leaves(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each, field)
    else:
        yield field, value


@given(NEW_ROWS)
@settings(max_examples=60)
def test_all_that_new_records_say_is_said(rows: list[tuple[str, date, int, bool]]) -> None:
    """Each name, title and day of a new person and a new unit is in the text of the plan."""
    source = fresh(rows)
    side = snapshot(source)
    told = as_text(make(snapshot(SHIPPED.source), side, ON, "a"), side.organisation, details=True)
    about = "\n".join(line for line in told.splitlines() if "moi" in line)
    for record in (source.people[-1], source.units[-1]):
        for field, value in leaves(record.data):
            last = field == "until" and date.fromisoformat(value) + timedelta(days=1)
            shown = {str(all_fields({field: value}, (side.organisation,))).partition(": ")[2]}
            if field in ("from", "on", "until") and value == ON.isoformat():
                continue
            said = shown | {str(last)} if last else shown
            if field in ("id", "main") or last == ON:
                continue
            assert any(each in about for each in said), (field, value, about)
