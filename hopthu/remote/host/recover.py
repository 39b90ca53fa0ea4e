"""Bring back mail of this host from its copies, beside what is there (docs/decisions/backup.md)."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypedDict

from hopthu.remote.host.backup import PLACE, Copy, as_owner
from hopthu.remote.host.doveadm import Doveadm
from hopthu.remote.host.mailbox import quota
from hopthu.remote.host.manifest import MESSAGES, WORDS, Message, folders
from hopthu.remote.host.moves import at, places
from hopthu.remote.host.moves_copy import alone
from hopthu.remote.host.state import FAILURES, Failed, output
from hopthu.remote.host.unpacked import manifest_of, size, unpacked

IN_USE = ("active", "locked")
"""The states in which Dovecot finds a mailbox."""
Seen = Sequence[Sequence[str]]
"""What somebody has seen: folder and name of messages."""
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
        refuse_elsewhere(mailbox, here)
        manifest, whole = manifest_of(copy, mailbox), not any(wanted.values())
        chosen = [message for message in manifest["messages"] if _is_wanted(message, wanted)]
        if not (whole or chosen):
            raise Failed("the copy has no message of what is asked for")
        refuse_too_large(mailbox, chosen)
        some = None if whole else chosen
        with unpacked(copy, mailbox, manifest, WORK, some) as home:
            new = as_owner(partial(_beside, home, at(mailbox), name))
            subscribed = as_owner(partial(_subscribed, home, new))
            as_owner(partial(_put, home, new, at(mailbox)))
    owner = mailbox.partition("/")[2]
    steps = [(owner, "mailbox subscribe", *subscribed)] * mailbox.startswith("people/")
    for reader, folder in readers.items():
        steps.append((reader, "mailbox subscribe", *(f"{folder}/{each}" for each in subscribed)))
    left = [*not_done(steps)]
    if readers:
        left += mark_seen(owner, manifest["seen"], readers, f"{new.name}/")
    number = len({message[0] for message in chosen})
    return {"messages": len(chosen), "folders": number, "name": new.name, "left": left}


def mark_seen(
    unit: str, seen: Mapping[str, Seen], readers: Collection[str], below: str = ""
) -> Sequence[str]:
    """Mark what readers had seen of a unit's mailbox, which is `below` now; return what failed.

    Folders are told by GUID: Dovecot takes a name for a pattern, which others may fit.
    """
    fields = "mailbox mailbox-guid uid storageid"
    try:
        said = output("doveadm", "-f", "json", "fetch", "-u", unit, fields, "mailbox", "*")
    except Failed as error:
        return [f"units/{unit}: {error}"]
    there = {
        (m["mailbox"], m["storageid"]): (m["mailbox-guid"], m["uid"]) for m in json.loads(said)
    }
    steps = []
    for reader in readers:
        found: dict[str, list[str]] = {}
        for folder, name in seen.get(reader, []):
            if known := there.get((f"{below}{folder}", name)):
                found.setdefault(known[0], []).append(known[1])
        for guid, uids in found.items():
            which = ("mailbox-guid", guid, "uid", ",".join(uids))
            steps.append((reader, "flags add", "\\Seen", *which))
    return [*not_done(steps)]


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


def refuse_elsewhere(mailbox: str, here: str) -> None:
    """Raise `Failed` unless the directory has a mailbox on this host, in use, and it is there."""
    place = places([mailbox]).get(mailbox)
    if (
        place is None
        or place.host != here
        or place.frozen
        or place.state not in IN_USE
        or not (at(mailbox) / "Maildir").is_dir()
    ):
        raise Failed(f"{mailbox} is not in use on this host")


def refuse_too_large(mailbox: str, chosen: Sequence[Message], *, beside: bool = True) -> None:
    """Raise `Failed` unless messages fit the quota, beside what is there or in its place."""
    used, limit = quota(mailbox.partition("/")[2], fine=(0,)) or (0, 0)
    used, more = used * beside, size(chosen) // 1024
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
