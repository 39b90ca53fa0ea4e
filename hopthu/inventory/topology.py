"""The data integration centre: which of our hosts do what (Art. 1, 4).

A centre is read from a pyinfra inventory; its groups are the roles. It knows nothing of the
people: `desired` says what should exist, the centre says where.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hopthu.errors import UsageError


@dataclass(frozen=True, slots=True)
class Host:
    """One server of the centre.

    `name` is its name in the inventory, `fqdn` what certificates and mail say, `address` the IP
    it is reached at inside the centre, `roles` its inventory groups, `stores` the labels of the
    mail stores it holds (empty unless it has the role `store`), `signature_mirror` the URL in the
    centre its virus signatures come from (empty: none but our own, as in the lab), `provider` says
    that its directory is the one written to; only needed where several have the role.
    """

    name: str
    fqdn: str
    address: str
    roles: frozenset[str]
    stores: tuple[str, ...] = ()
    signature_mirror: str = ""
    provider: bool = False

    def has(self, *roles: str) -> bool:
        """Tell whether the host has any of `roles`."""
        return not self.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class Centre:
    """All our hosts, sorted by name; `name` is the inventory's, and makes no other centre of it."""

    name: str = field(compare=False)
    hosts: tuple[Host, ...]

    def host(self, name: str) -> Host:
        """Return the host called `name`; raise `UsageError` when there is none."""
        for host in self.hosts:
            if host.name == name:
                return host
        known = ", ".join(h.name for h in self.hosts)
        raise UsageError(f"no host {name!r} in inventory {self.name}", fix=f"one of: {known}")

    def with_role(self, role: str) -> tuple[Host, ...]:
        """Return the hosts that have `role`, by name."""
        return tuple(h for h in self.hosts if role in h.roles)

    def store_host(self, label: str) -> Host:
        """Return the host that holds the store `label`; raise `UsageError` when none does."""
        for host in self.hosts:
            if label in host.stores:
                return host
        raise UsageError(
            f"no host of inventory {self.name} holds the store {label!r}",
            fix=f"add {label!r} to `stores` of a store host in the inventory",
        )

    def other_stores(self, host: Host) -> tuple[Host, ...]:
        """Return the hosts a store may give mailboxes to, and take them from; of others none."""
        stores = self.with_role("store") if host.has("store") else ()
        return tuple(store for store in stores if store != host)

    @property
    def provider(self) -> Host:
        """The host whose directory is written to; every other one replicates it.

        Raises `UsageError` unless that is one host: were it guessed, a new and empty host could
        become the one all others copy.
        """
        hosts = self.with_role("directory")
        named = tuple(h for h in hosts if h.provider) or hosts
        if len(named) == 1:
            return named[0]
        raise UsageError(
            f"inventory {self.name} does not say which host's directory is written to",
            fix="put hosts in group `directory`, and if several, `provider: True` in one's data",
        )

    def keeps_directory(self, host: Host) -> bool:
        """Tell whether `host` has a directory of its own: the provider or a read replica."""
        return host.has("directory", "access", "store")
