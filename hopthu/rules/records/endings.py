"""Rules on how units begin and end, and what becomes of their people and mail (Art. 5.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.terms import some_id
from hopthu.model.timeline import NEVER, Fact, text, texts
from hopthu.rules.book import check
from hopthu.rules.context import RuleContext
from hopthu.rules.successors import business_to, successors

LIFE = Rule(
    "within-unit-life",
    "Art. 5.2",
    "people work in units that exist, and these issue documents; a unit can end only once its "
    "people have moved",
)
ENDING = Rule(
    "ending-says-where",
    "Art. 5.2",
    "a merged unit names its one successor, a split one says which part went where, a dissolved "
    "one has none",
)
SUCCESSOR = Rule(
    "successor-exists",
    "Art. 5.2",
    "a unit's work continues in units that exist on the day it ends",
)
CHILDREN = Rule(
    "parent-ended",
    "Art. 5.2",
    "a unit ends only together with the units below it, or once they have another parent",
)
_FEW = 20
"""So many people of an ended unit are reported one by one; more have one cause."""


@check
def within_unit_life(facts: RuleContext) -> Iterator[Problem]:
    """Report posts, heads and delegates of units that do not exist yet, or no longer.

    Of a unit that was ended with many of them left, that is reported once.
    """
    dated = facts.created.keys() | facts.ended.keys()
    found: dict[str, list[Problem]] = {}
    for listed in (*facts.posts.values(), *facts.heads.values(), *facts.delegates.values()):
        for row in listed:
            if row.unit in dated:
                found.setdefault(row.unit, []).extend(_outside_life(facts, row))
    for unit, problems in found.items():
        if len(problems) <= _FEW:
            yield from problems
            continue
        event = facts.ended.get(unit) or facts.created[unit]
        yield LIFE.violation(
            event.record.at(event.kind),
            Message("{number} posts and offices lie outside its existence", number=len(problems)),
            subject=unit,
            fix=Message("check the date; else add where each of them went from that day on"),
        )


@check
def ending_says_where(facts: RuleContext) -> Iterator[Problem]:
    """Report endings that name too few or too many successors for how the unit ended."""
    for unit, row in facts.ended.items():
        manner = how(row)
        into = [named for _, named in texts(row.record, ("ended", "into", "*"))]
        parts = {named for _, named in texts(row.record, ("ended", "parts", "*", "into"))}
        if manner == "merged" and (parts or len(into) != 1):
            what = Message("a merged unit names its one successor in `into`")
            fix = Message(
                "write `into: [{unit}]`; a unit that went to several is `how: split`, with `parts`",
                unit=some_id("units"),
            )
        elif manner == "dissolved" and (into or parts):
            what = Message("a dissolved unit has no successor")
            fix = Message(
                "remove `into` and `parts`, or write `how: merged`; `business_to` names the unit "
                "that goes on with its business"
            )
        elif manner != "dissolved" and business_to(row.record):
            what = Message("`business_to` is for dissolved units")
            fix = Message("remove it: the successor is named in `into` or `parts`")
        elif manner == "split" and (into or len(parts) < 2):
            what = Message("a split unit says in `parts` what went to which of two units or more")
            fix = Message(
                "write `parts: {parts}`",
                parts=f"[{{into: {some_id('units')}, what: bản Pù Toong}}, …]",
            )
        else:
            continue
        yield ENDING.violation(row.record.at("ended"), what, subject=unit, fix=fix)


@check
def moved_elsewhere(facts: RuleContext) -> Iterator[Problem]:
    """Warn of merged and split units whose people go to other units than its successors.

    Only those count whom one decision sends there together with others who go to a successor, or
    whom the decision that ended the unit sends there: who is assigned elsewhere has one of their
    own. An office that is reorganised is staffed by one decision, so this is for people to judge.
    """
    for unit, by_decision in _moves(facts).items():
        end = facts.ended[unit]
        named = {successor for _, successor in successors(end.record)}
        for decision, targets in by_decision.items() if named else ():
            elsewhere = {to: n for to, n in targets.items() if not _within(to, named, facts)}
            carries_out = decision == end.decision or len(elsewhere) < len(targets)
            number, all_ = sum(elsewhere.values()), sum(targets.values())
            if carries_out and number:
                yield ENDING.violation(
                    end.record.at("ended"),
                    Message(
                        "{number} of the {all} people whom {decision} sends on go to {units}, not "
                        "to a successor",
                        number=number,
                        all=all_,
                        decision=decision,
                        units=_listed(elsewhere),
                    ),
                    subject=unit,
                    severity="warning",
                    fix=Message(
                        "if part of its business went there, write `how: split`, with what went to "
                        "each unit in `parts`; else leave it"
                    ),
                )


def _moves(facts: RuleContext) -> dict[str, dict[str, Counter[str]]]:
    """Return for each ended unit where its people went on that day: by decision, then by unit."""
    found: dict[str, dict[str, Counter[str]]] = {}
    for listed in facts.posts.values():
        if len(listed) < 2:
            continue
        for unit in {row.unit for row in listed if row.unit in facts.ended}:
            for row in listed:
                if row.main and row.start == facts.ended[unit].start and row.unit != unit:
                    by_decision = found.setdefault(unit, {})
                    by_decision.setdefault(row.decision, Counter())[row.unit] += 1
    return found


@check
def successor_exists(facts: RuleContext) -> Iterator[Problem]:
    """Report successors that do not exist on the day their predecessor ends."""
    for unit, row in facts.ended.items():
        for steps, named in (*successors(row.record), *business_to(row.record)):
            if named in facts.units and not facts.lives(named, row.start):
                yield SUCCESSOR.violation(
                    row.record.at(*steps),
                    Message("{unit} does not exist on {day}", unit=named, day=row.start),
                    subject=unit,
                    fix=Message("name the unit that took over on that day"),
                )


@check
def parent_ended(facts: RuleContext) -> Iterator[Problem]:
    """Report units that remain below one that has ended or will end."""
    if not facts.ended:
        return
    for unit, record in facts.units.items():
        own = facts.ended[unit].start if unit in facts.ended else NEVER
        for _, until, data in facts.past.spans(record):
            end = facts.ended.get(text(data, "parent"))
            if end is None or until <= facts.today or min(own, until) <= end.start:
                continue
            yield CHILDREN.violation(
                record.at("parent"),
                Message(
                    "{unit} ends on {day}, but this unit does not",
                    unit=end.record.id,
                    day=end.start,
                ),
                subject=unit,
                fix=Message("name its parent from then on"),
            )


def _outside_life(facts: RuleContext, row: Fact) -> Iterator[Problem]:
    created, ended = facts.created.get(row.unit), facts.ended.get(row.unit)
    if created and row.start < created.start:
        what = Message("begins before {unit} does, on {day}", unit=row.unit, day=created.start)
        fix = Message("name the unit they worked in before that day")
    elif ended and (row.start >= ended.start or (row.kind == "post" and row.end > ended.start)):
        what = Message("{unit} ended on {day}", unit=row.unit, day=ended.start)
        fix = Message("add where they went from that day on, as a post or as `left`")
    else:
        return
    yield LIFE.violation(row.at(), what, fix=fix)


def _within(unit: str, above: set[str], facts: RuleContext) -> bool:
    """Tell whether a unit is one of those above, or somewhere below one."""
    seen: set[str] = set()
    while unit in facts.units and unit not in seen:
        if unit in above:
            return True
        seen.add(unit)
        unit = text(facts.units[unit].data, "parent")
    return False


def _listed(units: Iterable[str]) -> str:
    """Return the first units by name."""
    first, more = sorted(units)[:5], sorted(units)[5:]
    return ", ".join([*first, "…"] if more else first)


def how(row: Fact) -> str:
    """Return whether the unit of a row `ended` was merged, split or dissolved."""
    data = row.record.data.get("ended")
    return text(data, "how") if isinstance(data, dict) else ""
