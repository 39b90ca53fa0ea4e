"""The rules on edits that show a person what a true document would be made to say besides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold
from hopthu.model.timeline import Fact, text, written
from hopthu.rules.book import check_edit
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.uses import beside_rows, regulations

AGAIN = Rule(
    "document-cited-again",
    "Art. 5.1",
    "a document was issued for what rested on it; whether it says more, its text shows, not this "
    "data",
    "warning",
)
TITLE = Rule(
    "title-of-head",
    "Art. 7.2",
    "by a title people know who speaks for a unit; who heads it, `heads` says",
    "warning",
)


@check_edit
def cited_again(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report documents that were on record before an edit, and are cited for something new."""
    numbers: Counter[str] = Counter()
    for (document, *_), number in (_uses(after) - _uses(before)).items():
        numbers[document] += number
    for document in sorted(numbers.keys() & before.documents.keys() & after.documents.keys()):
        yield AGAIN.violation(
            after.documents[document].at("id"),
            Message(
                "the document was on record before this edit, which cites it {number} time(s) more",
                number=numbers[document],
            ),
            subject=document,
            fix=Message("compare the new rows with its text; otherwise cite the document for them"),
        )


def _uses(facts: RuleContext) -> Counter[tuple[str, ...]]:
    """Return how often each document is cited for each thing; a row put off stays the same."""
    found: Counter[tuple[str, ...]] = Counter(
        (cited, field, row.kind, row.record.id, row.unit, row.person)
        for row in facts.changes
        for field, cited in (("decision", row.decision), ("request", row.request))
    )
    beside = (*beside_rows(facts), *regulations(facts))
    found.update((use.document, use.act, use.record.kind, use.record.id) for use in beside)
    return found


@check_edit
def title_of_head(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report new posts of somebody with the title of a head elsewhere, who heads nothing there."""
    if not before.documents:
        return  # a first load adds everything
    known = {_given(post) for posts in before.posts.values() for post in posts}
    new = [p for posts in after.posts.values() for p in posts if _given(p) not in known]
    titles = _titles_of_heads(after) if new else {}
    for post in new:
        head = titles.get(fold(text(written(post), "title")))
        if head is None or head.person == post.person or _heads(after, post):
            continue
        yield TITLE.violation(
            post.record.at(*post.steps, "title"),
            Message(
                "{title} is the title of {head}, who heads {unit}; {person} heads nothing here",
                title=shown(text(written(post), "title")),
                head=head.person,
                unit=head.unit,
                person=post.person,
            ),
            subject=post.person,
            fix=Message(
                "check the title; if they head {unit}, add them to `heads`", unit=post.unit
            ),
        )


def _given(post: Fact) -> tuple[str, ...]:
    return post.person, post.unit, post.start, fold(text(written(post), "title"))


def _titles_of_heads(facts: RuleContext) -> dict[str, Fact]:
    """Return the titles by which those head a unit who do so today, or will."""
    heads = (head for heads in facts.heads.values() for head in heads if head.end > facts.today)
    return {
        fold(text(written(post), "title")): head
        for head in heads
        for post in facts.posts.get(head.person, ())
        if post.unit == head.unit and post.end > max(facts.today, head.start)
    }


def _heads(facts: RuleContext, post: Fact) -> bool:
    heads = facts.heads.get(post.unit, ())
    return any(h.person == post.person and h.start < post.end and post.start < h.end for h in heads)
