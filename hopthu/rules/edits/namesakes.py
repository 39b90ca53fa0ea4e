"""The rule on edits that a second person or unit of a name is no second record of the first."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import Spelling, fold, same, spelling, words
from hopthu.model.timeline import text
from hopthu.rules.book import check_edit
from hopthu.rules.context import OUTSIDE, RuleContext
from hopthu.rules.edits.revisions import REUSED, is_reused
from hopthu.rules.powers.competence import LOCAL
from hopthu.rules.records.unit_kinds import kind_of
from hopthu.rules.revision_pairs import newly_changed, pairs
from hopthu.source.records import Record
from hopthu.source.values import Map

NAMESAKE = Rule(
    "namesake",
    "Art. 4",
    "one person or unit has one record and one mailbox; a second record of the name may be of the "
    "same one",
    "warning",
)
Rough: TypeAlias = tuple[str, int]
"""How a name begins, and how long it is: those of one name agree, and few others."""


@check_edit
def namesake(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report people who are new, and units that are, or are called otherwise or elsewhere now.

    Only where another of the name is: in the same unit, or below it.
    """
    if not before.documents:
        return  # a first load adds everything
    kinds = (before.people, after.people), (before.units, after.units)
    for record, others in (each for sides in kinds for each in _of_the_same_name(*sides)):
        created = after.created.get(record.id)
        day = max(after.today, created.start if created else "")
        places = _places(after, record, day)
        shared = ((other.id, places & _places(after, other, day)) for other in others)
        other, there = next((each for each in shared if each[1]), ("", set[str]()))
        if there:
            yield NAMESAKE.violation(
                record.at("name"),
                Message("{other} in {unit} has the same name", other=other, unit=min(there)),
                subject=record.id,
                fix=Message(
                    "if it is the same person, write the post under {person} and take this "
                    "record out; if they are two, nothing is wrong",
                    person=other,
                )
                if record.kind == "people"
                else Message(
                    "if they are one unit, merge them, or take this record out if it is new; if "
                    "they are two, give each a name that tells them apart"
                ),
            )


def _places(facts: RuleContext, record: Record, day: str) -> set[str]:
    """Return the units that somebody works in from a day on, or that one exists below."""
    if record.kind == "people":
        return {post.unit for post in facts.posts.get(record.id, ()) if post.end > day}
    return {text(record.data, "parent")} if facts.lives(record.id, day) else set()


@check_edit
def name_handed_over(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report people who get a name by which somebody else is meant, on no registry's word."""
    free = {*before.policy.documents.without} & {*after.policy.documents.without}
    renamed = {
        new.id: (old, new) for old, new in pairs(before, after, "people") if _differ(old, new)
    }
    rough = {_rough(new.data) for _, new in renamed.values()}
    was, now = (_called(each.people.values() if rough else (), rough) for each in (before, after))
    for key, (old, new) in renamed.items():
        documents = newly_changed(old, new).get("name")
        if is_reused(old, new) or (documents is None and "name" not in free):
            continue  # reported as such
        name = text(new.data, "name")
        of_old, of_new = (names.get(spelling(name), set()) - {key} for names in (was, now))
        swapped = min(of_old & renamed.keys(), default="")
        other = swapped or min(of_old | of_new, default="")
        if swapped or (
            (other or not _share_a_word(old, new)) and not _by_registry(after, new, documents)
        ):
            yield REUSED.violation(
                new.at("name"),
                _handed_over(text(old.data, "name"), name, other, swapped=bool(swapped)),
                subject=key,
                fix=Message("restore both names: a record is of one person, for life")
                if swapped
                else Message(
                    "restore the name, and give somebody else a record of their own; if the same "
                    "person is called so now, cite as `decision` the notice of the civil registry: "
                    "of a commune or ward where they do not work, or of an authority outside"
                ),
            )


def _handed_over(old: str, name: str, other: str, *, swapped: bool) -> Message:
    if swapped:
        return Message(
            "{name} was the name of {person}, which changes as well", name=shown(name), person=other
        )
    if other:
        return Message("{name} is the name of {person}", name=shown(name), person=other)
    return Message(
        "{name} has no word of the name before, {old}", name=shown(name), old=shown(same(old))
    )


def _called(people: Iterable[Record], rough: Container[Rough]) -> Mapping[Spelling, set[str]]:
    """Return the people of each name, as far as it may be one of those."""
    found: dict[Spelling, set[str]] = {}
    for record in people:
        if _rough(record.data) in rough:
            found.setdefault(spelling(text(record.data, "name")), set()).add(record.id)
    return found


def _differ(old: Record, new: Record) -> bool:
    return spelling(text(old.data, "name")) != spelling(text(new.data, "name"))


def _share_a_word(old: Record, new: Record) -> bool:
    was, now = ({fold(word) for word in words(text(r.data, "name"))} for r in (old, new))
    return not was.isdisjoint(now)


def _by_registry(after: RuleContext, record: Record, documents: Iterable[str] | None) -> bool:
    """Tell whether a change of name rests on a notice of the civil registry.

    That is a commune or ward, but not one that says so of its own staff, or an authority outside.
    """
    posts = after.posts.get(record.id, ())
    own = set[str]().union(*(after.ever_above(post.unit) for post in posts))
    for key in documents or ():
        issuer = after.issuers.get(key, record.id)
        notice = key in after.documents and text(after.documents[key].data, "kind") == "notice"
        commune = issuer in after.units and kind_of(after, after.units[issuer].data) in LOCAL
        if notice and (issuer.startswith(OUTSIDE) or (commune and issuer not in own)):
            return True
    return False


def of_new_names(before: Iterable[Record], after: Iterable[Record]) -> set[str]:
    """Return the ids of records in `before` that may have a name that is new in `after`.

    More than have it: to compare names is slow, and few begin alike and are as long.
    """
    there = {record.id: record for record in before}
    new = (r for r in after if r.id not in there or _differ(there[r.id], r))
    names = {_rough(record.data) for record in new}
    return {key for key, record in there.items() if names and _rough(record.data) in names}


def _rough(data: Map) -> Rough:
    name = same(text(data, "name"))
    return name[:1].lower(), len(name)


def _of_the_same_name(
    before: Mapping[str, Record], after: Mapping[str, Record]
) -> Iterator[tuple[Record, Sequence[Record]]]:
    """Yield the records that are new, with those of the same name; of two new ones the later.

    Of people that are the same in both, only `of_new_names` are needed.
    """
    new = {key for key, record in after.items() if _is_new(before.get(key), record)}
    seen: dict[object, list[Record]] = {}
    for known in (True, False) if new else ():
        for key, record in after.items():
            name = text(record.data, "name")
            if (key not in new) is known and name:
                read = spelling(name) if record.kind == "people" else fold(name)
                others = seen.setdefault(read, [])
                if not known and others:
                    yield record, tuple(others)
                others.append(record)


def _is_new(old: Record | None, record: Record) -> bool:
    """Tell whether a record is new, or a unit with another name, or below another one."""
    if old is None or record.kind == "people":
        return old is None
    return any(fold(text(old.data, f)) != fold(text(record.data, f)) for f in ("name", "parent"))
