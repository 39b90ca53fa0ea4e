"""`hopthu drift`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import click

from hopthu.cli.options import common, lang
from hopthu.drift.applied import Applied
from hopthu.drift.collector import look
from hopthu.drift.compare import unexpected, unknown_kinds
from hopthu.drift.mail import send
from hopthu.drift.model import Drift
from hopthu.drift.report import as_json, as_text
from hopthu.drift.state_file import ReportedDrift
from hopthu.errors import Drifted, HostFailed, UsageError
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.inventory import loader as inventories
from hopthu.inventory.loader import Inventory
from hopthu.ssh import Ssh


@click.command()
@click.argument("inventory")
@click.option("--limit", multiple=True, metavar="HOST", help="Only this host; may be repeated.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Text for people, json for tools; its keys are a contract.",
)
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Report only what is new since the last run with this file, which is then brought up to "
    "date.",
)
@click.option("--mail", metavar="ADDRESS", help="Send the report there; print nothing.")
@lang
@common
def drift(
    inventory: str,
    root: Path,
    on: date,
    limit: tuple[str, ...],
    form: str,
    state: Path | None,
    mail: str | None,
    language: str,
) -> int:
    """Report how the servers of INVENTORY differ from what was last applied.

    Files edited, entries changed behind our back, services stopped, packages held, unknown
    accounts, keys, listeners. Changes nothing. Exit 0 where all is as applied, 5 where something is
    not (with --state: something new), 4 where a host could not be looked at; what the others say is
    reported all the same.
    """
    found = inventories.load(root, inventory)
    hosts = tuple(found.centre.host(name) for name in found.chosen(limit))
    expected = {host.name: _expected(host.name, found.data[host.name]) for host in hosts}
    with Ssh() as ssh:
        report = look(found, hosts, ssh, Applied(root, on, found.centre).entries)
    report = replace(report, drifts=unexpected(report.drifts, expected))
    known = ReportedDrift.read(state) if state else ReportedDrift()
    told, over = known.new(report.drifts), known.over(report)
    if form == "json":
        text = as_json(report, told, over, language)
    else:
        text = as_text(report, told, over, state is not None, language)
    if not mail:
        click.echo(text, nl=False)
    elif told or over or report.failed:
        send(click.unstyle(text), translate(_subject(found, told), language), mail)
    if state:
        known.write(state, report, found.centre)
    if report.failed:
        return HostFailed.exit_code
    return Drifted.exit_code if any(not drift.note for drift in told) else 0


def _expected(host: str, data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a host's data calls expected; raise `UsageError` where it can mean nothing."""
    expected = data.get("expected", [])
    if not isinstance(expected, list) or not all(isinstance(text, str) for text in expected):
        raise UsageError(f"host {host} of the inventory: `expected` is no list of texts")
    if wrong := unknown_kinds(expected):
        raise UsageError(
            f"host {host} of the inventory: nothing is ever called {wrong[0]!r}",
            fix="write a kind and a name as `hopthu drift` tells them; * stands for anything",
        )
    return tuple(expected)


def _subject(inventory: Inventory, told: Sequence[Drift]) -> Message:
    return Message("{number} thing(s) not as applied in {centre}",
                number=len(told), centre=inventory.centre.name)  # fmt: skip
