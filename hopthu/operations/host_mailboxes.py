"""The mailboxes that are on this store now, according to its directory."""

from __future__ import annotations

from collections.abc import Mapping

from hopthu.desired.host_mailboxes import Homes, Residents, residents
from hopthu.directory.entries import PENDING_ATTRIBUTES, PENDING_FILTER
from hopthu.operations.directory import searched


def pending_moves(base: str) -> Mapping[str, str]:
    """Return the mailboxes that are to be moved: id → FQDN of the host each is still on."""
    found = searched(base, PENDING_FILTER, PENDING_ATTRIBUTES).values()
    return {attributes["uid"][0]: attributes["mailHost"][0] for attributes in found}


def living_here(homes: Homes, fqdn: str, base: str) -> Residents:
    """Return those of `homes` that are on the host of the running operation, named `fqdn`.

    The directory below `base` has the mailboxes that are still to be moved; without `base` every
    mailbox is where it belongs.
    """
    pending = pending_moves(base) if base else {}
    return residents(homes, fqdn, pending)
