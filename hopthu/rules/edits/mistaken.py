"""The rules on edits by which a name or a title can be mistaken for another's (Art. 4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, spelling, words
from hopthu.model.organisation import LOCAL
from hopthu.model.timeline import text, was
from hopthu.rules.book import Found, check_edit
from hopthu.rules.context import OUTSIDE, RuleContext
from hopthu.rules.edit import Edit, Pair
from hopthu.rules.edits.revisions import is_reused
from hopthu.rules.names.on_record import NamesOnRecord
from hopthu.rules.records.units import kind_of
from hopthu.source.records import Record


@check_edit("mistaken-name")
def namesake(edit: Edit) -> Iterator[Found]:
    """Report people and units that are new, or called otherwise or below another unit now.

    Only where another of the name is: in the same unit, or below it.
    """
    if edit.is_first:
        return
    before, after = edit.before, edit.after
    for there, now in ((before.people, after.people), (before.units, after.units)):
        new = {
            key: record
            for key, record in now.items()
            if key not in there or _called(there[key]) != _called(record)
        }
        known = _by_name(each for key, each in now.items() if new and key not in new)
        for record in new.values():  # of two new ones the later is reported
            alike = known[_name(record)]
            shared = ((each.id, _shared(after, record, each)) for each in alike)
            other, unit = next((each for each in shared if each[1]), ("", ""))
            alike.append(record)
            if unit:
                what = Message(
                    "{name} can be mistaken for {other}, also in {unit}",
                    name=shown(text(record.data, "name")),
                    other=other,
                    unit=unit,
                )
                fix = _one_or_two(record, other)
                yield Found(record.at("name"), what, fix)


def _one_or_two(record: Record, other: str) -> Message:
    if record.kind == "people":
        return Message(
            "if it is the same person, write the post under {person} and take this record out; if "
            "they are two, nothing is wrong",
            person=other,
        )
    return Message(
        "if they are one unit, merge them, or take this record out if it is new; if they are two, "
        "give each a name that tells them apart"
    )


def _shared(facts: RuleContext, record: Record, other: Record) -> str:
    """Return a unit that both work in, or exist below, from the day of the first on."""
    created = facts.created.get(record.id)
    day = max(facts.today, created.start if created else "")
    return min(_places(facts, record, day) & _places(facts, other, day), default="")


def _places(facts: RuleContext, record: Record, day: str) -> set[str]:
    if record.kind == "people":
        return {post.unit for post in facts.posts.get(record.id, ()) if post.end > day}
    return {text(record.data, "parent")} if facts.lives(record.id, day) else set()


@check_edit("id-reused")
def renamed(edit: Edit) -> Iterator[Found]:
    """Report people who get a name that may be somebody else's, on no registry's word."""
    before, after = edit.before, edit.after
    free = {*before.policy.documents.without} & {*after.policy.documents.without}
    changed = {
        pair.new.id: pair
        for pair in edit.pairs("people")
        if not _is_spelled(text(pair.old.data, "name"), pair.new)
    }
    called = [_by_name(each.people.values()) if changed else {} for each in (before, after)]
    for key, pair in changed.items():
        old, new = pair
        documents = pair.changed().get("name")
        said = any("name" in was(row) for known, row in pair.changes() if not known)
        if is_reused(pair) or (not said and "name" not in free):
            continue  # reported as such
        name = text(new.data, "name")
        alike = (each for names in called for each in names.get(_name(new), ()))
        held = {each.id for each in alike if _is_spelled(name, each)} - {key}
        swapped = held & changed.keys()
        if swapped or not _by_registry(after, new, documents):
            # Where policy asks for no document, no row says what the names before were.
            states = [(None, old.data)] if documents is None else after.past.states(new)[1:]
            earlier = [text(data, "name") for _, data in states]
            yield from _unsure(pair, earlier, swapped or held)


def _unsure(pair: Pair, earlier: list[str], others: Iterable[str]) -> Iterator[Found]:
    """Yield what is wrong with a name by the oldest one on record; else show both."""
    old, new = pair
    name, last = shown(text(new.data, "name")), text(old.data, "name")
    oldest = earlier[-1] if earlier else ""
    fix = Message(
        "restore the name, and give somebody else a record of their own; if the same person is "
        "called so now, cite as `decision` the notice of the civil registry: of a commune or ward "
        "where they do not work, or of an authority outside"
    )
    rule = ""
    if other := min(others, default=""):
        what = Message("{name} is or was the name of {person}", name=name, person=other)
    elif spelling(last) not in map(spelling, earlier):
        what = Message("no row says that the name was {old} before", old=shown(last))
        fix = Message("add `was: {was}` to the row of `changes`", was=f"{{name: {last}}}")
    elif _own_words(text(new.data, "name")).isdisjoint(_own_words(oldest)):
        what = Message(
            "{name} keeps no word of {old} besides the family name", name=name, old=shown(oldest)
        )
    elif _name(new) != fold(oldest):
        rule = "mistaken-name"
        what = Message("{name} was {old} when the record began", name=name, old=shown(oldest))
        fix = Message("compare with the document whether it is the same person")
    else:
        return
    yield Found(new.at("name"), what, fix, rule)


def _own_words(name: str) -> set[str]:
    """Return the words of a name but the first, the family name, which half of all people share."""
    found = list(map(fold, words(name)))
    return {*(found[1:] or found)}


def _is_spelled(name: str, record: Record) -> bool:
    return spelling(name) == spelling(text(record.data, "name"))


def _by_registry(after: RuleContext, record: Record, documents: Iterable[str] | None) -> bool:
    """Tell whether a change of name rests on a notice of the civil registry.

    That is a commune or ward, but not one that says so of its own staff, or an authority outside.
    """
    posts = after.posts.get(record.id, ())
    own = set[str]().union(*(after.past.ever_above(post.unit) for post in posts))
    papers = (after.papers[key] for key in documents or () if key in after.papers)
    issuers = {paper.issuer for paper in papers if paper.kind == "notice"}
    return any(
        each.startswith(OUTSIDE)
        or (each in after.units and kind_of(after, after.units[each].data) in LOCAL)
        for each in issuers - own
    )


@check_edit("mistaken-name")
def title(edit: Edit) -> Iterator[Found]:
    """Report new posts with a title that names another unit, or that one head alone has."""
    if edit.is_first:
        return
    after = edit.after
    new = [
        row
        for old, row in edit.rows()
        if row and row.kind == "post" and row.end > after.today
        if not (old and fold(old.says("title")) == fold(row.says("title")))
    ]
    heads = _units_by_title(after) if new else {}
    names = NamesOnRecord(after)
    named = {each: names.named_in(each) for each in {post.says("title") for post in new}}
    for post in new:
        called = post.says("title")
        headed = heads.get(fold(called), set())
        unit = min(headed) if len(headed) == 1 else ""
        if any(head.person == post.person for head in after.heads.get(unit, ())):
            unit = ""
        own = {each.unit for each in after.posts[post.person] if each.end > post.start}
        if not unit and named[called]:
            near = own | {key for key in named[called] if _is_near(after, key, own)}
            unit = names.others_in(called, near)
        if unit:
            what = Message(
                "{title} can be mistaken for a title of {unit}", title=shown(called), unit=unit
            )
            fix = Message(
                "check the title; if they head {unit}, add them to `heads`, and if they work "
                "there, write the post there",
                unit=unit,
            )
            yield Found(post.at("title"), what, fix)


def _is_near(facts: RuleContext, unit: str, own: Iterable[str]) -> bool:
    """Tell whether a unit is above or below those of a person.

    Not the one at the top, unless they work there: all do somewhere below it.
    """
    if unit not in facts.units:
        return False
    above = "parent" in facts.units[unit].data
    return any(
        each in facts.past.ever_above(unit) or (above and unit in facts.past.ever_above(each))
        for each in own
    )


def _units_by_title(facts: RuleContext) -> Mapping[str, set[str]]:
    """Return the units by the titles of those who head them today, or will."""
    found = defaultdict(set)
    for head in (row for rows in facts.heads.values() for row in rows if row.end > facts.today):
        for post in facts.posts.get(head.person, ()):
            if post.unit == head.unit and post.end > max(facts.today, head.start):
                found[fold(post.says("title"))].add(head.unit)
    return found


def of_new_names(before: Iterable[Record], after: Iterable[Record]) -> set[str]:
    """Return the ids of records in `before` that have a name that is new in `after`."""
    there = {record.id: record for record in before}
    names = {_name(r) for r in after if r.id not in there or _name(r) != _name(there[r.id])}
    return {key for key, record in there.items() if names and _name(record) in names}


def _by_name(records: Iterable[Record]) -> defaultdict[str, list[Record]]:
    """Return records by their names without marks: names that differ only there are mistaken."""
    found = defaultdict[str, list[Record]](list)
    for record in records:
        found[_name(record)].append(record)
    return found


def _name(record: Record) -> str:
    return fold(text(record.data, "name"))


def _called(record: Record) -> tuple[str, str]:
    """Return the name of a record, and what it is right below."""
    return _name(record), fold(text(record.data, "parent"))
