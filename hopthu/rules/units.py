"""Rules on units: the tree, and what a unit that takes part must have (Art. 3, 7)."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.problems import Problem
from hopthu.rules.facts import Facts
from hopthu.rules.rows import text
from hopthu.rules.rule import Rule
from hopthu.text import Text

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


def unit_parent(facts: Facts) -> Iterator[Problem]:
    """Report units below nothing."""
    for record in facts.source.units:
        if "parent" not in record.data and text(record.data, "kind") not in (*_TOP, ""):
            yield PARENT.broken(
                record.at(),
                Text("the unit is below no other"),
                subject=record.id,
                fix=Text("add `parent`, such as {unit}", unit="ubnd-tinh"),
            )


def unit_mailbox(facts: Facts) -> Iterator[Problem]:
    """Report units that must take part and have no mailbox."""
    for record in facts.source.units:
        kind = text(record.data, "kind")
        if kind in facts.policy.participating and "mailbox" not in record.data:
            yield MAILBOX.broken(
                record.at(),
                Text("a unit of kind {kind} has no mailbox", kind=kind),
                subject=record.id,
                fix=Text("add `mailbox`; `hopthu address` gives the address of the profile"),
            )


def unit_regulation(facts: Facts) -> Iterator[Problem]:
    """Report units with a mailbox whose use nothing rules."""
    for unit, record in facts.units.items():
        mailbox = "mailbox" in record.data and facts.lives(unit, facts.today)
        if mailbox and "regulation" not in record.data:
            yield REGULATION.broken(
                record.at("mailbox", key=True),
                Text("no document rules the use of the unit's mailbox"),
                subject=unit,
                fix=Text("have the head issue one, and name it as `regulation`"),
            )


RULES = (PARENT, MAILBOX, REGULATION)
CHECKS = (unit_parent, unit_mailbox, unit_regulation)
