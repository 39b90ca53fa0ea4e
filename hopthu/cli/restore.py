"""`hopthu restore`: bring back mail, and the directory, from the copies."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from hopthu.app import restore as restores
from hopthu.app.noting import Done
from hopthu.app.restore import Asked
from hopthu.cli.command import Together, argument, command, flag, option
from hopthu.cli.options import BASIS, INVENTORY, OF_WORKSPACE, WORKSPACE, group
from hopthu.cli.output import say
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.model.calendar import VIETNAM

_WHOLE = timedelta(days=1, microseconds=-1)
MAILBOX = argument("ID")
ASKED: Any = Together(
    {
        "inventory": INVENTORY,
        "at": option(
            "--at TIME",
            required=True,
            help='As it was then, in Vietnam: "2026-11-29 14:30", or a day, which means its end.',
        ),
        "document": BASIS,
        "keeper": option(
            "--from HOST",
            default="",
            help="Take the copy that this host keeps.  [default: the newest that any has]",
        ),
        **OF_WORKSPACE,
    },
    lambda given: Asked(
        WORKSPACE.value_of(given), given["inventory"], parsed(given["at"]), given["document"],
        given["keeper"],
    ),
)  # fmt: skip
"""To which servers something is restored, as of when, on which document, from whose copy."""


@group()
def restore() -> None:
    """Bring back mail and directory from the copies that `hopthu backup status` shows."""


@command(
    restore, short_help="Restore a mailbox beside what is in it now, or in its place.", changes=True
)
def mailbox(
    in_place: bool = flag(
        help="Put it in place of what is there, not beside; what has come since is kept."
    ),
    asked: Asked = ASKED,
    mailbox: str = MAILBOX,
) -> int:
    """Restore the mailbox of person or unit ID, as of --at, into a new folder of the same mailbox.

    Everything the mailbox had comes back below one folder, named after the moment of the copy; what
    is in the mailbox now stays as it is, and the owner takes from the folder what is needed.
    Messages keep their content, flags and dates, and whoever reads a unit's mailbox has seen what
    they had seen. Folders that were subscribed are so again; filters that have changed since are
    put beside those of today, and none is activated. Before anything is put in place it is compared
    with the manifest of the copy: a difference ends the command and nothing is restored.

    With --in-place the mailbox is as it was, filters and subscriptions too, and programs load it
    again. Messages that it has now and the copy has not stay in their folders; whatever else was
    changed since is gone.

    The document must be on record, and of an authority that may decide on the owner's sign-in.
    Exit 4 if something was left undone.
    """
    return _said(restores.restore(asked, mailbox, in_place=in_place))


@command(restore, short_help="Restore one folder of a mailbox beside it.", changes=True)
def folder(asked: Asked = ASKED, mailbox: str = MAILBOX, folder: str = argument()) -> int:
    """Restore one folder of the mailbox ID, as of --at, as `hopthu restore mailbox` does.

    FOLDER is named as people see it, such as INBOX or "Sent/2025"; folders below it are others.
    """
    return _said(restores.restore(asked, mailbox, folder=unicodedata.normalize("NFC", folder)))


@command(restore, short_help="Restore one message beside the others.", changes=True)
def message(asked: Asked = ASKED, mailbox: str = MAILBOX, message: str = argument()) -> int:
    """Restore one message of the mailbox ID, as of --at, as `hopthu restore mailbox` does.

    MESSAGE is its Message-ID, which mail programs and the logs of servers show. It comes back from
    every folder in which it was.
    """
    bare = message.strip().removeprefix("<").removesuffix(">")
    return _said(restores.restore(asked, mailbox, message=f"<{bare}>"))


@command(restore, short_help="Fill an empty directory as it was.", changes=True)
def directory(asked: Asked = ASKED) -> int:
    """Fill the directory of INVENTORY as of --at: all entries, passwords, who held which address.

    The directory that is written to must be empty: entries, and their passwords, are never replaced
    (docs/backup.md says how to empty one that an apply has filled from the data). Other hosts
    forget theirs and copy it again; nobody signs in there until that is done. Then run
    `hopthu apply`: it adds what has changed in the data since.

    The document must be on record, and of an authority that may decide on everybody's sign-in.
    Exit 4 if another host did not forget its copy.
    """
    return _said(restores.restore_directory(asked))


@command(restore, short_help="Put all mailboxes of a lost store in place.", changes=True)
def store(asked: Asked = ASKED, host: str = argument()) -> int:
    """Put the mailboxes of the store HOST in place as of --at, after its disk was lost.

    HOST was installed again by `hopthu apply`, and may be in use: mail that has come since is kept
    in the same folders. Each mailbox is compared with the manifest of the copy, then put in place
    in one step, all messages with new UIDs: programs load it again. What is not restored is named,
    and comes back by `hopthu restore mailbox`. Run the same again if it was cut off: it goes on
    where it was. Then run `hopthu apply`: a unit's mailbox that was not there yet has the rights of
    the copy.

    The document must be on record, and of an authority that may decide on all owners' sign-in.
    Exit 4 if something was not restored.
    """
    return _said(restores.restore_store(asked, host))


def _said(done: Done) -> int:
    say(*done.sentences)
    return done.exit_code


def parsed(text: str) -> datetime:
    """Return the moment that was typed; raise `UsageError`."""
    for form, rest in (("%Y-%m-%d %H:%M", timedelta(0)), ("%Y-%m-%d", _WHOLE)):
        with suppress(ValueError):
            return datetime.strptime(text, form).replace(tzinfo=VIETNAM) + rest
    raise UsageError(
        Message("{text} is no moment", text=repr(text)),
        fix=Message('write it as "2026-11-29 14:30", or 2026-11-29'),
    )
