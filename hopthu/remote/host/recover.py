"""Bring back mail of this host from its copies, beside what is there (docs/decisions/backup.md)."""

from __future__ import annotations

import fcntl
import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypedDict

from hopthu.remote.host.backup import COPY, PLACE, as_owner
from hopthu.remote.host.doveadm import Doveadm
from hopthu.remote.host.mailbox import quota
from hopthu.remote.host.manifest import Message
from hopthu.remote.host.moves import at, places
from hopthu.remote.host.state import Failed
from hopthu.remote.host.unpacked import Unpacked, known, refuse_without_room, remove, size

_IN_USE = ("active", "locked")
"""The states in which Dovecot finds a mailbox."""
_LOCK, _WORK = Path("/run/hopthu-restore.lock"), PLACE / "restored"


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
    copy: tuple[str, str],
    mailbox: str,
    here: str,
    name: str,
    wanted: Wanted,
    readers: Mapping[str, str],
) -> Restored:
    """Put mail of a copy (repository, snapshot) into a new folder `name` of a mailbox as it is now.

    `readers` of a unit's mailbox, each with the folder that is the mailbox for them, have seen
    there what they had seen. Raises `Failed` if what was restored is not what the manifest of the
    snapshot says; the mailbox is as before then.
    """
    _refuse_elsewhere(mailbox, here)
    repository, snapshot = copy
    manifest = known(repository, snapshot, mailbox)
    chosen = [message for message in manifest["messages"] if _is_wanted(message, wanted)]
    person, whole = mailbox.partition("/")[2], not any(wanted.values())
    if not (whole or chosen):
        raise Failed("the copy has no message of what is asked for")
    _refuse_too_large(person, chosen)
    with _alone():
        place = Unpacked(repository, _WORK, as_owner(partial(_free, at(mailbox), name)))
        try:
            folders = None if whole else {message[0] for message in chosen}
            place.unpack(f"{snapshot}:{COPY / mailbox}", folders)
            compared = partial(place.compare, chosen, manifest["files"] if whole else None)
            uids = as_owner(compared)
            subscribed = as_owner(partial(_put, place, at(mailbox)))
        finally:
            remove(_WORK)
    with Doveadm() as doveadm:
        if mailbox.startswith("people/"):
            doveadm.run(person, "mailbox subscribe", *subscribed)
        for reader, folder in readers.items():
            doveadm.run(reader, "mailbox subscribe", *(f"{folder}/{each}" for each in subscribed))
            for each, seen in _seen(manifest["seen"].get(reader, []), uids).items():
                there = ("mailbox", f"{folder}/{place.name}/{each}", "uid", seen)
                doveadm.run(reader, "flags add", "\\Seen", *there)
    return {"messages": len(chosen), "folders": len({m[0] for m in chosen}), "name": place.name}


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


def _refuse_too_large(person: str, chosen: Sequence[Message]) -> None:
    (used, limit), more = quota(person) or (0, 0), size(chosen) // 1024
    if limit and used + more > limit:
        raise Failed(f"{more} KiB more do not fit into the mailbox: {used} of {limit} KiB used")
    refuse_without_room(chosen)


@contextmanager
def _alone() -> Iterator[None]:
    """Be the only restore on this host; raise `Failed` if there is another."""
    with _LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Failed("another restore is going on") from error
        yield


def _free(home: Path, name: str) -> str:
    """Return the name of the new folder, or one with a number that is free."""
    names = itertools.chain([name], (f"{name} ({n})" for n in itertools.count(2)))
    return next(each for each in names if not os.path.lexists(home / "Maildir" / each))


def _put(place: Unpacked, home: Path) -> Sequence[str]:
    """Put the new folder in place; return which of its folders are to be subscribed."""
    target, scripts = home / "Maildir" / place.name, place.home / "sieve"
    place.new.rename(target)
    for script in sorted(scripts.glob("*.sieve")):
        there = home / "sieve" / script.name
        if not there.exists() or there.read_bytes() != script.read_bytes():
            there.parent.mkdir(exist_ok=True)
            script.rename(there.with_name(f"{place.name} {script.name}"))
    folders = [str(path.parent.relative_to(target)) for path in sorted(target.rglob("cur"))]
    listed = {"INBOX", *_subscriptions(place.home / "Maildir" / "subscriptions", folders)}
    return [f"{place.name}/{folder}" for folder in folders if folder in listed]


def _subscriptions(path: Path, folders: Sequence[str]) -> Sequence[str]:
    """Return what the owner had subscribed to, or everything if no list has come back.

    Dovecot writes a line with its version, an empty one, then the folders.
    """
    if not path.exists():
        return folders
    return [line.replace("\t", "/") for line in path.read_text("utf-8").splitlines()[2:]]
