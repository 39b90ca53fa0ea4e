"""Check, before the first change anywhere, that hosts can be changed at all (Art. 5.1)."""

from __future__ import annotations

import base64
import json
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hopthu.daemons.base import admits_ssh
from hopthu.daemons.record import Version
from hopthu.daemons.registry import daemons
from hopthu.errors import HostFailed, Refused
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre
from hopthu.model.policy import MIB, Policy
from hopthu.remote import script
from hopthu.ssh import Ssh, Target

SYSTEM = "debian 13"
"""The operating system that the deploys and templates are written for."""

FREE_BYTES, FREE_INODES = 256 * MIB, 10_000
"""Required free space: for packages, a second copy of every managed file, and a record."""

CLOCK_SECONDS = 5.0
"""How far a clock may be off: replication, records and certificates depend on the time."""


@dataclass(frozen=True, slots=True)
class Found:
    """The state of a host; `applying` and `deployed` are records, or empty.

    `serving` is true if hopthu has configured the host before. `came_from` is the address of this
    run as the host sees it, empty if the run is on the host itself.
    """

    host: str
    problems: tuple[Message, ...] = ()
    serving: bool = False
    came_from: str = ""
    applying: Mapping[str, Any] = field(default_factory=dict)
    deployed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def runs(self) -> tuple[str, str]:
        """Return the ids of the last complete and of an unfinished run, empty for none."""
        return str(self.deployed.get("id", "")), str(self.applying.get("id", ""))


def look(ssh: Ssh, target: Target) -> Found:
    """Check a host; raise `HostFailed` if it cannot be reached."""
    started = time.time()
    packages = " ".join(_versions())
    text = ssh.output(target, f"bash -c {shlex.quote(script('preflight.sh'))} preflight {packages}")
    return judge(target.name, text, (started + time.time()) / 2, time.time() - started)


def judge(host: str, text: str, now: float, took: float = 0) -> Found:
    """Read the output of `preflight.sh`, taken at the time `now`; it `took` some seconds."""
    values: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, _, value = line.partition("=")
        values.setdefault(key, []).append(value)
    if "complete" not in values:
        return Found(host, (Message("its answer was cut short"),))
    return Found(
        host,
        tuple(_problems(values, now, took)),
        "serving" in values,
        "".join(values.get("from", ())),
        _record(values.get("applying")),
        _record(values.get("deployed")),
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


def _problems(values: Mapping[str, Sequence[str]], now: float, took: float) -> Iterator[Message]:
    system = values["os"][0]
    if system != SYSTEM:
        yield Message("it runs {system}; the deploys are for {wanted}", system=system,
                      wanted=SYSTEM)  # fmt: skip
    for line in values["free"]:
        path, space, inodes = line.split()
        if int(space) < FREE_BYTES:
            yield Message("{free} MiB free on {path}, {wanted} MiB required", path=path,
                          free=int(space) // MIB, wanted=FREE_BYTES // MIB)  # fmt: skip
        # Some file systems do not count inodes.
        if inodes not in ("-", "0") and int(inodes) < FREE_INODES:
            yield Message("{free} inodes free on {path}, {wanted} required", path=path,
                          free=inodes, wanted=FREE_INODES)  # fmt: skip
    off = float(values["clock"][0]) - now
    if off > CLOCK_SECONDS + took:
        yield Message("its clock is {seconds} s ahead", seconds=f"{off:.0f}")
    elif -off > CLOCK_SECONDS + took:
        yield Message("its clock is {seconds} s behind", seconds=f"{-off:.0f}")
    if "dpkg" in values:
        yield Message("some packages are only half installed; run `dpkg --audit` there")
    for line in values.get("package", ()):
        name, version, status = line.split(maxsplit=2)
        wanted = _versions()[name]
        if status.strip() in ("ii", "hi") and not version.startswith(wanted.begins):
            yield Message("{package} is version {version}, {wanted} is required: {why}",
                          package=name, version=version, wanted=wanted.begins,
                          why=wanted.why)  # fmt: skip


def _versions() -> Mapping[str, Version]:
    """Return the version of each package that some daemon requires."""
    return {version.package: version for daemon in daemons() for version in daemon.versions}


def _record(values: Sequence[str] | None) -> Mapping[str, Any]:
    if not values:
        return {}
    try:
        record = json.loads(base64.b64decode(values[0]))
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
