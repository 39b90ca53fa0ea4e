"""Whether hosts may be changed at all, found out before the first change anywhere (Art. 5.1)."""

from __future__ import annotations

import base64
import json
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hopthu.daemons.record import Version
from hopthu.daemons.registry import daemons
from hopthu.errors import HostFailed
from hopthu.remote import script
from hopthu.ssh import Ssh, Target

SYSTEM = "debian 13"
"""What the deploys and templates are written for."""

FREE_BYTES, FREE_INODES = 256 * 1024**2, 10_000
"""What must be free: packages, a second copy of every managed file, a record."""

CLOCK_SECONDS = 5.0
"""How far a clock may be off: replication and records are ordered by time, certificates begin."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a host said of itself; `applying` and `deployed` are records, or nothing.

    `serving` tells that hopthu has given it something before.
    """

    host: str
    problems: tuple[str, ...] = ()
    serving: bool = False
    applying: Mapping[str, Any] = field(default_factory=dict)
    deployed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def runs(self) -> tuple[str, str]:
        """The ids of what was applied last and of what did not end; empty: none."""
        return str(self.deployed.get("id", "")), str(self.applying.get("id", ""))


def look(ssh: Ssh, target: Target) -> Found:
    """Ask a host; raise `HostFailed` when it cannot be reached."""
    asked = time.time()
    packages = " ".join(_versions())
    text = ssh.output(target, f"bash -c {shlex.quote(script('preflight.sh'))} preflight {packages}")
    return judge(target.name, text, (asked + time.time()) / 2, time.time() - asked)


def judge(host: str, text: str, now: float, took: float = 0) -> Found:
    """Read what `preflight.sh` said at the time `now`, in an answer that `took` some seconds."""
    said: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, _, value = line.partition("=")
        said.setdefault(key, []).append(value)
    if "complete" not in said:
        return Found(host, ("its answer is cut short",))
    return Found(
        host,
        tuple(_problems(said, now, took)),
        "serving" in said,
        _record(said.get("applying")),
        _record(said.get("deployed")),
    )


def refuse(found: Sequence[Found]) -> None:
    """Raise `HostFailed` with every problem of every host, if there is any."""
    lines = [f"  {one.host}: {problem}" for one in found for problem in one.problems]
    if lines:
        raise HostFailed(
            "\n".join(["not every host can be changed; nothing was changed anywhere", *lines]),
            fix="mend these and apply again",
        )


def _problems(said: Mapping[str, Sequence[str]], now: float, took: float) -> Iterator[str]:
    system = said["os"][0]
    if system != SYSTEM:
        yield f"it runs {system}, and these deploys are for {SYSTEM}"
    for line in said["free"]:
        place, space, inodes = line.split()
        if int(space) < FREE_BYTES:
            yield f"{int(space) // 1024**2} MiB free on {place}, needs {FREE_BYTES // 1024**2}"
        # Some file systems count none.
        if inodes not in ("-", "0") and int(inodes) < FREE_INODES:
            yield f"{inodes} inodes free on {place}, needs {FREE_INODES}"
    off = float(said["clock"][0]) - now
    if abs(off) > CLOCK_SECONDS + took:
        yield f"its clock is {abs(off):.0f} s {'ahead' if off > 0 else 'behind'}"
    if "dpkg" in said:
        yield "packages are half installed; see `dpkg --audit` there"
    for line in said.get("package", ()):
        name, version, status = line.split(maxsplit=2)
        wanted = _versions()[name]
        if status.strip() in ("ii", "hi") and not version.startswith(wanted.begins):
            yield f"{name} is {version}, needs {wanted.begins}: {wanted.why}"


def _versions() -> Mapping[str, Version]:
    """Return what every daemon asks of installed packages, by package."""
    return {version.package: version for daemon in daemons() for version in daemon.versions}


def _record(values: Sequence[str] | None) -> Mapping[str, Any]:
    if not values:
        return {}
    try:
        record = json.loads(base64.b64decode(values[0]))
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
