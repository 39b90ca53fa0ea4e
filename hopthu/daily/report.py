"""The report of a daily run: what was done or not, and what is ahead in seven days and in one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from hopthu.daily.dated import Dated, dated
from hopthu.diagnostics.problem import printable
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.lifecycle import later
from hopthu.model.phrases import describe_day
from hopthu.plan.findings import findings
from hopthu.plan.format_text import text_lines
from hopthu.plan.summary import change_lines
from hopthu.plan.upcoming import due_until
from hopthu.validate import Loaded

NOTICE_DAYS = (7, 1)
"""How many days before their day changes are announced."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found and did: the `outcome`, the changes due until now, and those announced.

    `output` is what the apply printed, if it failed.
    """

    outcome: Message
    loaded: Loaded
    now: Dated
    ahead: tuple[Dated, ...] = ()
    output: str = ""

    @property
    def has_news(self) -> bool:
        """Return whether anything was due or is announced."""
        return bool(self.now.days or self.ahead)


def announced(loaded: Loaded, on: date, seen: date) -> tuple[Dated, ...]:
    """Return the days after `on` that are announced today, each with what guards will say.

    A day is announced seven days before it and again one day before it, or in the first run after
    that; `seen` is the day of the last run that reported.
    """
    last = later(on, max(NOTICE_DAYS))
    coming = due_until(loaded.organisation, loaded.policy, on, last)
    return tuple(
        dated(loaded.organisation, loaded.policy, day.on - timedelta(days=1), day.on)
        for day in coming
        if any(later(seen, notice) < day.on <= later(on, notice) for notice in NOTICE_DAYS)
    )


def as_text(report: Report, language: str) -> str:
    """Return the report; signs have colour codes."""
    return "".join(f"{line}\n" for line in _lines(report, language))


def _lines(report: Report, language: str) -> Iterator[str]:
    yield translate(report.outcome, language)
    yield from (f"    {printable(line)}" for line in report.output.splitlines())
    for day in report.now.days:
        yield translate(Message("Due on {day}:", day=describe_day(day.on)), language)
        yield from text_lines(change_lines(day.changes, report.loaded.organisation), language)
    yield from _guards(report, report.now, language)
    for ahead in report.ahead:
        text = Message("Due on {day} without further edits:", day=describe_day(ahead.on))
        yield translate(text, language)
        for each in ahead.days:
            yield from text_lines(change_lines(each.changes, report.loaded.organisation), language)
        yield from _guards(report, ahead, language)


def _guards(report: Report, found: Dated, language: str) -> Iterator[str]:
    """Yield which guards refuse the changes."""
    for _, text in findings(found.refused, report.loaded.organisation):
        reason = translate(text, language)
        yield f"{translate(Message('refused'), language)}: {printable(reason)}"
