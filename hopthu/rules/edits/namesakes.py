"""The rule on edits that a second person or unit of a name is no second record of the first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import Spelling, same, spelling
from hopthu.rules.book import check_edit
from hopthu.rules.context import RuleContext
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


def of_new_names(before: Iterable[Record], after: Iterable[Record]) -> set[str]:
    """Return the ids of records in `before` that may have the name of one that is new in `after`.

    More than have it: to compare names is slow, and few begin alike and are as long.
    """
    there = {record.id: record for record in before}
    names = {_rough(record.data) for record in after if record.id not in there}
    return {key for key, record in there.items() if names and _rough(record.data) in names}


def _rough(data: Map) -> tuple[str, int]:
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
