"""What the servers hold, in the words of the domain: the side of a plan that no file says.

Pure. `hopthu.servers.reader` asks the servers; here their answers become mailboxes, addresses and
rights, as far as servers tell them: documents, posts and holds only the data knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from hopthu.desired.state import Access, Desired, Mailbox
from hopthu.directory.entries import person_dn, suffix, unit_dn
from hopthu.directory.ldif import Attributes, Entries
from hopthu.history.record import Record
from hopthu.inventory.topology import Centre
from hopthu.model.guard_limits import WHOLE_PROVINCE
from hopthu.model.lifecycle import LIVE
from hopthu.model.organisation import Organisation
from hopthu.operations.answers import Answers

Readers = Mapping[tuple[str, str], bool]
"""Who is let into a unit mailbox: (unit, person) → whether with just the rights a reader has."""


@dataclass(frozen=True, slots=True)
class ServerState:
    """What the servers hold: entries of the provider, rights on the stores, records of all hosts.

    `domain` is the one the directory is made for, empty where there is none yet; `asked` are the
    hosts that were. `records` says by host what was applied last, `under_way` what was begun and
    did not end; a host without is not there. `last` is the last line of the journal.
    `answers` are those an apply that follows need not ask for again.
    """

    domain: str = ""
    entries: Entries = field(default_factory=dict)
    readers: Readers = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    records: Mapping[str, Record] = field(default_factory=dict)
    under_way: Mapping[str, Record] = field(default_factory=dict)
    last: Record | None = None
    answers: Answers = field(default_factory=Answers, compare=False, repr=False)

    def runs(self) -> Mapping[str, tuple[str, str]]:
        """Return by host the ids of what was applied last and of what did not end; empty: none."""
        return {host: (_id(self.records, host), _id(self.under_way, host)) for host in self.asked}


def as_desired(
    live: ServerState, centre: Centre, wanted: Desired, organisation: Organisation
) -> Desired:
    """Return what the servers hold, as far as they tell it.

    `wanted` decides where they leave it open: of several stores on a host, the one meant; the
    reserved names, which no entry has; the words of a right.
    """
    meant = {mailbox.id: mailbox for mailbox in wanted.mailboxes}
    stores = {host.fqdn: host.stores for host in centre.hosts}
    found = [
        _mailbox(kind, key, attributes, meant.get(key), stores)
        for kind, key, attributes in of_mailboxes(live)
    ]
    return Desired(
        on=wanted.on,
        domain=live.domain or wanted.domain,
        mailboxes=tuple(sorted(found, key=lambda mailbox: mailbox.id)),
        access=_access(live, _unasked(live, centre, wanted), wanted, organisation),
        reserved=wanted.reserved if live.domain else (),
    )


def sizes(live: ServerState) -> Mapping[str, int]:
    """Return how many mailboxes the servers let take mail, by unit and under `all`."""
    counted: Counter[str] = Counter()
    for attributes in live.entries.values():
        if _first(attributes, "hopthuState") in LIVE:
            counted[_first(attributes, "departmentNumber") or _first(attributes, "uid")] += 1
    return {**counted, WHOLE_PROVINCE: counted.total()}


def of_mailboxes(live: ServerState) -> Iterator[tuple[str, str, Attributes]]:
    """Yield kind, id and attributes of the entries that are mailboxes, under their own names."""
    top = suffix(live.domain)
    for dn, attributes in live.entries.items():
        if "hopthuState" in attributes and (key := _first(attributes, "uid")):
            if dn == person_dn(key, top):
                yield "personal", key, attributes
            elif dn == unit_dn(key, top):
                yield "unit", key, attributes


def _mailbox(
    kind: str,
    key: str,
    attributes: Attributes,
    meant: Mailbox | None,
    stores: Mapping[str, tuple[str, ...]],
) -> Mailbox:
    name, host = _first(attributes, "displayName"), _first(attributes, "mailHost")
    labels = stores.get(host) or (host,)
    personal = kind == "personal"
    quota, state = _first(attributes, "hopthuQuota"), _first(attributes, "hopthuState")
    return Mailbox(
        id=key,
        kind="personal" if personal else "unit",
        name=name,
        addresses=_addresses(attributes),
        # Whatever stands there: a state nobody knows is one in which nobody signs in.
        state=cast(Any, state),
        store=meant.store if meant and meant.store in labels else labels[0],
        quota=int(quota) if quota.isdecimal() else 0,
        unit=_first(attributes, "departmentNumber") if personal else key,
        unit_name=_first(attributes, "ou") if personal else name,
        title=_first(attributes, "title") if personal else "",
        # The tables say where; a plan against servers compares them by digest.
        leads_to=meant.leads_to if meant and meant.state == state else "",
    )


def _addresses(attributes: Attributes) -> tuple[str, ...]:
    """Return the local parts, the primary one first."""
    every = (*attributes.get("mail", ()), *attributes.get("mailLocalAddress", ()))
    return tuple(dict.fromkeys(address.partition("@")[0] for address in every))


def _unasked(live: ServerState, centre: Centre, wanted: Desired) -> list[Access]:
    """Return the rights wanted on stores that were not asked: this run does not touch them."""
    labels = {
        label for host in centre.hosts if host.name not in live.asked for label in host.stores
    }
    there = {mailbox.id for mailbox in wanted.mailboxes if mailbox.store in labels}
    return [access for access in wanted.access if access.unit in there]


def _access(
    live: ServerState, unasked: list[Access], wanted: Desired, organisation: Organisation
) -> tuple[Access, ...]:
    """Return the rights there are; one that is wanted and not just so counts as missing."""
    rights = {(access.unit, access.person): access for access in wanted.access}
    found = [*unasked]
    for pair, just_so in live.readers.items():
        if pair not in rights:
            found.append(_unwanted(*pair, organisation))
        elif just_so:
            found.append(rights[pair])
    return tuple(sorted(found, key=lambda access: (access.unit, access.right, access.person)))


def _unwanted(unit: str, person: str, organisation: Organisation) -> Access:
    """Return a right that is to be taken away, as what it was once given, if it was."""
    record = organisation.units.get(unit)
    if record and any(head.person == person for head in record.heads):
        return Access(unit, person, "head")
    if record and record.delegate and record.delegate.person == person:
        return Access(unit, person, "delegate")
    return Access(unit, person, "other")


def _id(records: Mapping[str, Record], host: str) -> str:
    return records[host].id if host in records else ""


def _first(attributes: Attributes, name: str) -> str:
    return next(iter(attributes.get(name, ())), "")
