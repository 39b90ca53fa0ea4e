"""A snapshot: the disks and keys that a lab leaves, from which other labs go on.

Each gets a copy of what its hosts had written over their images, so a lab that a test has used up
is replaced within seconds. As one more layer below that of the host this would not do: overlayfs
says of a file that was replaced, to who has it open, that it still has a link, and by that Postfix
tells whether to open a table again.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

from hopthu.errors import LabError
from hopthu.fan_out import on_all_hosts
from hopthu.i18n.message import Message
from hopthu.lab import holder, remote
from hopthu.lab.machine import boot, kept_disks
from hopthu.lab.machine import folder as disks
from hopthu.lab.state import FILE, LabHost, LabState, recorded

_SECONDS = 60
_KEYS = "keys"

# An overlay notes what is gone in the type of a file, and what is replaced in its attributes.
_PACK = ("tar", "--create", "--acls", "--xattrs", "--xattrs-include=*", "--warning=no-file-ignored")


def save(state: LabState, folder: Path) -> None:
    """Shut down all hosts of the lab `state`; write their disks, and its keys, to `folder`.

    Raises `LabError` if `folder` exists or is in a git repository, where keys could be committed,
    or if a host does not shut down. Whatever fails, nothing is written and the hosts are on.
    """
    if folder.exists():
        raise LabError(
            Message("{folder} exists", folder=folder),
            fix=Message("name a new folder for the disks"),
        )
    if any((parent / ".git").exists() for parent in folder.parents):
        raise LabError(
            Message("{folder} is in a git repository, and keys would be in it", folder=folder),
            fix=Message("name a folder outside of it"),
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        on_all_hosts(state.hosts.values(), lambda host: _shut_down(state, host))
        _copy(state, staging)
        staging.rename(folder)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        _boot_again(state)
        raise


def _copy(state: LabState, folder: Path) -> None:
    for host in state.hosts.values():
        target = kept_disks(folder, host)
        target.parent.mkdir(exist_ok=True)
        here = f"--directory={disks(state, host)}"
        holder.run(state, [*_PACK, f"--file={target}", here, "upper", "mail"])
    for path in _of_the_lab(state.directory):
        target = folder / _KEYS / path.relative_to(state.directory)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)


def _boot_again(state: LabState) -> None:
    off = [host for host in state.hosts.values() if not holder.members(state, host.name)]
    booted = on_all_hosts(off, lambda host: boot(state, host))
    replace(state, hosts={**state.hosts, **booted}).save()
    on_all_hosts(booted.values(), lambda host: remote.wait_ready(state, host))


def load(folder: Path) -> LabState:
    """Return the lab that was saved in `folder`, with its hosts off.

    Raises `LabError` if none was saved there.
    """
    known = recorded(folder / _KEYS)
    if known is None or not all(kept_disks(folder, host).exists() for host in known.hosts.values()):
        raise LabError(
            Message("{folder} is not a snapshot of a lab", folder=folder),
            fix=Message("make one: hopthu lab down --keep {folder}", folder=folder),
        )
    off = {name: replace(host, leader=0) for name, host in known.hosts.items()}
    return replace(known, hosts=off, snapshot=str(folder), holder=0, started=0, ready=False)


def unpack_keys(state: LabState) -> None:
    """Copy the keys and passwords of its snapshot into the directory of the lab `state`."""
    shutil.copytree(
        Path(state.snapshot) / _KEYS,
        state.directory,
        ignore=shutil.ignore_patterns(FILE),
        dirs_exist_ok=True,
    )


def _shut_down(state: LabState, host: LabHost) -> None:
    remote.run(state, host, "systemctl --no-block poweroff")
    deadline = time.monotonic() + _SECONDS
    while holder.members(state, host.name):
        if time.monotonic() > deadline:
            raise LabError(Message("{host} does not shut down", host=host.name))
        time.sleep(0.05)


def _of_the_lab(folder: Path) -> list[Path]:
    """Return the files of a lab's directory that are neither its console nor its disks."""
    apart = {folder / "console", folder / "hosts", folder / "lock"}
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if not apart & {path, *path.parents}]
