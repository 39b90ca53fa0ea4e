"""Drift for people and for tools."""

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

_ALIKE = 20
"""Of one kind on one host so many are told one by one."""


def as_text(
    report: Report, told: Sequence[Drift], over: Sequence[Key], since: bool, language: str
) -> str:
    """Return `told` by host, then what is `over`; nothing at all when there is no news `since`.

    Signs carry colour codes; whoever prints to no terminal takes them off (`click.echo` does).
    """
    if since and not (told or over or report.failed):
        return ""
    lines = [*_hosts(report, told, language)]
    if over:
        lines.append(translate(Message("No longer so:"), language))
        lines += [f"  {host}: {kind} {printable(item)}" for host, kind, item, _ in over]
    lines.append(translate(_sum(report, told, since), language))
    return "".join(f"{line}\n" for line in lines)


def _hosts(report: Report, told: Sequence[Drift], language: str) -> Iterator[str]:
    for host, drifts in groupby(told, key=lambda drift: drift.host):
        yield host
        for _, alike in groupby(drifts, key=lambda drift: (drift.kind, drift.note)):
            every = list(alike)
            for drift in every[:_ALIKE]:
                sign = click.style("i", fg="yellow") if drift.note else click.style("!", fg="red")
                yield f"  {sign} {printable(translate(drift.summary, language))} [{drift.kind}]"
            if len(every) > _ALIKE:
                more = Message("… and {number} more", number=len(every) - _ALIKE)
                yield f"    {translate(more, language)} [{every[0].kind}]"
    for host, why in sorted(report.failed.items()):
        failed = Message("{host} was not looked at: {why}", host=host, why=why)
        yield click.style(printable(translate(failed, language)), fg="red")


def _sum(report: Report, told: Sequence[Drift], since: bool) -> Message:
    hosts, notes = len(report.looked_at), sum(drift.note for drift in told)
    number = len(told) - notes
    if since:
        return Message("{hosts} host(s) looked at: {number} new, {notes} new to note.",
                    hosts=hosts, number=number, notes=notes)  # fmt: skip
    if not told:
        return Message("{hosts} host(s) are as applied.", hosts=hosts)
    return Message("{hosts} host(s) looked at: {number} not as applied, {notes} to note.",
                hosts=hosts, number=number, notes=notes)  # fmt: skip


def as_json(report: Report, told: Sequence[Drift], over: Sequence[Key], language: str) -> str:
    """Return `told` as JSON; the keys are a contract (docs/drift.md)."""
    content = {
        "hosts": list(report.looked_at),
        "drift": [drift.as_dict(language) for drift in told],
        "over": [{"host": host, "kind": kind, "item": item} for host, kind, item, _ in over],
        "failed": [{"host": host, "why": why} for host, why in sorted(report.failed.items())],
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
