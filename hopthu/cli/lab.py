"""`hopthu lab`: the throwaway data centre."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click
from rich.console import Console

from hopthu.cli.options import common
from hopthu.lab import guide, remote, state
from hopthu.lab import status as report
from hopthu.lab.down import down as take_down
from hopthu.lab.prepare import prepare
from hopthu.lab.up import up as bring_up
from hopthu.validate import read


@click.group()
def lab() -> None:
    """Start, look into and end a throwaway data centre: real Debian hosts on this machine.

    Needs root on Linux. It uses no network but its own.
    """


@lab.command(short_help="Boot the hosts of a layout; they are empty then.")
@click.option("--layout", default="centre", show_default=True, help="Which hosts: lab/LAYOUT.yaml.")
@click.option("--bare", is_flag=True, help="Plain Debian hosts: deploys install everything.")
@common
def up(layout: str, bare: bool, root: Path, on: date) -> None:
    """Boot the hosts of a layout, wait until they answer, and make their keys and passwords.

    The lab is empty then: `hopthu apply lab` brings the data to it. The first passwords of some
    people are shown, this once.
    """
    loaded = read(root, on)  # bad data is told before anything boots
    domain = loaded.policy.domain
    before = state.current()
    with _stoppable():
        current = bring_up(layout, bare=bare, progress=click.echo, layouts=root, domain=domain)
        try:
            made = prepare(current, root, on)
        except BaseException:
            # All of a new lab, or nothing; one that was up before stays.
            if before is None:
                take_down(current)
            raise
    if made:
        click.echo(guide.passwords(made, loaded))


@lab.command(short_help="End all hosts and remove every trace of them.")
def down() -> None:
    """End all hosts and remove every trace; the images stay for the next time."""
    known = state.recorded(state.directory())
    if known is None:
        click.echo("No lab is up.")
        return
    take_down(known)
    click.echo("The lab is gone.")


@lab.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Text for people, json for tools.",
)
@click.option("--next-steps", is_flag=True, help="Say how to sign in and what to try.")
def status(form: str, next_steps: bool) -> None:
    """Show which hosts there are, and how they stand."""
    current = state.required()
    if next_steps:
        click.echo(guide.next_steps(current))
        return
    if form == "json":
        click.echo(report.as_json(current))
        return
    report.show(current, Console())


@lab.command(
    short_help="Open a root shell on a host, or run a command there.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("host")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def ssh(host: str, command: tuple[str, ...]) -> NoReturn:
    """Open a root shell on HOST, or run COMMAND there and exit as it does."""
    current = state.required()
    argv = remote.command(current, current.host(host), command)
    sys.stdout.flush()
    os.execvp(argv[0], argv)  # noqa: S606  (the command takes this process's place)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Make an end asked for politely (kill, a closed terminal) clear up as Ctrl-C does."""

    def stop(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
