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

from hopthu.apply.authorise import Permit, authorise
from hopthu.apply.run_context import ApplyContext
from hopthu.cli.asking import (
    asking,
    list_steps,
    show_plan,
    show_summary,
    show_uncommitted,
    show_without_password,
    sum_up,
)
from hopthu.cli.options import common, lang, today
from hopthu.cli.progress import Progress
from hopthu.daemons.site import declared, in_hand
from hopthu.desired.state import Desired, desired
from hopthu.directory.passwords import make_first_passwords
from hopthu.errors import DataError, HopthuError, Refused
from hopthu.history import checkout
from hopthu.history.data_digest import digest
from hopthu.history.operator import administrator
from hopthu.history.record import Record, moment, new_id, told
from hopthu.history.removals import PERMANENT, since_head
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.inventory import loader as inventories
from hopthu.inventory.loader import Inventory
from hopthu.plan.plan import Plan
from hopthu.plan.review import review
from hopthu.plan.summary import summary
from hopthu.servers.password_count import without_password
from hopthu.source.positions import no_garbage_collection
from hopthu.ssh import Ssh
from hopthu.tool.version import tool
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
@click.option(
    "--back-to",
    metavar="REV",
    default="",
    help="Go back: what servers hold is not part of this commit, which is the one checked out.",
)
@click.option("--limit", multiple=True, metavar="HOST", help="Only this host; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Show which steps would change something; do none.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
@lang
@common
def apply(
    inventory: str,
    root: Path,
    on: date,
    reviewed: Path | None,
    back_to: str,
    limit: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    language: str,
) -> int:
    """Bring the servers of INVENTORY to what the data says.

    The data is checked first (exit 2), then a saved plan (exit 3): that data, policy, code, day and
    what the servers hold are as reviewed. Guards judge what would change of what the servers hold,
    with a saved plan or without (exit 3). One apply at a time: while another is under way this one
    is refused (exit 3). Servers that are no lab get what is due today: --on is for labs.

    What the servers were given must be part of what is checked out, or this clone has not pulled
    (exit 3): --back-to says that they are to go back. And no record, id or address of what they
    were given may be taken away or given to somebody else (exit 2).

    On a terminal the plan is shown, which files are not committed, and how many steps each host
    takes; then it asks. Who declines changes nothing (exit 1).

    Every host is looked at before anything is changed (exit 4). Then hosts that serve are changed
    one after another: each daemon's configuration is tested on its host before it takes effect,
    and a host must be proven to serve before the next is touched. The first failure stops the run
    and the host returns to what it was, by itself should this program be killed. Running it again
    finishes the job; running it twice changes nothing the second time.
    """
    started = monotonic()
    loaded = read(root, on)
    in_hand(root, on, loaded)
    if (gone := since_head(root, loaded.source, on, PERMANENT)) and gone.problems:
        raise DataError(gone.problems)
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
            permitted = authorise(root, found, ssh, loaded, on, kept, limit, back_to)
            wanted = desired(loaded.organisation, loaded.policy, on)
            record = _record(root, on, loaded, found, permitted)
        live = permitted.live
        job = ApplyContext(
            root, found, hosts, loaded.policy, wanted, record, live.runs(), live.answers
        )
        console.print(f"{inventory}: {len(hosts)} host(s), {len(wanted.live())} mailboxes on {on}")
        if yes and not dry_run:
            show_summary(permitted.plan, language)
        else:
            show_plan(permitted.plan, loaded.organisation, language)
        show_uncommitted(checkout.uncommitted(root), language)
        with _polite(), Progress(console, len(hosts)) as progress:
            if dry_run:
                list_steps(console, run.look(job, ssh, progress), progress)
                done = None
            else:
                _issue(found, wanted, console)
                done = run.roll_out(job, ssh, progress, None if yes else asking(progress, language))
        if done:
            sum_up(console, done, "changed")
            show_without_password(without_password(ssh, job.target(job.provider)), language)
        elif not dry_run:
            click.echo(translate(Message("Cancelled; nothing was changed."), language))
            return HopthuError.exit_code
    console.print(f"{monotonic() - started:.1f} s")
    return 0


def _record(root: Path, on: date, loaded: Loaded, found: Inventory, permitted: Permit) -> Record:
    """Return what will be recorded, as far as it is known before anything is done."""
    now, head, plan = datetime.now(UTC), checkout.of(root), permitted.plan
    return Record(
        id=new_id(now, head.id, head.dirty),
        commit=head.id,
        data=digest(loaded.source),
        on=on.isoformat(),
        who=administrator(root, os.environ, throwaway=found.throwaway),
        started=moment(now),
        checksum=plan.checksum,
        documents=tuple(sorted({document for c in plan.changes for document in c.basis})),
        changes=(*filter(None, [permitted.back]), *_sentences(plan)),
        tool=str(tool()),
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


@contextmanager
def _polite() -> Iterator[None]:
    """Make an end asked for by kill(1) clear up as Ctrl-C does: the host under way returns."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
