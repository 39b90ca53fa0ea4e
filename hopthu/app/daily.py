"""Do what dates in the deployed data bring about, or report that it is not done."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

from hopthu.app import apply, archive
from hopthu.app.workspace import Workspace
from hopthu.daily.applier import CALLERS, applies
from hopthu.daily.deployed import Deployed, deployed, due_now, read_deployed
from hopthu.daily.report import Report, announced
from hopthu.daily.worktree import other_code, worktree
from hopthu.errors import Drifted, HopthuError, HostFailed, Refused
from hopthu.events.event import Emit, Event
from hopthu.events.outcome import Outcome
from hopthu.git.repository import Repository
from hopthu.history.host_records import read_records
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.plan.phrases import describe_day
from hopthu.plan.review import stop
from hopthu.plan.upcoming import Dated
from hopthu.ssh import Ssh
from hopthu.tool.signals import ended_by_signals
from hopthu.validate import Loaded

_NOT_ARCHIVED = Message("Due in the archive and not done:")


def daily(
    workspace: Workspace, found: Inventory, caller: str | None, seen: date, emit: Emit
) -> tuple[Report, int]:
    """Do what is due if `caller` is who applies; return the report and the exit code.

    `seen` is the day of the last report. Raises `Refused` if it is not known what hosts have, or if
    a guard stops it, and `HostFailed` if a host does not answer.
    """
    on = workspace.on
    with Ssh() as ssh:
        have = deployed(read_records(ssh, found))
    loaded = read_deployed(workspace.repository, have, on)
    who = CALLERS[caller] if caller and applies(loaded.policy, caller) else ""
    who = who.format(host=socket.gethostname())
    report, code = _dated(workspace, found, have, loaded, who, emit)
    report = replace(report, ahead=announced(loaded, on, seen))
    if code not in (0, Drifted.exit_code) or not found.centre.keepers:
        return report, code
    said, failed = _archived(workspace, found, who)
    return replace(report, archive=said), failed or code


def _archived(workspace: Workspace, found: Inventory, who: str) -> tuple[tuple[Message, ...], int]:
    """Bring to the archive what is due, or say that it is not done; return it and the exit code.

    A failure is said, and is no reason to keep back what else the report has.
    """
    environment = {**workspace.environment, "HOPTHU_WHO": who}
    try:
        with Ssh() as ssh:
            work = archive.work(replace(workspace, environment=environment), found, ssh)
            if not work.tasks:
                return (), 0
            if not who:
                return (_NOT_ARCHIVED, *work.said()), Drifted.exit_code
            done = work.carry_out()
    except HopthuError as error:
        return (Message("The archive: {reason}", reason=error.what),), error.exit_code
    return (*done.done, *done.left), HostFailed.exit_code if done.left else 0


def _dated(
    workspace: Workspace, found: Inventory, have: Deployed, loaded: Loaded, who: str, emit: Emit
) -> tuple[Report, int]:
    """Apply what dates bring about if `who` is somebody; return the report and the exit code."""
    on = workspace.on
    now, by = due_now(loaded, have, on), loaded.policy.daily.by
    day = describe_day(on)
    if not now.days:
        return Report(Message("Nothing is due on {day}.", day=day), loaded, now), 0
    number = sum(len(each.changes) for each in now.days)
    if not who:
        outcome = Message(
            "Due on {day} and not done: {number}. Applied by: {by}.", day=day, number=number, by=by
        )
        return Report(outcome, loaded, now), Drifted.exit_code
    stop(now.guards, loaded.organisation, on)
    code, output = _apply(workspace, found, have, now, who, emit)
    if code == 0:
        outcome = Message("Applied on {day}: {number} change(s).", day=day, number=number)
        return Report(outcome, loaded, now), 0
    outcome = Message("Not applied on {day}: exit code {code}.", day=day, code=code)
    return Report(outcome, loaded, now, output=output), code


def _apply(
    workspace: Workspace, found: Inventory, have: Deployed, now: Dated, who: str, emit: Emit
) -> tuple[int, str]:
    """Apply the deployed commit on the day; return the exit code, and what is said of a failure."""
    root = workspace.root
    with ended_by_signals(), worktree(workspace.repository, have.commit) as folder:
        inventory = _inside(found.path, root, folder)
        there = replace(
            workspace,
            repository=Repository(folder),
            on=now.on,
            environment={**workspace.environment, "HOPTHU_WHO": who},
        )
        other = other_code(root, folder, have, there.environment)
        if other is None:
            return apply_here(there, inventory, emit)
        words = ["apply", str(inventory), "--root", str(folder), "--on", now.on.isoformat()]
        words += ["--yes", "--lang", workspace.language]
        known = {**found.environment, **other}
        return apply_there([sys.executable, "-P", "-m", "hopthu", *words], folder, known)


def apply_here(workspace: Workspace, inventory: Path, emit: Emit) -> tuple[int, str]:
    """Apply a worktree whose code is the one that runs; return as `apply_there` does."""
    outcome = Outcome()

    def noted(event: Event) -> None:
        outcome.add(event)
        emit(event)

    try:
        prepared = apply.prepare(workspace, str(inventory))
        with Ssh() as ssh, apply.engine(prepared, ssh, noted) as engine:
            authorised = apply.ask_leave(workspace, prepared, ssh)
            apply.carry_out(authorised, engine, ssh, noted)
            apply.follow_up(authorised, ssh)
    except HopthuError as error:
        done = f"{translate(outcome.sentence(), workspace.language)}\n" if outcome.begun else ""
        return error.exit_code, f"{done}{error.text(workspace.language)}\n"
    return 0, ""


def apply_there(argv: list[str], folder: Path, known: Mapping[str, str]) -> tuple[int, str]:
    """Run `hopthu apply` with other code; return its exit code and output.

    If this program is to end, the apply returns the host first.
    """
    process = subprocess.Popen(
        argv, cwd=folder, env=known, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        output, _ = process.communicate()
    except KeyboardInterrupt:
        process.terminate()
        process.communicate()
        raise
    return process.returncode, output


def _inside(inventory: Path, root: Path, folder: Path) -> Path:
    """Return the inventory in the worktree `folder`; raise `Refused` if it is not committed."""
    with suppress(ValueError):
        there = folder / inventory.resolve().relative_to(root.resolve())
        if there.is_file():
            return there
    raise Refused(
        Message("{path} is not in the deployed commit", path=inventory),
        fix=Message("commit the inventory and its encrypted secrets, then apply once"),
    )
