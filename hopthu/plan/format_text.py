"""Format a plan for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from hopthu.diagnostics.problem import printable
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.organisation import Organisation
from hopthu.plan.diff import Change
from hopthu.plan.findings import allowance, findings, refused_by, verdict
from hopthu.plan.folding import later_lines
from hopthu.plan.host_changes import Servers
from hopthu.plan.phrases import describe_day
from hopthu.plan.plan import Plan
from hopthu.plan.summary import (
    compared_with,
    due_anyway,
    groups,
    heading,
    line_of,
    on_host,
    strangers,
)

_SIGNS = {
    "create": ("+", "green"), "add": ("+", "green"), "grant": ("+", "green"),
    "begin": ("+", "green"),
    "erase": ("-", "red"), "remove": ("-", "red"), "revoke": ("-", "red"), "close": ("-", "red"),
    "end": ("-", "red"),
}  # fmt: skip


def as_text(
    plan: Plan, organisation: Organisation, language: str = "en", *, details: bool = False
) -> str:
    """Return the changes by document and unit, what is due later, and the guards' results.

    Changes alike are folded unless `details` are wanted. Signs have colour codes; `click.echo`
    removes them if the output is not a terminal.
    """
    lines = [
        *_changes(plan, organisation, language, details=details),
        *_results(plan, organisation, language),
    ]
    return "".join(f"{line}\n" for line in lines)


def _changes(
    plan: Plan, organisation: Organisation, language: str, *, details: bool
) -> Iterator[str]:
    """Yield the lines of all parts of a plan."""
    if plan.code:
        yield translate(Message("Other files:"), language)
        yield from (_line(change, language) for change in plan.code)
    yield from change_lines(plan.changes, organisation, language, details=details)
    if plan.later:
        yield translate(Message("Later, because of this edit:"), language)
        lines = later_lines(plan.later, details=details)
        yield from change_lines(lines, organisation, language, later=True, details=details)
    if plan.record:
        yield translate(Message("In the records only:"), language)
        yield from change_lines(plan.record, organisation, language, details=details)
    for day in due_anyway(plan):
        yield translate(
            Message("Due on {day} without further edits:", day=describe_day(day.on)), language
        )
        yield from change_lines(day.changes, organisation, language, details=details)


def _results(plan: Plan, organisation: Organisation, language: str) -> Iterator[str]:
    """Yield the lines about hosts and guards, and what the plan comes to."""
    if plan.servers:
        yield from _servers(plan.servers, language)
    for refusal in plan.servers.refusals if plan.servers else ():
        reason = printable(translate(refusal, language))
        yield click.style(f"{translate(Message('refused'), language)}: {reason}", fg="red")
    yield from guard_lines(plan, organisation, language)
    yield translate(heading(plan), language)
    if plan.changes or plan.later or plan.record or plan.code or plan.servers:
        yield translate(compared_with(plan), language)
    if plan.refused:
        yield translate(refused_by(plan.guards), language)
        fix = allowance(plan.guards, plan.on)
        if fix is not None:
            yield f"  {translate(Message('fix'), language)}: {translate(fix, language)}"


def guard_lines(plan: Plan, organisation: Organisation, language: str) -> Iterator[str]:
    """Yield what the guards say."""
    for guard, sentence in findings(plan.guards, organisation):
        found = printable(translate(sentence, language))
        colour = "yellow" if guard.warns else None if guard.passed else "red"
        yield click.style(f"{translate(verdict(guard), language)}: {found}", fg=colour)


def _servers(servers: Servers, language: str) -> Iterator[str]:
    for host in servers.hosts:
        yield translate(Message("On host {name}:", name=host.host), language)
        for action, line in on_host(host):
            sign, colour = _SIGNS.get(action, ("~", "yellow") if action else (" ", None))
            yield f"    {click.style(sign, fg=colour)} {printable(translate(line, language))}"
    if servers.strangers:
        yield click.style(translate(strangers(servers), language), fg="yellow")
        yield from (f"    {printable(name)}" for name in servers.strangers)


def change_lines(
    changes: Sequence[Change],
    organisation: Organisation,
    language: str,
    *,
    later: bool = False,
    details: bool = False,
) -> Iterator[str]:
    """Yield the lines of changes by document and unit; options as for `summary.groups`."""
    documents: Sequence[str] | None = None
    for group in groups(changes, organisation, later=later, details=details):
        if group.documents != documents:
            documents = group.documents
            cited = ", ".join(translate(each, language) for each in documents)
            yield printable(cited or translate(Message("no supporting document"), language))
        if group.unit:
            yield f"  {printable(group.unit)}"
        for change in group.changes:
            yield _line(change, language)
        if group.more:
            yield "    " + translate(Message("… and {number} similar", number=group.more), language)


def _line(change: Change, language: str) -> str:
    sign, colour = _SIGNS.get(change.action, ("~", "yellow"))
    return f"    {click.style(sign, fg=colour)} {printable(line_of(change, language))}"
