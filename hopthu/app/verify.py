"""Prove that servers do, and refuse, what they must."""

from __future__ import annotations

from collections.abc import Sequence

from hopthu.app.deployment import inventory_of
from hopthu.app.workspace import Workspace
from hopthu.daemons.site import load_site
from hopthu.diagnostics.regulation import Regulation
from hopthu.events.event import Emit, PhaseStarted, ProbesDone
from hopthu.i18n.message import Message
from hopthu.verify.probe import Result
from hopthu.verify.probing import choose, required, run
from hopthu.verify.schedule import Progress


def verify(
    workspace: Workspace, inventory: str, only: Sequence[str], require: Sequence[str], emit: Emit
) -> tuple[Sequence[Result], Regulation]:
    """Return the results of the probes `only`, else of all, and the regulation they cite.

    One of those that `require` names fails if it is skipped. Raises `UsageError` for an unknown id.
    """
    required(require, choose(only))
    found = inventory_of(workspace, inventory)
    site = load_site(workspace.root, workspace.on, found)
    emit(PhaseStarted(Message("checking hosts")))

    def show(now: Progress) -> None:
        emit(ProbesDone(len(now.done), now.total, tuple(sorted(now.running))))

    results = run(site, found, only=only, require=require, progress=show)
    return results, site.policy.regulation
