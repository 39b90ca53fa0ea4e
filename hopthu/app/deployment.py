"""What is done on servers: with valid data, on hosts that it declares, as of today."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from hopthu.app.workspace import Workspace
from hopthu.desired.state import Desired, Mailbox
from hopthu.diagnostics.nearest import suggestion
from hopthu.diagnostics.problem import shown
from hopthu.errors import Refused, UsageError
from hopthu.history.data_digest import digest
from hopthu.history.operator import administrator
from hopthu.history.record import Record, moment, new_id
from hopthu.i18n.message import Message
from hopthu.inventory import loader as inventories
from hopthu.inventory.loader import Inventory
from hopthu.load import load
from hopthu.servers.survey import Deployment
from hopthu.tool.version import tool
from hopthu.validate import Loaded, policy_of

_LABS_ONLY = Message("use --on with labs only")


def inventory_of(workspace: Workspace, name: str) -> Inventory:
    """Return an inventory in which those hosts of pairs serve that the policy names, as it stands.

    Raises `UsageError` for an inventory that is none.
    """
    policy = policy_of(load(workspace.root, kinds=("policy",)))
    return inventories.load(workspace.root, name).serving(policy.stores.serving)


def deployment(
    workspace: Workspace, loaded: Loaded, inventory: str, limit: Collection[str] = ()
) -> Deployment:
    """Read the inventory to which valid data is to be deployed.

    Raises `UsageError` for an inventory or a host that is none, or not declared in the data.
    """
    found = inventories.load(workspace.root, inventory)
    found.chosen(limit)
    return Deployment.of(workspace.repository, found, loaded, workspace.on, limit)


def mailbox_of(state: Desired, wanted: str) -> Mailbox:
    """Return the mailbox with an id; raise `UsageError` if there is none."""
    known = {mailbox.id: mailbox for mailbox in state.mailboxes}
    if wanted not in known:
        raise UsageError(
            Message("there is no mailbox with the id {id}", id=shown(wanted)),
            fix=suggestion(wanted, known, Message("hopthu show NAME says the id")),
        )
    return known[wanted]


def refuse_other_day(
    workspace: Workspace, inventory: Inventory, what: Message, fix: Message = _LABS_ONLY
) -> None:
    """Raise `Refused` if the day is not today, unless the servers are throwaway ones.

    `what` says what is not done on another day.
    """
    today = workspace.today
    if workspace.on != today and not inventory.throwaway:
        raise Refused(Message("today is {today}: {what}", today=today, what=what), fix=fix)


def who(workspace: Workspace, inventory: Inventory) -> str:
    """Return who does it; raise `UsageError` if that is nobody."""
    throwaway = inventory.throwaway
    return administrator(workspace.repository, workspace.environment, throwaway=throwaway)


def begun(
    workspace: Workspace,
    wanted: Deployment,
    who: str,
    documents: Sequence[str] = (),
    changes: Sequence[str] = (),
    checksum: str = "",
) -> Record:
    """Return the record of a run that starts now, as far as it is known."""
    now, head = workspace.clock(), workspace.repository.checked_out()
    return Record(
        id=new_id(now, head.id, head.dirty),
        commit=head.id,
        data=digest(wanted.loaded.source),
        on=wanted.on.isoformat(),
        who=who,
        started=moment(now),
        checksum=checksum,
        documents=tuple(documents),
        changes=tuple(changes),
        tool=str(tool()),
    )
