"""`hopthu rollback`."""

from __future__ import annotations

from time import monotonic

import click

from hopthu.app import rollback as rollbacks
from hopthu.app.signals import ended_by_signals
from hopthu.app.workspace import Workspace
from hopthu.cli.display.ending import accounted
from hopthu.cli.display.stream import stream
from hopthu.cli.options import common, limit_option, progress, yes_option
from hopthu.cli.output import CANCELLED, refuse_unasked, say
from hopthu.errors import HopthuError
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.rollback.format_text import as_text
from hopthu.ssh import Ssh

_QUESTION = Message("Return the hosts to this configuration?")


@click.command()
@click.argument("inventory")
@click.option("--to", metavar="RECORD", default="", help="The run to go back to, by its id.")
@click.option("--keep-tables", is_flag=True, help="Put back the configuration but not the tables.")
@limit_option
@click.option("--dry-run", is_flag=True, help="Show what would be put back; change nothing.")
@yes_option
@progress
@common
def rollback(
    workspace: Workspace,
    inventory: str,
    to: str,
    keep_tables: bool,
    limit: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    progress: str,
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
    started, language = monotonic(), workspace.language
    refuse_unasked(asked=yes or dry_run)
    wanted = rollbacks.prepare(workspace, inventory, to, limit, keep_tables=keep_tables)
    with (
        Ssh() as ssh,
        ended_by_signals(),
        stream(progress, language) as events,
        accounted(events, language),
    ):
        foreseen = rollbacks.foresee(wanted, ssh, events)
        choice = foreseen.choice
        events.pause()
        if not choice.back:
            done = Message(
                "{inventory}: every host is there already; nothing to do.", inventory=inventory
            )
            say(done, language)
            return 0
        tables = not keep_tables
        click.echo(as_text(choice, foreseen.previews, inventory, language, tables=tables), nl=False)
        if foreseen.refusal:
            raise foreseen.refusal
        if dry_run:
            return 0
        if not (yes or click.confirm(translate(_QUESTION, language))):
            say(CANCELLED, language)
            return HopthuError.exit_code
        rollbacks.carry_out(workspace, wanted, foreseen, ssh, events)
    click.echo(f"{monotonic() - started:.1f} s")
    return 0
