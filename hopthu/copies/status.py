"""How old copies are, and how much room they take, as those see it who keep them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hopthu.daemons.backup import (
    DRILL,
    DRILLED,
    FOLDER,
    LONGEST,
    OLD,
    REBUILD,
    REBUILT_WITHIN,
    unit,
)
from hopthu.diagnostics.problem import printable
from hopthu.errors import HostFailed
from hopthu.fan_out import on_all_hosts
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Centre, Host
from hopthu.model.calendar import VIETNAM
from hopthu.remote.host import copies_here, kept_copies
from hopthu.remote.host.kinds import Count, Moment
from hopthu.ssh import Ssh, on_host

_SHOWN = 10
"""Mailboxes that a copy lacks, and that are named."""
_LONG = 600.0
"""Seconds to add up the files of repositories."""


@dataclass(frozen=True, slots=True)
class Copies:
    """The copies of one kind of a host: when each arrived, oldest first, and the bytes they take.

    `sent` is when that of the host's last run arrived, if it did: others may have made files there
    that are no copies. `now` is by the clock of `keeper`, the host that keeps them, and `free` the
    bytes that are left there. `full` are the folders of which flags that people named themselves
    may be lost, more than 26 of them. `wrong` is what the hosts themselves say, empty if nothing is
    wrong there. `rebuilt` is when all of it was last restored beside, and was as it had been.
    """

    keeper: str
    host: str
    kind: str
    arrived: tuple[datetime, ...]
    size: int
    free: int
    sent: datetime | None
    now: datetime
    wrong: str
    full: tuple[str, ...]
    rebuilt: datetime | None = None

    @property
    def good(self) -> bool:
        """Whether nothing is missing, as far as the host can be asked."""
        return not self.old and not self.wrong

    @property
    def old(self) -> bool:
        """Whether a copy is missing that should have arrived by now, or any is from the future."""
        wanted = timedelta(hours=OLD[self.kind])
        return not (self.sent and self.arrived[-1] <= self.now <= self.sent + wanted)


def status(inventory: Inventory, ssh: Ssh) -> Sequence[Copies]:
    """Return the copies of every host, with each that keeps them; raise `HostFailed` if none."""
    centre = inventory.centre
    wanted = {host: centre.copied(host) for host in centre.at_work if centre.copied(host)}
    names = [f"{host.copied_as}/{kind}" for host, kinds in wanted.items() for kind in kinds]
    kept = on_all_hosts(keepers(inventory), lambda host: _kept(inventory, ssh, host, names))
    said = on_all_hosts([*wanted], lambda host: _said(inventory, ssh, host, wanted[host]))
    return [
        _copies(keeper, host.name, kind, found[f"{host.copied_as}/{kind}"], said[host.name][kind])
        for keeper, found in kept.items()
        for host, kinds in wanted.items()
        for kind in kinds
    ]


def restorable(centre: Centre) -> list[Host]:
    """Return the hosts of which everything is restored, to try their copies."""
    return [host for host in centre.at_work if DRILLED[REBUILD] & {*centre.copied(host)}]


def restored_beside(
    inventory: Inventory, ssh: Ssh, hosts: Sequence[Host]
) -> Mapping[str, Sequence[str]]:
    """Have hosts restore everything beside what is there; return by name what was wrong."""

    def one(host: Host) -> Sequence[str]:
        try:
            call = on_host(inventory, ssh, host, LONGEST[REBUILD] * 3600.0)
            return call(copies_here.run_now, REBUILD, unit(REBUILD, "service"))
        except HostFailed as error:
            return [error.what]

    return on_all_hosts(hosts, one)


def _kept(
    inventory: Inventory, ssh: Ssh, keeper: Host, names: Sequence[str]
) -> Mapping[str, kept_copies.Kept]:
    """Return what a host keeps; one that burnt must not hide what another has."""
    none: kept_copies.Kept = {
        "arrivals": [], "size": Count(0), "free": Count(0), "now": Moment(0), "wrong": "",
    }  # fmt: skip
    try:
        found = on_host(inventory, ssh, keeper, _LONG)(kept_copies.kept, FOLDER, [*names])
    except HostFailed as error:
        return {name: {**none, "wrong": error.what} for name in names}
    for each in found.values():
        if each["wrong"]:
            reason = printable(each["wrong"])
            each["wrong"] = Message("old copies are not removed: {reason}", reason=reason)
    return {**dict.fromkeys(names, none), **found}


@dataclass(frozen=True, slots=True)
class _Said:
    """What a host says of copies of a kind: which it sent to whom, full folders, what is wrong.

    `there` says what is wrong with those of one that keeps them, by its name.
    """

    sent: Mapping[str, str]
    full: Sequence[str]
    wrong: str
    there: Mapping[str, str]
    rebuilt: datetime | None = None


def _copies(keeper: str, host: str, kind: str, kept: kept_copies.Kept, said: _Said) -> Copies:
    arrived: Mapping[str, datetime] = {
        each: moment(seconds) for each, seconds, _ in kept["arrivals"]
    }
    moments, now = (*arrived.values(),), moment(kept["now"])
    sent = arrived.get(said.sent.get(keeper, ""))
    late = _not_rebuilt(kind, said.rebuilt or min(moments, default=now), now)
    wrong = said.there.get(keeper, "") or said.wrong or late or kept["wrong"]
    size, free = kept["size"], kept["free"]
    full, rebuilt = (*said.full,), said.rebuilt
    return Copies(keeper, host, kind, moments, size, free, sent, now, wrong, full, rebuilt)


def keepers(inventory: Inventory) -> Sequence[Host]:
    """Return the hosts that keep the copies; raise `HostFailed` if there is none."""
    if hosts := inventory.centre.keepers:
        return hosts
    raise HostFailed(
        without_copies(inventory.centre),
        fix=Message("put a host of its own in group `backup`, run `hopthu secrets`, and apply"),
    )


def without_copies(centre: Centre) -> Message:
    """Say what is lost one day in a centre of which no host keeps copies."""
    return Message(
        "no host of inventory {inventory} keeps copies: if a disk fails, all mail on it is"
        " lost, and with the directory every password and the registry of addresses",
        inventory=centre.name,
    )


def moment(seconds: float) -> datetime:
    """Return a moment as it is said in Vietnam."""
    return datetime.fromtimestamp(seconds, VIETNAM)


def _said(inventory: Inventory, ssh: Ssh, host: Host, kinds: Sequence[str]) -> Mapping[str, _Said]:
    """Return what a host says by kind; one that burnt must not hide its copies."""
    units = {kind: unit(kind, "service") for kind in kinds}
    drills = {kind: unit(kind, "service") for kind in (DRILL, REBUILD) if DRILLED[kind] & {*kinds}}
    try:
        here = on_host(inventory, ssh, host)(copies_here.look, units, drills)
    except HostFailed as error:
        return dict.fromkeys(kinds, _Said({}, (), error.what, {}))
    there = {
        keeper.name: _tried(inventory, ssh, host, keeper, kinds) for keeper in keepers(inventory)
    }
    return {
        kind: _Said(
            here["sent"].get(kind, {}), here["full"].get(kind, []), _wrong(host, kind, here),
            {keeper: found[kind] for keeper, found in there.items() if kind in found},
            _rebuilt(kind, here),
        )
        for kind in kinds
    }  # fmt: skip


def _tried(
    inventory: Inventory, ssh: Ssh, host: Host, keeper: Host, kinds: Sequence[str]
) -> Mapping[str, str]:
    """Return by kind what is wrong with the copies of a host at one that keeps them.

    Each is tried by itself: one that hardly answers hides nothing of another.
    """
    others = (each.copied_as for each in inventory.centre.hosts)
    other = next(each for each in others if each != host.copied_as)
    try:
        found = on_host(inventory, ssh, host, _LONG)(
            copies_here.tried, keeper.name, [*kinds], other
        )
    except HostFailed as error:
        return dict.fromkeys(kinds, error.what)
    if found["allowed"]:
        what = found["allowed"][0]
        may = Message("{host} may do what it must not: {what}", host=host.name, what=what)
        return dict.fromkeys(kinds, may)
    return {
        kind: Message("the last copy cannot be read: {reason}", reason=reason)
        for kind, reason in found["unreadable"].items()
    }


def _wrong(host: Host, kind: str, here: copies_here.Here) -> str:
    """Return the worst of what is wrong with a kind on a host, empty if nothing is."""
    if reasons := here["failed"].get(kind):
        return Message(
            "the last run did not do all of it: journalctl -u {unit} on {host}: {reasons}",
            unit=unit(kind, "service"), host=host.name,
            reasons=some([printable(each) for each in reasons], _SHOWN),
        )  # fmt: skip
    if kind == "mail" and here["cut_off"]:
        return Message(
            "a restore in place was cut off, run it again: {mailboxes}",
            mailboxes=some([printable(each) for each in here["cut_off"]], _SHOWN),
        )
    for drill, kinds in DRILLED.items():
        if kind in kinds and drill in here["failed"]:
            return Message(
                "not all came back as it was: journalctl -u {unit} on {host}: {reasons}",
                unit=unit(drill, "service"), host=host.name,
                reasons=some([printable(each) for each in here["failed"][drill]], _SHOWN),
            )  # fmt: skip
    return ""


def _not_rebuilt(kind: str, since: datetime, now: datetime) -> str:
    """Say that not all of a kind was restored since a day that is too long ago, empty if it is not.

    Without a success that is the day of its oldest copy: a run that never began, or that was cut
    off, fails nowhere.
    """
    if kind in DRILLED[REBUILD] and since + timedelta(days=REBUILT_WITHIN) < now:
        return Message("not all of it was restored since {day}", day=f"{since:%Y-%m-%d}")
    return ""


def _rebuilt(kind: str, here: copies_here.Here) -> datetime | None:
    """Return when all of a kind was last restored, as it had been."""
    good = here["good"][REBUILD] if kind in DRILLED[REBUILD] else 0.0
    return moment(good) if good else None


def as_text(copies: Sequence[Copies]) -> list[Message]:
    """Return a line for each kind of each host."""
    return [_line(each) for each in copies]


_KINDS = {
    "mail": Message("mail"),
    "directory": Message("the directory"),
    "records": Message("records and journal"),
}


def named(kind: str, host: str) -> Message:
    """Return how copies of a kind of a host are called."""
    return Message("{kind} of {host}", kind=_KINDS[kind], host=host)


def _line(copies: Copies) -> Message:
    what = Message(
        "{copy}, on {keeper}", copy=named(copies.kind, copies.host), keeper=copies.keeper
    )
    text = what
    if copies.arrived:
        text = Message(
            "{what}: {number} copies, the newest of {newest}, the oldest of {oldest}; {size} MB,"
            " {free} GB are free",
            what=what, number=len(copies.arrived), newest=f"{copies.arrived[-1]:%Y-%m-%d %H:%M}",
            oldest=f"{copies.arrived[0]:%Y-%m-%d %H:%M}", size=f"{copies.size / 1e6:.1f}",
            free=f"{copies.free / 1e9:.1f}",
        )  # fmt: skip
    if copies.old:
        text = Message(
            "{text}. No copy of the last {hours} hours is known to be complete",
            text=text,
            hours=OLD[copies.kind],
        )
    if copies.rebuilt:
        text = Message(
            "{text}. All of it was restored beside on {day}, and was as it had been",
            text=text, day=f"{copies.rebuilt:%Y-%m-%d}",
        )  # fmt: skip
    if copies.wrong:
        text = Message("{text}. Wrong: {wrong}", text=text, wrong=copies.wrong)
    if copies.full:
        text = Message(
            "{text}. Copies have 26 labels of a folder at most. Folders that have 26: {folders}",
            text=text,
            folders=", ".join(copies.full),
        )
    return text


def as_json(copies: Sequence[Copies]) -> str:
    """Return the same for tools."""
    rows = [
        {
            "keeper": each.keeper,
            "host": each.host,
            "kind": each.kind,
            "copies": len(each.arrived),
            "newest": each.arrived[-1].isoformat() if each.arrived else None,
            "oldest": each.arrived[0].isoformat() if each.arrived else None,
            "complete": each.sent.isoformat() if each.sent else None,
            "bytes": each.size,
            "free": each.free,
            "old": each.old,
            "wrong": str(each.wrong),
            "full": each.full,
            "rebuilt": each.rebuilt.isoformat() if each.rebuilt else None,
        }
        for each in copies
    ]
    return json.dumps({"copies": rows}, indent=2) + "\n"
