"""A plan for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from hopthu.diagnostics.problem import printable
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.organisation import Organisation
from hopthu.plan.diff import Change
from hopthu.plan.host_changes import Servers
from hopthu.plan.phrases import describe_day
from hopthu.plan.plan import Plan
from hopthu.plan.summary import against, finding, groups, heading, on_host, strangers

_SIGNS = {
    "create": ("+", "green"), "add": ("+", "green"), "grant": ("+", "green"),
    "erase": ("-", "red"), "remove": ("-", "red"), "revoke": ("-", "red"), "close": ("-", "red"),
}  # fmt: skip


def as_text(plan: Plan, organisation: Organisation, language: str = "en") -> str:
    """Return the plan by document and unit, then what is due, then what guards found.

    Signs carry colour codes; whoever prints to no terminal takes them off (`click.echo` does).
    """
    return "".join(f"{line}\n" for line in _lines(plan, organisation, language))


def _lines(plan: Plan, organisation: Organisation, language: str) -> Iterator[str]:
    yield from _changes(plan.changes, organisation, language)
    for day in plan.due:
        yield translate(
            Message("Due on {day}, without any edit:", day=describe_day(day.on)), language
        )
        yield from _changes(day.changes, organisation, language)
    if plan.servers:
        yield from _servers(plan.servers, language)
    for refusal in plan.servers.refusals if plan.servers else ():
        told = printable(translate(refusal, language))
        yield click.style(f"{translate(Message('refused'), language)}: {told}", fg="red")
    for guard in plan.guards:
        if guard.actual > guard.limit:
            told = printable(translate(finding(guard, organisation), language))
            verdict = translate(
                Message("allowed") if guard.passed else Message("refused"), language
            )
            yield click.style(f"{verdict}: {told} [{guard.id}]", fg=None if guard.passed else "red")
    yield translate(heading(plan), language)
    if plan.changes or plan.servers:
        yield translate(against(plan), language)
    if plan.refused:
        yield translate(
            Message("Refused by {number} guard(s).", number=len(plan.refused)), language
        )


def _servers(servers: Servers, language: str) -> Iterator[str]:
    for host in servers.hosts:
        yield translate(Message("On host {name}:", name=host.host), language)
        for action, told in on_host(host):
            sign, colour = _SIGNS.get(action, ("~", "yellow") if action else (" ", None))
            yield f"    {click.style(sign, fg=colour)} {printable(translate(told, language))}"
    if servers.strangers:
        yield click.style(translate(strangers(servers), language), fg="yellow")
        yield from (f"    {printable(name)}" for name in servers.strangers)


def _changes(changes: Sequence[Change], organisation: Organisation, language: str) -> Iterator[str]:
    documents: Sequence[str] | None = None
    for group in groups(changes, organisation):
        if group.documents != documents:
            documents = group.documents
            cited = ", ".join(translate(each, language) for each in documents)
            yield printable(cited or translate(Message("without a document"), language))
        if group.unit:
            yield f"  {printable(group.unit)}"
        for change in group.changes:
            sign, colour = _SIGNS.get(change.action, ("~", "yellow"))
            told = printable(f"{translate(change.summary, language)} [{change.kind} {change.id}]")
            yield f"    {click.style(sign, fg=colour)} {told}"
        if group.more:
            yield "    " + translate(
                Message("… and {number} more like these", number=group.more), language
            )
