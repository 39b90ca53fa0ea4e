"""Rules on how units begin and end, and what becomes of their people and mail (Art. 5.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.terms import some_id
from hopthu.model.lifecycle import SHORTEST_REDIRECT
from hopthu.rules.context import RuleContext
from hopthu.rules.rows import NEVER, Row, text, texts
from hopthu.rules.successors import business_to, successors
from hopthu.source.records import Record

LIFE = Rule(
    "within-unit-life",
    "Art. 5.2",
    "people work in units that exist; a unit can end only once its people have moved",
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
REDIRECT = Rule(
    "open-redirect",
    "Art. 5.2",
    "mail of a merged unit goes to its successor for a declared time; the successor must exist "
    "until then",
)
CHILDREN = Rule(
    "parent-ended",
    "Art. 5.2",
    "a unit ends only together with the units below it, or once they have another parent",
)
_FEW = 20
"""So many people of an ended unit are reported one by one; more have one cause."""
_MANY = 5
"""One in so many people who go elsewhere are not single assignments any more."""


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


def ending_says_where(facts: RuleContext) -> Iterator[Problem]:
    """Report endings that name too few or too many successors for how the unit ended."""
    for unit, row in facts.ended.items():
        how = _how(row)
        into = [named for _, named in texts(row.record, ("ended", "into", "*"))]
        parts = {named for _, named in texts(row.record, ("ended", "parts", "*", "into"))}
        if how == "merged" and (parts or len(into) != 1):
            what = Message("a merged unit names its one successor in `into`")
            fix = Message(
                "write `into: [{unit}]`; a unit that went to several is `how: split`, with `parts`",
                unit=some_id("units"),
            )
        elif how == "dissolved" and (into or parts):
            what = Message("a dissolved unit has no successor")
            fix = Message(
                "remove `into` and `parts`, or write `how: merged`; `business_to` names the unit "
                "that goes on with its business"
            )
        elif how != "dissolved" and business_to(row.record):
            what = Message("`business_to` is for dissolved units")
            fix = Message("remove it: the successor is named in `into` or `parts`")
        elif how == "split" and (into or len(parts) < 2):
            what = Message("a split unit says in `parts` what went to which of two units or more")
            fix = Message(
                "write `parts: {parts}`",
                parts=f"[{{into: {some_id('units')}, what: bản Pù Toong}}, …]",
            )
        else:
            continue
        yield ENDING.violation(row.record.at("ended"), what, subject=unit, fix=fix)


def moved_elsewhere(facts: RuleContext) -> Iterator[Problem]:
    """Report merged and split units many of whose people go to other units than its successors.

    Only those count whom one decision sends there together with others who go to a successor, or
    whom the decision that ended the unit sends there: who is assigned elsewhere has one of their
    own.
    """
    for unit, by_decision in _moves(facts).items():
        end = facts.ended[unit]
        named = {successor for _, successor in successors(end.record)}
        for decision, targets in by_decision.items() if named else ():
            elsewhere = {to: n for to, n in targets.items() if not _within(to, named, facts)}
            carries_out = decision == end.decision or len(elsewhere) < len(targets)
            number, all_ = sum(elsewhere.values()), sum(targets.values())
            if carries_out and number * _MANY >= all_:
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
                    fix=Message(
                        "write `how: split`, with what went to each unit in `parts`; who was "
                        "assigned elsewhere cites the decision that says so"
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


def open_redirect(facts: RuleContext) -> Iterator[Problem]:
    """Report units dissolved while a predecessor's mail is still redirected to them."""
    for unit, row in facts.ended.items():
        open_until = _days_after(row.start, facts.policy.lifecycle.redirect_days)
        for _, named in successors(row.record):
            end = facts.ended.get(named)
            if end is None or _how(end) != "dissolved":
                continue
            if row.start < end.start <= open_until:
                yield REDIRECT.violation(
                    end.record.at("ended", "on"),
                    Message(
                        "mail of {unit} is redirected here until {day}", unit=unit, day=open_until
                    ),
                    subject=named,
                    fix=Message("dissolve it later, or merge it into the unit that takes the mail"),
                )


def without_redirect(facts: RuleContext) -> Iterator[Problem]:
    """Report ended units none of whose successors has a mailbox to redirect mail to."""
    for unit, row in facts.ended.items():
        into = [named for _, named in successors(row.record)]
        open_until = _days_after(row.start, facts.policy.lifecycle.redirect_days)
        if (
            "mailbox" not in row.record.data
            or not into
            or open_until <= max(row.start, facts.today)
        ):
            continue
        if all(named in facts.units and not _takes_mail(facts.units[named]) for named in into):
            yield REDIRECT.violation(
                row.record.at("ended"),
                Message("no successor has a mailbox, so mail to this unit would be refused"),
                subject=unit,
                fix=Message("give a mailbox to the successor that is to receive the mail"),
            )


def short_redirect(facts: RuleContext) -> Iterator[Problem]:
    """Report a policy by which mail of units that merge or split is refused almost at once."""
    days = facts.policy.lifecycle.redirect_days
    if days >= SHORTEST_REDIRECT:
        return
    soon = [
        row
        for row in facts.ended.values()
        if "mailbox" in row.record.data
        and any(successors(row.record))
        and _days_after(row.start, days) >= facts.today
    ]
    written = next((r for r in facts.source.policy if "lifecycle" in r.data), None)
    if soon and written:
        yield REDIRECT.violation(
            written.at("lifecycle", "redirect_days"),
            Message(
                "mail to merged or split units is refused after {days} days, from {day} on: "
                "{number}",
                days=days,
                day=min(_days_after(row.start, days) for row in soon),
                number=len(soon),
            ),
            why=Message("senders have to learn the new address; guards count a sooner end"),
            fix=Message("write {days} at least", days=SHORTEST_REDIRECT),
            severity="warning",
        )


def parent_ended(facts: RuleContext) -> Iterator[Problem]:
    """Report units that remain below one that has ended or will end."""
    for unit, record in facts.units.items():
        end = facts.ended.get(text(record.data, "parent"))
        own = facts.ended[unit].start if unit in facts.ended else NEVER
        if end and own > end.start:
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


def _outside_life(facts: RuleContext, row: Row) -> Iterator[Problem]:
    created, ended = facts.created.get(row.unit), facts.ended.get(row.unit)
    if created and row.start < created.start:
        what = Message("begins before {unit} does, on {day}", unit=row.unit, day=created.start)
        fix = Message("name the unit they worked in before that day")
    elif ended and (row.start >= ended.start or (row.kind == "post" and row.end > ended.start)):
        what = Message("{unit} ended on {day}", unit=row.unit, day=ended.start)
        fix = Message("add where they went from that day on, as a post or as `left`")
    else:
        return
    yield LIFE.violation(row.record.at(*row.steps), what, subject=row.record.id, fix=fix)


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


def _takes_mail(record: Record) -> bool:
    return isinstance(record.data.get("mailbox"), dict)


def _how(row: Row) -> str:
    data = row.record.data.get("ended")
    return text(data, "how") if isinstance(data, dict) else ""


def _days_after(day: str, days: int) -> str:
    try:
        return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
    except OverflowError:  # of a day near the end of the calendar
        return NEVER


RULES = (LIFE, ENDING, SUCCESSOR, REDIRECT, CHILDREN)
CHECKS = (
    within_unit_life,
    ending_says_where,
    moved_elsewhere,
    successor_exists,
    open_redirect,
    without_redirect,
    short_redirect,
    parent_ended,
)
