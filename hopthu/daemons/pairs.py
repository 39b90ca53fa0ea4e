"""Stores in pairs: the mail of a store on two hosts, one of which serves it (DRBD 8.4).

docs/decisions/pairs.md
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from hopthu.daemons.dovecot import MAIL
from hopthu.daemons.record import LOAD_UNITS, Alert, Daemon, FileSet, Passage
from hopthu.daemons.registry import daemons_of
from hopthu.daemons.staged import verified
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.render.context import Context, template
from hopthu.render.files import File, Files

PORT = 7789
"""The port on which each host of a pair listens for the other."""
DEVICE = "/dev/drbd0"
MOUNT = "var-vmail.mount"
"""The systemd unit that mounts `MAIL`, called as systemd-escape(1) has it."""
COPY = "hopthu-pair-copy.service"
"""The unit that has the kernel keep the copy."""
TIMER = "hopthu-pair-same.timer"
"""What notes that both copies are the same."""
DECISIONS = "/run/hopthu/pairs"
"""Where a store lies that a host is taking over: what the kernel asks for (drbd.conf-8.4(5))."""
EVERY = 30
"""Seconds from one note that both copies are the same to the next."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A store on the disks of two hosts."""

    store: str
    hosts: tuple[Host, ...]

    @property
    def disk(self) -> str:
        """The partition, on both hosts: whoever prepares the disks gives it the store's name."""
        return f"/dev/disk/by-partlabel/{self.store}"


def pair_of(centre: Centre, host: Host) -> Pair | None:
    """Return the pair of a host, None if its mail is on its own disks alone."""
    other = centre.partner(host)
    if other is None:
        return None
    hosts = sorted((host, other), key=lambda each: each.name)
    return Pair(host.stores[0], tuple(hosts))


def files(context: Context) -> Files:
    """Return what a host of a pair has of it, the same on both; other hosts have nothing."""
    pair = pair_of(context.centre, context.host)
    return of_pair(context, pair) if pair else {}


def of_pair(context: Context, pair: Pair) -> Files:
    """Return the files of a pair: its disk, where it is mounted, and what runs for it."""
    values = {
        "pair": pair, "decisions": DECISIONS,
        "port": PORT, "device": DEVICE, "mail": MAIL, "mount": MOUNT, "copy": COPY, "every": EVERY,
    }  # fmt: skip
    resource = template("pairs/resource.res.j2", context, **values)
    units = {
        MOUNT: "mail.mount.j2",
        COPY: "hopthu-pair-copy.service.j2",
        "hopthu-pair.service": "hopthu-pair.service.j2",
        TIMER: "hopthu-pair-same.timer.j2",
        TIMER.replace(".timer", ".service"): "hopthu-pair-same.service.j2",
        **{
            f"{user}.service.d/pair.conf": "needs-mail.conf.j2"
            for daemon in daemons_of(context.host)
            for user in daemon.need_mail
        },
    }
    return {
        f"/etc/drbd.d/{pair.store}.res": File.text(resource),
        **{
            f"/etc/systemd/system/{name}": File.text(template(f"pairs/{source}", context, **values))
            for name, source in units.items()
        },
    }


def _partner(centre: Centre, host: Host) -> Iterable[Host]:
    return [each for each in centre.hosts if each == centre.partner(host)]


def _adjust(files: Files) -> str:
    """Return the command with which DRBD takes a change of its resource."""
    (store,) = (PurePosixPath(path).stem for path in files if path.startswith("/etc/drbd.d/"))
    return f"{LOAD_UNITS} && drbdadm adjust {store}"


def _measures(context: Context) -> Mapping[str, Sequence[str]]:
    pair = pair_of(context.centre, context.host)
    return {"pair": [pair.store]} if pair else {}


DAEMON = Daemon(
    name="pairs",
    title=Message("Pairs"),
    roles=("store",),
    after=("base",),
    packages={"store": ("drbd-utils",)},
    units=(TIMER,),
    file_sets=(
        FileSet(
            name="pairs",
            render=files,
            configure=Message("Configure the mail of two hosts"),
            activate=Message("Load how the store is kept on two hosts"),
            activation="reload",
            command=_adjust,
            test=verified("hopthu-pair*.service"),
            phrase=Message("DRBD reads how the store is kept on two hosts"),
        ),
    ),
    passages=(
        Passage(
            role="store",
            ports=(PORT,),
            sources=_partner,
            why="The mail of the store, for the kernel of the other host that has it.",
        ),
    ),
    measures=_measures,
    alerts=(
        Alert(
            name="PairNotTheSame",
            expr="hopthu_pair_same == 0",
            lasting=30,
            summary=Message("What the store accepts is on one of its two hosts alone."),
        ),
    ),
    exempt={
        "services": "what serves the store is started by a take-over alone",
        "versions": "DRBD comes with the kernel of Debian 13",
        "health": "a host that serves is asked for mail, and the alarm watches the copies",
        "probes": "they use the mail of a store, whichever host serves it",
    },
)
