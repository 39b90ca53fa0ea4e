"""Rules on units: the tree, and what a unit that takes part must have (Art. 3, 7)."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.terms import some_id
from hopthu.rules.circles import in_circles
from hopthu.rules.context import DEEPEST, RuleContext
from hopthu.rules.rows import text, texts
from hopthu.rules.successors import INTO

CIRCLE = Rule(
    "unit-circle",
    "Art. 3",
    "units form a tree: none is above itself, and none goes on in itself",
)
PARENT = Rule(
    "unit-parent",
    "Art. 3",
    "every unit belongs under one that answers for it, but for those at the top of the province",
)
MAILBOX = Rule(
    "unit-mailbox",
    "Art. 7.1",
    "units of the kinds that policy lists take part, each with exactly one mailbox",
)
REGULATION = Rule(
    "unit-regulation",
    "Art. 7.3",
    "the head rules in writing how the unit's mailbox is used",
    "warning",
)
_TOP = ("council", "province")


def unit_circle(facts: RuleContext) -> Iterator[Problem]:
    """Report units that are above themselves, or went on in themselves, by whatever detour."""
    up = Message("the way up from the unit comes back to it")
    on = Message("what the unit went into ends in the unit itself")
    for ways, what in (((("parent",),), up), (INTO, on)):
        named = [
            (r, [each for path in ways for each in texts(r, path)]) for r in facts.source.units
        ]
        onward: dict[str, list[str]] = {}
        for record, found in named:
            onward.setdefault(record.id, []).extend(key for _, key in found)
        circles = in_circles(onward)
        for record, found in named:
            if found and record.id in circles:
                yield CIRCLE.violation(
                    record.at(*found[0][0]),
                    what,
                    subject=record.id,
                    fix=Message(
                        "see this unit and those it names; one of them names the wrong one"
                    ),
                )


def unit_parent(facts: RuleContext) -> Iterator[Problem]:
    """Report units below nothing, or below more than a province has levels."""
    for record in facts.source.units:
        if "parent" not in record.data and text(record.data, "kind") not in (*_TOP, ""):
            yield PARENT.violation(
                record.at(),
                Message("the unit is below no other"),
                subject=record.id,
                fix=Message("add `parent: {unit}`", unit=some_id("units")),
            )
        if len(facts.above.get(record.id, ())) > DEEPEST:
            yield PARENT.violation(
                record.at("parent"),
                Message("more than {number} units are above it", number=DEEPEST - 1),
                subject=record.id,
                fix=Message("name the unit it belongs under; a province has few levels"),
            )


def unit_mailbox(facts: RuleContext) -> Iterator[Problem]:
    """Report units that must take part and have no mailbox."""
    for record in facts.source.units:
        kind = text(record.data, "kind")
        if kind in facts.policy.participating and "mailbox" not in record.data:
            yield MAILBOX.violation(
                record.at(),
                Message("a unit of kind {kind} has no mailbox", kind=kind),
                subject=record.id,
                fix=Message("add `mailbox`; `hopthu address` gives the address of the profile"),
            )


def unit_regulation(facts: RuleContext) -> Iterator[Problem]:
    """Report units with a mailbox whose use nothing rules."""
    for unit, record in facts.units.items():
        mailbox = "mailbox" in record.data and facts.lives(unit, facts.today)
        if mailbox and "regulation" not in record.data:
            yield REGULATION.violation(
                record.at("mailbox", key=True),
                Message("no document rules the use of the unit's mailbox"),
                subject=unit,
                fix=Message("have the head issue one, and name it as `regulation`"),
            )


RULES = (CIRCLE, PARENT, MAILBOX, REGULATION)
CHECKS = (unit_circle, unit_parent, unit_mailbox, unit_regulation)
