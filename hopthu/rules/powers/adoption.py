"""The rule on adoptions: documents by which a list says, once, who is in post (Art. 5.1).

A province that begins has a list of its officials, and of many no decision that could still be
found. One document of the operator adopts the list: who stands on it is in post on the day of
adoption. Whatever changes afterwards rests on its own decision and request, as ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hopthu.i18n.message import Message
from hopthu.model.timeline import Fact, text, texts
from hopthu.rules.book import Found, check, check_edit
from hopthu.rules.context import RuleContext
from hopthu.rules.edit import Edit
from hopthu.source.records import Record

_WHOLE = ""
"""Stands for the units of an adoption that names none: the whole province."""


@check("adoption-basis")
def adopted_once(facts: RuleContext) -> Iterator[Found]:
    """Report a second adoption for a unit; one that names no units is for all of them."""
    records = (facts.documents[key] for key in facts.adoptions)
    adopted: dict[str, Record] = {}
    for record in sorted(records, key=lambda r: (text(r.data, "date"), r.id)):
        named = list(texts(record, ("units", "*"))) or [((), _WHOLE)]
        for steps, unit in named:
            others = adopted if unit == _WHOLE else (unit, _WHOLE)
            known = next((adopted[each] for each in others if each in adopted), None)
            if known is not None and known is not record:
                what = Message(
                    "a second adoption for {unit}: {other} was the first",
                    unit=unit or Message("the whole province"),
                    other=known.id,
                )
                fix = Message(
                    "cite the first one, or decisions and requests for what changed since"
                )
                yield Found(record.at(*steps), what, fix)
                break
            adopted[unit] = record


@check("adoption-basis")
def adoption_rows(facts: RuleContext) -> Iterator[Found]:
    """Report posts and heads that an adoption cannot be the basis of."""
    if not facts.adoptions:
        return
    for listed in (*facts.posts.values(), *facts.heads.values()):
        for number, row in enumerate(listed):
            if row.decision in facts.adoptions or row.request in facts.adoptions:
                yield from _row(facts, listed, number)


@check_edit("adoption-basis")
def adopted_into(edit: Edit) -> Iterator[Found]:
    """Report people whom an adoption adds to a unit where others are on record by other documents.

    Who was left out of the list at first may still be added by it.
    """
    posts = (row for row in edit.added() if row.kind == "post")
    new = [post for post in posts if post.decision in edit.after.adoptions]
    staffed: dict[str, set[str]] = {}
    for post in (post for posts in edit.before.posts.values() if new for post in posts):
        staffed.setdefault(post.unit, set()).add(post.decision)
    for post in new:
        if staffed.get(post.unit, set()) - {post.decision}:
            what = Message(
                "{unit} has people on record already: {document} adopts nobody into it",
                unit=post.unit,
                document=post.decision,
            )
            fix = Message("cite the decision and the request by which they came")
            yield Found(post.at("decision"), what, fix)


def _row(facts: RuleContext, listed: Sequence[Fact], number: int) -> Iterator[Found]:
    row = listed[number]
    adopted = facts.issued.get(row.decision, "")
    said = {"document": row.decision, "day": adopted}
    before = [each for n, each in enumerate(listed) if n < number or each.start < row.start]
    field = "from"
    fix = Message("cite the decision and the request it rests on, or leave the row out")
    if row.decision != row.request:
        adopts = row.decision in facts.adoptions
        field, document = ("request", row.decision) if adopts else ("decision", row.request)
        what = Message(
            "{document} is an adoption: it stands for decision and request", document=document
        )
        fix = Message("cite it as both, or the decision and the request themselves")
    elif adopted and not row.start <= adopted < row.end:
        what = Message("does not hold on {day}, on which {document} adopted the list", **said)
    elif adopted and any(each.decision != row.decision for each in before):
        what = Message(
            "follows a row of another basis: {document} changes nothing on record", **said
        )
    else:
        return
    yield Found(row.at(field), what, fix)
