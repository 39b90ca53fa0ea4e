"""What an edit says of the time before it that no revision can confirm (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.problem import Problem, shown
from hopthu.i18n.message import Message
from hopthu.model.timeline import Fact, facts_of, rows, text, was
from hopthu.rules.book import check_edit
from hopthu.rules.claims import claims
from hopthu.rules.context import RuleContext
from hopthu.rules.edits.fact_basis import BASIS
from hopthu.rules.revision_pairs import pairs


@check_edit
def earlier_name_of_new(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report earlier names of records that are new: nobody knew them by these."""
    if not before.documents:
        return  # a first load
    for kind, known in (("units", before.units), ("people", before.people)):
        if not before.source.complete(kind):
            continue  # it may well be there
        for record in after.source.records[kind]:
            for row in () if record.id in known else rows("change", record, "changes"):
                for fact in was(row).keys() & {"name", "short"}:
                    yield BASIS.violation(
                        record.at(*row.steps, "was", fact),
                        Message("there was no {field}", field=shown(fact)),
                        fix=Message("write what it was, or take it out of `was`"),
                    )


@check_edit
def fact_in_between(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report what a record is said to have been between two changes of one edit.

    Who was above a unit decides on it, and addresses are made of names. A name alone gives nothing.
    """
    for old, new in pairs(before, after, "units", "people"):
        known = {_key(row) for row in rows("change", old, "changes")}
        had = {claim.folded for claim in claims(old)}
        harmless = set() if any(c.folded not in had for c in claims(new)) else {"name"}
        told: set[str] = set()
        listed = (row for row in rows("change", new, "changes") if _key(row) not in known)
        for row in sorted(listed, key=lambda row: row.start):
            for fact in was(row):
                if fact in told - harmless:
                    yield BASIS.violation(
                        new.at(*row.steps, "was", fact),
                        Message("no revision had {field} {value}", field=shown(fact),
                                value=shown(text(was(row), fact))),
                        fix=Message(
                            "enter the later change in an edit of its own, once the first is pushed"
                        ),
                    )  # fmt: skip
            told.update(was(row))


def _key(row: Fact) -> tuple[str, ...]:
    return row.start, row.decision, row.request, *facts_of(row)
