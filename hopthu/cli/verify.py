"""`hopthu verify`."""

from __future__ import annotations

import click
from rich.console import Console

from hopthu.app import verify as proofs
from hopthu.app.workspace import Workspace
from hopthu.cli.command import argument, command, flag, option
from hopthu.cli.display import stream
from hopthu.cli.options import FORMAT, PROGRESS, WORKSPACE
from hopthu.cli.output import put
from hopthu.errors import HostFailed
from hopthu.tool.signals import ended_by_signals
from hopthu.validate import regulation_of
from hopthu.verify import report
from hopthu.verify.catalogue import PROBES


@command()
def verify(
    inventory: str | None = argument(required=False),
    form: str = FORMAT,
    only: tuple[str, ...] = option("--probe ID...", help="Only this probe; may be repeated."),
    require: tuple[str, ...] = option(
        "ID...", help="Fail if this probe is skipped; may be repeated; `all` for every probe."
    ),
    listing: bool = flag("--list", help="List the probes without running any."),
    progress: str = PROGRESS,
    workspace: Workspace = WORKSPACE,
) -> int:
    """Prove with real mail that the servers of INVENTORY do, and refuse, what they must.

    Exit 0 if every probe that ran has passed, 4 if one failed or one of --require was skipped.
    Probes sign in to accounts of the operator's own (policy.probe), with passwords that are set for
    this run and taken away after it. Probes that stop a service run in a lab only; a probe that
    cannot run here counts as skipped, with the reason.
    """
    if listing:
        put(report.listing(PROBES, workspace.language, regulation_of(workspace.root)))
        return 0
    if inventory is None:
        raise click.MissingParameter(param_type="argument", param_hint="INVENTORY")
    with ended_by_signals(), stream(progress, workspace.language) as events:
        results, regulation = proofs.verify(workspace, inventory, only, require, events)
    if form == "json":
        put(report.as_json(results, workspace.language, regulation=regulation))
    else:
        report.show(results, Console(highlight=False), workspace.language, regulation=regulation)
    return HostFailed.exit_code if any(result.failed for result in results) else 0
