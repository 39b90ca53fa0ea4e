"""The state of the running lab: one JSON file in its state directory.

The directory is `$HOPTHU_LAB`, or `.lab` in the checkout of hopthu; an installed hopthu has no
checkout and uses the current folder. It contains the keys of the lab and the logs of consoles, but
no disks: those are in memory, in the lab's own mount namespace.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hopthu.errors import LabError
from hopthu.i18n.message import Message
from hopthu.tool.resources import checkout

FILE = "state.json"
NOT_A_STATE = (ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class LabHost:
    """A host of the lab. `leader` is the pid of its init on this machine, or 0 if it is off.

    The directory of a `provider` is the one that is written to, if there are several.
    """

    name: str
    address: str
    fqdn: str
    roles: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    provider: bool = False
    leader: int = 0

    @property
    def ours(self) -> bool:
        """Return whether the deploys manage this host."""
        return bool(self.roles)

    @property
    def operates(self) -> bool:
        """Return whether hopthu runs on this host."""
        return "operator" in self.roles

    @property
    def stores_mail(self) -> bool:
        """Return whether the host keeps mailboxes."""
        return "store" in self.roles


@dataclass(frozen=True, slots=True)
class LabState:
    """A lab: its layout, the process that owns its namespaces, and its hosts.

    `holder` and `started` (clock ticks since boot) together identify one process: a reused pid has
    another start time. `images` is the cache folder its hosts boot from, `libraries` the one of the
    Python packages for its operator's host, empty without one. `snapshot` is the folder of the lab
    that it goes on from, if any. `ready` is false while `up` is at work. `within` is true in the
    copy that is on the operator's host: it is in the lab's network.
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
    libraries: str = ""
    snapshot: str = ""
    within: bool = False
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
        """Return whether the holder process that was started is still running."""
        return self.within or (self.holder != 0 and start_time(self.holder) == self.started)

    def host(self, name: str) -> LabHost:
        """Return the host called `name`; raise `LabError` if the lab has none."""
        try:
            return self.hosts[name]
        except KeyError:
            known = ", ".join(self.hosts)
            raise LabError(
                Message("the lab has no host {name}", name=repr(name)),
                fix=Message("one of: {names}", names=known),
            ) from None

    def save(self) -> None:
        """Write the state atomically."""
        staged = self.directory / f"{FILE}.new"
        staged.write_text(dumps(self), encoding="utf-8")
        staged.replace(self.directory / FILE)


def directory(root: Path | None = None) -> Path:
    """Return the state directory: `$HOPTHU_LAB`, or `.lab` in `root`, the checkout or here."""
    chosen = os.environ.get("HOPTHU_LAB")
    return Path(chosen).absolute() if chosen else (root or checkout() or Path()).absolute() / ".lab"


def lab_name(folder: Path) -> str:
    """Return the name of the lab of `folder`, which is unique on this machine."""
    return f"hopthu-{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"


def dumps(state: LabState) -> str:
    """Return the state as JSON."""
    return json.dumps(asdict(state), indent=2, default=str) + "\n"


def loads(text: str) -> LabState:
    """Read a state from JSON; raise one of `NOT_A_STATE` if it is not one."""
    record: dict[str, Any] = json.loads(text)
    hosts = {
        name: LabHost(**{**host, "roles": tuple(host["roles"]), "stores": tuple(host["stores"])})
        for name, host in record["hosts"].items()
    }
    paths = {key: Path(record[key]) for key in ("directory", "images")}
    return LabState(**{**record, **paths, "hosts": hosts})


def recorded(folder: Path) -> LabState | None:
    """Return the state recorded in `folder`, of a lab that is up or not, or None.

    Raises `LabError` if it cannot be read.
    """
    path = folder / FILE
    try:
        return loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise LabError(
            Message("the lab needs root: you may not read {path}", path=path),
            fix=Message("use sudo"),
        ) from error
    except NOT_A_STATE as error:
        raise LabError(
            Message("{path} is not the state of a lab: {reason}", path=path, reason=error),
            fix=Message("look at it, then remove {folder}", folder=folder),
        ) from error


def current(root: Path | None = None) -> LabState | None:
    """Return the lab that is up, or None."""
    state = recorded(directory(root))
    return state if state and state.alive and state.ready else None


def required(root: Path | None = None) -> LabState:
    """Return the lab that is up; raise `LabError` if none is."""
    state = current(root)
    if state is None:
        raise LabError(
            Message("no lab is running in {folder}", folder=directory(root)),
            fix=Message("run: hopthu lab up"),
        )
    return state


def start_time(pid: int) -> int:
    """Return when process `pid` started, in ticks since boot, or 0 if there is none (proc(5))."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    # The second field, the command, may contain spaces and brackets: parse what follows it.
    fields = stat.rpartition(")")[2].split()
    return 0 if fields[0] in "ZX" else int(fields[19])
