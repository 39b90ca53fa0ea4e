"""`hopthu plan`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from hopthu.cli.options import common, lang
from hopthu.errors import Refused, UsageError
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

        def compare(loaded: Loaded) -> None:
            made.append(_base(root, "HEAD" if base is None else base, loaded, on))

        loaded = read(root, on) if live else read(root, on, ahead=compare)
        after = Snapshot(loaded.organisation, loaded.policy, loaded.source)
        if live:
            made.append(_live(root, live, loaded, on))
        elif not made:
            compare(loaded)
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
    return Refused.exit_code if found.refused else 0


def _base(root: Path, revision: str, loaded: Loaded, on: date) -> Plan:
    before, commit = load_baseline(root, revision, loaded)
    return make(before, Snapshot(loaded.organisation, loaded.policy, loaded.source), on, commit)


def _live(root: Path, inventory: str, loaded: Loaded, on: date) -> Plan:
    # Loads pyinfra, which takes as long as a small plan against git.
    from hopthu.inventory import loader as inventories  # noqa: PLC0415
    from hopthu.servers.survey import plan_against_servers  # noqa: PLC0415
    from hopthu.ssh import Ssh  # noqa: PLC0415

    found = inventories.load(root, inventory)
    with Ssh() as ssh:
        return plan_against_servers(root, found, ssh, loaded, on, files=True).plan
