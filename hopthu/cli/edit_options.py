"""Options that the edit commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from hopthu.app.workspace import Workspace
from hopthu.cli.edit_job import Job
from hopthu.cli.options import DATE, common
from hopthu.cli.questions import Given

Function = Callable[..., Any]


def edit(command: Function) -> Function:
    """Give a command a `Job`, and finish the edit that it drafts; give it `--yes`, `--dry-run`."""

    @functools.wraps(command)
    def run(*, workspace: Workspace, yes: bool, dry_run: bool, **given: Any) -> int:
        job = Job(workspace, yes=yes, dry_run=dry_run)
        command(job, **given)
        return job.finish()

    sure = click.option(
        "--yes", is_flag=True, help="Write without asking, unless `hopthu check` would find errors."
    )
    dry = click.option(
        "--dry-run", is_flag=True, help="Print the diff; write nothing. Exit 2 if there are errors."
    )
    return sure(dry(common(run)))


def document(role: str, *, help: str) -> Callable[[Function], Function]:  # noqa: A002
    """Give a command the options of a document, packed as `Given` under the name of its `role`.

    That is `--decision` for one in the data, and for a new one `--decision-number` and so on.
    """
    name = role.replace("-", "_")

    def decorate(command: Function) -> Function:
        @functools.wraps(command)
        def run(**given: Any) -> Any:
            keys = (name, *(f"{name}_{part}" for part in ("number", "issuer", "date", "id")))
            found = Given(f"--{role}", *(given.pop(key) for key in keys))
            return command(**given, **{name: found})

        options = (
            click.option(f"--{role}", metavar="ID", help=help),
            click.option(
                f"--{role}-number",
                metavar="NUMBER",
                help="Its number, such as 12/QĐ-UBND, if it is not in the data yet: it is added.",
            ),
            click.option(
                f"--{role}-issuer",
                metavar="UNIT",
                help="Who issued the new document: the id of a unit, or an authority outside.",
            ),
            click.option(
                f"--{role}-date", type=DATE, metavar="DATE", help="The day it was signed."
            ),
            click.option(
                f"--{role}-id",
                metavar="ID",
                help="The id of the new document.  [default: as the others are formed]",
            ),
        )
        for option in reversed(options):
            run = option(run)
        return run

    return decorate


def start(*, help: str) -> Callable[[Function], Function]:  # noqa: A002
    """Give a command `--from`, passed on as `start`."""
    return click.option("--from", "start", type=DATE, metavar="DATE", help=help)


def until(*, help: str) -> Callable[[Function], Function]:  # noqa: A002
    """Give a command `--until`."""
    return click.option("--until", type=DATE, metavar="DATE", help=help)


def title(*, help: str) -> Callable[[Function], Function]:  # noqa: A002
    """Give a command `--title`."""
    return click.option("--title", metavar="TITLE", help=help)
