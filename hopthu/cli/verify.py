"""`hopthu verify`."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click
from rich.console import Console

from hopthu.cli.options import common
from hopthu.daemons.site import Site, load_site
from hopthu.errors import HostFailed
from hopthu.inventory import loader as inventories
from hopthu.inventory.loader import Inventory
from hopthu.inventory.secrets import Secrets
from hopthu.verify import report
from hopthu.verify.catalogue import PROBES
from hopthu.verify.probing import choose, required, run
from hopthu.verify.schedule import Progress


@click.command()
@click.argument("inventory")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Text for people, json for tools; its keys are a contract.",
)
@click.option(
    "--probe", "only", multiple=True, metavar="ID", help="Only this probe; may be repeated."
)
@click.option(
    "--require",
    multiple=True,
    metavar="ID",
    help="Fail if this probe is left out; may be repeated; `all` for every probe.",
)
@click.option("--list", "listing", is_flag=True, help="List the probes; run none.")
@common
def verify(
    inventory: str,
    root: Path,
    on: date,
    form: str,
    only: tuple[str, ...],
    require: tuple[str, ...],
    listing: bool,
) -> int:
    """Prove with real mail that the servers of INVENTORY do, and refuse, what they must.

    Exit 0 when every probe that ran has passed, 4 when one failed or one of --require was left
    out. Probes sign in as the people that policy.probe names; their passwords come from the
    inventory (a lab) or from the JSON file that HOPTHU_PROBE_PASSWORDS names. Probes that stop a
    service run in a lab only; what cannot be proven here is counted as left out, with the reason.
    """
    if listing:
        for probe in PROBES:
            click.echo(f"{probe.id:20} {probe.article:14} {probe.title}")
        return 0
    required(require, choose(only))
    found = inventories.load(root, inventory)
    site = _site(root, on, found)
    console = Console(stderr=True, highlight=False)
    with _polite(), console.status("looking round") as status:

        def told(progress: Progress) -> None:
            running = ", ".join(sorted(progress.running))
            status.update(f"{len(progress.done)} of {progress.total} probes done; {running}")

        results = run(site, found, only=only, require=require, progress=told)
    if form == "json":
        click.echo(report.as_json(results), nl=False)
    else:
        report.show(results, Console(highlight=False))
    return HostFailed.exit_code if any(result.failed for result in results) else 0


def _site(root: Path, on: date, inventory: Inventory) -> Site:
    """Read the site with the keys the inventory names, as the deploys do."""
    data = next(iter(inventory.data.values()))
    secrets = Secrets(root / data["secrets"], root / data["age_identity"])
    return load_site(root, on, inventory.centre, secrets)


@contextmanager
def _polite() -> Iterator[None]:
    """Make an end asked for by kill(1) clear up as Ctrl-C does: what was stopped starts again."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
