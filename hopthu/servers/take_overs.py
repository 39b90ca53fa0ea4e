"""What is known of the copies of a store before another host serves it (docs/decisions/pairs.md).

Pure: it judges what the two hosts have said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.model.calendar import VIETNAM
from hopthu.remote.host.pairs import Found


@dataclass(frozen=True, slots=True)
class TakeOver:
    """What happens to a store, in words; or why it must not, and the `fix` for that."""

    said: Message
    fix: Message | None = None


def take_overs(found: Mapping[str, Found], centre: Centre) -> Iterator[TakeOver]:
    """Yield what becomes of each store that is to be served by a host that does not serve it yet.

    A store that both serve is refused: what one of them has accepted would have to be given up.
    `found` is what hosts of pairs say, by name; those that did not answer, or were not asked, are
    missing. Of two empty disks nothing is said.
    """
    for host in centre.stores:
        other = centre.partner(host)
        here = found.get(host.name)
        there = found.get(other.name) if other else None
        both = here and there and here["serves"] and there["serves"]
        if other and here and here["said"] and (both or not here["serves"]):
            yield _judged(host, other, here, there)


def _judged(host: Host, other: Host, here: Found, there: Found | None) -> TakeOver:
    last = datetime.fromtimestamp(here["last"], VIETNAM).strftime("%Y-%m-%d %H:%M:%S")
    if here["serves"]:
        found = _SPLIT
    elif there:
        found = _BEHIND if not here["current"] else _SWITCH if there["serves"] else _NOBODY
    elif here["other"]:
        found = _UNASKED
    elif not here["usable"]:
        found = _INCOMPLETE
    else:
        found = _LOST if here["last"] else _UNKNOWN
    said = Message(
        found.template,
        store=host.stores[0], host=host.name, other=other.name, state=here["said"], last=last,
    )  # fmt: skip
    return TakeOver(said, _FIXES.get(found))


_SWITCH = Message("{store}: {host} takes over from {other}; its copy is up to date")
_NOBODY = Message("{store}: {host} serves it; at present neither it nor {other} does")
_LOST = Message(
    "{store}: {host} takes over, {other} does not answer. Both copies were last the same at {last}:"
    " what {other} alone has accepted since then is not on {host}"
)
_UNKNOWN = Message(
    "{store}: {host} takes over, {other} does not answer. When both copies were the same is not"
    " known: what {other} alone has accepted is not on {host}"
)
_UNASKED = Message("{store}: {other} serves it still, and would not be told to leave it")
_BEHIND = Message("{store}: the copy on {host} is not known to be up to date ({state})")
_SPLIT = Message(
    "{store}: both {host} and {other} serve it, and each has accepted what the other lacks"
)
_INCOMPLETE = Message("{store}: the copy on {host} is not complete ({state})")
_WAIT = Message(
    "have both hosts running and connected until their copies are the same, then apply to both"
)
_APPLY_AGAIN = Message(
    "have both hosts running and connected until their copies are the same, then apply to both. If"
    " the other one has just died, apply again: its partner notices within some seconds"
)
_DISCARD = Message(
    "run `hopthu pair discard`: the one that stands by gives way, and a copy is kept"
)
_FIXES = {_SPLIT: _DISCARD, _BEHIND: _WAIT, _UNASKED: _APPLY_AGAIN, _INCOMPLETE: _WAIT}
"""What an apply is refused for, with what to do about it."""
