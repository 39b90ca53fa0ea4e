"""`hopthu apply`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

# Must be imported before whatever opens sockets: it patches the standard library.
from hopthu import runner  # isort: skip

import click
from rich.console import Console
from rich.markup import escape
from rich.status import Status

from hopthu import inventory as inventories
from hopthu.base import at_revision
from hopthu.cli.options import common
from hopthu.credentials import make_first_passwords
from hopthu.desired import desired
from hopthu.errors import Refused
from hopthu.plan import Side
from hopthu.saved import confirm, load_saved
from hopthu.site import declared
from hopthu.validate import Loaded, read


class _Progress:
    """Shows the step under way and keeps a line for each that changed something."""

    def __init__(self, console: Console, status: Status) -> None:
        self._console, self._status = console, status
        self._changed: dict[str, list[str]] = {}
        self._warnings: set[str] = set()

    def connected(self, host: str) -> None:
        self._status.update(f"connected to {host}")

    def step(self, operation: str) -> None:
        self._flush()
        self._status.update(operation)

    def done(self, host: str, operation: str, changed: bool) -> None:
        if changed:
            self._changed.setdefault(operation, []).append(host)

    def failed(self, host: str, operation: str) -> None:
        self._console.print(f"  [red]✗[/] {operation}: {host}", highlight=False)

    def warned(self, text: str) -> None:
        if text not in self._warnings:  # hosts are looked at twice
            self._warnings.add(text)
            self._console.print("  [yellow]![/]", escape(text))

    def _flush(self) -> None:
        for operation, hosts in self._changed.items():
            self._console.print(
                f"  [green]✓[/] {operation}: {', '.join(sorted(hosts))}", highlight=False
            )
        self._changed.clear()

    def close(self) -> None:
        self._flush()


@click.command()
@click.argument("inventory")
@click.option(
    "--plan",
    "reviewed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Only if this plan, kept by `hopthu plan --out`, is still what would happen.",
)
@click.option("--limit", multiple=True, metavar="HOST", help="Only this host; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Show which steps would change something; do none.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
@common
def apply(
    inventory: str,
    root: Path,
    on: date,
    reviewed: Path | None,
    limit: tuple[str, ...],
    dry_run: bool,
    yes: bool,
) -> None:
    """Bring the servers of INVENTORY to what the data says.

    The data is checked first (exit 2), then a saved plan (exit 3): that data, policy, code and day
    are as reviewed, and its guards pass. Every host is reached before anything is changed (exit 4).
    Each daemon's configuration is tested on its host before it takes effect; the first failure
    stops the run and what was serving goes on serving. Running it again finishes the job, and
    running it twice changes nothing the second time.
    """
    started = monotonic()
    loaded = read(root, on)
    if reviewed:
        _confirm(reviewed, root, on, loaded)
    found = inventories.load(root, inventory)
    declared(found.centre, loaded.policy)
    console = Console(highlight=False, soft_wrap=True)
    people = desired(loaded.organisation, loaded.policy, on)
    console.print(
        f"{inventory}: {len(found.centre.hosts)} host(s), {len(people.live())} mailboxes on {on}"
    )
    if not (yes or dry_run or sys.stdin.isatty()):
        raise Refused("there is no terminal to confirm on", fix="add --yes, or --dry-run")
    if not dry_run:
        _issue(found.data, [m.id for m in people.live() if m.kind == "personal"], console)
    with console.status("connecting") as status:
        progress = _Progress(console, status)

        def confirm(report: runner.Report) -> bool:
            status.stop()
            _foresee(console, report)
            if not any(report.changes.values()):
                return False
            agreed = click.confirm("Do it?")
            status.start()
            return agreed

        try:
            report = runner.run(
                root,
                found.path,
                progress,
                on=on.isoformat(),
                limit=limit,
                dry_run=dry_run,
                confirm=None if yes or dry_run else confirm,
            )
        finally:
            progress.close()
    if dry_run:
        _foresee(console, report)
    else:
        _sum_up(console, report, "changed")
    console.print(f"{monotonic() - started:.1f} s")


def _confirm(reviewed: Path, root: Path, on: date, loaded: Loaded) -> None:
    """Refuse unless the plan that was reviewed is still what would happen."""
    kept = load_saved(reviewed)
    before, _ = at_revision(root, kept.base, loaded)
    confirm(kept, before, Side(loaded.organisation, loaded.policy), on, root)


def _issue(data: Mapping[str, Mapping[str, Any]], people: list[str], console: Console) -> None:
    """In a lab, make passwords for people who have none yet, and show them this once."""
    path = next((d["passwords"] for d in data.values() if "passwords" in d), None)
    if path is None:
        return
    for person, password in make_first_passwords(Path(path).parent, people).items():
        console.print(f"  first password of {person}: {password}", markup=False)


def _foresee(console: Console, report: runner.Report) -> None:
    """List the steps that would change something, host by host."""
    for host, changes in report.changes.items():
        for change in changes:
            console.print(f"  {host}: {change}", markup=False)
    _sum_up(console, report, "would change")


def _sum_up(console: Console, report: runner.Report, verb: str) -> None:
    total = sum(map(len, report.changes.values()))
    console.print(f"{total} of {report.operations} steps {verb} something.")
