"""What is known of the lab that is up: one JSON file in its state directory.

The directory is `$HOPTHU_LAB`, or `.lab` in the checkout of hopthu; an installed hopthu has no
checkout and takes the current folder. It holds the keys of the lab and the consoles' logs, never
a host's disk: those live in memory, in the lab's own mount namespace.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from hopthu.errors import LabError
from hopthu.tool.resources import checkout

FILE = "state.json"
NOT_A_STATE = (ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class LabHost:
    """A host of the lab. `leader` is the pid of its init on this machine; 0 while it is off."""

    name: str
    address: str
    fqdn: str
    roles: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    leader: int = 0

    @property
    def ours(self) -> bool:
        """Tell whether the deploys manage this host."""
        return bool(self.roles)


@dataclass(frozen=True, slots=True)
class LabState:
    """A lab: its layout, the process that holds its namespaces, and its hosts.

    `holder` with `started` (clock ticks since boot) names one process for ever: a pid that was
    given to another process later has another start time. `images` is the cache folder its hosts
    boot from. `ready` is false while `up` is at work.
    """

    name: str
    layout: str
    domain: str
    directory: Path
    images: Path
    bare: bool = False
    holder: int = 0
    started: int = 0
    ready: bool = False
    hosts: Mapping[str, LabHost] = field(default_factory=dict)

    @property
    def key(self) -> Path:
        """Return the path of the private SSH key that opens every host."""
        return self.directory / "ssh" / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        """Return the path of the hosts' SSH keys, written by the lab itself."""
        return self.directory / "ssh" / "known_hosts"

    @property
    def alive(self) -> bool:
        """Tell whether the process that holds the lab is still the one that was started."""
        return self.holder != 0 and start_time(self.holder) == self.started

    def host(self, name: str) -> LabHost:
        """Return the host called `name`; raise `LabError` when the lab has none."""
        try:
            return self.hosts[name]
        except KeyError:
            known = ", ".join(self.hosts)
            raise LabError(f"the lab has no host {name!r}", fix=f"one of: {known}") from None

    def with_host(self, host: LabHost) -> LabState:
        """Return the state with one host replaced."""
        return replace(self, hosts={**self.hosts, host.name: host})

    def save(self) -> None:
        """Write the state so that a reader never sees half of it."""
        staged = self.directory / f"{FILE}.new"
        staged.write_text(dumps(self), encoding="utf-8")
        staged.replace(self.directory / FILE)


def directory(root: Path | None = None) -> Path:
    """Return the state directory: `$HOPTHU_LAB`, or `.lab` in `root` or where labs live."""
    chosen = os.environ.get("HOPTHU_LAB")
    return Path(chosen).absolute() if chosen else (root or checkout() or Path()).absolute() / ".lab"


def lab_name(folder: Path) -> str:
    """Return the name of the lab that lives in `folder`; no other of this machine has it."""
    return f"hopthu-{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"


def dumps(state: LabState) -> str:
    """Return the state as JSON."""
    return json.dumps(asdict(state), indent=2, default=str) + "\n"


def loads(text: str) -> LabState:
    """Read a state from JSON; raise one of `NOT_A_STATE` when it is not one."""
    record: dict[str, Any] = json.loads(text)
    hosts = {
        name: LabHost(**{**host, "roles": tuple(host["roles"]), "stores": tuple(host["stores"])})
        for name, host in record["hosts"].items()
    }
    paths = {key: Path(record[key]) for key in ("directory", "images")}
    return LabState(**{**record, **paths, "hosts": hosts})


def recorded(folder: Path) -> LabState | None:
    """Return what `folder` says of a lab, up or not; raise `LabError` when it cannot be read."""
    path = folder / FILE
    try:
        return loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise LabError(
            f"the lab needs root: {path} is not yours to read", fix="use sudo"
        ) from error
    except NOT_A_STATE as error:
        raise LabError(
            f"{path} is not the state of a lab: {error}", fix=f"look at it, then remove {folder}"
        ) from error


def current(root: Path | None = None) -> LabState | None:
    """Return the lab that is up, or None."""
    state = recorded(directory(root))
    return state if state and state.alive and state.ready else None


def required(root: Path | None = None) -> LabState:
    """Return the lab that is up; raise `LabError` when none is."""
    state = current(root)
    if state is None:
        raise LabError(f"no lab is up in {directory(root)}", fix="run: hopthu lab up")
    return state


def start_time(pid: int) -> int:
    """Return when process `pid` started, in ticks since boot; 0 when there is none (proc(5))."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    # The second field, the command, may hold blanks and brackets: read from behind it.
    fields = stat.rpartition(")")[2].split()
    return 0 if fields[0] in "ZX" else int(fields[19])
