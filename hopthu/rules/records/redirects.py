"""Rules on the redirect of the mail of units that have ended to their successors (Art. 5.2)."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.problem import Problem
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.terms import in_days
from hopthu.model.lifecycle import SHORTEST_REDIRECT
from hopthu.model.timeline import days_after
from hopthu.rules.book import check
from hopthu.rules.context import RuleContext
from hopthu.rules.records.endings import how
from hopthu.rules.successors import successors

REDIRECT = Rule(
    "open-redirect",
    "Art. 5.2",
    "mail of a merged unit goes to its successor for a declared time; the successor must exist "
    "until then",
)


@check
def open_redirect(facts: RuleContext) -> Iterator[Problem]:
    """Report ended units whose mail goes to nobody: a successor is dissolved, or has no mailbox."""
    for unit, row in facts.ended.items():
        into = [named for _, named in successors(row.record) if named in facts.units]
        open_until = days_after(row.start, facts.policy.lifecycle.redirect_days)
        for end in (facts.ended[named] for named in into if named in facts.ended):
            if how(end) == "dissolved" and row.start < end.start <= open_until:
                yield REDIRECT.violation(
                    end.at("on"),
                    Message(
                        "mail of {unit} is redirected here until {day}", unit=unit, day=open_until
                    ),
                    fix=Message("dissolve it later, or merge it into the unit that takes the mail"),
                )
        receives = "mailbox" in row.record.data and open_until > max(row.start, facts.today)
        if into and receives and not any("mailbox" in facts.units[key].data for key in into):
            yield REDIRECT.violation(
                row.at(),
                Message("no successor has a mailbox, so mail to this unit would be refused"),
                fix=Message("give a mailbox to the successor that is to receive the mail"),
            )


@check
def short_redirect(facts: RuleContext) -> Iterator[Problem]:
    """Report a policy by which mail of units that merge or split is refused almost at once."""
    days = facts.policy.lifecycle.redirect_days
    over = [
        days_after(row.start, days)
        for row in facts.ended.values()
        if "mailbox" in row.record.data and any(successors(row.record))
    ]
    soon = [day for day in over if day >= facts.today]
    written = next((r for r in facts.source.policy if "lifecycle" in r.data), None)
    if days < SHORTEST_REDIRECT and soon and written:
        yield REDIRECT.violation(
            written.at("lifecycle", "redirect_days"),
            Message(
                "mail to merged or split units is refused after {days}, from {day} on: {number}",
                days=in_days(days),
                day=min(soon),
                number=len(soon),
            ),
            why=Message("senders have to learn the new address; guards count a sooner end"),
            fix=Message("write {days} at least", days=SHORTEST_REDIRECT),
            severity="warning",
        )
