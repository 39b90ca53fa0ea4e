"""What an apply would change of what the servers hold, guarded: `plan --live`, and every apply.

Pure. Changes stand in the words of any other plan. What only servers can show is told beside them:
values of the directory that no mailbox line tells, and entries that nobody wants.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hopthu.desired.state import Desired, desired
from hopthu.directory.entries import entries, person_dn, suffix, unit_dn
from hopthu.directory.ldif import Entries, differing
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre
from hopthu.model.lifecycle import LIVE
from hopthu.plan.diff import Change, diff, ordered
from hopthu.plan.guards.limits import judge
from hopthu.plan.guards.result import GuardInput
from hopthu.plan.host_changes import Servers
from hopthu.plan.legal_basis import basis_of
from hopthu.plan.plan import Plan, Snapshot
from hopthu.plan.policy_diff import policy_changes
from hopthu.servers.entry_diff import entry_changes
from hopthu.servers.state import ServerState, as_desired, sizes


def guarded(
    live: ServerState, after: Snapshot, centre: Centre, on: date, before: Snapshot | None = None
) -> Plan:
    """Return what leads from what the servers hold to `after` on the day `on`, and its guards.

    `before` is the data that was applied, where it is known: its guards count too, and whoever is
    in the directory and was not in that data either is no news. What is due later is left out.
    """
    known = before or after
    whole = desired(after.organisation, after.policy, on)
    wanted = entries(whole, centre, after.policy)
    part, now = _differing(live, wanted, whole)
    was = _without_strangers(as_desired(part, centre, now, known.organisation), now, before)
    basis = basis_of(known.organisation, after.organisation, on)
    told = [_left(change) for change in diff(was, now, basis)]
    changes = ordered(
        [
            *told,
            *policy_changes(known.policy, after.policy),
            *entry_changes(live, wanted, now, told, basis),
        ]
    )
    case = GuardInput(
        changes, was, now, known.organisation, after.organisation, sizes(live),
        after.policy, before.policy if before else None,
    )  # fmt: skip
    return Plan(
        on=on,
        base=f"live {centre.name}",
        head="working copy",
        changes=changes,
        guards=judge(case, known.policy.guards, on),
        servers=Servers(centre.name, strangers=tuple(sorted(live.entries.keys() - wanted.keys()))),
    )


def _differing(live: ServerState, wanted: Entries, whole: Desired) -> tuple[ServerState, Desired]:
    """Return the part of both sides that a plan can speak of: entries that differ, units, readers.

    Of 61,000 people an apply changes few; to tell what becomes of the others takes a second.
    """
    units = {mailbox.id for mailbox in whole.mailboxes if mailbox.kind == "unit"}
    readers = {access.person for access in whole.access} | {person for _, person in live.readers}
    there, meant = live.entries, wanted
    names = {*differing(there, meant), *(there.keys() - meant.keys())}
    ids = units.union(
        readers, *(entries.get(dn, {}).get("uid", ()) for dn in names for entries in (there, meant))
    )
    top = suffix(live.domain or whole.domain)
    names |= {dn for key in ids for dn in (person_dn(key, top), unit_dn(key, top))}
    found = {dn: there[dn] for dn in sorted(names & there.keys())}
    mailboxes = tuple(mailbox for mailbox in whole.mailboxes if mailbox.id in ids)
    return replace(live, entries=found), replace(whole, mailboxes=mailboxes)


def _without_strangers(was: Desired, now: Desired, before: Snapshot | None) -> Desired:
    """Leave out who is in the directory and in no data; their mail is refused already.

    Not whom the data had when it was applied: for them this plan is what takes their mail away.
    """
    meant = {mailbox.id for mailbox in now.mailboxes}
    if before is None:
        lost = {mailbox.id for mailbox in was.mailboxes}
    else:
        lost = before.organisation.units.keys() | before.organisation.people.keys()
    kept = (m for m in was.mailboxes if m.id in meant or (m.id in lost and m.state in LIVE))
    return replace(was, mailboxes=tuple(kept))


def _left(change: Change) -> Change:
    """Tell what comes of a mailbox that the data does not know: nothing of it is erased."""
    if (change.kind, change.action, change.after) != ("mailbox", "erase", None):
        return change
    told = Message(
        "{name} is not in the data: mail is refused; the entry and the mail stay", name=change.id
    )
    return replace(change, action="close", summary=told)
