"""Bring back mail of this host from its copies, beside what is there (docs/decisions/backup.md).

What was in a mailbox came from outside: it is unpacked and put in place with the rights of the
owner of all mail. Root alone knows the key of the copies.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
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
from hopthu.remote.host.manifest import Manifest, Message, differences, files, manifest
from hopthu.remote.host.moves import at, places
from hopthu.remote.host.state import Failed

_MESSAGES, _WORDS = ("cur", "new"), "dovecot-keywords"
"""What is taken of a folder: messages, and what the letters in their names stand for.

Its UIDs are not: in the new folder they would be another's, and programs remember them.
"""
_DUMP = ("dump", "--no-lock")
"""A lock that somebody left behind must not keep anybody from reading."""
_IN_USE = ("active", "locked")
"""The states in which Dovecot finds a mailbox."""
_SHOWN = 3
_LOCK, _WORK = Path("/run/hopthu-restore.lock"), PLACE / "restored"
_HOME, _NEW = _WORK / "home", _WORK / "beside"


class Wanted(TypedDict):
    """What is restored of a mailbox: everything, or a folder, or the messages of a Message-ID."""

    folder: str
    message: str


class Restored(TypedDict):
    """Number of messages and of folders that were restored, and the folder they are in now."""

    messages: int
    folders: int
    name: str


def beside(
    snapshot: str, mailbox: str, here: str, name: str, wanted: Wanted, readers: Mapping[str, str]
) -> Restored:
    """Put mail, as a snapshot has it, into a new folder `name` of the mailbox there is now.

    `readers` of a unit's mailbox, each with the folder that is the mailbox for them, have seen
    there what they had seen. Raises `Failed` if what was restored is not what the manifest of the
    snapshot says; the mailbox is as before then.
    """
    _refuse_elsewhere(mailbox, here)
    text = restic("mail", *_DUMP, snapshot, str(COPY / MANIFESTS / mailbox)).stdout
    known: Manifest = json.loads(text)
    chosen = [message for message in known["messages"] if _is_wanted(message, wanted)]
    person = mailbox.partition("/")[2]
    if any(wanted.values()) and not chosen:
        raise Failed("the copy has no message of what is asked for")
    _refuse_too_large(person, sum(int(message[5]) for message in chosen))
    source, whole = f"{snapshot}:{COPY / mailbox}", not any(wanted.values())
    with _alone():
        name = as_owner(partial(_place, at(mailbox), name))
        try:
            _unpack_all(source, None if whole else {message[0] for message in chosen})
            uids = as_owner(partial(_stage, chosen, known["files"] if whole else None, name))
            subscribed = as_owner(partial(_put, at(mailbox), name))
        finally:
            as_owner(partial(shutil.rmtree, _WORK))
    with Doveadm() as doveadm:
        if mailbox.startswith("people/"):
            doveadm.run(person, "mailbox subscribe", *subscribed)
        for reader, folder in readers.items():
            doveadm.run(reader, "mailbox subscribe", *(f"{folder}/{each}" for each in subscribed))
            for each, seen in _seen(known["seen"].get(reader, []), uids).items():
                there = ("mailbox", f"{folder}/{name}/{each}", "uid", seen)
                doveadm.run(reader, "flags add", "\\Seen", *there)
    return {"messages": len(chosen), "folders": len({m[0] for m in chosen}), "name": name}


def _is_wanted(message: Message, wanted: Wanted) -> bool:
    return wanted["folder"] in ("", message[0]) and wanted["message"] in ("", message[7])


def _seen(seen: Sequence[Sequence[str]], uids: Mapping[tuple[str, str], str]) -> dict[str, str]:
    """Return the UIDs of what a reader had seen, as a list for each folder."""
    found: dict[str, list[str]] = {}
    for folder, name in seen:
        if uid := uids.get((folder, name)):
            found.setdefault(folder, []).append(uid)
    return {folder: ",".join(each) for folder, each in found.items()}


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


def _place(home: Path, name: str) -> str:
    """Make a folder to unpack in; return the name of the new folder, or one that is free."""
    (emptied(_WORK) / "home").mkdir()
    names = itertools.chain([name], (f"{name} ({n})" for n in itertools.count(2)))
    return next(each for each in names if not os.path.lexists(home / "Maildir" / each))


def _unpack_all(source: str, folders: Collection[str] | None) -> None:
    """Unpack a mailbox, or the messages of some of its folders alone."""
    if folders is None:
        _unpack(source, _HOME)
        return
    for folder in folders:
        path = "Maildir" if folder == "INBOX" else f"Maildir/{folder}"
        words = restic("mail", *_DUMP, source, f"{path}/{_WORDS}", fine=(0, 1)).stdout
        as_owner(partial(_make, _HOME / path, words))
        for part in _MESSAGES:
            _unpack(f"{source}/{path}/{part}", _HOME / path / part)


def _make(folder: Path, words: bytes) -> None:
    """Make a folder for messages, with what the letters in their names stand for."""
    for part in _MESSAGES:
        (folder / part).mkdir(parents=True)
    if words:
        (folder / _WORDS).write_bytes(words)


def _unpack(source: str, target: Path) -> None:
    """Unpack a folder of a snapshot, as the owner of all mail."""
    unpack = ["tar", "--extract", "--preserve-permissions", f"--directory={target}"]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            command(*_DUMP, "--archive", "tar", source, "/"),
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


def _stage(
    chosen: Sequence[Message], beside: Mapping[str, str] | None, name: str
) -> dict[tuple[str, str], str]:
    """Make the new folder; raise `Failed` unless it has exactly what the manifest says.

    `beside` are the other files of the mailbox, None if they are not restored. Returns the UIDs by
    folder and name.
    """
    top, new = _HOME / "Maildir", _NEW / "Maildir" / name
    names = {(message[0], message[2]) for message in chosen}
    for path, inside, _ in os.walk(top):
        inside[:] = [each for each in inside if each not in (*_MESSAGES, "tmp")]
        folder = "INBOX" if Path(path) == top else str(Path(path).relative_to(top))
        _take(Path(path), new / folder)
        if beside is None:
            _leave_out(new / folder, {each for where, each in names if where == folder})
    found = manifest(_NEW, _WORK / "manifest", {})["messages"]
    wrong = differences(chosen, found, f"{name}/")
    if beside is not None:
        wrong += [path for path, _ in beside.items() ^ files(_HOME).items()]
    if wrong:
        more = f", and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise Failed(f"the copy is not what its manifest says: {', '.join(wrong[:_SHOWN])}{more}")
    return {(m[0].removeprefix(f"{name}/"), m[2]): m[1] for m in found}


def _take(folder: Path, new: Path) -> None:
    if (folder / "cur").is_dir():
        (new / "tmp").mkdir(parents=True)
        for part in (*_MESSAGES, _WORDS):
            if (folder / part).exists():
                (folder / part).rename(new / part)


def _leave_out(folder: Path, names: Collection[str]) -> None:
    """Remove messages with other names than these."""
    for part in (folder / part for part in _MESSAGES if (folder / part).is_dir()):
        for message in part.iterdir():
            if message.name.partition(":")[0] not in names:
                message.unlink()


def _put(home: Path, name: str) -> Sequence[str]:
    """Put the new folder in place; return which of its folders are to be subscribed."""
    target, scripts = home / "Maildir" / name, _HOME / "sieve"
    (_NEW / "Maildir" / name).rename(target)
    for script in sorted(scripts.glob("*.sieve")):
        place = home / "sieve" / script.name
        if not place.exists() or place.read_bytes() != script.read_bytes():
            place.parent.mkdir(exist_ok=True)
            script.rename(place.with_name(f"{name} {script.name}"))
    folders = [str(path.parent.relative_to(target)) for path in sorted(target.rglob("cur"))]
    listed = {"INBOX", *_subscriptions(folders)}
    return [f"{name}/{folder}" for folder in folders if folder in listed]


def _subscriptions(folders: Sequence[str]) -> Sequence[str]:
    """Return what the owner had subscribed to, or everything if no list has come back.

    Dovecot writes a line with its version, an empty one, then the folders.
    """
    path = _HOME / "Maildir" / "subscriptions"
    if not path.exists():
        return folders
    return [line.replace("\t", "/") for line in path.read_text("utf-8").splitlines()[2:]]
