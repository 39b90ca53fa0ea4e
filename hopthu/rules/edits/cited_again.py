"""The rules on edits that show a person what a true document would be made to say besides."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

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
    """Report new posts with a title that tells one office, of somebody who never held it."""
    if not before.documents:
        return  # a first load adds everything
    known = {_given(post) for posts in before.posts.values() for post in posts}
    new = [p for p in _not_over(after, after.posts) if _given(p) not in known]
    titles = _titles_of_heads(after) if new else {}
    for post in new:
        heads = titles.get(fold(text(written(post), "title")), [])
        units = {head.unit for head in heads}
        if len(units) != 1 or _has_headed(after, post.person, *units):
            continue
        yield TITLE.violation(
            post.record.at(*post.steps, "title"),
            Message(
                "{title} is the title of {head}, who heads {unit}; {person} never headed it",
                title=shown(text(written(post), "title")),
                head=heads[0].person,
                unit=heads[0].unit,
                person=post.person,
            ),
            subject=post.person,
            fix=Message(
                "check the title; if they head {unit}, add them to `heads`", unit=heads[0].unit
            ),
        )


def _given(post: Fact) -> tuple[str, ...]:
    return post.person, post.unit, post.start, fold(text(written(post), "title"))


def _titles_of_heads(facts: RuleContext) -> dict[str, list[Fact]]:
    """Return the titles by which those head a unit who do so today, or will."""
    found = defaultdict(list)
    for head in _not_over(facts, facts.heads):
        for post in facts.posts.get(head.person, ()):
            if post.unit == head.unit and post.end > max(facts.today, head.start):
                found[fold(text(written(post), "title"))].append(head)
    return found


def _not_over(facts: RuleContext, rows: Mapping[str, Iterable[Fact]]) -> list[Fact]:
    return [row for each in rows.values() for row in each if row.end > facts.today]


def _has_headed(facts: RuleContext, person: str, unit: str) -> bool:
    return any(head.person == person for head in facts.heads[unit])
