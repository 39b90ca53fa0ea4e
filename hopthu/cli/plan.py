"""`hopthu plan`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import click

from hopthu.cli.options import common, lang
from hopthu.diagnostics.problem import Problem
from hopthu.errors import DataError, Refused, UsageError
from hopthu.history import removals
from hopthu.plan.baseline import load_baseline
from hopthu.plan.file import as_saved
from hopthu.plan.format_markdown import as_markdown
from hopthu.plan.format_text import as_text
from hopthu.plan.plan import Plan, Snapshot, make
from hopthu.source.positions import no_garbage_collection
from hopthu.validate import Loaded, read


@click.command()
@click.option("--base", help="The git revision to compare with.  [default: HEAD]")
@click.option(
    "--live", metavar="INVENTORY", help="Compare with what these servers hold, in place of git."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="Text for people, markdown for a comment on a pull request, json for tools.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the plan here, for `hopthu apply --plan`.",
)
@lang
@common
def plan(
    root: Path,
    on: date,
    base: str | None,
    live: str | None,
    form: str,
    out: Path | None,
    language: str,
) -> int:
    """Show what the working copy changes against a git revision, in words of the domain.

    Needs no server, unless --live names some: then what they hold is read, and which of their files
    and services an apply would change is told too.

    Every change with the documents it rests on; then what dates in the data will change by
    themselves soon. Exit 3 when a guard stops the plan: it is shown all the same.
    """
    if base is not None and live:
        raise UsageError("--base and --live are two things to compare with", fix="give one of them")
    with no_garbage_collection():
        made: list[Plan] = []
        gone: list[Problem] = []

        def compare(loaded: Loaded) -> None:
            found, taken = _base(root, "HEAD" if base is None else base, loaded, on)
            gone[:] = taken
            made.append(found)

        loaded = read(root, on) if live else read(root, on, ahead=compare)
        after = Snapshot(loaded.organisation, loaded.policy, loaded.source)
        if live:
            against_servers, taken = _live(root, live, loaded, on)
            gone[:] = taken
            made.append(against_servers)
        elif not made:
            compare(loaded)
    if gone:
        raise DataError(sorted([*gone, *loaded.warnings]))
    (found,) = made
    if out:
        try:
            out.write_text(as_saved(found, after, root), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot write the plan: {error}") from error
    if form == "json":
        click.echo(found.as_json(language), nl=False)
    else:
        write = as_markdown if form == "markdown" else as_text
        click.echo(write(found, loaded.organisation, language), nl=False)
    refused = found.refused or (found.servers and found.servers.refusals)
    return Refused.exit_code if refused else 0


def _base(root: Path, revision: str, loaded: Loaded, on: date) -> tuple[Plan, Sequence[Problem]]:
    """Return the plan from a revision to the data, and what that takes away and must not."""
    before, commit = load_baseline(root, revision, loaded)
    after = Snapshot(loaded.organisation, loaded.policy, loaded.source)
    gone = removals.taken_away(before.source, loaded.source, on) if before.source else []
    return make(before, after, on, commit), gone


def _live(root: Path, inventory: str, loaded: Loaded, on: date) -> tuple[Plan, Sequence[Problem]]:
    """Return the plan from what servers hold, and what the data takes away of it and must not."""
    # Loads pyinfra, which takes as long as a small plan against git.
    from hopthu.apply.authorise import objections, taken_away  # noqa: PLC0415
    from hopthu.inventory import loader as inventories  # noqa: PLC0415
    from hopthu.servers.survey import plan_against_servers  # noqa: PLC0415
    from hopthu.ssh import Ssh  # noqa: PLC0415

    found = inventories.load(root, inventory)
    with Ssh() as ssh:
        there = plan_against_servers(root, found, ssh, loaded, on, files=True)
    plan, refusals = there.plan, objections(root, there)
    if plan.servers:
        plan = replace(plan, servers=replace(plan.servers, refusals=refusals))
    return plan, taken_away(root, there, loaded, on)
