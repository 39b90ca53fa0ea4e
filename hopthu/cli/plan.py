"""`hopthu plan`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import click

from hopthu.cli.options import base_option, common, no_pager
from hopthu.cli.output import note, warn
from hopthu.cli.paging import page
from hopthu.cli.writing import write_output
from hopthu.diagnostics.problem import Problem
from hopthu.errors import DataError, Refused, RefusedData, UsageError
from hopthu.history import lineage
from hopthu.history.base import Base, ahead
from hopthu.history.base import base as base_of
from hopthu.history.removals import compared
from hopthu.history.steps import of_steps
from hopthu.i18n.message import Message
from hopthu.plan.baseline import load_baseline
from hopthu.plan.code_changes import code_changes
from hopthu.plan.data_files import explained
from hopthu.plan.file import as_saved
from hopthu.plan.format_markdown import as_markdown
from hopthu.plan.format_text import as_text
from hopthu.plan.plan import Plan, Snapshot, make
from hopthu.source.positions import no_garbage_collection
from hopthu.validate import Loaded, read


@click.command()
@base_option
@click.option(
    "--live", metavar="INVENTORY", help="Compare with what these servers hold instead of git."
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
    help="Save the plan here, for `hopthu apply --plan`.",
)
@click.option(
    "--details", is_flag=True, help="List every change, also where many alike are folded."
)
@no_pager
@common
def plan(
    root: Path,
    on: date,
    base: str | None,
    live: str | None,
    form: str,
    out: Path | None,
    details: bool,
    no_pager: bool,
    language: str,
) -> int:
    """Show what the working copy would change, compared with a git revision.

    Without --base that is the last commit in common with the default branch of the remote, so that
    what was not pushed is shown as well; without a remote it is HEAD.

    No server is contacted unless --live names an inventory: then the plan starts from what its
    servers hold, and lists the files and services an apply would change.

    Every change is shown with the documents it rests on, followed by the changes that dates in the
    data will soon bring. Changes alike that have one cause are one line, with their number. Exit 3
    if a guard refuses the plan, which is shown all the same.

    An edit that `check` refuses, by itself or compared with the earlier revision, is neither shown
    nor saved: exit 2, with --live 3 for what is wrong compared with the servers. Warnings are shown
    beside the plan.
    """
    if base is not None and live:
        raise UsageError(
            Message("--base and --live cannot be used together"), fix=Message("pass only one")
        )
    chosen = base_of(root) if base is None and not live else None
    with no_garbage_collection():
        made: list[Plan] = []
        problems: list[Problem] = []

        def compare(loaded: Loaded) -> None:
            found, between = _base(root, chosen, base or "", loaded, on)
            problems[:] = between
            made.append(found)

        loaded = read(root, on) if live else read(root, on, ahead=compare)
        after = Snapshot(loaded.organisation, loaded.policy, loaded.source)
        if live:
            against_servers, between = _live(root, live, loaded, on)
            problems[:] = between
            made.append(against_servers)
        elif not made:
            compare(loaded)
    if chosen and ahead(root, chosen):
        note(chosen.sentence(), language)
    cited = loaded.policy.regulation
    if any(problem.severity == "error" for problem in problems):
        raise (RefusedData if live else DataError)(sorted([*problems, *loaded.warnings]), cited)
    warn(problems, language, cited)
    (found,) = made
    if out:
        write_output(out, as_saved(found, after, root).encode())
    if form == "json":
        click.echo(found.as_json(language), nl=False)
    else:
        write = as_markdown if form == "markdown" else as_text
        text = write(found, loaded.organisation.at(on), language, details=details)
        page(text, wanted=not (no_pager or out))
    refused = found.refused or (found.servers and found.servers.refusals)
    return Refused.exit_code if refused else 0


def _base(
    root: Path, chosen: Base | None, named: str, loaded: Loaded, on: date
) -> tuple[Plan, Sequence[Problem]]:
    """Return the plan from a revision to the data, and the problems of the edit.

    The base that is `chosen` is judged as by `check`. One that somebody `named`, such as the
    deployed commit, may be behind what others have: that is judged as by an apply.
    """
    before, commit = load_baseline(root, chosen.revision if chosen else named, loaded)
    after = Snapshot(loaded.organisation, loaded.policy, loaded.source)
    problems: Sequence[Problem] = ()
    if before.source:
        problems = compared(before.source, loaded.source, on)
    if not chosen:
        problems = of_steps(root, commit, problems, loaded.source, on)
    made = make(before, after, on, commit)
    data = {*explained(before.source, after.source)}
    return replace(made, code=code_changes(root, commit, data)), problems


def _live(root: Path, inventory: str, loaded: Loaded, on: date) -> tuple[Plan, Sequence[Problem]]:
    """Return the plan from what servers hold, and the problems of the data against that."""
    # Loads pyinfra, which takes as long as a small plan against git.
    from hopthu.apply.authorise import against_deployed, objections  # noqa: PLC0415
    from hopthu.inventory import loader as inventories  # noqa: PLC0415
    from hopthu.servers.survey import plan_against_servers  # noqa: PLC0415
    from hopthu.ssh import Ssh  # noqa: PLC0415

    found = inventories.load(root, inventory)
    with Ssh() as ssh:
        there = plan_against_servers(root, found, ssh, loaded, on, files=True)
    plan, refusals = there.plan, objections(root, there)
    if plan.servers:
        plan = replace(plan, servers=replace(plan.servers, refusals=refusals))
    # A clone that is out of date lacks what came later: it has nothing to restore, but to pull.
    stale = lineage.newer(root, there.live.records)
    return plan, [] if stale else against_deployed(root, there, loaded, on)
