"""Bring back mail from the copies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import PurePath

from hopthu.app.deployment import begun, deployment, refuse_other_day, who
from hopthu.app.workspace import Workspace
from hopthu.copies.status import keeper, moment, on_host
from hopthu.credentials.basis import basis
from hopthu.credentials.servers import Servers
from hopthu.daemons.backup import FOLDER
from hopthu.daemons.dovecot import SHARED
from hopthu.desired.host_mailboxes import shared
from hopthu.desired.state import Desired, Mailbox, desired
from hopthu.diagnostics.problem import shown
from hopthu.directory.password_rules import max_age
from hopthu.errors import HostRefused, Refused, UsageError
from hopthu.history.journal import Run, line
from hopthu.history.record import Record
from hopthu.history.record import moment as written
from hopthu.i18n.message import Message
from hopthu.remote.host import kept_copies, recover
from hopthu.ssh import OnHost, Ssh
from hopthu.validate import read

_LONG = 4 * 3600.0
"""Seconds in which a large mailbox comes back."""
_FOLDERS = {"personal": "people", "unit": "units"}


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, from the copy of which moment, into which folder of the mailbox.

    `left` is what could not be done after it was in place, each with the reason.
    """

    mailbox: Mailbox
    copied: datetime
    folder: str
    messages: int
    folders: int
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is restored: the mailbox with an id, as of a moment, on a document.

    Of all that is in it a `folder` alone, or the messages with a Message-ID.
    """

    mailbox: str
    at: datetime
    document: str
    folder: str = ""
    message: str = ""


def restore(workspace: Workspace, inventory: str, asked: Asked) -> Restored:
    """Put mail as it was into a new folder beside what is there, and record it.

    Raises `UsageError` for an unknown mailbox or document, `Refused` if the document is not by who
    may decide it, or if no copy is as old.
    """
    loaded = read(workspace.root, workspace.on)
    wanted = deployment(workspace, loaded, inventory)
    found = wanted.inventory
    refuse_other_day(workspace, found, Message("mail is restored as of today only"))
    state = desired(loaded.organisation, loaded.policy, workspace.on)
    chosen = _mailbox(state, asked.mailbox)
    basis(loaded, workspace.on, asked.document, [chosen])
    record = begun(workspace, wanted, who(workspace, found), [asked.document])
    store = found.centre.store_host(chosen.store)
    with Ssh() as ssh:
        kept, mail = on_host(found, ssh, keeper(found), _LONG), f"{store.name}/mail"
        arrivals = kept(kept_copies.arrivals, FOLDER, mail)
        snapshot, copied = _before(arrivals, asked.at, chosen)
        servers = Servers(ssh, found, loaded.policy.domain, max_age(loaded.policy))
        note = partial(_note, servers, record, store.name, workspace.clock)
        with _as_it_was(kept, mail, snapshot) as repository:
            with _on_record(note, chosen, copied):
                done = on_host(found, ssh, store, _LONG)(
                    recover.beside,
                    (repository, snapshot),
                    f"{_FOLDERS[chosen.kind]}/{chosen.id}",
                    store.fqdn,
                    f"Khôi phục {copied:%Y-%m-%d %H.%M}",
                    {"folder": asked.folder, "message": asked.message},
                    _readers(state, chosen),
                )
            result = Restored(
                chosen, copied, done["name"], done["messages"], done["folders"], (*done["left"],)
            )
            note("applied", sentences(result))
    return result


def _note(
    servers: Servers,
    record: Record,
    store: str,
    clock: Callable[[], datetime],
    result: str,
    changes: Sequence[str],
) -> None:
    """Put on record how it ended; with an empty result, that it begins."""
    finished = written(clock()) if result else ""
    noted = replace(record, finished=finished, changes=(*changes,), result=result)
    servers.record(line(Run(noted, {store: result})))


@contextmanager
def _on_record(
    note: Callable[[str, Sequence[str]], None], mailbox: Mailbox, copied: datetime
) -> Iterator[None]:
    """Put on record that a restore begins, and that it failed if its store says so.

    A store goes on when this program ends or the connection does: nobody knows how it ended then.
    """
    words = {"name": mailbox.name, "moment": f"{copied:%Y-%m-%d %H:%M}", "id": mailbox.id}
    note("", [Message("{name}: mail as of {moment} is restored [mail {id}]", **words)])
    try:
        yield
    except HostRefused:
        failed = Message(
            "{name}: mail as of {moment} was to be restored, and that failed [mail {id}]", **words
        )
        note("failed", [failed])
        raise


@contextmanager
def _as_it_was(kept: OnHost, mail: str, snapshot: str) -> Iterator[str]:
    """Have the repository served as it was when a snapshot arrived, under the name that is given.

    A store adds to its own as it likes; what it adds later cannot spoil what was there.
    """
    view = kept(kept_copies.view, FOLDER, mail, snapshot)
    try:
        yield PurePath(view).name
    finally:
        kept(kept_copies.remove_view, FOLDER, view)


def _readers(state: Desired, mailbox: Mailbox) -> dict[str, str]:
    """Return who reads a unit's mailbox, each with the folder that it is for them."""
    if mailbox.kind != "unit":
        return {}
    unit = shared(state)[mailbox.id]
    return dict.fromkeys(sorted(unit.readers), f"{SHARED}/{unit.folder}")


def sentences(done: Restored) -> list[Message]:
    """Say what was restored, and what could not be done after that."""
    restored = Message(
        "{name}: {messages} message(s) in {folders} folder(s), as of {moment}, were restored to"
        " the folder {folder} [mail {id}]",
        name=done.mailbox.name, messages=done.messages, folders=done.folders,
        moment=f"{done.copied:%Y-%m-%d %H:%M}", folder=done.folder, id=done.mailbox.id,
    )  # fmt: skip
    left = Message("the mail is there, but not all folders may be shown, or read mail marked as so")
    return [restored, *(Message("{left}: {reason}", left=left, reason=each) for each in done.left)]


def _mailbox(state: Desired, wanted: str) -> Mailbox:
    known = {mailbox.id: mailbox for mailbox in state.mailboxes}
    if wanted not in known:
        raise UsageError(
            Message("there is no mailbox with the id {id}", id=shown(wanted)),
            fix=Message("hopthu show NAME says the id"),
        )
    return known[wanted]


def _before(
    arrivals: list[kept_copies.Arrival], at: datetime, mailbox: Mailbox
) -> tuple[str, datetime]:
    """Return the newest copy that had arrived by then; raise `Refused` if there was none."""
    earlier = [(each, moment(seconds)) for each, seconds in arrivals if moment(seconds) <= at]
    if earlier:
        return earlier[-1]
    if not arrivals:
        raise Refused(Message("there is no copy of the store {store}", store=mailbox.store))
    first = moment(arrivals[0][1])
    raise Refused(
        Message("no copy is as old as {at}", at=f"{at:%Y-%m-%d %H:%M}"),
        fix=Message("the oldest arrived at {first}", first=f"{first:%Y-%m-%d %H:%M}"),
    )
