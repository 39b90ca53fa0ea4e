"""Plan what an apply would change on the servers, with guards: for `plan --live` and every apply.

Pure. Changes are described as in any other plan. In addition it lists what only servers can show:
directory values that no mailbox line covers, and entries that are not in the data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from hopthu.desired.lists import MailList
from hopthu.desired.state import Desired, desired, reserved_by
from hopthu.directory.entries import entries, person_dn, suffix, unit_dn
from hopthu.directory.ldif import Entries, differing
from hopthu.history.record import Record
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre
from hopthu.model.former_domains import FormerDomain, domain_of
from hopthu.model.lifecycle import LIVE
from hopthu.model.policy import Policy
from hopthu.plan.diff import Change, diff, ordered
from hopthu.plan.edits import edits
from hopthu.plan.guards.limits import judge
from hopthu.plan.guards.result import GuardInput
from hopthu.plan.host_changes import Servers
from hopthu.plan.origin import Origins, by_policy, edited_rows
from hopthu.plan.plan import Plan
from hopthu.servers.entry_diff import entry_changes
from hopthu.servers.state import ServerState, as_applied, as_desired, sizes
from hopthu.validate import Loaded


def guarded(
    live: ServerState, after: Loaded, centre: Centre, on: date, before: Loaded | None = None
) -> Plan:
    """Return the plan from the state of the servers to `after` on the day `on`, with its guards.

    `before` is the data that was applied last, if known: its guards apply too, and entries of the
    directory that were not in that data either are ignored. Later days are left out.
    """
    known = before or after
    whole = desired(after.organisation, after.policy, on)
    wanted = entries(whole, centre, after.policy)
    part, now = _differing(live, wanted, whole)
    there = as_desired(part, centre, now, known.organisation)
    receiving = _receiving(live, whole, known.policy)
    formerly = (each for each in known.policy.former_domains if each.over_on(on))
    was = replace(
        _without_strangers(there, now, before),
        receiving=receiving,
        over=tuple(each for each in formerly if each not in receiving),
        given_up=now.given_up,
        # They have no entries: servers have those of what was applied.
        reserved=reserved_by(known.policy) if live.domain else (),
    )
    was = replace(was, lists=_applied_lists(before, live.records.get(centre.provider.name), on))
    written = edits(known.source, after.source)
    found = [_not_erased(change) for change in diff(was, now)]
    found += entry_changes(live, wanted, now, found)
    former = before.policy if before else None
    if former is not None and former != after.policy:
        found = [*by_policy(found, _by_itself(known, after.policy, centre, on), written)]
    record = live.records.get(centre.provider.name) if before else None
    since = date.fromisoformat(record.on) if record else None
    origins = Origins(known.organisation, since, after.organisation, on, edited_rows(written))
    changes = ordered(origins.cited(found))
    case = GuardInput(
        changes, was, now, known.organisation, after.organisation, sizes(live),
        after.policy, former, on,
    )  # fmt: skip
    return Plan(
        on=on,
        base=f"live {centre.name}",
        changes=changes,
        guards=judge(case),
        servers=Servers(centre.name, strangers=tuple(sorted(live.entries.keys() - wanted.keys()))),
    )


def _applied_lists(before: Loaded | None, record: Record | None, on: date) -> tuple[MailList, ...]:
    """Return the lists of the data that was applied last; servers have only rows of tables."""
    if before is None or not before.policy.lists:
        return ()
    then = date.fromisoformat(record.on) if record else on
    return desired(before.organisation, before.policy, then).lists


def _by_itself(applied: Loaded, policy: Policy, centre: Centre, on: date) -> Iterator[Change]:
    """Yield what another policy would change on servers to which `applied` was applied."""
    was, now = (desired(applied.organisation, each, on) for each in (applied.policy, policy))
    found = diff(was, now)
    yield from found
    state = as_applied(applied, on, centre, frozenset())
    yield from entry_changes(state, entries(now, centre, policy), now, found)


def _differing(live: ServerState, wanted: Entries, whole: Desired) -> tuple[ServerState, Desired]:
    """Return the parts of both that can appear in a plan: what differs, units and readers.

    An apply changes few of 61,000 people; comparing all the others would take a second.
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


def _receiving(live: ServerState, whole: Desired, formerly: Policy) -> tuple[FormerDomain, ...]:
    """Return the former domains that receive on the servers: those with an address there.

    Of one that has no address here either, servers do not show it; it is taken to be as wanted.
    """
    wanted = {each.domain: each for each in whole.receiving}
    domains = (*formerly.former_domains, *whole.receiving, *whole.over)
    known = {each.domain: each for each in domains}
    if not known:
        return ()
    served = {
        domain_of(address)
        for attributes in live.entries.values()
        for address in attributes.get("mailLocalAddress", ())
    }
    used = {domain_of(address) for mailbox in whole.mailboxes for address in mailbox.former}
    return tuple(
        each
        for domain, each in known.items()
        if domain in served or (domain in wanted and domain not in used)
    )


def _without_strangers(was: Desired, now: Desired, before: Loaded | None) -> Desired:
    """Leave out mailboxes of the directory that are in no data; their mail is refused already.

    Those that were in the data when it was applied are kept: this plan is what closes them.
    """
    wanted = {mailbox.id for mailbox in now.mailboxes}
    if before is None:
        lost = {mailbox.id for mailbox in was.mailboxes}
    else:
        lost = before.organisation.units.keys() | before.organisation.people.keys()
    kept = (m for m in was.mailboxes if m.id in wanted or (m.id in lost and m.state in LIVE))
    return replace(was, mailboxes=tuple(kept))


def _not_erased(change: Change) -> Change:
    """Describe the end of a mailbox that is not in the data: it is closed, but never erased."""
    if (change.kind, change.action, change.after) != ("mailbox", "erase", None):
        return change
    summary = Message(
        "{name} is not in the data: mail is refused; the entry and the mail stay", name=change.id
    )
    return replace(change, action="close", summary=summary)
