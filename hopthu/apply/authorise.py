"""Whether an apply may begin, by what the servers hold.

It goes on from what they were given, takes nobody's address away, passes the guards, and is the
plan that was reviewed if there is one.

Asked before anything is changed. All is worked out from what the servers say now, so that no file
has to be believed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hopthu.diagnostics.problem import Problem
from hopthu.errors import DataError, Refused
from hopthu.history import checkout, lineage
from hopthu.history.record import UNKNOWN
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.plan.plan import Plan, Snapshot
from hopthu.plan.review import Reviewed, refuse, stop
from hopthu.servers.staleness import changed_since_base, changed_since_reading
from hopthu.servers.state import ServerState
from hopthu.servers.survey import ServerPlan, plan_against_servers
from hopthu.ssh import Ssh
from hopthu.validate import Loaded

_TOLD = 5


@dataclass(frozen=True, slots=True)
class Permit:
    """The plan that an apply is, for its record, and what the servers hold.

    `back` is what the record says of an apply that goes back, empty where it goes on.
    """

    plan: Plan
    live: ServerState
    back: str = ""


def authorise(
    root: Path,
    inventory: Inventory,
    ssh: Ssh,
    loaded: Loaded,
    on: date,
    reviewed: Reviewed | None = None,
    limit: Collection[str] = (),
    back_to: str = "",
) -> Permit:
    """Return what an apply of `loaded` is; change nothing.

    With a plan that was `reviewed` it is that one, else what leads from what the servers hold to
    the data. `back_to` names what is checked out where that is to take the servers back.

    Raises `Refused` where guards stop it, where the servers moved since the review, or hold what
    this checkout does not contain; `DataError` where it takes away what they were given and must
    stay; and `HostFailed` where they do not say what they hold.
    """
    after = Snapshot(loaded.organisation, loaded.policy, loaded.source)
    base = reviewed.before if reviewed else None
    found = plan_against_servers(
        root,
        inventory,
        ssh,
        loaded,
        on,
        known=[base] if base else [],
        limit=limit,
        files=bool(reviewed and base is None),
    )
    if reviewed and base:
        refuse(_foreign(root, found.live, reviewed.saved.base))
        refuse(changed_since_base(reviewed, found.live, found.plan, after, inventory.centre))
    elif reviewed:
        refuse(changed_since_reading(reviewed.saved, found.live, found.plan, after))
    back = lineage.go_on(root, lineage.newer(root, found.live.records), back_to)
    if not back:
        if gone := taken_away(root, found, loaded, on):
            raise DataError(gone)
        for text in _lost(found):
            raise Refused(text, fix=_FIX)
    stop(found.plan.guards)
    plan = reviewed.plan if reviewed and reviewed.plan else found.plan
    return Permit(plan, found.live, back)


def taken_away(root: Path, found: ServerPlan, loaded: Loaded, on: date) -> list[Problem]:
    """Return what the data takes away of what the servers were given and must not."""
    return lineage.taken(root, found.live.records, loaded.source, on)


def objections(root: Path, found: ServerPlan) -> tuple[Message, ...]:
    """Return why an apply would be refused, beside its guards: for a plan against servers."""
    ahead = lineage.newer(root, found.live.records)
    return tuple(map(lineage.sentence, ahead)) or tuple(_lost(found))


def _lost(found: ServerPlan) -> Iterator[Message]:
    """Yield whose mailbox would close though nobody knows why: it is in no data that is known.

    Only where what was applied last is not known, as after an apply of what was never committed:
    else the data says who was taken out, and whom the directory has beside is a stranger.
    """
    lost = [c.id for c in found.plan.changes if c.kind == "mailbox" and c.after is None]
    if lost and found.before is None:
        yield Message(
            "the directory has live mailboxes that are not in the data, and no commit here says "
            "what was applied last: {ids}",
            ids=", ".join(lost[:_TOLD]) + (f" and {len(lost) - _TOLD} more" * (len(lost) > _TOLD)),
        )


_FIX = Message(
    "put their records back; entries that were never anybody's are deleted in the directory"
)


def _foreign(root: Path, live: ServerState, base: str) -> list[str]:
    """Return the hosts that were given a commit which is neither the base nor part of this one.

    Its data may be the same, and its templates or code not.
    """
    return [
        f"servers: another apply since, on {host}: record {record.id}, by {record.who}"
        for host, record in sorted(live.records.items())
        if record.commit != UNKNOWN
        and not record.commit.startswith(base)
        and not checkout.is_part(root, record.commit)
    ]
