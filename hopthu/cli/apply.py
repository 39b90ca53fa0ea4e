"""`hopthu apply`."""

from __future__ import annotations

# Must be imported before whatever opens sockets: it patches the standard library.
from hopthu.apply import run  # isort: skip

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic

import click
from rich.console import Console

from hopthu.apply.authorise import authorise
from hopthu.apply.run_context import ApplyContext
from hopthu.cli.options import common, today
from hopthu.cli.progress import Progress
from hopthu.desired.state import Desired, desired
from hopthu.directory.passwords import make_first_passwords
from hopthu.errors import Refused
from hopthu.history import checkout
from hopthu.history.data_digest import digest
from hopthu.history.operator import administrator
from hopthu.history.record import Record, moment, new_id, told
from hopthu.inventory import loader as inventories
from hopthu.inventory.loader import Inventory
from hopthu.plan.plan import Plan
from hopthu.plan.review import review
from hopthu.plan.summary import summary
from hopthu.render.site import declared, in_hand
from hopthu.source.positions import no_garbage_collection
from hopthu.ssh import Ssh
from hopthu.validate import Loaded, read

_MOST = 1000
"""More changes than this a record counts by kind: a first load has two for each person."""


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

    The data is checked first (exit 2), then a saved plan (exit 3): that data, policy, code, day and
    what the servers hold are as reviewed. Guards judge what would change of what the servers hold,
    with a saved plan or without (exit 3). One apply at a time: while another is under way this one
    is refused (exit 3). Servers that are no lab get what is due today: --on is for labs.

    Every host is looked at before anything is changed (exit 4). Then hosts that serve are changed
    one after another: each daemon's configuration is tested on its host before it takes effect,
    and a host must be proven to serve before the next is touched. The first failure stops the run
    and the host returns to what it was, by itself should this program be killed. Running it again
    finishes the job; running it twice changes nothing the second time.
    """
    started = monotonic()
    loaded = read(root, on)
    in_hand(root, on, loaded)
    kept = review(reviewed, root, loaded, on) if reviewed else None
    found = inventories.load(root, inventory)
    declared(found.centre, loaded.policy)
    if on != today() and not found.throwaway:
        raise Refused(
            f"today is {today()}: what is due on {on} is not applied on another day",
            fix="leave --on to plans, and to labs",
        )
    if not (yes or dry_run or sys.stdin.isatty()):
        raise Refused("there is no terminal to confirm on", fix="add --yes, or --dry-run")
    hosts = found.chosen(limit)
    console = Console(highlight=False, soft_wrap=True)
    with Ssh() as ssh:
        with no_garbage_collection():
            plan, live = authorise(root, found, ssh, loaded, on, kept, limit)
            wanted = desired(loaded.organisation, loaded.policy, on)
            record = _record(root, on, loaded, found, plan)
        job = ApplyContext(root, found, hosts, loaded.policy, wanted, record, live.runs())
        console.print(f"{inventory}: {len(hosts)} host(s), {len(wanted.live())} mailboxes on {on}")
        with _polite(), Progress(console, len(hosts)) as progress:
            if dry_run:
                report = run.look(job, ssh, progress)
                progress.pause()
                _foresee(console, report)
            else:
                _issue(found, wanted, console)
                asking = None if yes else _asking(console, progress)
                report = run.roll_out(job, ssh, progress, asking)
    if not dry_run:
        _sum_up(console, report, "changed")
    console.print(f"{monotonic() - started:.1f} s")


def _record(root: Path, on: date, loaded: Loaded, found: Inventory, plan: Plan) -> Record:
    """Return what will be recorded, as far as it is known before anything is done."""
    now, head = datetime.now(UTC), checkout.of(root)
    return Record(
        id=new_id(now, head.id, head.dirty),
        commit=head.id,
        data=digest(loaded.source),
        on=on.isoformat(),
        who=administrator(root, os.environ, throwaway=found.throwaway),
        started=moment(now),
        checksum=plan.checksum,
        documents=tuple(sorted({document for c in plan.changes for document in c.basis})),
        changes=_sentences(plan),
    )


def _sentences(plan: Plan) -> tuple[str, ...]:
    """Return what the record says was done: of very many changes only how many of each kind."""
    if len(plan.changes) <= _MOST:
        return told(plan.changes)
    return tuple(f"{what}: {number}" for what, number in summary(plan.changes))


def _issue(found: Inventory, wanted: Desired, console: Console) -> None:
    """In a lab, make passwords for people who have none yet, and show them this once."""
    path = next((d["passwords"] for d in found.data.values() if "passwords" in d), None)
    if path is None:
        return
    people = [mailbox.id for mailbox in wanted.live() if mailbox.kind == "personal"]
    for person, password in make_first_passwords(Path(path).parent, people).items():
        console.print(f"  first password of {person}: {password}", markup=False)


def _asking(console: Console, progress: Progress) -> run.Confirm:
    """Return what shows the steps and asks; nothing to do is nothing to ask."""

    def agreed(report: run.Report) -> bool:
        progress.pause()
        _foresee(console, report)
        return not any(report.changes.values()) or click.confirm("Do it?")

    return agreed


def _foresee(console: Console, report: run.Report) -> None:
    """List the steps that would change something, host by host."""
    for host, changes in report.changes.items():
        for change in changes:
            console.print(f"  {host}: {change}", markup=False)
    _sum_up(console, report, "would change")


def _sum_up(console: Console, report: run.Report, verb: str) -> None:
    total = sum(map(len, report.changes.values()))
    console.print(f"{total} of {report.operations} steps {verb} something.")


@contextmanager
def _polite() -> Iterator[None]:
    """Make an end asked for by kill(1) clear up as Ctrl-C does: the host under way returns."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
