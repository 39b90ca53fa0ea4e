"""The rule on edits that a row of `changes` stands for a change that the edit makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import same
from hopthu.model.timeline import Fact, facts_of, rows, value_of
from hopthu.rules.book import check_edit
from hopthu.rules.context import RuleContext
from hopthu.rules.revision_pairs import newly_cited, pairs
from hopthu.source.records import Record
from hopthu.source.values import Value

IDLE = Rule(
    "change-without-effect",
    "Art. 5.2",
    "a row of `changes` says that something is not what it was; of what stayed the same it is no "
    "history",
    "warning",
)
_IN_MAILBOX: Mapping[str, tuple[str, ...]] = {
    "address": ("address",),
    "aliases": ("address", "aliases", "former"),
}
"""The facts that are no fields of a record itself, and the fields of its mailbox that show them."""


@check_edit
def change_without_effect(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report facts that new rows of `changes` name, and that are as they were.

    A row may be written late for what changed before, so it is no error.
    """
    for old, new in pairs(before, after, "units", "people"):
        if newly_cited(old, new):
            continue  # rows of the past may be put right as well
        known = {_key(row) for row in rows("change", old, "changes")}
        for row in rows("change", new, "changes"):
            for index, fact in enumerate(facts_of(row)):
                if _key(row) not in known and _seen(old, fact) == _seen(new, fact):
                    yield IDLE.violation(
                        new.at(*row.steps, "facts", index),
                        Message("{fact} is what it was before this edit", fact=shown(fact)),
                        fix=Message("change it in the record, or take it out of the row"),
                    )


def _key(row: Fact) -> tuple[str, ...]:
    return row.start, row.decision, row.request, *facts_of(row)


def _seen(record: Record, fact: str) -> list[Value]:
    """Return what a record shows of a fact."""
    if fact not in _IN_MAILBOX:
        value = value_of(record.data, fact) or record.data.get(fact)
        return [same(value) if isinstance(value, str) else value]
    mailbox = record.data.get("mailbox")
    box = mailbox if isinstance(mailbox, dict) else {}
    return [box.get(field) for field in _IN_MAILBOX[fact]]
