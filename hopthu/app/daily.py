"""Do what dates in the deployed data bring about, or report that it is not done."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import click

from hopthu.app import apply, archive
from hopthu.app.workspace import Workspace
from hopthu.daily.applier import CALLERS, applies
from hopthu.daily.dated import Dated
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
from hopthu.model.phrases import describe_day
from hopthu.plan.review import stop
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
    have, loaded = _deployed(workspace, found)
    report, code = _dated(workspace, found, have, loaded, _who(loaded, caller), emit)
    return replace(report, ahead=announced(loaded, workspace.on, seen)), code


def archived(
    workspace: Workspace, found: Inventory, caller: str | None
) -> tuple[tuple[str, ...], int]:
    """Bring to the archive what is due if `caller` is who applies; return what is said, and a code.

    Else it says that it is not done. Whoever does it then has some of what is there read. It may
    take hours, so it comes once what else there is has been reported. A failure is said.
    """
    if not found.centre.keepers:
        return (), 0
    return _said(lambda: _archived(workspace, found, caller))


def _archived(
    workspace: Workspace, found: Inventory, caller: str | None
) -> tuple[tuple[str, ...], int]:
    have, loaded = _deployed(workspace, found)
    who = _who(loaded, caller)
    said, code = _said(lambda: _filled(workspace, found, have, who))
    if not who:
        return said, code
    damaged, wrong = _said(lambda: _drilled(workspace, found, who))
    return (*said, *damaged), code or wrong


def _deployed(workspace: Workspace, found: Inventory) -> tuple[Deployed, Loaded]:
    """Return what hosts have on record, and its data on the day."""
    with Ssh() as ssh:
        have = deployed(read_records(ssh, found))
    return have, read_deployed(workspace.repository, have, workspace.on)


def _who(loaded: Loaded, caller: str | None) -> str:
    """Return who applies, as it is put on record, if that is the caller; else nothing."""
    who = CALLERS[caller] if caller and applies(loaded.policy, caller) else ""
    return who.format(host=socket.gethostname())


def _said(do: Callable[[], tuple[tuple[str, ...], int]]) -> tuple[tuple[str, ...], int]:
    """Return what is said of something in the archive, that it failed too, and the exit code."""
    try:
        return do()
    except HopthuError as error:
        return (Message("The archive: {reason}", reason=error.what),), error.exit_code


def _drilled(workspace: Workspace, found: Inventory, who: str) -> tuple[tuple[str, ...], int]:
    known = {**workspace.environment, "HOPTHU_WHO": who}
    with Ssh() as ssh:
        wrong = archive.drill(replace(workspace, environment=known), found, ssh)
    return (*wrong,), HostFailed.exit_code if wrong else 0


def _filled(
    workspace: Workspace, found: Inventory, have: Deployed, who: str
) -> tuple[tuple[str, ...], int]:
    with Ssh() as ssh:
        work = archive.work(workspace, found, ssh)
    if not work.tasks:
        return (), 0
    if not who:
        return (_NOT_ARCHIVED, *work.said()), Drifted.exit_code
    with _as_deployed(workspace, found, have, workspace.on, who) as deployed:
        if deployed.other is None:
            return archive_here(deployed.workspace, deployed.inventory)
        code, output = run_there(deployed, "archive", "run")
        return (*output.splitlines(),), code


def archive_here(workspace: Workspace, inventory: Path) -> tuple[tuple[str, ...], int]:
    """Bring to the archive what is due by a worktree whose code is the one that runs."""
    with Ssh() as ssh:
        done = archive.prepare(workspace, str(inventory), ssh).carry_out()
    return (*done.sentences,), done.exit_code


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


@dataclass(frozen=True, slots=True)
class _AsDeployed:
    """A worktree of the deployed commit, its inventory, and the environment for its code.

    `other` is None if its code is the one that runs.
    """

    workspace: Workspace
    inventory: Path
    other: Mapping[str, str] | None


@contextmanager
def _as_deployed(
    workspace: Workspace, found: Inventory, have: Deployed, on: date, who: str
) -> Iterator[_AsDeployed]:
    """Check the deployed commit out for a `with` block: what is done on hosts is done by it."""
    root = workspace.root
    with ended_by_signals(), worktree(workspace.repository, have.commit) as folder:
        there = replace(
            workspace,
            repository=Repository(folder),
            on=on,
            environment={**workspace.environment, "HOPTHU_WHO": who},
        )
        inventory = _inside(found.path, root, folder)
        other = other_code(root, folder, have, there.environment)
        known = None if other is None else {**found.environment, **other}
        yield _AsDeployed(there, inventory, known)


def _apply(
    workspace: Workspace, found: Inventory, have: Deployed, now: Dated, who: str, emit: Emit
) -> tuple[int, str]:
    """Apply the deployed commit on the day; return the exit code, and what is said of a failure."""
    with _as_deployed(workspace, found, have, now.on, who) as deployed:
        if deployed.other is None:
            return apply_here(deployed.workspace, deployed.inventory, emit)
        return run_there(deployed, "apply")


def apply_here(workspace: Workspace, inventory: Path, emit: Emit) -> tuple[int, str]:
    """Apply a worktree whose code is the one that runs; return as `apply_there` does."""
    outcome = Outcome()

    def noted(event: Event) -> None:
        outcome.add(event)
        emit(event)

    try:
        prepared = apply.prepare(workspace, str(inventory))
        with (
            Ssh() as ssh,
            apply.read_servers(
                prepared := apply.reach(prepared, ssh, noted), ssh, noted
            ) as reading,
            apply.engine(prepared, noted) as engine,
        ):
            authorised = apply.ask_leave(workspace, prepared, reading)
            apply.carry_out(authorised, engine, ssh, noted)
            apply.follow_up(authorised, ssh)
    except HopthuError as error:
        done = f"{translate(outcome.sentence(), workspace.language)}\n" if outcome.begun else ""
        return error.exit_code, f"{done}{click.unstyle(error.text(workspace.language))}\n"
    return 0, ""


def run_there(deployed: _AsDeployed, *command: str) -> tuple[int, str]:
    """Run a command of hopthu with the deployed code; return its exit code and output."""
    there = deployed.workspace
    words = [*command, str(deployed.inventory), "--root", str(there.root)]
    words += ["--on", there.on.isoformat(), "--yes", "--lang", there.language]
    argv = [sys.executable, "-P", "-m", "hopthu", *words]
    return run_program(argv, there.root, deployed.other or {})


def run_program(argv: list[str], folder: Path, known: Mapping[str, str]) -> tuple[int, str]:
    """Run a program in a folder and an environment; return its exit code and output.

    If this one is to end, that one first returns the host that it changes.
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
