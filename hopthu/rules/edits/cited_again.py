"""The rule on edits that show a person what a true document would be made to say besides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.model.timeline import Fact, text
from hopthu.rules.book import Found, check_edit
from hopthu.rules.context import OUTSIDE, RuleContext, outside
from hopthu.rules.edit import Edit
from hopthu.rules.powers.uses import beside_rows, regulations


@check_edit("document-cited-again")
def cited_again(edit: Edit) -> Iterator[Found]:
    """Report documents that were on record before an edit, and are cited for something new."""
    numbers: Counter[str] = Counter()
    more = _uses(edit.after, edit.new) - _uses(edit.before, edit.old)
    for (document, *_), number in more.items():
        numbers[document] += number
    documents = edit.after.documents
    for document in sorted(numbers.keys() & edit.before.documents.keys() & documents.keys()):
        # The same of each, so that many are shown as one.
        what = Message("the document was on record before this edit, which cites it again")
        fix = Message(
            "compare with its text the {number} new place(s) that cite it; otherwise cite "
            "the document for them",
            number=numbers[document],
        )
        yield Found(documents[document].at("id"), what, fix)


def _uses(facts: RuleContext, edited: Iterable[Fact]) -> Counter[tuple[str, ...]]:
    """Return how often each document is cited for each thing; a row put off stays the same."""
    found: Counter[tuple[str, ...]] = Counter(
        (cited, field, row.kind, row.record.id, row.unit, row.person)
        for row in edited
        for field, cited in (("decision", row.decision), ("request", row.request))
    )
    beside = (*beside_rows(facts), *regulations(facts))
    found.update((use.document, use.act, use.record.kind, use.record.id) for use in beside)
    return found


@check_edit("unknown-authority")
def unknown_authority(edit: Edit) -> Iterator[Found]:
    """Report documents by authorities outside that neither policy nor any document before names."""
    if edit.is_first:
        return
    after = edit.after
    known = {*edit.before.issuers.values(), *map(outside, after.policy.outside_authorities)}
    for document, issuer in after.issuers.items():
        if issuer.startswith(OUTSIDE) and issuer not in known:
            record = after.documents[document]
            what = Message(
                "no document on record before this edit is by {authority}, and policy does not "
                "list it",
                authority=shown(text(record.data, "outside_issuer")),
            )
            fix = Message("check that there is such an authority, and that it decides on this")
            yield Found(record.at("outside_issuer"), what, fix)
