"""What an apply shows before it begins: the plan, uncommitted files, the steps of each host."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import click

from hopthu.apply.run import Confirm, Report
from hopthu.cli.display.stream import Stream
from hopthu.cli.language import language_in
from hopthu.cli.output import agreed, in_words, say
from hopthu.diagnostics.problem import printable
from hopthu.i18n.message import Message
from hopthu.model.organisation import Organisation
from hopthu.plan.format_text import guard_lines
from hopthu.plan.plan import Plan
from hopthu.plan.summary import heading, summary

_FILES = 10
"""So many uncommitted files are named."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """The plan that is asked about, and how many warnings stand above the question."""

    plan: Plan
    organisation: Organisation
    warnings: int = 0


def show_summary(plan: Plan) -> None:
    """Show how many changes of each kind the plan has."""
    say(heading(plan))
    for what, number in summary(plan.changes):
        click.echo(f"  {in_words(what)}: {number}")


def show_uncommitted(files: Sequence[str]) -> None:
    """List the uncommitted files that hosts would get."""
    if files:
        more = Message(" and {number} more", number=len(files) - _FILES)
        listed = ", ".join(map(printable, files[:_FILES]))
        rest = in_words(more) if len(files) > _FILES else ""
        say(Message("Not committed: {files}", files=listed + rest), colour="yellow")


def show_without_password(number: int) -> None:
    """Warn of people who may sign in but have no password: nobody reads their mail."""
    if number:
        said = Message("People who cannot sign in for lack of a password: {number}", number=number)
        say(said, colour="yellow")


def asking(events: Stream, outlook: Outlook) -> Confirm:
    """Return a function that shows what hosts will do and asks; nothing to do, no question."""

    def confirmed(report: Report) -> bool:
        events.pause()
        moves = _moves(outlook.plan)
        for (source, target), number in sorted(moves.items()):
            text = Message("mailboxes that move from {source} to {target}: {number}",
                           source=source, target=target, number=number)  # fmt: skip
            click.echo(f"  {in_words(text)}")
        steps = {host: names for host, names in report.changes.items() if names}
        for host, names in steps.items():
            text = Message("{host}: {number} step(s)", host=host, number=len(names))
            click.echo(f"  {in_words(text)}")
        if not (steps or moves):
            return True
        _sum_up_plan(outlook)
        return agreed(Message("Apply these changes?"))

    return confirmed


def _sum_up_plan(outlook: Outlook) -> None:
    """Show what must be seen before the answer, whatever has scrolled away."""
    if outlook.warnings:
        say(Message("Warnings: {number}", number=outlook.warnings), colour="yellow")
    for line in guard_lines(outlook.plan, outlook.organisation, language_in()):
        click.echo(line)
    show_summary(outlook.plan)


def list_steps(report: Report) -> None:
    """List the steps that would change something, host by host."""
    for host, changes in report.changes.items():
        for change in changes:
            click.echo(f"  {host}: {in_words(change)}")
    say(Message("{number} of {total} steps would change something.", **_counts(report)))


def sum_up(report: Report) -> None:
    """Print how many of the steps changed something."""
    say(Message("{number} of {total} steps changed something.", **_counts(report)))


def _moves(plan: Plan) -> Counter[tuple[str, str]]:
    """Return how many mailboxes move from one store to another."""
    return Counter(
        (str(c.before), str(c.after))
        for c in plan.changes
        if (c.kind, c.action) == ("mailbox", "move")
    )


def _counts(report: Report) -> dict[str, int]:
    return {"number": sum(map(len, report.changes.values())), "total": report.operations}
