"""The operator's own accounts for probing, which follow from the policy and hold no record.

Ids and addresses have a `_`, which no id or address of the data may have, so they are nobody
else's. They are beside the mailboxes of the data and not among them: what concerns officials, such
as address books and reports, does not see them; what serves mail asks for `state.with_probes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hopthu.desired.lists import MARK, MailList, Place
from hopthu.desired.mailbox import Access, Mailbox
from hopthu.model.lifecycle import State
from hopthu.model.policy import Policy

PREFIX = "probe_"
"""What ids and local parts of the accounts begin with."""

FULL = 1024
"""The quota of the one that is full with a letter of so many bytes."""

MINUTE = "minute"
"""The part of the account to which the monitor sends, and as which it signs in."""

_UNIT = "unit"
_NAMES: dict[str, tuple[str, State]] = {
    _UNIT: ("Đơn vị thử nghiệm", "active"),
    "head": ("Thử nghiệm Thủ trưởng", "active"),
    "delegate": ("Thử nghiệm Ủy quyền", "active"),
    "stranger": ("Thử nghiệm Người ngoài", "active"),
    "colleague": ("Thử nghiệm Đồng nghiệp", "active"),
    "reader": ("Thử nghiệm Người nhận", "active"),
    "locked": ("Thử nghiệm Tạm khóa", "locked"),
    "closed": ("Thử nghiệm Đã đóng", "closed"),
    "full": ("Thử nghiệm Đầy thư", "active"),
    MINUTE: ("Thử nghiệm Mỗi phút", "active"),
}
"""The accounts of each store, by their part, with the name and the state of their mailbox."""


def account(part: str, store: str) -> str:
    """Return the id of the account with a part on a store, which is its local part too."""
    return f"{PREFIX}{part}_{store}"


def accounts(stores: Iterable[str], policy: Policy) -> tuple[Mailbox, ...]:
    """Return the accounts for probing on each store with mailboxes; none unless policy wants them.

    Without any mailbox they are on the store that new ones would be on.
    """
    used = sorted({*stores} or {policy.stores.default}) if policy.probe.accounts else ()
    return tuple(each for store in used for each in _on(store, policy))


def access_to(probes: Iterable[Mailbox]) -> tuple[Access, ...]:
    """Return the access of heads and delegates to the unit mailboxes among the accounts."""
    return tuple(
        Access(each.unit, each.id, right)
        for each in probes
        for right in ("head", "delegate")
        if each.id == account(right, each.store)
    )


def lists_of(probes: Iterable[Mailbox]) -> tuple[MailList, ...]:
    """Return a list of each unit among the accounts, of those that probes read and empty."""
    return tuple(
        MailList(
            id=f"list/{unit.id}",
            address=f"list{MARK}{unit.addresses[0]}",
            name=unit.name,
            unit=unit.id,
            places=tuple(Place(key, key) for key in _readers(unit.store)),
        )
        for unit in probes
        if unit.kind == "unit"
    )


def _readers(store: str) -> tuple[str, ...]:
    return tuple(account(part, store) for part in ("colleague", "reader"))


def _on(store: str, policy: Policy) -> Iterator[Mailbox]:
    unit = account(_UNIT, store)
    for part, (name, state) in _NAMES.items():
        key = account(part, store)
        yield Mailbox(
            id=key,
            kind="unit" if part == _UNIT else "personal",
            name=name,
            addresses=(key,),
            state=state,
            store=store,
            quota=FULL if part == "full" else policy.quotas.personal,
            unit=unit,
            unit_name=_NAMES[_UNIT][0],
            refusal=f"Mailbox closed, please write to {unit}@{policy.domain}",
        )
