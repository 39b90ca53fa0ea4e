"""`hopthu rollback`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic

import click

from hopthu.apply import run_context as jobs
from hopthu.cli.display.ending import accounted
from hopthu.cli.display.stream import stream
from hopthu.cli.options import common, progress
from hopthu.cli.output import has_terminal, say
from hopthu.cli.signals import ended_by_signals
from hopthu.daemons.registry import file_sets
from hopthu.desired.state import Desired, desired
from hopthu.errors import DataError, HopthuError, HostFailed, Refused
from hopthu.events.event import PhaseStarted, RunStarted
from hopthu.history.host_records import HostRecords, read_records
from hopthu.history.operator import administrator
from hopthu.history.record import Record, moment, new_id
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.inventory import loader as inventories
from hopthu.inventory.loader import Inventory
from hopthu.load import load
from hopthu.model.policy import Policy
from hopthu.rollback.format_text import as_text
from hopthu.rollback.preview import Preview, is_without_effect, preview
from hopthu.rollback.run import Rollback
from hopthu.rollback.target import RollbackPlan, choose
from hopthu.ssh import Ssh
from hopthu.validate import policy_of, read

_QUESTION = Message("Return the hosts to this configuration?")
_TABLES = "postfix-tables"
_KEPT = (Message("the tables were kept as they were"),)
_MOST_ADDRESSES = 5


@click.command()
@click.argument("inventory")
@click.option("--to", metavar="RECORD", default="", help="The run to go back to, by its id.")
@click.option("--keep-tables", is_flag=True, help="Put back the configuration but not the tables.")
@click.option("--limit", multiple=True, metavar="HOST", help="Only this host; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Show what would be put back; change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask; required without a terminal.")
@progress
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
    progress: str,
    language: str,
) -> int:
    """Return the hosts of INVENTORY to earlier configuration and tables.

    That is what they had before the newest run, or with --to after the run with this id, as
    `hopthu history` lists them. Mail is never deleted. What does not go back is listed first:
    entries of the directory, access to mailboxes, packages. The rollback is refused (exit 3) if the
    tables would send mail to a store that no longer has the mailbox; --keep-tables leaves the
    tables as they are. It is also refused if no file of any host would go back: then only
    reverting the commit and applying undoes the edit.

    Hosts go back one after another, those that accept mail first; each must be proven to serve
    before the next (exit 4). `hopthu apply` goes forward again. If you decline, nothing is changed
    (exit 1).
    """
    started = monotonic()
    if not (yes or dry_run or has_terminal()):
        raise Refused(
            Message("there is no terminal to confirm on"), fix=Message("add --yes or --dry-run")
        )
    found = inventories.load(root, inventory)
    hosts = found.chosen(limit)
    who = administrator(root, os.environ, throwaway=found.throwaway)
    sets = [name for name in file_sets() if not (keep_tables and name == _TABLES)]
    with (
        Ssh() as ssh,
        ended_by_signals(),
        stream(progress, language) as events,
        accounted(events, language),
    ):
        events(RunStarted(tuple(hosts)))
        events(PhaseStarted(Message("reading the servers")))
        records = _records(ssh, found, hosts)
        choice = choose(records, to)
        if not choice.back:
            events.pause()
            done = Message(
                "{inventory}: every host is there already; nothing to do.", inventory=inventory
            )
            say(done, language)
            return 0
        foreseen = preview(ssh, found, choice.back, sets)
        events.pause()
        click.echo(as_text(choice, foreseen, inventory, language, tables=not keep_tables), nl=False)
        if not keep_tables:
            _refuse_moved(foreseen)
        if is_without_effect(records, foreseen):
            raise Refused(
                Message("no file of any host would go back: a rollback would undo nothing"),
                fix=Message("`git revert` the commit of the edit, then apply"),
            )
        if dry_run:
            return 0
        if not (yes or click.confirm(translate(_QUESTION, language))):
            say(Message("Cancelled; nothing was changed."), language)
            return HopthuError.exit_code
        policy, wanted = _data(root, on, language)
        record = _record(choice, who, keep_tables=keep_tables)
        job = jobs.ApplyContext(root, found, hosts, policy, wanted, record)
        events(PhaseStarted(Message("locking hosts")))
        with jobs.locked(job, ssh) as leases:
            if choose(_records(ssh, found, hosts), to) != choice:
                raise Refused(
                    Message("another run has changed the hosts in the meantime"),
                    fix=Message("read the new preview, then roll back"),
                )
            same = [each.host for each in foreseen if not each.files]
            Rollback(job, choice.back, sets, same, events, ssh, leases).run()
    click.echo(f"{monotonic() - started:.1f} s")
    return 0


def _records(ssh: Ssh, found: Inventory, hosts: Sequence[str]) -> list[HostRecords]:
    """Return the records of the hosts; raise `HostFailed` if a host does not answer."""
    every = [each for each in read_records(ssh, found, all_of=hosts) if each.host in hosts]
    if silent := [each for each in every if each.error]:
        raise HostFailed(
            Message(
                "{errors}. Nothing was changed on any host",
                errors="; ".join(each.error for each in silent),
            ),
            fix=Message("bring the host back, or choose other hosts with --limit"),
        )
    return every


def _refuse_moved(foreseen: Sequence[Preview]) -> None:
    moved = sorted({address for each in foreseen for address in each.addresses.get("moved", ())})
    if moved:
        left = len(moved) - _MOST_ADDRESSES
        raise Refused(
            Message(
                "the tables would send mail to stores that no longer have these mailboxes: "
                "{addresses}{more}",
                addresses=", ".join(moved[:_MOST_ADDRESSES]),
                more=Message(" and {number} more", number=left) if left > 0 else "",
            ),
            fix=Message(
                "put back the configuration alone with --keep-tables, or correct the data and apply"
            ),
        )


def _data(root: Path, on: date, language: str) -> tuple[Policy, Desired]:
    """Return what hosts are checked for; from data with errors, the domain alone."""
    try:
        loaded = read(root, on)
    except DataError:
        warning = Message("! the data here has errors: no mailbox will be checked on the hosts")
        say(warning, language)
        policy = policy_of(load(root))
        return policy, Desired(on, policy.domain, (), (), ())
    return loaded.policy, desired(loaded.organisation, loaded.policy, on)


def _record(choice: RollbackPlan, who: str, *, keep_tables: bool) -> Record:
    """Return the record of this run: the newest record that hosts go back to stands for all."""
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
