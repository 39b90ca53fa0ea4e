"""Grant access on a store to people and unit mailboxes that have moved there (Art. 7.2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hopthu.desired.host_mailboxes import homes, residents, shared
from hopthu.desired.state import Desired
from hopthu.inventory.topology import Host
from hopthu.migration.pending import waiting
from hopthu.migration.remote import Stores
from hopthu.operations.unit_access import changes


def give(stores: Stores, desired: Desired, moved: Collection[str]) -> None:
    """Grant access to unit mailboxes where they are now; subscribe readers who have `moved`.

    Raises `HostFailed`.
    """
    found = waiting(stores.waiting(), stores.centre)
    pending = {one.id: one.source.fqdn for one in found}
    for store in stores.centre.stores:
        _give(stores, desired, store, pending, moved)


def _give(
    stores: Stores,
    desired: Desired,
    store: Host,
    pending: Mapping[str, str],
    moved: Collection[str],
) -> None:
    here = residents(homes(desired, stores.centre), store.fqdn, pending)
    found = stores.access(store)
    people = frozenset(here.people)
    wanted = {unit: shared(desired)[unit] for unit in here.units}
    if todo := changes(wanted, desired.quotas.readers, found, people, moved):
        stores.change_access(store, todo)
