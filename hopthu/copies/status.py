"""How old copies are, and how much room they take, as the backup host sees it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hopthu.daemons.backup import DRILL, FOLDER, OLD, unit
from hopthu.errors import HostFailed
from hopthu.fan_out import on_all_hosts
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.model.calendar import VIETNAM
from hopthu.remote.host import copies_here, kept_copies
from hopthu.ssh import OnHost, Ssh, Target

_LONG = 600.0
"""Seconds to add up the files of repositories."""


@dataclass(frozen=True, slots=True)
class Copies:
    """The copies of one kind of a host: when each arrived, oldest first, and the bytes they take.

    `wrong` is what the host itself says, empty if nothing is wrong there.
    """

    host: str
    kind: str
    arrived: tuple[datetime, ...]
    size: int
    wrong: str

    def good(self, now: datetime) -> bool:
        """Return whether nothing is missing, as far as the host can be asked."""
        return not self.old(now) and not self.wrong

    def old(self, now: datetime) -> bool:
        """Return whether a copy is missing that should have arrived by now."""
        return not self.arrived or now - self.arrived[-1] > timedelta(hours=OLD[self.kind])


def status(inventory: Inventory, ssh: Ssh) -> Sequence[Copies]:
    """Return the copies of every host; raise `HostFailed` if no host keeps any."""
    centre = inventory.centre
    wanted = {host: centre.copied(host) for host in centre.hosts if centre.copied(host)}
    names = [f"{host.name}/{kind}" for host, kinds in wanted.items() for kind in kinds]
    found = on_host(inventory, ssh, keeper(inventory), _LONG)(kept_copies.kept, FOLDER, names)
    wrong = on_all_hosts([*wanted], lambda host: _wrong(inventory, ssh, host, wanted[host]))
    none: kept_copies.Kept = {"arrivals": [], "size": 0}
    copies = []
    for host, kinds in wanted.items():
        for kind in kinds:
            kept = found.get(f"{host.name}/{kind}", none)
            arrived = tuple(moment(seconds) for _, seconds in kept["arrivals"])
            copies.append(Copies(host.name, kind, arrived, kept["size"], wrong[host.name][kind]))
    return copies


def keeper(inventory: Inventory) -> Host:
    """Return the host that keeps the copies; raise `HostFailed` if there is none."""
    if host := inventory.centre.backup:
        return host
    raise HostFailed(
        Message(
            "no host of inventory {inventory} keeps copies: if a disk fails, all mail on it is"
            " lost, and with the directory every password and the registry of addresses",
            inventory=inventory.centre.name,
        ),
        fix=Message("put a host of its own in group `backup`, run `hopthu secrets`, and apply"),
    )


def on_host(inventory: Inventory, ssh: Ssh, host: Host, timeout: float = 60) -> OnHost:
    """Return what calls functions on a host."""
    return OnHost(ssh, Target.of(host.name, inventory.data[host.name]), timeout)


def moment(seconds: float) -> datetime:
    """Return a moment as it is said in Vietnam."""
    return datetime.fromtimestamp(seconds, VIETNAM)


def _wrong(inventory: Inventory, ssh: Ssh, host: Host, kinds: Sequence[str]) -> Mapping[str, str]:
    """Return what is wrong on a host, by kind; one that burnt must not hide its copies."""
    units = {kind: unit(kind, "service") for kind in kinds}
    drills = {DRILL: unit(DRILL, "service")} if "mail" in kinds else {}
    other = next(each.name for each in inventory.centre.hosts if each != host)
    try:
        here = on_host(inventory, ssh, host)(copies_here.look, units, drills, other)
    except HostFailed as error:
        return dict.fromkeys(kinds, error.what)
    found = dict.fromkeys(kinds, "")
    if DRILL in here["failed"]:
        found["mail"] = Message(
            "mail did not come back as it was: journalctl -u {unit} on {host}",
            unit=drills[DRILL], host=host.name,
        )  # fmt: skip
    for kind in (each for each in here["failed"] if each in units):
        found[kind] = Message(
            "the last run did not do all of it: journalctl -u {unit} on {host}",
            unit=units[kind], host=host.name,
        )  # fmt: skip
    if here["allowed"]:
        said = Message(
            "{host} may do what it must not: {what}", host=host.name, what=here["allowed"][0]
        )
        found = dict.fromkeys(kinds, said)
    return found


def as_text(copies: Sequence[Copies], now: datetime) -> list[Message]:
    """Return a line for each kind of each host."""
    return [_line(each, now) for each in copies]


_KINDS = {"mail": Message("mail"), "directory": Message("the directory")}


def _line(copies: Copies, now: datetime) -> Message:
    what = Message("{kind} of {host}", kind=_KINDS[copies.kind], host=copies.host)
    if not copies.arrived:
        return Message("{what}: there is no copy", what=what)
    text = Message(
        "{what}: {number} copies, the newest of {newest}, the oldest of {oldest}; {size} MB",
        what=what, number=len(copies.arrived), newest=f"{copies.arrived[-1]:%Y-%m-%d %H:%M}",
        oldest=f"{copies.arrived[0]:%Y-%m-%d %H:%M}", size=f"{copies.size / 1e6:.1f}",
    )  # fmt: skip
    if copies.old(now):
        text = Message(
            "{text}. Too old: it must be made every {hours} hours",
            text=text,
            hours=OLD[copies.kind],
        )
    if copies.wrong:
        text = Message("{text}. Wrong: {wrong}", text=text, wrong=copies.wrong)
    return text


def as_json(copies: Sequence[Copies], now: datetime) -> str:
    """Return the same for tools."""
    rows = [
        {
            "host": each.host,
            "kind": each.kind,
            "copies": len(each.arrived),
            "newest": each.arrived[-1].isoformat() if each.arrived else None,
            "oldest": each.arrived[0].isoformat() if each.arrived else None,
            "bytes": each.size,
            "old": each.old(now),
            "wrong": str(each.wrong),
        }
        for each in copies
    ]
    return json.dumps({"copies": rows}, indent=2) + "\n"
