"""The data integration centre: its hosts and their roles (Art. 1, 4).

A centre is read from a pyinfra inventory, whose groups are the roles. It knows nothing of people:
`desired` defines what should exist, the centre where.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hopthu.errors import UsageError
from hopthu.i18n.message import Message

CLONE, PRODUCTION = "/srv/hopthu", "production"
"""The clone on the operator's host, and the inventory, unless an inventory says otherwise."""

_PAIR = 2


@dataclass(frozen=True, slots=True)
class Host:
    """One server of the centre.

    - `name`: its name in the inventory.
    - `fqdn`: its name in certificates and mail. Two hosts that have one store together have one
      name together, which is the store's (docs/decisions/pairs.md).
    - `address`: its IP address inside the centre.
    - `roles`: its inventory groups.
    - `stores`: the labels of its mail stores; empty unless it has the role `store`.
    - `signature_mirror`: the URL of the mirror of virus signatures; empty means that only hopthu's
      own signatures are used, as in the lab.
    - `clone`: the folder on it of the clone that hopthu runs in every day, and `inventory` the name
      of the inventory that it is run for; used only with the role `operator`.
    - `alarms`: the URL to which alarms go besides mail, as Alertmanager sends them; used only with
      the role `monitor`.
    - `time_source`: the NTP server with which its clock is compared; empty if with none.
    - `provider`: whether its directory is the one that is written to; needed only if several hosts
      have the role `directory`.
    - `gone`: whether it is out of service, such as one that has burnt.
    - `paired`: whether another host has its store too (`Centre.serving`).
    - `stands_by`: whether that other one serves it.
    """

    name: str
    fqdn: str
    address: str
    roles: frozenset[str]
    stores: tuple[str, ...] = ()
    signature_mirror: str = ""
    clone: str = CLONE
    inventory: str = PRODUCTION
    alarms: str = ""
    time_source: str = ""
    provider: bool = False
    gone: bool = False
    paired: bool = False
    stands_by: bool = False

    def has(self, *roles: str) -> bool:
        """Return whether the host has any of `roles`."""
        return not self.roles.isdisjoint(roles)

    @property
    def serves(self) -> bool:
        """Whether mail is delivered to it and read there."""
        return self.has("store") and not self.stands_by

    @property
    def copied_as(self) -> str:
        """The name of its copies: its own, or that of its store if another host has that too.

        So whichever of the two serves goes on with the copies, and restores what the other sent.
        """
        return self.stores[0] if self.paired else self.name


@dataclass(frozen=True, slots=True)
class Centre:
    """All hosts of the centre, sorted by name; `name` is the inventory's and is not compared.

    Those that are `gone` are none of them: nobody asks one, and no host is told of it, so that the
    packet filters of all others shut out one that comes back by itself. But they have the mail that
    they had.
    """

    name: str = field(compare=False)
    hosts: tuple[Host, ...]
    gone: tuple[Host, ...] = ()

    def host(self, name: str) -> Host:
        """Return the host called `name`; raise `UsageError` if there is none."""
        for host in self.hosts:
            if host.name == name:
                return host
        known = ", ".join(h.name for h in self.hosts)
        raise UsageError(
            Message(
                "inventory {inventory} has no host {name}", inventory=self.name, name=repr(name)
            ),
            fix=Message("one of: {names}", names=known),
        )

    def with_role(self, role: str) -> tuple[Host, ...]:
        """Return the hosts that have `role`, by name."""
        return tuple(h for h in self.hosts if role in h.roles)

    def serving(self, chosen: Mapping[str, str]) -> Centre:
        """Return the centre in which one host of each pair serves its store, the other stands by.

        `chosen` has the host that serves, by the label of each store that is on two. Raises
        `UsageError` if a pair is none: two hosts with one store, one name, and nothing else to do,
        so that nobody needs the one that stands by; or if others have one name.
        """
        every, paired, waiting = (*self.hosts, *self.gone), set[str](), set[str]()
        for label, serving in chosen.items():
            pair = {host.name: host for host in every if label in host.stores}
            alone = all(host.roles == {"store"} for host in pair.values())
            alike = {host.stores for host in pair.values()} == {(label,)} and (
                len({host.fqdn for host in pair.values()}) == 1
            )
            if not (len(pair) == _PAIR and serving in pair and alone and alike):
                raise UsageError(
                    Message(
                        "inventory {inventory}: {store} is not on two hosts of its own, {host} one"
                        " of them",
                        inventory=self.name, store=label, host=serving,
                    ),
                    fix=Message(
                        "give two hosts this store alone, one `fqdn`, and no group but `store`"
                    ),
                )  # fmt: skip
            paired |= pair.keys()
            waiting |= pair.keys() - {serving}
        hosts, gone = (
            tuple(
                replace(host, paired=host.name in paired, stands_by=host.name in waiting)
                for host in some
            )
            for some in (self.hosts, self.gone)
        )
        named = Counter(
            name for host in hosts if not host.stands_by for name in {host.fqdn, host.copied_as}
        )
        if twice := sorted(name for name, number in named.items() if number > 1):
            raise UsageError(
                Message(
                    "inventory {inventory}: several hosts are called {names}",
                    inventory=self.name, names=", ".join(twice),
                ),
                fix=Message(
                    "give each a name of its own; if they have one store, say in"
                    " `stores.storage` of data/policy.yaml which one serves it"
                ),
            )  # fmt: skip
        return replace(self, hosts=hosts, gone=gone)

    @property
    def stores(self) -> tuple[Host, ...]:
        """The hosts that serve mail, by name: each store is on one of them."""
        return tuple(host for host in self.hosts if host.serves)

    @property
    def at_work(self) -> tuple[Host, ...]:
        """The hosts that somebody needs, by name: all that do not stand by."""
        return tuple(host for host in self.hosts if not host.stands_by)

    def served_by(self, host: Host) -> Centre:
        """Return the centre in which `host` serves what it has, whichever of a pair does.

        Files that are rendered from it are the same on both hosts, and stay so at a take-over.
        """
        if not host.stands_by:
            return self
        changed = {host: False, self.partner(host): True}
        hosts, gone = (
            tuple(replace(each, stands_by=changed.get(each, each.stands_by)) for each in some)
            for some in (self.hosts, self.gone)
        )
        return replace(self, hosts=hosts, gone=gone)

    def partner(self, host: Host) -> Host | None:
        """Return the other host that has the mail of `host` on its disk, None if no other has.

        It may be gone.
        """
        others = (each for each in (*self.hosts, *self.gone) if each.name != host.name)
        return next((each for each in others if each.fqdn == host.fqdn), None)

    @property
    def with_mail(self) -> tuple[Host, ...]:
        """The stores, those that are gone last: another may have what was theirs."""
        return tuple(host for host in (*self.hosts, *self.gone) if host.serves)

    def store_host(self, label: str) -> Host:
        """Return the host that serves the store `label`; raise `UsageError` if there is none.

        Mail for a store that is gone waits for that.
        """
        for host in self.with_mail:
            if label in host.stores:
                return host
        raise UsageError(
            Message(
                "no host of inventory {inventory} has the store {label}",
                inventory=self.name,
                label=repr(label),
            ),
            fix=Message(
                "add {label} to `stores` of a store host in the inventory", label=repr(label)
            ),
        )

    def other_stores(self, host: Host) -> tuple[Host, ...]:
        """Return the stores that `host` may exchange mailboxes with; none if it is not a store."""
        stores = self.stores if host.has("store") else ()
        return tuple(store for store in stores if store.fqdn != host.fqdn)

    @property
    def provider(self) -> Host:
        """The host whose directory is written to; every other directory replicates it.

        Raises `UsageError` unless exactly one host qualifies, and is there: a guess could make a
        new, empty host the one that all others copy, and another only takes over if a line says so.
        """
        hosts = [host for host in (*self.hosts, *self.gone) if host.has("directory")]
        named = [host for host in hosts if host.provider] or hosts
        if len(named) == 1 and not named[0].gone:
            return named[0]
        if len(named) == 1:
            raise UsageError(
                Message(
                    "inventory {inventory} has the directory on {host} written to, and says that"
                    " this host is out of service",
                    inventory=self.name,
                    host=named[0].name,
                ),
                fix=Message("have another host of group `directory` be the `provider`"),
            )
        raise UsageError(
            Message(
                "inventory {inventory} does not define which host's directory is written to",
                inventory=self.name,
            ),
            fix=Message(
                "put a host in group `directory`; if there are several, give one `provider: True`"
            ),
        )

    @property
    def keepers(self) -> tuple[Host, ...]:
        """The hosts that keep copies of the others, by name; each keeps all.

        Raises `UsageError` if one would keep copies of itself: they would be lost together with
        what they are made from. Nor may the keys to them be there.
        """
        hosts = self.with_role("backup")
        if any(host.has("store", "directory", "operator") for host in hosts):
            raise UsageError(
                Message(
                    "inventory {inventory}: a host that keeps copies is neither a store, nor a"
                    " directory, nor the operator's",
                    inventory=self.name,
                ),
                fix=Message("put hosts with none of these roles in group `backup`"),
            )
        return hosts

    def copied(self, host: Host) -> tuple[str, ...]:
        """Return what of `host` is copied to those that keep copies: some kinds, or nothing.

        They are `mail`, `directory`, and `records`: the journal, which is on the provider, and the
        clone that hopthu runs in every day, with all data and the keys. Every host that can be the
        provider has copies of its own by then, and the keys to them.
        """
        if not self.keepers:
            return ()
        kinds = {
            "mail": host.has("store"),
            "directory": host.has("directory"),
            "records": host.has("directory", "operator"),
        }
        return tuple(kind for kind, kept in kinds.items() if kept)

    def keeps_directory(self, host: Host) -> bool:
        """Return whether `host` has a directory server: the provider or a read replica."""
        return host.has("directory", "access", "store")
