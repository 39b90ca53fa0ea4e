"""`hopthu drift`."""

from __future__ import annotations

from pathlib import Path

import click

from hopthu.app import drift as drifts
from hopthu.app.deployment import inventory_of
from hopthu.app.workspace import Workspace
from hopthu.cli.command import command, option
from hopthu.cli.display import stream
from hopthu.cli.options import FILE, FORMAT, INVENTORY, LIMIT, PROGRESS, WORKSPACE
from hopthu.cli.output import in_words, put
from hopthu.drift.mail import send
from hopthu.drift.report import as_json, as_text
from hopthu.drift.state_file import ReportedDrift
from hopthu.errors import Drifted, HostFailed
from hopthu.i18n.message import Message


@command()
def drift(
    inventory: str = INVENTORY,
    limit: tuple[str, ...] = LIMIT,
    form: str = FORMAT,
    state: Path | None = option(
        type=FILE,
        help="Report only what is new since the last run with this file, then update the file.",
    ),
    mail: str | None = option(
        "ADDRESS",
        help="Mail the report there instead of printing it; `operator` stands for the operator's "
        "mailbox.",
    ),
    progress: str = PROGRESS,
    workspace: Workspace = WORKSPACE,
) -> int:
    """Report how the servers of INVENTORY differ from what was last applied.

    It finds edited files, directory entries changed by hand, stopped services, held packages,
    unknown accounts, keys and listeners, and changes that are due and not done. It changes nothing.
    Exit 0 if there is no drift, 5 if there is (with --state: new drift), 4 if a host could not be
    checked; the others are still reported.
    """
    language = workspace.language
    found = inventory_of(workspace, inventory)
    with stream(progress, language) as events:
        report = drifts.drift(workspace, found, limit, events)
    known = ReportedDrift.read(state) if state else ReportedDrift()
    new, over = known.new(report.drifts), known.over(report)
    if form == "json":
        text = as_json(report, new, over, language)
    else:
        text = as_text(report, new, over, state is not None, language)
    if not mail:
        put(text)
    elif new or over or report.failed:
        subject = Message("{number} difference(s) from what was applied in {centre}",
                          number=len(new), centre=found.centre.name)  # fmt: skip
        send(click.unstyle(text), in_words(subject), mail, found, workspace.root)
    if state:
        known.write(state, report, found.centre)
    if report.failed:
        return HostFailed.exit_code
    return Drifted.exit_code if any(not drift.note for drift in new) else 0
