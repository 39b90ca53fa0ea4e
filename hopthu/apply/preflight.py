"""Check, before the first change anywhere, that hosts can be changed at all (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hopthu.answers import parsed
from hopthu.daemons.base import admits_ssh
from hopthu.daemons.postfix import DAEMON as POSTFIX
from hopthu.daemons.record import Version
from hopthu.daemons.registry import daemons
from hopthu.errors import HostFailed, Refused
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre
from hopthu.model.policy import MIB, Policy
from hopthu.remote.host.preflight import Facts

Ask = Callable[[Sequence[str]], Facts]
"""Returns the facts of a host, with the state of some packages."""

SYSTEM = "debian 13"
"""The operating system that the deploys and templates are written for."""

FREE_BYTES, FREE_INODES = 256 * MIB, 10_000
"""Required free space: for packages, a second copy of every managed file, and a record."""

CLOCK_SECONDS = 5.0
"""How far a clock may be off: replication, records and certificates depend on the time."""


@dataclass(frozen=True, slots=True)
class Found:
    """The state of a host; `applying` and `deployed` are records, or empty.

    `serving` is true if hopthu has configured the host before, `written` if its directory is one
    that is written to. `came_from` is the address of this run as the host sees it, empty if the run
    is on the host itself. `queued` messages wait there.
    """

    host: str
    problems: tuple[Message, ...] = ()
    serving: bool = False
    written: bool = False
    came_from: str = ""
    queued: int = 0
    applying: Mapping[str, Any] = field(default_factory=dict)
    deployed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def runs(self) -> tuple[str, str]:
        """Return the ids of the last complete and of an unfinished run, empty for none."""
        return str(self.deployed.get("id", "")), str(self.applying.get("id", ""))


def look(host: str, ask: Ask, clock: Callable[[], datetime]) -> Found:
    """Check a host, which is asked for its facts; raise `HostFailed` if it cannot be reached."""
    started = clock().timestamp()
    found = ask(list(_versions()))
    ended = clock().timestamp()
    return judge(host, found, (started + ended) / 2, ended - started)


def judge(host: str, found: Facts, now: float, took: float = 0) -> Found:
    """Judge the facts of a host, taken at the time `now`; that `took` some seconds."""
    return Found(
        host,
        tuple(_problems(found, now, took)),
        found["serving"],
        found["written"],
        found["came_from"],
        found["queued"],
        _record(found["applying"]),
        _record(found["deployed"]),
    )


def refuse(found: Sequence[Found]) -> None:
    """Raise `HostFailed` with every problem of every host, if there is any."""
    lines = [
        Message("  {host}: {problem}", host=one.host, problem=problem)
        for one in found
        for problem in one.problems
    ]
    if lines:
        raise HostFailed(
            Message(
                "some hosts cannot be changed; nothing was changed on any host\n{problems}",
                problems=joined(lines, "\n"),
            ),
            fix=Message("fix these and apply again"),
        )


def refuse_shut_out(found: Sequence[Found], centre: Centre, policy: Policy) -> None:
    """Raise `Refused` if hosts would no longer admit SSH from the address of this run."""
    shut = [
        one
        for one in found
        if one.came_from and not admits_ssh(centre.host(one.host), centre, policy, one.came_from)
    ]
    if shut:
        raise Refused(
            Message(
                "the packet filter of {hosts} would shut out {addresses}, from which this run "
                "comes; nothing was changed",
                hosts=", ".join(one.host for one in shut),
                addresses=", ".join(sorted({one.came_from for one in shut})),
            ),
            fix=Message(
                "in data/policy.yaml, add the address to a network that may `administer`; or run "
                "this from such a network"
            ),
        )


def refuse_waiting(found: Sequence[Found], centre: Centre) -> None:
    """Raise `Refused` if Postfix would stop on a host where mail waits: it would stay there."""
    waiting = [one for one in found if one.queued and not POSTFIX.runs_on(centre.host(one.host))]
    if waiting:
        raise Refused(
            Message(
                "Postfix would stop where mail waits in its queue: {hosts}; nothing was changed",
                hosts=", ".join(f"{one.host} ({one.queued})" for one in waiting),
            ),
            fix=Message(
                "take the host out of the MX records, then wait until `postqueue -p` on it shows "
                "nothing; what cannot be delivered, a person decides on"
            ),
        )


def _problems(found: Facts, now: float, took: float) -> Iterator[Message]:
    if found["system"] != SYSTEM:
        yield Message("it runs {system}; the deploys are for {wanted}", system=found["system"],
                      wanted=SYSTEM)  # fmt: skip
    for path, (space, inodes) in found["free"].items():
        if space < FREE_BYTES:
            yield Message("{free} MiB free on {path}, {wanted} MiB required", path=path,
                          free=space // MIB, wanted=FREE_BYTES // MIB)  # fmt: skip
        if 0 <= inodes < FREE_INODES:
            yield Message("{free} inodes free on {path}, {wanted} required", path=path,
                          free=inodes, wanted=FREE_INODES)  # fmt: skip
    off = found["clock"] - now
    if off > CLOCK_SECONDS + took:
        yield Message("its clock is {seconds} s ahead", seconds=f"{off:.0f}")
    elif -off > CLOCK_SECONDS + took:
        yield Message("its clock is {seconds} s behind", seconds=f"{-off:.0f}")
    if found["audit"]:
        yield Message("some packages are only half installed; run `dpkg --audit` there")
    for name, (version, status) in found["packages"].items():
        wanted = _versions()[name]
        if status in ("ii", "hi") and not version.startswith(wanted.begins):
            yield Message("{package} is version {version}, {wanted} is required: {why}",
                          package=name, version=version, wanted=wanted.begins,
                          why=wanted.why)  # fmt: skip


def _versions() -> Mapping[str, Version]:
    """Return the version of each package that some daemon requires."""
    return {version.package: version for daemon in daemons() for version in daemon.versions}


def _record(text: str) -> Mapping[str, Any]:
    try:
        record = parsed(text)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
