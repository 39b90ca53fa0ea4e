"""`hopthu archive`: the mail of closed mailboxes, until its term is over."""

from __future__ import annotations

from pathlib import Path

from hopthu.app import archive as archives
from hopthu.app.workspace import Workspace
from hopthu.cli.command import argument, command, flag, option
from hopthu.cli.options import BASIS, FOLDER, FORMAT, INVENTORY, WORKSPACE, YES, group
from hopthu.cli.output import put, refuse_unasked, require_consent, say
from hopthu.errors import HostFailed
from hopthu.i18n.message import Message
from hopthu.ssh import Ssh


@group()
def archive() -> None:
    """Keep the mail of closed mailboxes for their term, where no store can read or change it."""


@command(archive, short_help="Archive and erase what is due.", changes=True)
def run(inventory: str = INVENTORY, yes: bool = YES, workspace: Workspace = WORKSPACE) -> int:
    """Archive the mailboxes of INVENTORY whose days on their stores are over, and erase others.

    What is due by the data that hosts have on record is shown first, each with the documents by
    which the mailbox was closed. A mailbox is due once the policy's days since it was closed
    are over and an apply has told the directory so. It is encrypted for the key of the archive,
    sent to each host that keeps copies, read back from there, and compared with its
    manifest; then its store gives it up, if it still is what was read. A host that lacks an
    archive, because it is new or was lost, gets it from another. An archive is erased
    when its term is over, counted from that reading. A legal hold keeps the mailbox on its
    store, and the archive too.

    The daily run does the same. What was cut off is completed by the next run. Exit 4 if something
    could not be done; it stays where it is.
    """
    refuse_unasked(asked=yes)
    with Ssh() as ssh:
        work = archives.prepare(workspace, inventory, ssh)
        say(*work.said() or [Message("Nothing is due for the archive.")])
        if not work.tasks:
            return 0
        require_consent(Message("Archive and erase this?"), given=yes)
        done = work.carry_out()
    say(*done.sentences)
    return done.exit_code


@command(archive, short_help="Show what is in the archive, and until when.")
def show(
    inventory: str = INVENTORY,
    all_read: bool = flag(
        "--read", help="Read all of it, to find what is damaged; this may take hours."
    ),
    form: str = FORMAT,
    workspace: Workspace = WORKSPACE,
) -> int:
    """Show what the archive of INVENTORY has, until when it is kept, and which documents hold it.

    Exit 4 if something in it is not what was read there when it was archived; that is looked for
    only with --read. Exit 4 too if something has no note of what was read in it, if a host lacks an
    archive that another has, or if one does not answer. A mailbox that is to be in the archive, and
    is neither there nor on a store, is named: it never had mail, or that is lost.
    """
    shown = archives.show(workspace, inventory, all_read=all_read)
    text = shown.said() or [Message("The archive is empty.")]
    put(shown.as_json() if form == "json" else text)
    return 0 if shown.good else HostFailed.exit_code


@command(archive, short_help="Write the archive of a mailbox as tar files.")
def export(
    inventory: str = INVENTORY,
    mailbox: str = argument("ID"),
    document: str = BASIS,
    out: Path = option(
        "-o, --out FOLDER", type=FOLDER, required=True, help="Write there, outside the repository."
    ),
    workspace: Workspace = WORKSPACE,
) -> None:
    """Write what the archive of INVENTORY has of the person or unit ID, as tar files.

    Each has the mailbox as a Maildir and its manifest, and is compared with that while it is
    written, from one host after another until it is as it was: without such a host no file is
    left. Only you can read the files. Who did
    it, and on which document, is in the journal before anything is read.

    The document must be on record, and of an authority that may decide on the owner's sign-in.
    """
    for path in archives.export(workspace, inventory, mailbox, document, out):
        say(Message("written: {path}", path=path))
