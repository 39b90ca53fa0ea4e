"""Who lives on this store right now, by the directory beside it."""

from __future__ import annotations

from collections.abc import Mapping

from pyinfra import host
from pyinfra.api import FactBase

from hopthu.desired.host_mailboxes import Homes, Residents, residents
from hopthu.directory.entries import PENDING_ATTRIBUTES, PENDING_FILTER
from hopthu.operations.directory import Search


class PendingMigrations(FactBase[Mapping[str, str]]):
    """The mailboxes that wait to be moved: id → FQDN of the host each is still on."""

    def command(self, base: str) -> str:
        """Search all below `base`."""
        return Search().command(base, PENDING_FILTER, PENDING_ATTRIBUTES)

    def process(self, output: list[str]) -> Mapping[str, str]:
        """Read the answer."""
        found = Search().process(output).values()
        return {attributes["uid"][0]: attributes["mailHost"][0] for attributes in found}

    @staticmethod
    def default() -> Mapping[str, str]:
        """Return what a host without the tools knows."""
        return {}


def living_here(homes: Homes, fqdn: str, base: str) -> Residents:
    """Return who of `homes` lives on the host of the operation under way, which is `fqdn`.

    The directory below `base` says who waits to be moved; without one everybody is at home.
    """
    still = host.get_fact(PendingMigrations, base=base) if base else {}
    return residents(homes, fqdn, still)
