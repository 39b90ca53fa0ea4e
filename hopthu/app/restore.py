"""Bring back mail from the copies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from hopthu.app.deployment import begun, deployment, refuse_other_day, who
from hopthu.app.workspace import Workspace
from hopthu.copies.status import keeper, moment, on_host
from hopthu.credentials.basis import basis
from hopthu.credentials.servers import Servers
from hopthu.daemons.backup import FOLDER
from hopthu.desired.state import Mailbox, desired
from hopthu.diagnostics.problem import shown
from hopthu.directory.password_rules import max_age
from hopthu.errors import Refused, UsageError
from hopthu.history.journal import Run, line
from hopthu.history.record import moment as written
from hopthu.i18n.message import Message
from hopthu.remote.host import kept_copies, recover
from hopthu.ssh import Ssh
from hopthu.validate import Loaded, read

_LONG = 4 * 3600.0
"""Seconds in which a large mailbox comes back."""
_FOLDERS = {"personal": "people", "unit": "units"}


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, from the copy of which moment, into which folder of the mailbox."""

    mailbox: Mailbox
    copied: datetime
    folder: str
    messages: int
    folders: int


def mailbox(
    workspace: Workspace, inventory: str, who_of: str, at: datetime, document: str
) -> Restored:
    """Put a mailbox as it was into a new folder beside what is there, and record it.

    Raises `UsageError` for an unknown mailbox or document, `Refused` if the document is not by who
    may decide it, or if no copy is as old.
    """
    loaded = read(workspace.root, workspace.on)
    wanted = deployment(workspace, loaded, inventory)
    found = wanted.inventory
    refuse_other_day(workspace, found, Message("mail is restored as of today only"))
    chosen = _mailbox(loaded, workspace, who_of)
    basis(loaded, workspace.on, document, [chosen])
    record = begun(workspace, wanted, who(workspace, found), [document])
    store = found.centre.store_host(chosen.store)
    with Ssh() as ssh:
        on_keeper = on_host(found, ssh, keeper(found))
        arrivals = on_keeper(kept_copies.arrivals, FOLDER, f"{store.name}/mail")
        snapshot, copied = _before(arrivals, at, chosen)
        folder = f"Khôi phục {copied:%Y-%m-%d %H.%M}"
        home = f"{_FOLDERS[chosen.kind]}/{chosen.id}"
        done = on_host(found, ssh, store, _LONG)(recover.beside, snapshot, home, store.fqdn, folder)
        result = Restored(chosen, copied, folder, done["messages"], done["folders"])
        finished = replace(
            record,
            finished=written(workspace.clock()),
            changes=(sentence(result),),
            result="applied",
        )
        servers = Servers(ssh, found, loaded.policy.domain, max_age(loaded.policy))
        servers.record(line(Run(finished, {store.name: "applied"})))
    return result


def sentence(done: Restored) -> Message:
    """Say what was restored."""
    return Message(
        "{name}: {messages} message(s) in {folders} folder(s), as of {moment}, were restored to"
        " the folder {folder} [mail {id}]",
        name=done.mailbox.name, messages=done.messages, folders=done.folders,
        moment=f"{done.copied:%Y-%m-%d %H:%M}", folder=done.folder, id=done.mailbox.id,
    )  # fmt: skip


def _mailbox(loaded: Loaded, workspace: Workspace, wanted: str) -> Mailbox:
    state = desired(loaded.organisation, loaded.policy, workspace.on)
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
