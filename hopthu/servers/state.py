"""The state of the servers in terms of the domain: mailboxes, addresses and access.

Pure. `hopthu.servers.reader` reads the servers, and this module interprets the answers. Documents,
posts and legal holds are only in the data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from hopthu.desired.state import Access, Desired, Mailbox, desired
from hopthu.directory.entries import entries, person_dn, suffix, unit_dn
from hopthu.directory.ldif import Attributes, Entries
from hopthu.history.record import Record
from hopthu.inventory.topology import Centre
from hopthu.model.former_domains import domain_of
from hopthu.model.guard_limits import WHOLE_PROVINCE
from hopthu.model.lifecycle import LIVE
from hopthu.model.organisation import Organisation
from hopthu.operations.unit_access import rights
from hopthu.remote.host.pairs import Found
from hopthu.remote.host.unit_access import Granted
from hopthu.validate import Loaded

Readers = Mapping[tuple[str, str], frozenset[str]]
"""Who can read a unit mailbox: (unit, person) → the rights in its INBOX."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """Hosts with changes in their directory that the provider lacks.

    Those that are `ahead` have them from another one that is there to be followed, so that the
    provider can have them too. Those that are `astray` have what nobody can give it any more: it
    was made on a host that is gone, or on one that was written to meanwhile and comes back. That
    keeps nobody from taking over: they set it aside.
    """

    ahead: tuple[str, ...] = ()
    astray: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerState:
    """The state of the servers: entries of the provider, access on the stores, records of hosts.

    `domain` is that of the directory, empty if there is none yet; `covered` are the hosts that were
    read. `records` has by host the last complete record, `under_way` that of an unfinished run;
    hosts without one are missing. `last` is the last line of the journal. `copies` are the
    entries that replicas have while the provider has none, as after it was rebuilt. `position` is
    that of the provider's directory when it was read, and `granted` what stores said of access: an
    apply that follows need not read them again. `lacking` says whose directory has
    changes that the provider lacks; `successors` have taken over from it since. `pairs` is what
    hosts say that have a store with another one.
    """

    domain: str = ""
    entries: Entries = field(default_factory=dict)
    readers: Readers = field(default_factory=dict)
    covered: frozenset[str] = frozenset()
    records: Mapping[str, Record] = field(default_factory=dict)
    under_way: Mapping[str, Record] = field(default_factory=dict)
    last: Record | None = None
    copies: Entries = field(default_factory=dict)
    position: str = field(default="", compare=False)
    granted: Mapping[str, Granted] = field(default_factory=dict, compare=False, repr=False)
    lacking: Lacking = Lacking()
    successors: tuple[str, ...] = ()
    pairs: Mapping[str, Found] = field(default_factory=dict, compare=False)

    def runs(self) -> Mapping[str, tuple[str, str]]:
        """Return by host the ids of its last complete and of an unfinished run, empty for none."""
        return {host: (_id(self.records, host), _id(self.under_way, host)) for host in self.covered}


def as_applied(side: Loaded, on: date, centre: Centre, covered: frozenset[str]) -> ServerState:
    """Return the state of servers after the data of `side` was applied as of the day `on`."""
    state = desired(side.organisation, side.policy, on)
    return ServerState(
        domain=state.domain,
        entries=entries(state, centre, side.policy),
        readers={(access.unit, access.person): _rights(access) for access in state.access},
        covered=covered,
    )


def as_desired(
    live: ServerState, centre: Centre, wanted: Desired, organisation: Organisation
) -> Desired:
    """Return the state of the servers as a desired state, for comparison with `wanted`.

    `wanted` supplies what the servers do not show: which of several stores on a host is meant, the
    reserved names, which have no entries, and the reason for access.
    """
    known = {mailbox.id: mailbox for mailbox in wanted.mailboxes}
    stores = {host.fqdn: host.stores for host in centre.with_mail}
    found = [
        _mailbox(kind, key, attributes, known.get(key), stores, live.domain)
        for kind, key, attributes in of_mailboxes(live)
    ]
    return Desired(
        on=wanted.on,
        domain=live.domain or wanted.domain,
        mailboxes=tuple(sorted(found, key=lambda mailbox: mailbox.id)),
        access=_access(live, _unread(live, centre, wanted), wanted, organisation),
        reserved=wanted.reserved if live.domain else (),
        # These are in the stores' files of readers, which are not read: no change tells of them.
        folders=wanted.folders,
        quotas=wanted.quotas,
    )


def sizes(live: ServerState) -> Mapping[str, int]:
    """Return the number of mailboxes that accept mail on the servers, by unit and under `all`."""
    counted: Counter[str] = Counter()
    for _, _, attributes in of_mailboxes(live):
        if _first(attributes, "hopthuState") in LIVE:
            counted[_first(attributes, "departmentNumber") or _first(attributes, "uid")] += 1
    return {**counted, WHOLE_PROVINCE: counted.total()}


def of_mailboxes(live: ServerState) -> Iterator[tuple[str, str, Attributes]]:
    """Yield kind, id and attributes of the entries that are mailboxes and have their proper DN."""
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
    wanted: Mailbox | None,
    stores: Mapping[str, tuple[str, ...]],
    domain: str,
) -> Mailbox:
    name, host = _first(attributes, "displayName"), _first(attributes, "mailHost")
    labels = stores.get(host) or (host,)
    personal = kind == "personal"
    quota, state = _first(attributes, "hopthuQuota"), _first(attributes, "hopthuState")
    return Mailbox(
        id=key,
        kind="personal" if personal else "unit",
        name=name,
        addresses=_addresses(attributes, domain),
        former=tuple(sorted(each for each in _served(attributes) if domain_of(each) != domain)),
        # Any value: in an unknown state nobody can sign in.
        state=cast(Any, state),
        store=wanted.store if wanted and wanted.store in labels else labels[0],
        quota=int(quota) if quota.isdecimal() else 0,
        unit=_first(attributes, "departmentNumber") if personal else key,
        unit_name=_first(attributes, "ou") if personal else name,
        title=_first(attributes, "title") if personal else "",
        # This is in the tables, which a plan against servers compares by digest.
        leads_to=wanted.leads_to if wanted and wanted.state == state else "",
        refusal=wanted.refusal if wanted else "",
        over=wanted.over if wanted else (),
        custodian=wanted.custodian if wanted else "",
    )


def _addresses(attributes: Attributes, domain: str) -> tuple[str, ...]:
    """Return the local parts at our domain, the primary one first."""
    ours = (each for each in _served(attributes) if domain_of(each) == domain)
    return tuple(dict.fromkeys(each.partition("@")[0] for each in ours))


def _served(attributes: Attributes) -> tuple[str, ...]:
    return (*attributes.get("mail", ()), *attributes.get("mailLocalAddress", ()))


def _unread(live: ServerState, centre: Centre, wanted: Desired) -> list[Access]:
    """Return the access wanted on stores that were not read: this run does not touch it."""
    labels = {
        label for host in centre.with_mail if host.name not in live.covered for label in host.stores
    }
    there = {mailbox.id for mailbox in wanted.mailboxes if mailbox.store in labels}
    return [access for access in wanted.access if access.unit in there]


def _access(
    live: ServerState, unread: list[Access], wanted: Desired, organisation: Organisation
) -> tuple[Access, ...]:
    """Return the existing access; wanted access with other rights counts as missing."""
    meant = {(access.unit, access.person): access for access in wanted.access}
    probing = {(access.unit, access.person) for access in wanted.probe_access}
    found = [*unread]
    for pair, letters in live.readers.items():
        if pair in probing:
            continue
        if pair not in meant:
            found.append(_unwanted(*pair, organisation))
        elif letters == _rights(meant[pair]):
            found.append(meant[pair])
    return tuple(sorted(found, key=lambda access: (access.unit, access.right, access.person)))


def _rights(access: Access) -> frozenset[str]:
    """Return the rights in INBOX that are the access."""
    return rights(read_only=bool(access.heir))["INBOX"]


def _unwanted(unit: str, person: str, organisation: Organisation) -> Access:
    """Return access that is to be revoked, with the reason for which it was granted, if known."""
    heirs = organisation.heirs(unit, date.max) if unit in organisation.units else ()
    for record in (organisation.units[key] for key in heirs):
        heir = "" if record.id == unit else record.id
        rows = [head for head in record.heads if head.person == person]
        if rows:
            return Access(unit, person, "head", rows[-1].acting, heir)
        if any(delegate.person == person for delegate in record.delegates):
            return Access(unit, person, "delegate", heir=heir)
    return Access(unit, person, "other")


def _id(records: Mapping[str, Record], host: str) -> str:
    return records[host].id if host in records else ""


def _first(attributes: Attributes, name: str) -> str:
    return next(iter(attributes.get(name, ())), "")
