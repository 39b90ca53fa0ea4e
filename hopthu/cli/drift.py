"""`hopthu drift`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import click

from hopthu.cli.display.stream import stream
from hopthu.cli.options import common, format_option, progress
from hopthu.daily.drifts import due_drifts
from hopthu.diagnostics.problem import shown
from hopthu.drift.applied import Applied
from hopthu.drift.collector import collect
from hopthu.drift.compare import unexpected, unknown_kinds
from hopthu.drift.mail import send
from hopthu.drift.model import Drift
from hopthu.drift.report import as_json, as_text
from hopthu.drift.state_file import ReportedDrift
from hopthu.errors import Drifted, HostFailed, UsageError
from hopthu.events.event import PhaseStarted
from hopthu.history.host_records import read_records
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.inventory import loader as inventories
from hopthu.inventory.loader import Inventory
from hopthu.ssh import Ssh


@click.command()
@click.argument("inventory")
@click.option("--limit", multiple=True, metavar="HOST", help="Only this host; may be repeated.")
@format_option
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Report only what is new since the last run with this file, then update the file.",
)
@click.option(
    "--mail",
    metavar="ADDRESS",
    help="Mail the report there instead of printing it; `operator` stands for the operator's "
    "mailbox.",
)
@progress
@common
def drift(
    inventory: str,
    root: Path,
    on: date,
    limit: tuple[str, ...],
    form: str,
    state: Path | None,
    mail: str | None,
    progress: str,
    language: str,
) -> int:
    """Report how the servers of INVENTORY differ from what was last applied.

    It finds edited files, directory entries changed by hand, stopped services, held packages,
    unknown accounts, keys and listeners, and changes that are due and not done. It changes nothing.
    Exit 0 if there is no drift, 5 if there is (with --state: new drift), 4 if a host could not be
    checked; the others are still reported.
    """
    found = inventories.load(root, inventory)
    hosts = tuple(found.centre.host(name) for name in found.chosen(limit))
    expected = {host.name: _expected(host.name, found.data[host.name]) for host in hosts}
    with Ssh() as ssh, stream(progress, language) as events:
        events(PhaseStarted(Message("checking hosts")))
        report = collect(found, hosts, ssh, Applied(root, on, found.centre).entries)
        provider = found.centre.provider.name
        due: tuple[Drift, ...] = ()
        if provider in expected:
            due = tuple(due_drifts(root, read_records(ssh, found), provider, on))
    drifts = sorted([*report.drifts, *due])
    report = replace(report, drifts=unexpected(drifts, expected))
    known = ReportedDrift.read(state) if state else ReportedDrift()
    new, over = known.new(report.drifts), known.over(report)
    if form == "json":
        text = as_json(report, new, over, language)
    else:
        text = as_text(report, new, over, state is not None, language)
    if not mail:
        click.echo(text, nl=False)
    elif new or over or report.failed:
        send(click.unstyle(text), translate(_subject(found, new), language), mail, found, root)
    if state:
        known.write(state, report, found.centre)
    if report.failed:
        return HostFailed.exit_code
    return Drifted.exit_code if any(not drift.note for drift in new) else 0


def _expected(host: str, data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the drift that a host's data expects; raise `UsageError` if it is not valid."""
    expected = data.get("expected", [])
    if not isinstance(expected, list) or not all(isinstance(text, str) for text in expected):
        raise UsageError(
            Message("host {host} in the inventory: `expected` is not a list of strings", host=host)
        )
    if wrong := unknown_kinds(expected):
        raise UsageError(
            Message(
                "host {host} in the inventory: {kind} is not a kind of drift",
                host=host,
                kind=shown(wrong[0]),
            ),
            fix=Message(
                "write a kind and a name as `hopthu drift` prints them; * matches anything"
            ),
        )
    return tuple(expected)


def _subject(inventory: Inventory, new: Sequence[Drift]) -> Message:
    return Message(
        "{number} difference(s) from what was applied in {centre}",
        number=len(new),
        centre=inventory.centre.name,
    )
