"""The rule on edits that a second person or unit of a name is no second record of the first."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import Spelling, fold, same, spelling, words
from hopthu.rules.book import check_edit
from hopthu.rules.context import RuleContext
from hopthu.rules.edits.revisions import REUSED, is_reused
from hopthu.rules.powers.competence import LOCAL
from hopthu.rules.records.unit_kinds import kind_of
from hopthu.rules.revision_pairs import newly_changed, pairs
from hopthu.rules.rows import text
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
def second_person(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report people who are new, in a unit where somebody has their name."""
    if not before.documents:
        return  # a first load adds everything
    for record, others in _of_the_same_name(before.people, after.people):
        units = {post.unit for post in after.posts.get(record.id, ())}
        for other in others:
            there = [p for p in after.posts.get(other.id, ()) if p.end > after.today]
            shared = [post.unit for post in there if post.unit in units]
            if shared:
                yield NAMESAKE.violation(
                    record.at("name"),
                    Message(
                        "{person} in {unit} has the same name", person=other.id, unit=shared[0]
                    ),
                    subject=record.id,
                    fix=Message(
                        "if it is the same person, write the post under {person} and take this "
                        "record out; if they are two, nothing is wrong",
                        person=other.id,
                    ),
                )
                break


@check_edit
def second_unit(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report units that are new, below a unit that has another one of their name."""
    if not before.documents:
        return
    for record, others in _of_the_same_name(before.units, after.units):
        created = after.created.get(record.id)
        day = max(after.today, created.start if created else "")
        for other in others:
            if text(other.data, "parent") == text(record.data, "parent") and after.lives(
                other.id, day
            ):
                yield NAMESAKE.violation(
                    record.at("name"),
                    Message("{unit} has the same name and the same parent", unit=other.id),
                    subject=record.id,
                    fix=Message(
                        "if it is the same unit, change the record of {unit} and take this one "
                        "out; if they are two, give each a name that tells them apart",
                        unit=other.id,
                    ),
                )
                break


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
        if notice and (issuer == "" or (commune and issuer not in own)):
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

    Of records that are the same in both, only `of_new_names` are needed.
    """
    if after.keys() <= before.keys():
        return
    seen: dict[Spelling, list[Record]] = {}
    for known in (True, False):
        for key, record in after.items():
            name = spelling(text(record.data, "name"))
            if (key in before) is known and name:
                others = seen.setdefault(name, [])
                if not known and others:
                    yield record, tuple(others)
                others.append(record)
