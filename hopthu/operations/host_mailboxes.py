"""The mailboxes that are on this store now, according to its directory."""

from __future__ import annotations

from collections.abc import Mapping

from pyinfra import host
from pyinfra.api import FactBase

from hopthu.desired.host_mailboxes import Homes, Residents, residents
from hopthu.directory.entries import PENDING_ATTRIBUTES, PENDING_FILTER
from hopthu.operations.directory import Search


class PendingMigrations(FactBase[Mapping[str, str]]):
    """The mailboxes that are to be moved: id → FQDN of the host each is still on."""

    def command(self, base: str) -> str:
        """Search all below `base`."""
        return Search().command(base, PENDING_FILTER, PENDING_ATTRIBUTES)

    def process(self, output: list[str]) -> Mapping[str, str]:
        """Parse the answer."""
        found = Search().process(output).values()
        return {attributes["uid"][0]: attributes["mailHost"][0] for attributes in found}

    @staticmethod
    def default() -> Mapping[str, str]:
        """Return the result for a host without the tools."""
        return {}


def living_here(homes: Homes, fqdn: str, base: str) -> Residents:
    """Return those of `homes` that are on the host of the running operation, named `fqdn`.

    The directory below `base` has the mailboxes that are still to be moved; without `base` every
    mailbox is where it belongs.
    """
    pending = host.get_fact(PendingMigrations, base=base) if base else {}
    return residents(homes, fqdn, pending)
