"""How a list and the data differ on a day; and the edits of the differences that were ticked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from hopthu.diagnostics.problem import shown
from hopthu.editing import people
from hopthu.editing.draft import Draft
from hopthu.errors import HopthuError
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, spelling
from hopthu.model.timeline import text
from hopthu.personnel import labels
from hopthu.personnel.known_units import KnownUnits
from hopthu.personnel.review import Change, Person, Review
from hopthu.personnel.workbook import Line, Table
from hopthu.rules.context import RuleContext


def changes(review: Review, facts: RuleContext) -> list[Change]:
    """Return who is new, gone, moved, or of another name or title, by a list on a day.

    Of the data only the units are compared that the list has people of. Who was decided to be left
    out is not in the list; who is in a unit that is still to decide may be anybody of the name.
    """
    known = KnownUnits(facts)
    rows = [each for each in review.people if each.place and each.taken != labels.LEFT]
    present = {each.id: each for each in rows if each.taken == labels.PRESENT}
    covered = {review.places[each.place].unit for each in review.people if each.place}
    absent = {post.person: post for held in facts.posts.values() for post in held
              if post.main and post.holds_on(facts.today) and post.unit in covered
              and post.person not in present}  # fmt: skip
    found = [change for each in present.values() for change in _of_title(review, facts, each)]
    by_name: dict[object, list[str]] = defaultdict(list)
    names = {key: text(facts.people[key].data, "name") for key in absent}
    for key, post in absent.items():
        by_name[spelling(names[key])].append(key)
        by_name[post.unit, fold(names[key])].append(key)
    for row in (each for each in rows if each.taken != labels.PRESENT):
        place = review.places[row.place]
        for kind, who in (("moved", spelling(row.name)), ("renamed", (place.unit, fold(row.name)))):
            key, *others = by_name[who] or [""]
            if key in absent and not others and not place.question:
                path = labels.WITHIN.join(known.path(absent.pop(key).unit))
                there = path if kind == "moved" else names[key]
                found.append(_change(review, row, kind, key, there))
                break
        else:
            found += [] if place.question else [_change(review, row, "new", "", "")]
    unsure = {spelling(each.name) for each in rows if review.places[each.place].question}
    for key, gone in absent.items():
        if spelling(names[key]) not in unsure:
            path = labels.WITHIN.join(known.path(gone.unit))
            found.append(Change(0, "gone", key, path, name=names[key], unit=gone.unit))
    return [replace(each, number=number) for number, each in enumerate(found, start=1)]


def edit(draft: Draft, table: Table) -> dict[str, Line]:
    """Write the ticked differences into a draft, or refuse their cells; return them by person.

    A row that somebody wrote into is ticked: what stands in it was not sorted alone.
    """
    done: dict[str, Line] = {}
    for line in table.lines.values():
        if line.changed() and line.needed("tick") and line.choice("tick"):
            try:
                done[_edit(draft, line)] = line
            except HopthuError as error:
                line.refuse("person", error.what)
    return done


def _edit(draft: Draft, line: Line) -> str:
    """Write one difference into a draft, or refuse a cell; return the id of the person."""
    kind = line.choice("kind")
    decision, request = line.needed("decision"), line.needed("request")
    start = line.day("start") if line.needed("start") else None
    if start is None or not decision or not request:
        return ""
    unit, name, title = line.text("unit"), line.text("name"), line.text("title")
    person = draft.facts.people.get(line.text("person"))
    known_as = line.text("in_data" if kind == "renamed" else "name")
    if kind in ("new", "moved", "titled") and unit not in draft.facts.units:
        line.refuse("unit", Message("the data has no unit {id}; add it first", id=shown(unit)))
    elif kind == "new":
        category = line.needed("category") and line.choice("category")
        if found := next((key for key in labels.CATEGORY if key == category), None):
            people.refuse_second(draft.facts, name, unit)
            return people.add(draft, name, found, unit, title, start, decision, request)
    elif person is None:
        line.refuse("person", Message("there is nobody {id} in the data by now",
                                      id=shown(line.text("person"))))  # fmt: skip
    elif spelling(text(person.data, "name")) != spelling(known_as):
        line.refuse("name", Message("{id} is another person in the data: {name}", id=person.id,
                                    name=shown(text(person.data, "name"))))  # fmt: skip
    elif kind == "gone":
        if how := line.needed("how") and line.choice("how"):
            people.leave(draft, person, how, start, decision, request)
    elif kind == "renamed":
        people.change(draft, person, {"name": name}, start, decision, request)
    else:
        people.transfer(draft, person, unit, title, start, decision, request)
    return line.text("person")


def _of_title(review: Review, facts: RuleContext, row: Person) -> Iterator[Change]:
    """Yield that somebody has another title in their unit."""
    unit = review.places[row.place].unit
    held = [post for post in facts.posts.get(row.id, ())
            if post.unit == unit and post.holds_on(facts.today)]  # fmt: skip
    titles = [post.says("title") for post in held]
    if titles and spelling(row.title) not in map(spelling, titles):
        yield _change(review, row, "titled", row.id, "; ".join(titles))


def _change(review: Review, row: Person, kind: str, key: str, in_data: str) -> Change:
    place = review.places[row.place]
    return Change(0, kind, key, in_data, row.number, row.name, row.title, place.path, place.unit,
                  row.category)  # fmt: skip
