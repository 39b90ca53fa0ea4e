"""Bring back mail of this host from its copies, beside what is there (docs/decisions/backup.md)."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypedDict

from hopthu.remote.host.backup import PLACE, as_owner
from hopthu.remote.host.doveadm import Doveadm
from hopthu.remote.host.mailbox import quota
from hopthu.remote.host.manifest import MESSAGES, WORDS, Message, folders
from hopthu.remote.host.moves import at, places
from hopthu.remote.host.moves_copy import alone
from hopthu.remote.host.state import FAILURES, Failed
from hopthu.remote.host.unpacked import Copy, Uids, manifest_of, size, unpacked

_IN_USE = ("active", "locked")
"""The states in which Dovecot finds a mailbox."""
WORK = PLACE / "restored"
_WITH_MESSAGES = ("dovecot-uidlist", WORDS)
"""What goes with the messages of a folder: their new UIDs, and what letters in names stand for."""


class Wanted(TypedDict):
    """What is restored of a mailbox: everything, or a folder, or the messages of a Message-ID."""

    folder: str
    message: str


class Restored(TypedDict):
    """Number of messages and of folders that were restored, and the folder they are in now.

    `left` is what Dovecot did not do afterwards, each with the reason: subscribe, mark as seen.
    """

    messages: int
    folders: int
    name: str
    left: list[str]


def beside(
    copy: Copy,
    mailbox: str,
    here: str,
    name: str,
    wanted: Wanted,
    readers: Mapping[str, str],
) -> Restored:
    """Put mail of a copy (repository, snapshot) into a new folder `name` of a mailbox as it is now.

    `readers` of a unit's mailbox, each with the folder that is the mailbox for them, have seen
    there what they had seen. Raises `Failed` if what was restored is not what the manifest of the
    snapshot says, or while mailboxes of this host move; the mailbox is as before then.
    """
    with alone():
        _refuse_elsewhere(mailbox, here)
        manifest, whole = manifest_of(copy, mailbox), not any(wanted.values())
        chosen = [message for message in manifest["messages"] if _is_wanted(message, wanted)]
        if not (whole or chosen):
            raise Failed("the copy has no message of what is asked for")
        person = mailbox.partition("/")[2]
        _refuse_too_large(person, chosen)
        some = None if whole else chosen
        with unpacked(copy, mailbox, manifest, WORK, some) as (was, uids):
            new = as_owner(partial(_beside, was.home, at(mailbox), name))
            subscribed = as_owner(partial(_subscribed, was.home, new))
            as_owner(partial(_put, was.home, new, at(mailbox)))
    steps = [(person, "mailbox subscribe", *subscribed)] * mailbox.startswith("people/")
    for reader, folder in readers.items():
        seen = by_folder(manifest["seen"].get(reader, []), uids)
        steps += _for_reader(reader, f"{folder}/", subscribed, new.name, seen)
    number = len({message[0] for message in chosen})
    left = [*not_done(steps)]
    return {"messages": len(chosen), "folders": number, "name": new.name, "left": left}


def _for_reader(
    reader: str, unit: str, subscribed: Sequence[str], name: str, seen: Mapping[str, str]
) -> Iterator[tuple[str, ...]]:
    """Yield what Dovecot is to do for a reader, who has the unit's folders below `unit`."""
    yield (reader, "mailbox subscribe", *(f"{unit}{each}" for each in subscribed))
    for each, uids in seen.items():
        yield (reader, "flags add", "\\Seen", "mailbox", f"{unit}{name}/{each}", "uid", uids)


def not_done(steps: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Have Dovecot take every step; yield why one was not taken: the mail is in place anyway."""
    for user, what, *arguments in steps:
        try:
            with Doveadm() as doveadm:
                doveadm.run(user, what, *arguments)
        except FAILURES as error:
            yield str(error)


def _is_wanted(message: Message, wanted: Wanted) -> bool:
    return wanted["folder"] in ("", message[0]) and wanted["message"] in ("", message[7])


def by_folder(seen: Sequence[Sequence[str]], uids: Uids) -> dict[str, str]:
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
    (used, limit), more = quota(person, fine=(0,)) or (0, 0), size(chosen) // 1024
    if limit and used + more > limit:
        raise Failed(f"{more} KiB more do not fit into the mailbox: {used} of {limit} KiB used")


def _beside(home: Path, live: Path, name: str) -> Path:
    """Make a new folder of all that came back; its name is free in the live mailbox."""
    names = itertools.chain([name], (f"{name} ({n})" for n in itertools.count(2)))
    free = next(each for each in names if not os.path.lexists(live / "Maildir" / each))
    new = home.parent / "beside" / free
    for folder, path in [*folders(home)]:
        (new / folder / "tmp").mkdir(parents=True)
        for part in (*MESSAGES, *_WITH_MESSAGES):
            if (path / part).exists():
                (path / part).rename(new / folder / part)
    return new


def _put(home: Path, new: Path, live: Path) -> None:
    """Put filters that differ beside today's, then the new folder in place; all of it or nothing.

    The new folder is the last: when it is there, everything is.
    """
    put: list[Path] = []
    try:
        for script in sorted((home / "sieve").glob("*.sieve")):
            there = live / "sieve" / script.name
            if not there.exists() or there.read_bytes() != script.read_bytes():
                there.parent.mkdir(exist_ok=True)
                put.append(script.rename(there.with_name(f"{new.name} {script.name}")))
        new.rename(live / "Maildir" / new.name)
    except BaseException:
        for each in put:
            each.unlink()
        raise


def _subscribed(home: Path, new: Path) -> Sequence[str]:
    """Return which folders of the new one the owner had subscribed to; all, if no list came back.

    Dovecot writes a line with its version, an empty one, then the folders.
    """
    there = [str(path.parent.relative_to(new)) for path in sorted(new.rglob("cur"))]
    path, listed = home / "Maildir" / "subscriptions", set(there)
    if path.is_file():  # a folder may have this name, too
        lines = path.read_text("utf-8", "surrogateescape").splitlines()[2:]
        listed = {"INBOX", *(line.replace("\t", "/") for line in lines)}
    return [f"{new.name}/{folder}" for folder in there if folder in listed]
