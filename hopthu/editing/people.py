"""Edits of people: what the pages of docs/cookbook/ write by hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from hopthu.diagnostics.problem import shown
from hopthu.editing import names, places
from hopthu.editing.documents import Basis, row_of
from hopthu.editing.draft import Draft
from hopthu.editing.yaml_text import Plain, record
from hopthu.errors import UsageError
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.model.facts import FIRST_FREE
from hopthu.model.organisation import Category
from hopthu.model.timeline import Fact, day_before, facts_of, value_of
from hopthu.rules.context import RuleContext
from hopthu.source.records import Record

_FEW = 5


def add(
    draft: Draft, name: str, category: Category, unit: str, title: str, start: date,
    decision: Basis, request: Basis, key: str = "", address: str = "",
) -> str:  # fmt: skip
    """Add somebody with their first post; return their id. Id and address are proposed."""
    facts = draft.facts
    key = names.valid_id(facts, key or names.person_id(facts, name))
    first = post(draft, unit, title, start, decision, request)
    person: dict[str, Plain] = {
        "id": key,
        "name": name,
        "category": category,
        "mailbox": {"address": address or names.of_person(facts, name)},
        "posts": [first],
    }
    draft.add(places.of_person(facts, unit), key, record(person))
    return key


def refuse_second(facts: RuleContext, name: str, unit: str) -> None:
    """Raise `UsageError` if somebody of this name may be who is to be added in a unit."""
    if there := names.perhaps_the_same(facts, name, unit):
        raise UsageError(
            Message("{people} has the same name and may be the same person",
                    people=some(there, _FEW)),
            fix=Message("if it is, add the post to that record, with its decision; if not, give "
                        "--namesakes"),
        )  # fmt: skip


def transfer(
    draft: Draft, person: Record, unit: str, title: str, start: date, decision: Basis,
    request: Basis, *, until: date | None = None, secondary: bool = False,
) -> None:  # fmt: skip
    """Add a post to somebody: the main one, which ends the one before it, or one beside it.

    Where they are head or delegate and keep no other post, that ends with the main one before.
    """
    still_here(draft, person, start)
    row = post(draft, unit, title, start, decision, request, until=until, secondary=secondary)
    draft.add_row(person, ("posts",), row)
    if not secondary:
        posts = draft.facts.posts.get(person.id, ())
        beside = {each.unit for each in posts if not each.main and each.holds_on(start.isoformat())}
        _end_offices(draft, person, start, {unit, *beside})


def next_post(facts: RuleContext, person: str, start: date) -> Fact | None:
    """Return the next main post of somebody that is planned after a day, None if there is none."""
    later = (row for row in facts.posts.get(person, ()) if row.main)
    return min(
        (row for row in later if row.start > start.isoformat()),
        key=lambda row: row.start,
        default=None,
    )


def title_now(facts: RuleContext, person: str) -> str:
    """Return the title of the main post that somebody has."""
    day = facts.on.isoformat()
    rows = [row for row in facts.posts[person] if row.main and row.holds_on(day)]
    return rows[0].says("title") if rows else ""


def post(
    draft: Draft, unit: str, title: str, start: date, decision: Basis, request: Basis, *,
    until: date | None = None, secondary: bool = False,
) -> dict[str, Plain]:  # fmt: skip
    """Return the row of a post."""
    main = False if secondary else None
    fields: dict[str, Plain | None]
    fields = {"unit": unit, "title": title, "from": start, "until": until, "main": main}
    return row_of(draft, fields, decision, request)


def leave(
    draft: Draft, person: Record, how: str, start: date, decision: Basis, request: Basis
) -> None:
    """Say how somebody leaves the service; `start` is the first day without access.

    Where they head a unit or are its delegate, and nobody follows them by then, that ends as well.
    """
    still_here(draft, person)
    row = row_of(draft, {"how": how, "on": start}, decision, request)
    draft.set_field(person, ("left",), row)
    _end_offices(draft, person, start)


def lock(
    draft: Draft, person: Record, start: date, until: date | None, decision: Basis | None,
    request: Basis,
) -> None:  # fmt: skip
    """Keep somebody from signing in."""
    still_here(draft, person, start)
    if rows := _lasting(draft, person, start.isoformat()):
        raise UsageError(
            Message(
                "{person} is locked from {day} on already", person=person.id, day=rows[0].start
            ),
            fix=Message("unlock them first, or leave it as it is"),
        )
    row = row_of(draft, {"from": start, "until": until}, decision, request)
    draft.add_row(person, ("locked",), row)


def unlock(
    draft: Draft, person: Record, until: date, decision: Basis | None, request: Basis
) -> None:
    """Give the lock that holds on a day, and longer, this as its last day."""
    day = until.isoformat()
    rows = _lasting(draft, person, day)
    row = next((row for row in rows if row.start <= day), None)
    if row is None and rows:
        raise UsageError(
            Message("{person} is locked only from {day} on", person=person.id, day=rows[0].start),
            fix=undone(draft, rows[0]),
        )
    if row is None:
        raise UsageError(
            Message("{person} is not locked beyond {day}", person=person.id, day=until),
            fix=Message("`hopthu show {person}` tells when they were", person=person.id),
        )
    draft.set_value(person, (*row.steps, "until"), until)
    changed(draft, person, ["locked"], draft.facts.on, decision, request)


def change(
    draft: Draft, record_: Record, new: Mapping[str, str], start: date, decision: Basis | None,
    request: Basis,
) -> None:  # fmt: skip
    """Give a record other values from a day on; `was` says what they are until then.

    Addresses made of them stay. Another address is given beside the one before.
    """
    still_here(draft, record_, start)
    was: dict[str, Plain] = {}
    rows = draft.facts.fact_changes.get(record_.id, ())
    for fact, value in new.items():
        _not_planned(draft, fact, [row for row in rows if row.start > start.isoformat()])
        before = value_of(record_.data, fact)
        if before == value:
            raise UsageError(
                Message("`{field}` of {id} is {value} already", field=fact, id=record_.id,
                        value=shown(value)),
                fix=Message("give the new one"),
            )  # fmt: skip
        if fact == "address":
            draft.set_value(record_, ("mailbox", "address"), value)
            draft.add_row(record_, ("mailbox", "aliases"), before)
        else:
            draft.set_value(record_, (fact,), value)
        if before or fact not in FIRST_FREE:
            was[fact] = before or None
    changed(draft, record_, list(new), start, decision, request, was)


def _not_planned(draft: Draft, fact: str, later: Sequence[Fact]) -> None:
    """Raise `UsageError` if a fact changes in one of the `later` rows."""
    if row := next((row for row in later if fact in facts_of(row)), None):
        raise UsageError(
            Message("`{field}` of {id} changes on {day} already", field=fact, id=row.record.id,
                    day=row.start),
            fix=undone(draft, row),
        )  # fmt: skip


def end_posts(
    draft: Draft, rows: Sequence[Fact], last: str, decision: Basis, request: Basis
) -> None:
    """Let posts beside main ones end on another day than was written."""
    for row in rows:
        draft.set_value(row.record, (*row.steps, "until"), last)
    for record_ in {row.person: row.record for row in rows}.values():
        changed(draft, record_, ["posts"], draft.facts.on, decision, request)


def changed(
    draft: Draft, record_: Record, facts: list[str], on: date, decision: Basis | None,
    request: Basis, was: Mapping[str, Plain] | None = None,
) -> None:  # fmt: skip
    """Add a row of `changes`: which facts are no longer as they were, and by which documents.

    `was` has the earlier values of those by which earlier rows and addresses are judged.
    """
    row = row_of(draft, {"on": on, "facts": facts, "was": was or None}, decision, request)
    draft.add_row(record_, ("changes",), row)


def still_here(draft: Draft, record_: Record, on: date = date.max) -> None:
    """Raise `UsageError` if a unit has ended, or somebody left, by a day, or is to at all."""
    over = draft.facts.ended.get(record_.id) or draft.facts.left.get(record_.id)
    if over and over.start <= on.isoformat():
        ends = Message("{unit} ends on {day} already", unit=record_.id, day=over.start)
        leaves = Message("{person} leaves on {day} already", person=record_.id, day=over.start)
        raise UsageError(ends if over.kind == "ended" else leaves, fix=undone(draft, over))


def undone(draft: Draft, row: Fact) -> Message:
    """Return how to take back a row that an edit stands against."""
    if row.start > draft.facts.today:
        return Message("it is still to come: take it out, or change it, in an editor")
    return Message("correct the record in an editor, with a document under `corrections`")


def _end_offices(draft: Draft, person: Record, start: date, kept: Collection[str] = ()) -> None:
    """End what somebody is as head or delegate of units, but for those `kept`."""
    # An office ends with the post in the unit: that its row says so rests on the same documents.
    facts, day = draft.facts, start.isoformat()
    for offices in (facts.heads, facts.delegates):
        for row in (row for rows in offices.values() for row in rows if row.person == person.id):
            if row.start < day < row.end and row.unit not in kept:
                draft.set_value(row.record, (*row.steps, "until"), day_before(day))


def _lasting(draft: Draft, person: Record, day: str) -> list[Fact]:
    """Return the locks of somebody that last longer than a day, the first one first."""
    rows = [row for row in draft.facts.locks.get(person.id, ()) if day_before(row.end) > day]
    return sorted(rows, key=lambda row: row.start)
