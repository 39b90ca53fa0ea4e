"""`hopthu rollback`."""

from __future__ import annotations

from time import monotonic

import click

from hopthu.app import rollback as rollbacks
from hopthu.app.workspace import Workspace
from hopthu.cli.command import command, flag, option
from hopthu.cli.display import changing
from hopthu.cli.options import INVENTORY, LIMIT, PROGRESS, WORKSPACE, YES
from hopthu.cli.output import put, refuse_unasked, require_consent, say
from hopthu.i18n.message import Message
from hopthu.rollback.format_text import as_text


@command(changes=True)
def rollback(
    inventory: str = INVENTORY,
    to: str = option("RECORD", default="", help="The run to go back to, by its id."),
    keep_tables: bool = flag(help="Put back the configuration but not the tables."),
    limit: tuple[str, ...] = LIMIT,
    dry_run: bool = flag(help="Show what would be put back; change nothing."),
    yes: bool = YES,
    progress: str = PROGRESS,
    workspace: Workspace = WORKSPACE,
) -> None:
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
    with changing(progress, language) as (ssh, events):
        foreseen = rollbacks.foresee(wanted, ssh, events)
        choice = foreseen.choice
        events.pause()
        if not choice.back:
            say(Message("{inventory}: every host is there already; nothing to do.",
                        inventory=inventory))  # fmt: skip
            return
        put(as_text(choice, foreseen.previews, inventory, language, tables=not keep_tables))
        if foreseen.refusal:
            raise foreseen.refusal
        if dry_run:
            return
        require_consent(Message("Return the hosts to this configuration?"), given=yes)
        rollbacks.carry_out(workspace, wanted, foreseen, ssh, events)
    click.echo(f"{monotonic() - started:.1f} s")
