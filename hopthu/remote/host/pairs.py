"""Stores in pairs: the mail of a store is on the disks of two hosts, and one of them serves it.

The kernel refuses to serve a copy that may be behind (docs/decisions/pairs.md). What it asks then,
whether the partner is out of it, is answered yes only while a decision lies on this host, and one
lies only while `take_over` is at work: what an apply was asked for, and nothing that starts by
itself, a reboot included.
"""

from __future__ import annotations

import mmap
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypedDict

from hopthu.remote.host.state import Failed, output, read, run, state, try_lock

DECISIONS = Path("/run/hopthu/pairs")
"""Stores that this host is taking over, which the kernel's handler looks for (templates/pairs).

In memory, so that none outlives a reboot.
"""

KERNEL = Path("/proc/drbd")
"""What the kernel says of copies, each in one line (DRBD 8.4)."""
DEVICE = "/dev/drbd0"
COPY = "hopthu-pair-copy.service"
"""The unit that has the kernel keep the copy, on both hosts."""
UNIT = "hopthu-pair.service"
"""The unit that serves the store here, after a take-over and after each boot."""
AT_BOOT = Path("/etc/systemd/system/multi-user.target.wants", UNIT)
"""Is there on the host that the data names, once an apply has told it."""

_PATIENCE = 60.0
"""Seconds in which `primary` is retried, until the kernel has noticed that the partner is gone."""
_PAUSE = 0.5
_BLOCK = 1024**2
"""Bytes that are copied at once."""
_LINE = re.compile(r"^ *0: cs:(\S+) ro:(\w+)/(\w+) ds:(\w+)/(\w+) ", re.MULTILINE)
_FRESH = ("Inconsistent", "Inconsistent")
"""Two disks of which none has ever been written to."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What the kernel knows of the two copies, of each pair ours first, the partner's second."""

    connection: str
    roles: tuple[str, str]
    disks: tuple[str, str]

    @property
    def serves(self) -> bool:
        """Whether the store is served from here."""
        return self.roles[0] == "Primary"

    @property
    def kept(self) -> bool:
        """Whether the kernel has our disk: not one that failed, or is new and blank."""
        return self.disks[0] not in ("Diskless", "Failed")

    @property
    def complete(self) -> bool:
        """Whether both copies are the same, and stay so: what is confirmed is on both."""
        return self.connection == "Connected" and self.disks == ("UpToDate", "UpToDate")

    @property
    def current(self) -> bool:
        """Whether our copy has all that was confirmed."""
        return self.connection == "Connected" and self.disks[0] == "UpToDate"

    @property
    def partner_current(self) -> bool:
        """Whether the partner's copy has all that was confirmed."""
        return self.connection == "Connected" and self.disks[1] == "UpToDate"

    def __str__(self) -> str:
        """Say it as the kernel does."""
        return f"{self.connection}, {'/'.join(self.roles)}, {'/'.join(self.disks)}"


class Found(TypedDict):
    """What a host of a pair is asked; `last` is when both copies were last the same, 0 for never.

    `current` is whether this copy has all that was confirmed, or there is nothing yet, and `usable`
    whether a decision lets it serve: it does not know itself to be behind.
    `said` is the kernel's word for both copies, empty if it has none. `other` is whether the other
    host serves, as far as this one sees it, `at_boot` whether this one tries to after a boot.
    `holds` is whether the other cannot serve because this one could write, `kept` whether the copy
    is on a disk, `apart` whether the two have found that each has what the other lacks. `paired` is
    whether this host was told to keep a store with another, and `covered` whether there is mail
    here that is on no disk of a pair.
    """

    serves: bool
    at_boot: bool
    holds: bool
    kept: bool
    apart: bool
    paired: bool
    covered: bool
    other: bool
    same: bool
    current: bool
    usable: bool
    last: float
    said: str


def copy() -> Copy | None:
    """Return the state of the copies of the store, None if the kernel has none here."""
    found = _LINE.search(read(KERNEL))
    if found is None:
        return None
    connection, role, partner, disk, theirs = found.groups()
    return Copy(connection, (role, partner), (disk, theirs))


def found(store: str, folder: str) -> Found:
    """Return how the copy of a store is that this host has, mounted at a folder if it serves."""
    here, mounted = copy(), _mounted(folder)
    return {
        "serves": bool(here and here.serves) and mounted,
        "at_boot": AT_BOOT.is_symlink(),
        "holds": bool(here and here.serves),
        "kept": bool(here and here.kept),
        "apart": bool(here and here.connection == "StandAlone"),
        "paired": Path("/etc/systemd/system", UNIT).exists(),
        "covered": not mounted and _has_mail(Path(folder)),
        "other": bool(here and here.roles[1] == "Primary"),
        "same": bool(here and here.complete),
        "current": bool(here and (here.current or here.disks == _FRESH)),
        "usable": bool(here and here.disks[0] in ("UpToDate", "Consistent")),
        "last": float(read(_noted(store)) or 0),
        "said": str(here or ""),
    }


def _noted(store: str) -> Path:
    """Return the file with the time at which both copies were last the same."""
    return state() / "pairs" / store


def _mounted(folder: str) -> bool:
    """Return whether the disk of the pair is mounted at a folder: there may be another one."""
    try:
        return Path(DEVICE).stat().st_rdev == Path(folder).stat().st_dev
    except FileNotFoundError:
        return False


def _has_mail(folder: Path) -> bool:
    """Return whether a folder has mail, or a disk of its own for it."""
    return folder.exists() and (any(folder.iterdir()) or os.path.ismount(folder))


def prepare(store: str, disk: str, folder: str) -> None:
    """Have the kernel keep a copy of a store on a disk; a new one has to be empty.

    A disk that has failed is left, for whoever replaces it. Raises `Failed` if there is anything on
    the disk, or in the folder.
    """
    mounted = _mounted(folder)
    if not mounted and _has_mail(Path(folder)):
        raise Failed(f"{folder} has mail that is on no disk of a pair")
    if copy() and not _readable(disk):
        return
    if not mounted:
        _close(Path(folder))
    run("systemctl", "daemon-reload")
    run("modprobe", "drbd")
    if not _is_drbd(store):
        if run("blkid", "-p", disk, fine=(0, 2)).returncode == 0:
            raise Failed(f"{disk} is not empty; if nobody needs what is on it: wipefs --all {disk}")
        run("drbdadm", "create-md", "--force", store)
    run("systemctl", "enable", "--quiet", COPY)
    run("systemctl", "restart", COPY)


def _close(folder: Path) -> None:
    """Let nobody write to a folder, whatever is rolled back, until something is mounted there.

    Dovecot would make mailboxes.
    """
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    run("chattr", "-i", str(folder))
    os.chown(folder, 0, 0)
    folder.chmod(0o755)
    run("chattr", "+i", str(folder))


def _readable(disk: str) -> bool:
    asked = (f"if={disk}", "of=/dev/null", "iflag=direct", "count=8")
    return run("dd", *asked, fine=None).returncode == 0


def _is_drbd(store: str) -> bool:
    return run("drbdadm", "dump-md", store, fine=None).returncode == 0


def take_over(store: str) -> None:
    """Serve a store from here, from now on and after each boot.

    Raises `Failed` if the kernel refuses: this copy is not complete, or the partner still serves.
    Of two empty disks this one becomes the first copy.
    """
    _first(store)
    with _decided(store):
        _primary(store)
    run("systemctl", "enable", "--quiet", "--no-reload", UNIT)
    run("systemctl", "restart", UNIT)


def _first(store: str) -> None:
    """Make two empty disks the same, by declaring them to be, and put a file system on both."""
    until = time.monotonic() + _PATIENCE
    while (here := copy()) and here.disks == (_FRESH[0], "DUnknown"):
        if time.monotonic() > until:
            raise Failed(f"{store}: the other host does not answer ({here})")
        time.sleep(_PAUSE)
    if here and here.disks == _FRESH and here.connection == "Connected":
        run("drbdadm", "new-current-uuid", "--clear-bitmap", f"{store}/0")
        run("drbdadm", "primary", store)
        run("mkfs.ext4", "-q", DEVICE)


def leave(store: str, mount: str) -> None:
    """Serve a store no longer, so that the partner can; raise `Failed` unless it has everything.

    It is served again if it cannot be left. Whether the partner has everything is asked before
    people are cut off, and once more when nothing is written any longer.
    """
    _require_current(store)
    try:
        _unmount(mount)
        _require_current(store)
        _release(store)
    except Failed:
        run("systemctl", "enable", "--quiet", "--now", UNIT, fine=None)
        raise


def _require_current(store: str) -> None:
    here = copy()
    if here and here.serves and not here.partner_current:
        raise Failed(f"{store}: the partner's copy is not up to date ({here})")


def _unmount(mount: str) -> None:
    """Stop serving, now and after a boot; what needs the mail stops with the mount."""
    run("systemctl", "disable", "--quiet", "--now", UNIT)
    run("systemctl", "stop", mount)


def _release(store: str) -> None:
    if copy():
        run("drbdadm", "secondary", store)


def give_up(store: str, mount: str, aside: str) -> int:
    """Write this host's copy aside, then give it up for the partner's; return its size in bytes.

    For two copies that were both written to. The store is served from here no longer, whatever
    becomes of the file. `aside` is its path, new and absolute, with room on a disk for the whole of
    this one; holes are left out. Raises `Failed` if the two are connected: then they are no split,
    and nothing is to be given up. So it does while an earlier call, whose caller has gone, is still
    at it: its end would change what is being copied.
    """
    here = copy()
    if here is None or here.connection not in ("StandAlone", "WFConnection"):
        raise Failed(f"{store}: the two copies are not apart ({here})")
    place = Path(aside).parent
    if output("stat", "--file-system", "--format=%T", str(place)).strip() == "tmpfs":
        raise Failed(f"{place} is in memory: name a file on a disk")
    with _alone(store):
        with _new(Path(aside)) as target:
            _unmount(mount)
            _release(store)
            if here.connection != "StandAlone":
                run("drbdadm", "disconnect", store)
            size = _copied(Path(output("drbdadm", "sh-ll-dev", store).strip()), target)
        run("drbdadm", "connect", "--discard-my-data", store)
    return size


@contextmanager
def _alone(store: str) -> Iterator[None]:
    path = _noted(store).with_suffix(".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        if not try_lock(lock):
            raise Failed(f"{store}: its disk is being written aside; wait until that has ended")
        yield


def rejoin(store: str) -> None:
    """Connect to the partner, which has given its copy up."""
    if (here := copy()) and here.connection == "StandAlone":
        run("drbdadm", "connect", store)


@contextmanager
def _decided(store: str) -> Iterator[None]:
    DECISIONS.mkdir(parents=True, exist_ok=True)
    decision = DECISIONS / store
    decision.touch()
    try:
        yield
    finally:
        decision.unlink()


def _primary(store: str) -> None:
    """Make this copy the one that is written to; the first refusal may come of an open question."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            run("drbdadm", "primary", store)
        except Failed as error:
            refused = any(f"({code})" in str(error) for code in _FINAL)
            if refused or time.monotonic() > until:
                raise Failed(f"{error} ({copy()})") from error
            time.sleep(_PAUSE)
        else:
            return


_FINAL = (-1, -2)
"""Refusals that no waiting changes: the partner serves; this copy is not complete."""


def _copied(disk: Path, target: BinaryIO) -> int:
    """Copy a disk block by block; a block of zeros becomes a hole. Return its size in bytes.

    Past the cache of this host: DRBD writes below it, so what it has of the disk may be old.
    """
    source = os.open(disk, os.O_RDONLY | os.O_DIRECT)
    try:
        with mmap.mmap(-1, _BLOCK) as block:
            while size := os.readv(source, [block]):
                if block[:size].count(0) == size:
                    target.seek(size, os.SEEK_CUR)
                else:
                    target.write(block[:size])
            target.truncate()
            target.flush()
            os.fsync(target.fileno())
            return target.tell()
    finally:
        os.close(source)


@contextmanager
def _new(path: Path) -> Iterator[BinaryIO]:
    """Yield a new file to write to, which is removed if that fails; raise `FileExistsError`."""
    with path.open("xb") as file:
        try:
            yield file
        except BaseException:
            path.unlink()
            raise
