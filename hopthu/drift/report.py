"""Format drift as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

import click

from hopthu.diagnostics.problem import printable
from hopthu.drift.collector import Report
from hopthu.drift.model import Drift
from hopthu.drift.state_file import Key
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message

_MAX_ALIKE = 20
"""Items of one kind listed for a host."""


def as_text(
    report: Report, shown: Sequence[Drift], over: Sequence[Key], since: bool, language: str
) -> str:
    """Return the drift `shown` by host, then what is `over`; empty if nothing is new `since`.

    Signs contain colour codes; `click.echo` removes them if the output is not a terminal.
    """
    if since and not (shown or over or report.failed):
        return ""
    lines = [*_hosts(report, shown, language)]
    if over:
        lines.append(translate(Message("Resolved:"), language))
        lines += [f"  {host}: {kind} {printable(item)}" for host, kind, item, _ in over]
    lines.append(translate(_sum(report, shown, since), language))
    return "".join(f"{line}\n" for line in lines)


def _hosts(report: Report, shown: Sequence[Drift], language: str) -> Iterator[str]:
    for host, drifts in groupby(shown, key=lambda drift: drift.host):
        yield host
        for _, alike in groupby(drifts, key=lambda drift: (drift.kind, drift.note)):
            every = list(alike)
            for drift in every[:_MAX_ALIKE]:
                sign = click.style("i", fg="yellow") if drift.note else click.style("!", fg="red")
                yield f"  {sign} {printable(translate(drift.summary, language))} [{drift.kind}]"
            if len(every) > _MAX_ALIKE:
                more = Message("… and {number} more", number=len(every) - _MAX_ALIKE)
                yield f"    {translate(more, language)} [{every[0].kind}]"
    for host, why in sorted(report.failed.items()):
        failed = Message("{host} was not checked: {why}", host=host, why=why)
        yield click.style(printable(translate(failed, language)), fg="red")


def _sum(report: Report, shown: Sequence[Drift], since: bool) -> Message:
    hosts, notes = len(report.checked), sum(drift.note for drift in shown)
    number = len(shown) - notes
    if since:
        return Message("Hosts checked: {hosts}; new differences: {number}, new notes: {notes}.",
                    hosts=hosts, number=number, notes=notes)  # fmt: skip
    if shown:
        return Message("Hosts checked: {hosts}; differences: {number}, notes: {notes}.",
                    hosts=hosts, number=number, notes=notes)  # fmt: skip
    if hosts == 1:
        return Message("No drift: 1 host matches what was last applied.")
    return Message("No drift: {hosts} hosts match what was last applied.", hosts=hosts)


def as_json(report: Report, shown: Sequence[Drift], over: Sequence[Key], language: str) -> str:
    """Return the drift `shown` as JSON; the keys are a contract (docs/drift.md)."""
    content = {
        "hosts": list(report.checked),
        "drift": [drift.as_dict(language) for drift in shown],
        "over": [{"host": host, "kind": kind, "item": item} for host, kind, item, _ in over],
        "failed": [
            {"host": host, "why": translate(why, language)}
            for host, why in sorted(report.failed.items())
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
