"""`hopthu lab`: the throwaway data centre."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console

from hopthu.app.workspace import Workspace
from hopthu.cli.command import argument, command, flag, option
from hopthu.cli.display import stream
from hopthu.cli.options import FORMAT, LANG, PROGRESS, WORKSPACE, group
from hopthu.cli.output import say
from hopthu.i18n.message import Message
from hopthu.lab import guide, remote, state
from hopthu.lab import status as report
from hopthu.lab.down import down as take_down
from hopthu.lab.prepare import boot
from hopthu.lab.snapshot import save
from hopthu.tool.signals import ended_by_signals


@group()
def lab() -> None:
    """Run a throwaway data centre: real Debian hosts on this machine.

    Needs root on Linux. It uses no network but its own.
    """


@command(lab, short_help="Boot the empty hosts of a layout.", changes=True)
def up(
    layout: str = option(
        "LAYOUT", default="centre", show_default=True, help="The hosts to boot: lab/LAYOUT.yaml."
    ),
    bare: bool = flag(help="Boot plain Debian hosts, on which deploys install everything."),
    snapshot: Path | None = option(
        "--from DIR",
        type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
        help="Go on from the lab that `down --keep DIR` kept: its layout, disks and keys.",
    ),
    progress: str = PROGRESS,
    workspace: Workspace = WORKSPACE,
) -> None:
    """Boot the hosts of a layout, wait until they answer, and create keys and passwords.

    The hosts are still empty: `hopthu apply lab` installs the service. The first passwords of some
    people are printed, only this once.
    """
    with ended_by_signals(signal.SIGHUP), stream(progress, workspace.language) as events:
        made, loaded = boot(
            workspace.root, workspace.on, layout, bare=bare, snapshot=snapshot, emit=events
        )
    if made:
        click.echo(guide.passwords(made, loaded, workspace.language))


@command(lab, short_help="Stop all hosts and delete them.", changes=True)
def down(
    keep: Path | None = option(
        "DIR",
        type=click.Path(path_type=Path, resolve_path=True),
        help="Shut the hosts down first and keep their disks and keys in the new folder DIR.",
    ),
    language: str = LANG,  # noqa: ARG001  (what is said is in it)
) -> None:
    """Stop all hosts and delete them; their images are kept for the next time.

    What DIR keeps is as secret as the lab. `hopthu lab up --from DIR` goes on from it, as often as
    wanted: the folder is not written to.
    """
    known = state.required() if keep else state.recorded(state.directory())
    if known is None:
        say(Message("No lab is running."))
        return
    if keep:
        save(known, keep)
    take_down(known)
    say(Message("The lab has been removed."))


@command(lab)
def status(
    form: str = FORMAT,
    next_steps: bool = flag(help="Print how to sign in and what to try."),
    language: str = LANG,
) -> None:
    """Show the hosts and their state."""
    current = state.required()
    if next_steps:
        click.echo(guide.next_steps(current, language))
    elif form == "json":
        click.echo(report.as_json(current))
    else:
        report.show(current, Console(), language)


@command(
    lab,
    short_help="Open a root shell on a host, or run a command there.",
    context_settings={"ignore_unknown_options": True},
)
def ssh(
    host: str = argument(),
    command: tuple[str, ...] = argument(nargs=-1, type=click.UNPROCESSED),
) -> NoReturn:
    """Open a root shell on HOST, or run COMMAND there and exit with its exit code."""
    current = state.required()
    argv = remote.command(current, current.host(host), command)
    sys.stdout.flush()
    os.execvp(argv[0], argv)  # noqa: S606  (the command takes this process's place)
