"""Bring back mail of this host from its copies, beside what is there (docs/decisions/backup.md).

What was in a mailbox came from outside: it is unpacked and put in place with the rights of the
owner of all mail. Root alone knows the key of the copies.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypedDict

from hopthu.remote.host.backup import (
    COPY,
    MAIL,
    MANIFESTS,
    OWNER,
    PLACE,
    as_owner,
    command,
    emptied,
    environment,
    restic,
)
from hopthu.remote.host.doveadm import Doveadm
from hopthu.remote.host.mailbox import quota
from hopthu.remote.host.manifest import Manifest, differences, files, manifest
from hopthu.remote.host.moves import at, places
from hopthu.remote.host.state import Failed

_TAKEN = ("cur", "new", "dovecot-keywords")
"""What is taken of a folder: messages, and what the letters in their names stand for.

Its UIDs are not: in the new folder they would be another's, and programs remember them.
"""
_IN_USE = ("active", "locked")
"""The states in which Dovecot finds a mailbox."""
_SHOWN = 3
_LOCK, _WORK = Path("/run/hopthu-restore.lock"), PLACE / "restored"


class Restored(TypedDict):
    """Number of messages and of folders that were restored."""

    messages: int
    folders: int


def beside(snapshot: str, mailbox: str, here: str, name: str) -> Restored:
    """Put a mailbox, as a snapshot has it, into a new folder `name` of the mailbox there is now.

    Raises `Failed` if what was restored is not what the manifest of the snapshot says; the mailbox
    is as before then.
    """
    _refuse_elsewhere(mailbox, here)
    text = restic("mail", "dump", snapshot, str(COPY / MANIFESTS / mailbox)).stdout
    known: Manifest = json.loads(text)
    person = mailbox.partition("/")[2]
    _refuse_too_large(person, sum(int(message[5]) for message in known["messages"]))
    with _alone():
        home = as_owner(_place)
        try:
            _unpack(f"{snapshot}:{COPY / mailbox}", home)
            as_owner(partial(_stage, known, name))
            subscribed = as_owner(partial(_put, at(mailbox), name))
        finally:
            as_owner(partial(shutil.rmtree, _WORK))
    folders = {message[0] for message in known["messages"]}
    if mailbox.startswith("people/"):
        with Doveadm() as doveadm:
            doveadm.run(person, "mailbox subscribe", *subscribed)
    return {"messages": len(known["messages"]), "folders": len(folders)}


def _refuse_elsewhere(mailbox: str, here: str) -> None:
    place = places([mailbox]).get(mailbox)
    if (
        place is None
        or place.host != here
        or place.frozen
        or place.state not in _IN_USE
        or not (at(mailbox) / "Maildir").is_dir()
    ):
        raise Failed(f"{mailbox} is not in use on this host")


def _refuse_too_large(person: str, size: int) -> None:
    used, limit = quota(person) or (0, 0)
    if limit and used + size // 1024 > limit:
        raise Failed(
            f"{size // 1024} KiB more do not fit into the mailbox: {used} of {limit} KiB used"
        )
    if shutil.disk_usage(MAIL).free < 2 * size:
        raise Failed(f"the disk has not twice the room for {size} bytes")


@contextmanager
def _alone() -> Iterator[None]:
    """Be the only restore on this host; raise `Failed` if there is another."""
    with _LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Failed("another restore is going on") from error
        yield


def _place() -> Path:
    """Make a folder to unpack a mailbox in."""
    home = emptied(_WORK) / "home"
    home.mkdir()
    return home


def _unpack(source: str, target: Path) -> None:
    """Unpack a folder of a snapshot, as the owner of all mail."""
    unpack = ["tar", "--extract", "--preserve-permissions", f"--directory={target}"]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            command("dump", "--archive", "tar", source, "/"),
            stdout=subprocess.PIPE, stderr=said, env=environment("mail"),
        ) as dump,
    ):  # fmt: skip
        done = subprocess.run(
            unpack, stdin=dump.stdout, stderr=said, check=False,
            user=OWNER, group=OWNER, extra_groups=[],
        )  # fmt: skip
        dump.wait()
        said.seek(0)
        if done.returncode or dump.returncode:
            lines = said.read().decode(errors="replace").strip().splitlines()
            raise Failed(f"restic dump: {'; '.join(lines[-3:])}")


def _stage(known: Manifest, name: str) -> None:
    """Make the new folder; raise `Failed` unless it has exactly what the manifest says."""
    top, new = _WORK / "home" / "Maildir", _WORK / "beside" / "Maildir" / name
    for path, names, _ in os.walk(top):
        names[:] = [each for each in names if each not in ("cur", "new", "tmp")]
        folder = Path(path).relative_to(top)
        _take(Path(path), new / ("INBOX" if Path(path) == top else folder))
    found = manifest(_WORK / "beside", _WORK / "manifest", {})
    wrong = differences(known["messages"], found["messages"], f"{name}/")
    wrong += [path for path, _ in known["files"].items() ^ files(_WORK / "home").items()]
    if wrong:
        more = f", and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise Failed(f"the copy is not what its manifest says: {', '.join(wrong[:_SHOWN])}{more}")


def _take(folder: Path, new: Path) -> None:
    if (folder / "cur").is_dir():
        (new / "tmp").mkdir(parents=True)
        for part in _TAKEN:
            if (folder / part).exists():
                (folder / part).rename(new / part)


def _put(home: Path, name: str) -> Sequence[str]:
    """Put the new folder in place; return which folders its owner had subscribed to."""
    target = home / "Maildir" / name
    if os.path.lexists(target):
        raise Failed(f"the mailbox has a folder {name} already")
    (_WORK / "beside" / "Maildir" / name).rename(target)
    for script in sorted((_WORK / "home" / "sieve").glob("*.sieve")):
        there = home / "sieve" / script.name
        if not there.exists() or there.read_bytes() != script.read_bytes():
            there.parent.mkdir(exist_ok=True)
            script.rename(there.with_name(f"{name} {script.name}"))
    return [f"{name}/{folder}" for folder in ("INBOX", *_subscriptions(_WORK / "home" / "Maildir"))
            if (target / folder / "cur").is_dir()]  # fmt: skip


def _subscriptions(top: Path) -> list[str]:
    """Return the folders of a list as Dovecot writes it: a line of its version, an empty one."""
    path = top / "subscriptions"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [line.replace("\t", "/") for line in lines[2:]]
