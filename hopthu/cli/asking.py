"""What an apply shows before it begins: the plan, what is in no commit, the steps of each host."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from rich.console import Console

from hopthu.cli.progress import Progress
from hopthu.diagnostics.problem import printable
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.organisation import Organisation
from hopthu.plan.format_text import as_text
from hopthu.plan.plan import Plan
from hopthu.plan.summary import heading, summary

if TYPE_CHECKING:
    from hopthu.apply.run import Confirm, Report  # importing it patches the standard library

_FILES = 10
"""Of files that are not committed so many are named."""


def show_plan(plan: Plan, organisation: Organisation, language: str) -> None:
    """Show the plan as `hopthu plan` does."""
    click.echo(as_text(plan, organisation, language), nl=False)


def show_summary(plan: Plan, language: str) -> None:
    """Show how many changes of each kind the plan has."""
    click.echo(translate(heading(plan), language))
    for what, number in summary(plan.changes):
        click.echo(f"  {translate(what, language)}: {number}")


def show_uncommitted(files: Sequence[str], language: str) -> None:
    """Name the files that hosts would get and no commit holds."""
    if files:
        more = Message(" and {number} more", number=len(files) - _FILES)
        listed = ", ".join(map(printable, files[:_FILES]))
        rest = translate(more, language) if len(files) > _FILES else ""
        click.secho(
            translate(Message("Not committed: {files}", files=listed + rest), language), fg="yellow"
        )


def show_without_password(number: int, language: str) -> None:
    """Say how many people may sign in and cannot, if any: nobody reads their mail."""
    if number:
        text = Message("People who cannot sign in, having no password yet: {number}", number=number)
        click.secho(translate(text, language), fg="yellow")


def asking(progress: Progress, language: str) -> Confirm:
    """Return what shows the hosts with their steps and asks; nothing to do is nothing to ask."""

    def agreed(report: Report) -> bool:
        progress.pause()
        steps = {host: names for host, names in report.changes.items() if names}
        for host, names in steps.items():
            text = Message("{host}: {number} step(s)", host=host, number=len(names))
            click.echo(f"  {translate(text, language)}")
        return not steps or click.confirm(translate(Message("Apply these changes?"), language))

    return agreed


def list_steps(console: Console, report: Report, progress: Progress) -> None:
    """List the steps that would change something, host by host."""
    progress.pause()
    for host, changes in report.changes.items():
        for change in changes:
            console.print(f"  {host}: {change}", markup=False)
    sum_up(console, report, "would change")


def sum_up(console: Console, report: Report, verb: str) -> None:
    """Say how many of all steps did something."""
    total = sum(map(len, report.changes.values()))
    console.print(f"{total} of {report.operations} steps {verb} something.")
