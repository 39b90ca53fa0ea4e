"""What is known of the copies of a store before another host serves it (docs/decisions/pairs.md).

Pure: it judges what the two hosts have said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre
from hopthu.model.calendar import VIETNAM
from hopthu.remote.host.pairs import Found


@dataclass(frozen=True, slots=True)
class TakeOver:
    """What happens to a store, in words; or why it must not, and the `fix` for that."""

    said: Message
    fix: Message | None = None


def take_overs(
    found: Mapping[str, Found], centre: Centre, told: Collection[str]
) -> Iterator[TakeOver]:
    """Yield what becomes of each store that is to be served by a host that does not serve it yet.

    A store that both serve is refused: what one of them has accepted would have to be given up; so
    is one that only one of the two is told of, and mail that is not where the data has it. `found`
    is what hosts say, by name; those that did not answer are missing. `told` are the hosts that are
    to be changed. Of two empty disks nothing is said.
    """
    for host in centre.stores:
        other = centre.partner(host)
        here = found.get(host.name)
        there = found.get(other.name) if other else None
        if other is None:
            what = _ENDED if here and here["paired"] else None
        elif any(each and each["covered"] for each in (here, there)):
            what = _COVERED
        elif here and here["said"]:
            what = _of_pair(here, there, both={host.name, other.name} <= {*told})
        else:
            what = None
        if here and what:
            said = Message(
                what.template, store=host.stores[0], host=host.name,
                other=other.name if other else "", state=here["said"],
                last=_moment(here["last"]) or "",
            )  # fmt: skip
            yield TakeOver(said, _FIXES.get(what))


def _of_pair(here: Found, there: Found | None, *, both: bool) -> Message | None:
    """Return what is to be said of a store that a host serves from now on, if anything.

    `there` is what the other one says, if it answers; `both` is whether both are to be told.
    """
    serves = here["other"] or bool(there and there["serves"])
    if here["serves"]:
        apart = there and (here["apart"] or there["apart"])
        return _SPLIT if there and there["serves"] else _APART if apart else None
    if serves and not both:
        return _UNASKED
    if serves or there:
        return _BEHIND if not here["current"] else _SWITCH if serves else _NOBODY
    if here["usable"]:
        return _LOST if _moment(here["last"]) else _UNKNOWN
    return _INCOMPLETE


def _moment(seconds: float) -> str | None:
    """Return when both copies were last the same; None for never, and for what is no time."""
    try:
        found = datetime.fromtimestamp(seconds, VIETNAM).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, OSError, ValueError):
        return None
    return found if seconds else None


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
_UNASKED = Message(
    "{store}: {host} takes over from {other}, which serves it still, and not both would be told"
)
_BEHIND = Message("{store}: the copy on {host} is not known to be up to date ({state})")
_SPLIT = Message(
    "{store}: both {host} and {other} serve it, and each has accepted what the other lacks"
)
_INCOMPLETE = Message("{store}: the copy on {host} is not complete ({state})")
_APART = Message(
    "{store}: the copy on {other} has what the one on {host} lacks, and gets nothing any more: run"
    " `hopthu pair discard`, which keeps it aside"
)
_COVERED = Message("{store}: {host} or {other} has mail that is on no disk of the two")
_ENDED = Message("{store}: {host} has its mail on a disk that another host has a copy of ({state})")
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
_ELSEWHERE = Message("have two hosts keep a new store, and units move there")
_PAIR = Message(
    "leave both hosts in the inventory (`gone`, if one is), and the store `drbd` in the policy; to"
    " end that, have units move to another store"
)
_FIXES = {
    _SPLIT: _DISCARD, _BEHIND: _WAIT, _UNASKED: _APPLY_AGAIN, _INCOMPLETE: _WAIT,
    _COVERED: _ELSEWHERE, _ENDED: _PAIR,
}  # fmt: skip
"""What an apply is refused for, with what to do about it."""
