"""`hopthu apply`."""

from __future__ import annotations

# Must be imported before whatever opens sockets: it patches the standard library.
from hopthu.apply import run  # isort: skip

import os
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic

import click

from hopthu.apply.authorise import Permit, authorise
from hopthu.apply.run_context import ApplyContext
from hopthu.cli.asking import (
    Outlook,
    asking,
    list_steps,
    show_summary,
    show_uncommitted,
    show_without_password,
    sum_up,
)
from hopthu.cli.display.ending import accounted
from hopthu.cli.display.stream import stream
from hopthu.cli.options import common, no_pager, progress
from hopthu.cli.output import has_terminal, say, warn
from hopthu.cli.paging import page
from hopthu.cli.run_day import refuse_other_day
from hopthu.cli.signals import ended_by_signals
from hopthu.daemons.site import declared, in_hand
from hopthu.desired.state import desired
from hopthu.errors import HopthuError, Refused, UsageError
from hopthu.events.event import Finished, PhaseStarted
from hopthu.history import checkout
from hopthu.history.data_digest import digest
from hopthu.history.lineage import Return
from hopthu.history.operator import administrator
from hopthu.history.record import Record, moment, new_id, summaries
from hopthu.i18n.message import Message
from hopthu.inventory import loader as inventories
from hopthu.inventory.loader import Inventory
from hopthu.plan.format_text import as_text
from hopthu.plan.plan import Plan
from hopthu.plan.review import review
from hopthu.plan.summary import summary
from hopthu.servers.password_count import without_password
from hopthu.source.positions import no_garbage_collection
from hopthu.ssh import Ssh
from hopthu.tool.version import tool
from hopthu.validate import Loaded, read

_MOST = 1000
"""A record counts more changes than this by kind: a first load has two for each person."""


@click.command()
@click.argument("inventory")
@click.option(
    "--plan",
    "reviewed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Apply only if this plan, saved by `hopthu plan --out`, is not stale.",
)
@click.option(
    "--back-to",
    metavar="REV",
    default="",
    help="Go back to this commit, which is checked out and older than what servers hold.",
)
@click.option("--basis", metavar="DOCUMENT", default="", help="The document that orders --back-to.")
@click.option(
    "--without-document",
    metavar="REASON",
    default="",
    help="Go back in an emergency without a document; the reason is recorded.",
)
@click.option("--limit", multiple=True, metavar="HOST", help="Only this host; may be repeated.")
@click.option(
    "--dry-run", is_flag=True, help="Show the steps that would change something; change nothing."
)
@click.option("--yes", is_flag=True, help="Do not ask; required without a terminal.")
@no_pager
@progress
@common
def apply(
    inventory: str,
    root: Path,
    on: date,
    reviewed: Path | None,
    back_to: str,
    basis: str,
    without_document: str,
    limit: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    no_pager: bool,
    progress: str,
    language: str,
) -> int:
    """Make the servers of INVENTORY match the data.

    First the data is checked (exit 2), then a saved plan (exit 3): data, policy, code, day and
    what the servers hold must be as reviewed. Guards judge every change of what the servers hold,
    with or without a saved plan (exit 3). While another apply is running, this one is refused
    (exit 3). Only a lab can be given another day with --on.

    The deployed commit must be part of the history that is checked out; if it is not, this clone
    is out of date and the apply is refused (exit 3). --back-to returns to an older commit on
    purpose, by the document that --basis names: it is in the data that is checked out or deployed,
    in force, and issued for it by the operator or the province. The record keeps it, or else the
    reason given with --without-document.

    What came since the deployed commit must pass what `check` asks of an edit (exit 3): it rests on
    documents, the past stays as it was written, and no record, id or address that is deployed is
    removed or given to somebody else. The records of hosts, the history and the directory, which
    keeps every address with its holder, are asked. A return with --back-to rests on its own
    document; only what is not committed is judged, and no address goes to anybody else.

    On a terminal it shows the plan, uncommitted files, what each host would do and a summary, then
    asks. If you decline, nothing is changed (exit 1). Ctrl-C ends it at any point and says what is
    done and what is not (exit 130).

    Every host is checked before anything is changed (exit 4). Then the hosts are changed one after
    another: each daemon's configuration is tested on its host before it takes effect, and a host
    must be proven to serve before the next one is changed. The first failure stops the run and
    the host returns to its earlier configuration, by itself if this program is killed. Running
    apply again finishes the job; once everything is applied it changes nothing.
    """
    started = monotonic()
    back = _return(back_to, basis, without_document)
    loaded = read(root, on)
    in_hand(root, on, loaded)
    kept = review(reviewed, root, loaded, on) if reviewed else None
    found = inventories.load(root, inventory)
    declared(found.centre, loaded.policy)
    refuse_other_day(
        on, found, Message("changes of {day} are not applied on another day", day=on),
        Message("use --on with plans and labs only"),
    )  # fmt: skip
    if not (yes or dry_run or has_terminal()):
        raise Refused(
            Message("there is no terminal to confirm on"), fix=Message("add --yes or --dry-run")
        )
    hosts = found.chosen(limit)
    with (
        Ssh() as ssh,
        ended_by_signals(),
        stream(progress, language) as events,
        accounted(events, language),
    ):
        events(PhaseStarted(Message("reading the servers")))
        with no_garbage_collection():
            permitted = authorise(
                root, found, ssh, loaded, on, kept, limit, back, files=not yes or dry_run
            )
            wanted = desired(loaded.organisation, loaded.policy, on)
            record = _record(root, on, loaded, found, permitted)
        live, shown = permitted.live, permitted.shown
        job = ApplyContext(
            root, found, hosts, loaded.policy, wanted, record, live.runs(), live.answers
        )
        events.pause()
        heading = Message(
            "{inventory}: {hosts} host(s), {mailboxes} mailboxes on {day}",
            inventory=inventory,
            hosts=len(hosts),
            mailboxes=len(wanted.live()),
            day=on,
        )
        say(heading, language)
        if yes and not dry_run:
            show_summary(shown, language)
        else:
            page(as_text(shown, loaded.organisation, language), wanted=not no_pager)
        warn(permitted.warnings, language, loaded.policy.regulation)
        show_uncommitted(checkout.uncommitted(root), language)
        if dry_run:
            report = run.look(job, ssh, events)
            events.pause()
            list_steps(report, language)
        else:
            outlook = Outlook(shown, loaded.organisation, len(permitted.warnings))
            confirm = None if yes else asking(events, outlook, language)
            done = run.roll_out(job, ssh, events, confirm)
            if done is None:
                say(Message("Cancelled; nothing was changed."), language)
                return HopthuError.exit_code
            events(Finished(sum(map(len, done.changes.values())), done.operations))
            events.pause()
            sum_up(done, language)
            if found.after_apply:
                found.after_apply(root, found)
            show_without_password(without_password(ssh, job.target(job.provider)), language)
    click.echo(f"{monotonic() - started:.1f} s")
    return 0


def _return(to: str, basis: str, reason: str) -> Return | None:
    """Return the order to go back that the options give; raise `UsageError` if it is incomplete."""
    if basis and reason:
        raise UsageError(
            Message("--basis and --without-document cannot be used together"),
            fix=Message("pass only one"),
        )
    if not to and (basis or reason):
        raise UsageError(
            Message("--basis and --without-document belong to --back-to"),
            fix=Message("say with --back-to which commit to go back to"),
        )
    if to and not (basis or reason.strip()):
        raise UsageError(
            Message("--back-to needs the document that orders it"),
            fix=Message("add --basis DOCUMENT, or in an emergency --without-document REASON"),
        )
    return Return(to, basis, reason.strip()) if to else None


def _record(root: Path, on: date, loaded: Loaded, found: Inventory, permitted: Permit) -> Record:
    """Return the record of this run, as far as it is known before anything is done."""
    now, head, plan = datetime.now(UTC), checkout.of(root), permitted.plan
    rests = [*(line.basis for line in plan.lines()), *(edit.basis for edit in plan.edits)]
    cited = {document for basis in rests for document in basis}
    return Record(
        id=new_id(now, head.id, head.dirty),
        commit=head.id,
        data=digest(loaded.source),
        on=on.isoformat(),
        who=administrator(root, os.environ, throwaway=found.throwaway),
        started=moment(now),
        checksum=plan.checksum,
        documents=tuple(sorted({*cited, *filter(None, [permitted.by])})),
        changes=(*filter(None, [permitted.back]), *_sentences(plan)),
        tool=str(tool()),
    )


def _sentences(plan: Plan) -> tuple[str, ...]:
    """Return the lines as the record lists them; if very many, the numbers of the day's changes."""
    lines = plan.lines()
    if len(lines) + len(plan.edits) <= _MOST:
        return (*summaries(lines), *plan.written())
    numbers = summary(plan.changes)
    return tuple(Message("{what}: {number}", what=what, number=n) for what, n in numbers)
