"""Rules on the redirect of the mail of units that have ended to their successors (Art. 5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.terms import in_days
from hopthu.model.lifecycle import SHORTEST_REDIRECT
from hopthu.model.timeline import NEVER
from hopthu.rules.book import check
from hopthu.rules.context import RuleContext
from hopthu.rules.records.endings import how
from hopthu.rules.successors import successors
from hopthu.source.records import Record

REDIRECT = Rule(
    "open-redirect",
    "Art. 5.2",
    "mail of a merged unit goes to its successor for a declared time; the successor must exist "
    "until then",
)


@check
def open_redirect(facts: RuleContext) -> Iterator[Problem]:
    """Report units dissolved while a predecessor's mail is still redirected to them."""
    for unit, row in facts.ended.items():
        open_until = _days_after(row.start, facts.policy.lifecycle.redirect_days)
        for _, named in successors(row.record):
            end = facts.ended.get(named)
            if end is None or how(end) != "dissolved":
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


@check
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


@check
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
                "mail to merged or split units is refused after {days}, from {day} on: {number}",
                days=in_days(days),
                day=min(_days_after(row.start, days) for row in soon),
                number=len(soon),
            ),
            why=Message("senders have to learn the new address; guards count a sooner end"),
            fix=Message("write {days} at least", days=SHORTEST_REDIRECT),
            severity="warning",
        )


def _takes_mail(record: Record) -> bool:
    return isinstance(record.data.get("mailbox"), dict)


def _days_after(day: str, days: int) -> str:
    try:
        return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
    except OverflowError:  # of a day near the end of the calendar
        return NEVER
