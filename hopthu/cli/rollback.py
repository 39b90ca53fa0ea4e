"""`hopthu rollback`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic

import click
from rich.console import Console

from hopthu.apply import run_context as jobs
from hopthu.cli.options import common
from hopthu.cli.progress import Progress
from hopthu.daemons.registry import file_sets
from hopthu.desired.state import Desired, desired
from hopthu.errors import DataError, HostFailed, Refused
from hopthu.history.host_records import Held, held
from hopthu.history.operator import administrator
from hopthu.history.record import Record, moment, new_id
from hopthu.inventory import loader as inventories
from hopthu.inventory.loader import Inventory
from hopthu.load import load
from hopthu.model.policy import Policy
from hopthu.rollback.format_text import as_text
from hopthu.rollback.preview import Preview, preview
from hopthu.rollback.run import Rollback
from hopthu.rollback.target import RollbackPlan, choose
from hopthu.ssh import Ssh
from hopthu.validate import policy_of, read

_TABLES = "postfix-tables"
_KEPT = ("the tables were kept as they were",)
_TOLD = 5


@click.command()
@click.argument("inventory")
@click.option("--to", metavar="RECORD", default="", help="The run to go back to, by its id.")
@click.option("--keep-tables", is_flag=True, help="Put back the configuration, not the tables.")
@click.option("--limit", multiple=True, metavar="HOST", help="Only this host; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Show what would be put back; change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
@common
def rollback(
    inventory: str,
    root: Path,
    on: date,
    to: str,
    keep_tables: bool,
    limit: tuple[str, ...],
    dry_run: bool,
    yes: bool,
) -> None:
    """Put back the configuration and tables that the hosts of INVENTORY had before.

    Before the newest run, or with --to after the run that has this id: `hopthu history` lists
    them. Mail is never deleted, and what else does not go back is told first: entries of the
    directory, who may read which mailbox, packages. It is refused (exit 3) where tables would send
    mail to a store that no longer has the mailbox; --keep-tables leaves them as they are.

    Hosts go back one after another, what accepts mail first; each must then be proven to serve
    (exit 4). `hopthu apply` goes forward again.
    """
    started = monotonic()
    if not (yes or dry_run or sys.stdin.isatty()):
        raise Refused("there is no terminal to confirm on", fix="add --yes, or --dry-run")
    found = inventories.load(root, inventory)
    hosts = found.chosen(limit)
    who = administrator(root, os.environ, throwaway=found.throwaway)
    sets = [name for name in file_sets() if not (keep_tables and name == _TABLES)]
    console = Console(highlight=False, soft_wrap=True)
    with Ssh() as ssh:
        choice = choose(_held(ssh, found, hosts), to)
        if not choice.back:
            console.print(f"{inventory}: every host is there already; nothing to do.")
            return
        foreseen = preview(ssh, found, choice.back, sets)
        click.echo(as_text(choice, foreseen, inventory, tables=not keep_tables), nl=False)
        if not keep_tables:
            _refuse_moved(foreseen)
        if dry_run or not (yes or click.confirm("Do it?")):
            return
        policy, wanted = _data(root, on, console)
        record = _record(choice, who, keep_tables=keep_tables)
        job = jobs.ApplyContext(root, found, hosts, policy, wanted, record)
        with Progress(console, len(choice.back)) as progress:
            progress.stage("taking hold of the hosts")
            with jobs.locked(job, ssh) as leases:
                if choose(_held(ssh, found, hosts), to) != choice:
                    raise Refused("another run came between", fix="look again, then roll back")
                same = [each.host for each in foreseen if not each.files]
                Rollback(job, choice.back, sets, same, progress, ssh, leases).run()
    console.print(f"{monotonic() - started:.1f} s")


def _held(ssh: Ssh, found: Inventory, hosts: Sequence[str]) -> list[Held]:
    """Return what the hosts have on record; raise `HostFailed` unless every one says."""
    every = [each for each in held(ssh, found, all_of=hosts) if each.host in hosts]
    if silent := [each for each in every if each.error]:
        listed = "; ".join(each.error for each in silent)
        raise HostFailed(f"{listed}. Nothing was changed anywhere", fix="or leave it out: --limit")
    return every


def _refuse_moved(foreseen: Sequence[Preview]) -> None:
    moved = sorted({address for each in foreseen for address in each.addresses.get("moved", ())})
    if moved:
        more = f" and {len(moved) - _TOLD} more" if len(moved) > _TOLD else ""
        raise Refused(
            "mail has moved to another store since, and would be sent where it no longer is: "
            f"{', '.join(moved[:_TOLD])}{more}",
            fix="--keep-tables puts back the configuration alone; or mend the data and apply",
        )


def _data(root: Path, on: date, console: Console) -> tuple[Policy, Desired]:
    """Return what hosts are to be asked about; from data with errors only the domain."""
    try:
        loaded = read(root, on)
    except DataError:
        console.print("! the data here has errors: hosts are not asked about any mailbox")
        policy = policy_of(load(root))
        return policy, Desired(on, policy.domain, (), (), ())
    return loaded.policy, desired(loaded.organisation, loaded.policy, on)


def _record(choice: RollbackPlan, who: str, *, keep_tables: bool) -> Record:
    """Return what will be recorded: the newest of what hosts go back to stands for all."""
    now, to = datetime.now(UTC), max(choice.back.values(), key=lambda record: record.id)
    return Record(
        id=new_id(now, to.commit, to.dirty),
        commit=to.commit,
        data=to.data,
        on=to.on,
        who=who,
        started=moment(now),
        checksum=to.checksum,
        tool=to.tool,
        changes=(choice.bound.sentence, *(_KEPT if keep_tables else ())),
    )
