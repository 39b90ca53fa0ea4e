"""Rules on how units begin and end, and what becomes of their people and mail (Art. 5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.terms import some_id
from hopthu.rules.context import RuleContext
from hopthu.rules.rows import NEVER, Row, text, texts
from hopthu.rules.successors import successors
from hopthu.source.records import Record

LIFE = Rule(
    "within-unit-life",
    "Art. 5.2",
    "people work in units that exist; a unit ends only once its people are elsewhere",
)
ENDING = Rule(
    "ending-says-where",
    "Art. 5.2",
    "a merged unit names its successors, a split one says which part went where, a dissolved one "
    "has none",
)
SUCCESSOR = Rule(
    "successor-exists",
    "Art. 5.2",
    "what a unit did goes on in units that exist on the day it ends",
)
REDIRECT = Rule(
    "open-redirect",
    "Art. 5.2",
    "mail of a merged unit leads to its successor for a declared time; until then that one stays",
)
CHILDREN = Rule(
    "parent-ended",
    "Art. 5.2",
    "a unit ends only with the units below it, or once they belong under another",
)


def within_unit_life(facts: RuleContext) -> Iterator[Problem]:
    """Report posts, heads and delegates of units that do not exist yet, or no longer."""
    dated = facts.created.keys() | facts.ended.keys()
    for listed in (*facts.posts.values(), *facts.heads.values(), facts.delegates.values()):
        for row in listed:
            if row.unit in dated:
                yield from _outside_life(facts, row)


def ending_says_where(facts: RuleContext) -> Iterator[Problem]:
    """Report endings that name too few or too many successors for how the unit ended."""
    for unit, row in facts.ended.items():
        how = _how(row)
        into = {named for _, named in texts(row.record, ("ended", "into", "*"))}
        parts = {named for _, named in texts(row.record, ("ended", "parts", "*", "into"))}
        if how == "merged" and (parts or not into):
            what = Message("a merged unit names its successors in `into`")
            fix = Message("write `into: [{unit}]`", unit=some_id("units"))
        elif how == "dissolved" and (into or parts):
            what = Message("a dissolved unit has no successor")
            fix = Message("leave `into` and `parts` out, or write how: merged")
        elif how == "split" and (into or len(parts) < 2):
            what = Message("a split unit says in `parts` what went to which of two units or more")
            fix = Message(
                "write `parts: {parts}`",
                parts=f"[{{into: {some_id('units')}, what: bản Pù Toong}}, …]",
            )
        else:
            continue
        yield ENDING.violation(row.record.at("ended"), what, subject=unit, fix=fix)


def successor_exists(facts: RuleContext) -> Iterator[Problem]:
    """Report successors that are not there on the day their predecessor ends."""
    for unit, row in facts.ended.items():
        for steps, named in successors(row.record):
            if named in facts.units and named != unit and not facts.lives(named, row.start):
                yield SUCCESSOR.violation(
                    row.record.at(*steps),
                    Message("{unit} does not exist on {day}", unit=named, day=row.start),
                    subject=unit,
                    fix=Message("name the unit that took over on that day"),
                )


def open_redirect(facts: RuleContext) -> Iterator[Problem]:
    """Report units dissolved while a predecessor's mail still leads to them."""
    for unit, row in facts.ended.items():
        open_until = _days_after(row.start, facts.policy.lifecycle.redirect_days)
        for _, named in successors(row.record):
            end = facts.ended.get(named)
            if end is None or _how(end) != "dissolved":
                continue
            if row.start < end.start <= open_until:
                yield REDIRECT.violation(
                    end.record.at("ended", "on"),
                    Message("mail of {unit} leads here until {day}", unit=unit, day=open_until),
                    subject=named,
                    fix=Message("dissolve it later, or merge it into the unit that takes the mail"),
                )


def led_nowhere(facts: RuleContext) -> Iterator[Problem]:
    """Report mail of units that went on in others, none of which has a mailbox to take it."""
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
                Message("none of its successors has a mailbox, so its mail would be refused"),
                subject=unit,
                fix=Message("give the one that is to take the mail a mailbox of its own"),
            )


def parent_ended(facts: RuleContext) -> Iterator[Problem]:
    """Report units left below one that has ended or is to end."""
    for unit, record in facts.units.items():
        end = facts.ended.get(text(record.data, "parent"))
        own = facts.ended[unit].start if unit in facts.ended else NEVER
        if end and own > end.start:
            yield CHILDREN.violation(
                record.at("parent"),
                Message(
                    "{unit} ends on {day} and this unit goes on", unit=end.record.id, day=end.start
                ),
                subject=unit,
                fix=Message("name the unit it belongs under from then on"),
            )


def _outside_life(facts: RuleContext, row: Row) -> Iterator[Problem]:
    created, ended = facts.created.get(row.unit), facts.ended.get(row.unit)
    if created and row.start < created.start:
        what = Message("it begins before {unit} does, on {day}", unit=row.unit, day=created.start)
        fix = Message("name the unit they worked in before that day")
    elif ended and (row.start >= ended.start or (row.kind == "post" and row.end > ended.start)):
        what = Message("{unit} ended on {day}", unit=row.unit, day=ended.start)
        fix = Message("add where they went from that day on, as a post or as `left`")
    else:
        return
    yield LIFE.violation(row.record.at(*row.steps), what, subject=row.record.id, fix=fix)


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
    successor_exists,
    open_redirect,
    led_nowhere,
    parent_ended,
)
