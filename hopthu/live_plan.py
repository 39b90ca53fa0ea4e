"""What an apply would change of what the servers hold, guarded: `plan --live`, and every apply.

Pure. Changes stand in the words of any other plan. What only servers can show is told beside them:
values of the directory that no mailbox line tells, and entries that nobody wants.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from hopthu.basis import basis_of
from hopthu.centre import Centre
from hopthu.changes import Change, diff, ordered
from hopthu.desired import Desired, desired
from hopthu.due import due
from hopthu.entries import entries
from hopthu.guards import judge
from hopthu.lifecycle import LIVE
from hopthu.live import Live, held
from hopthu.live_entries import entry_changes
from hopthu.plan import Plan, Side
from hopthu.policy_changes import policy_changes
from hopthu.servers import Servers
from hopthu.text import Text
from hopthu.thresholds import ALL
from hopthu.verdict import Case


def guarded(live: Live, after: Side, centre: Centre, on: date, before: Side | None = None) -> Plan:
    """Return what leads from what the servers hold to `after` on the day `on`, and its guards.

    `before` is the data that was applied, where it is known: its guards count too, and whoever is
    in the directory and was not in that data either is no news.
    """
    known = before or after
    now = desired(after.organisation, after.policy, on)
    was = _without_strangers(held(live, centre, now, known.organisation), now, before)
    basis = basis_of(known.organisation, after.organisation, on)
    told = [_left(change) for change in diff(was, now, basis)]
    wanted = entries(now, centre, after.policy)
    changes = ordered(
        [
            *told,
            *policy_changes(known.policy, after.policy),
            *entry_changes(live, wanted, now, told, basis),
        ]
    )
    case = Case(
        changes, was, now, known.organisation, after.organisation, _sizes(was),
        known.policy.stores != after.policy.stores,
    )  # fmt: skip
    return Plan(
        on=on,
        base=f"live {centre.name}",
        head="working copy",
        changes=changes,
        guards=judge(case, known.policy.guards, after.policy, on),
        due=due(after.organisation, after.policy, on),
        servers=Servers(centre.name, strangers=tuple(sorted(live.entries.keys() - wanted.keys()))),
    )


def _without_strangers(was: Desired, now: Desired, before: Side | None) -> Desired:
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
    told = Text(
        "{name} is not in the data: mail is refused; the entry and the mail stay", name=change.id
    )
    return replace(change, action="close", summary=told)


def _sizes(was: Desired) -> Mapping[str, int]:
    counted = Counter(mailbox.unit for mailbox in was.mailboxes if mailbox.state in LIVE)
    return {**counted, ALL: counted.total()}
