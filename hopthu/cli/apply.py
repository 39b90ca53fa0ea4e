"""`hopthu apply`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import click

from hopthu.app import apply as applies
from hopthu.app.workspace import Workspace
from hopthu.apply.run import Confirm, Report
from hopthu.cli.command import command, flag, option
from hopthu.cli.display import Stream, changing
from hopthu.cli.language import language_in
from hopthu.cli.options import INVENTORY, LIMIT, NO_PAGER, PROGRESS, WORKSPACE, YES, exclusive
from hopthu.cli.output import in_words, note, page, refuse_unasked, require_consent, say, warn
from hopthu.diagnostics.problem import printable
from hopthu.errors import UsageError
from hopthu.history.lineage import Return
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.model.organisation import Organisation
from hopthu.plan.format_text import as_text, guard_lines
from hopthu.plan.plan import Plan
from hopthu.plan.summary import heading, summary

_FILES = 10
"""So many uncommitted files are named."""


@command(changes=True)
def apply(
    inventory: str = INVENTORY,
    reviewed: Path | None = option(
        "--plan",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Apply only if this plan, saved by `hopthu plan --out`, is not stale.",
    ),
    back_to: str = option(
        "REV",
        default="",
        help="Go back to this commit, which is checked out and older than what servers hold.",
    ),
    basis: str = option("DOCUMENT", default="", help="The document that orders --back-to."),
    without_document: str = option(
        "REASON",
        default="",
        help="Go back in an emergency without a document; the reason is recorded.",
    ),
    limit: tuple[str, ...] = LIMIT,
    dry_run: bool = flag(help="Show the steps that would change something; change nothing."),
    yes: bool = YES,
    no_pager: bool = NO_PAGER,
    progress: str = PROGRESS,
    workspace: Workspace = WORKSPACE,
) -> None:
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
    started, language = monotonic(), workspace.language
    back = _return(back_to, basis, without_document)
    prepared = applies.prepare(workspace, inventory, reviewed, back, limit)
    refuse_unasked(asked=yes or dry_run)
    with (
        changing(progress, language) as (ssh, events),
        applies.read_servers(
            prepared := applies.reach(prepared, ssh, events), ssh, events
        ) as reading,
        applies.engine(prepared, events) as engine,
    ):
        authorised = applies.ask_leave(workspace, prepared, reading, files=not yes or dry_run)
        events.pause()
        job = authorised.job
        say(Message("{inventory}: {hosts} host(s), {mailboxes} mailboxes on {day}",
                    inventory=inventory, hosts=len(job.hosts),
                    mailboxes=len(job.desired.live()), day=job.desired.on))  # fmt: skip
        permit, organisation = authorised.permit, prepared.deployment.loaded.organisation
        if yes and not dry_run:
            show_summary(permit.shown)
        else:
            page(as_text(permit.shown, organisation, language), wanted=not no_pager)
        warn(permit.warnings, job.policy.regulation)
        for remark in (*applies.lacking(prepared), *applies.astray(authorised)):
            note(remark)
        show_uncommitted(authorised.uncommitted)
        if dry_run:
            report = applies.look(authorised, engine, ssh, events)
            events.pause()
            list_steps(report)
        else:
            warnings = len(permit.warnings)
            confirm = None if yes else asking(events, permit.shown, organisation, warnings)
            done = applies.carry_out(authorised, engine, ssh, events, confirm)
            events.pause()
            say(Message("{number} of {total} steps changed something.",
                        number=done.changed, total=done.operations))  # fmt: skip
            show_without_password(applies.follow_up(authorised, ssh))
    click.echo(f"{monotonic() - started:.1f} s")


def _return(to: str, basis: str, reason: str) -> Return | None:
    """Return the order to go back that the options give; raise `UsageError` if it is incomplete."""
    exclusive("--basis", "--without-document", basis, reason)
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


def show_summary(plan: Plan) -> None:
    """Show how many changes of each kind the plan has."""
    say(heading(plan))
    for what, number in summary(plan.changes):
        click.echo(f"  {in_words(what)}: {number}")


def show_uncommitted(files: Sequence[str]) -> None:
    """List the uncommitted files that hosts would get."""
    if files:
        listed = some([*map(printable, files)], _FILES)
        say(Message("Not committed: {files}", files=listed), colour="yellow")


def show_without_password(number: int) -> None:
    """Warn of people who may sign in but have no password: nobody reads their mail."""
    if number:
        said = Message("People who cannot sign in for lack of a password: {number}", number=number)
        say(said, colour="yellow")


def asking(events: Stream, plan: Plan, organisation: Organisation, warnings: int = 0) -> Confirm:
    """Return a function that shows what hosts will do, and asks if that is anything."""

    def confirm(report: Report) -> None:
        events.pause()
        moved = (c for c in plan.changes if (c.kind, c.action) == ("mailbox", "move"))
        moves = Counter((str(change.before), str(change.after)) for change in moved)
        for (source, target), number in sorted(moves.items()):
            say(Message("mailboxes that move from {source} to {target}: {number}",
                        source=source, target=target, number=number), indent="  ")  # fmt: skip
        steps = {host: names for host, names in report.changes.items() if names}
        for host, names in steps.items():
            say(Message("{host}: {number} step(s)", host=host, number=len(names)), indent="  ")
        if not (steps or moves):
            return
        # What must be seen before the answer, whatever has scrolled away.
        if warnings:
            say(Message("Warnings: {number}", number=warnings), colour="yellow")
        for line in guard_lines(plan, organisation, language_in()):
            click.echo(line)
        show_summary(plan)
        require_consent(Message("Apply these changes?"))

    return confirm


def list_steps(report: Report) -> None:
    """List the steps that would change something, host by host."""
    for host, changes in report.changes.items():
        for change in changes:
            click.echo(f"  {host}: {in_words(change)}")
    say(Message("{number} of {total} steps would change something.",
                number=report.changed, total=report.operations))  # fmt: skip
