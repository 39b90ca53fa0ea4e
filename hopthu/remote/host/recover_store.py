"""Put the mailboxes of a copy in place on this host, whose disk was lost.

A mailbox is put in place in one step, with a mark of its copy in it: a run that was killed is
completed by the next. Mail that has come to the new host before is kept. docs/decisions/backup.md
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypedDict

from hopthu.remote.host.backup import COPY, KINDS, MAIL, MANIFESTS, OF_ONE, PLACE, as_owner
from hopthu.remote.host.files import lines
from hopthu.remote.host.manifest import MESSAGES, WORDS, Manifest, folders, parsed
from hopthu.remote.host.moves import at, exchange, places
from hopthu.remote.host.moves_copy import alone
from hopthu.remote.host.recover import WORK, by_folder, not_done
from hopthu.remote.host.state import Failed, output, run
from hopthu.remote.host.unpacked import AsItWas, Copy, mailboxes, place, size, unpack

_ASIDE = PLACE / "aside"
"""What was in place before: its messages are added to what is there now."""
_MARK = ".restored"
"""The file in a mailbox that names the copy it was put in place from."""


class Restored(TypedDict):
    """How many mailboxes and messages are in place from the copy, earlier runs included.

    `left` is what is not, and what Dovecot did not do, each with the reason.
    """

    mailboxes: int
    messages: int
    left: list[str]


class _Found(NamedTuple):
    """Mailboxes that are in place from the copy, those that are not, and why others stay out."""

    there: list[str]
    lacking: list[str]
    left: list[str]


def store(copy: Copy, here: str, readers: Mapping[str, Mapping[str, str]]) -> Restored:
    """Put every mailbox of a copy in place that the directory has on this host.

    `readers` of each unit's mailbox, each with the folder that is the mailbox for them, have seen
    there what they had seen. Raises `Failed` while mailboxes of this host move or are restored,
    or without room.
    """
    repository, snapshot = copy
    with alone(), place(WORK):
        copied = mailboxes(copy)
        ours = [m for m, p in places(copied).items() if p.host == here and not p.frozen]
        left = [f"{each}: is not on this host" for each in copied if each not in ours]
        _unpack(repository, f"{snapshot}:{COPY / MANIFESTS}", MANIFESTS)
        before = as_owner(partial(_looked, ours, snapshot))
        for kind in KINDS:
            wanted = {m.partition("/")[2] for m in before.lacking if m.startswith(f"{kind}/")}
            others = {m.partition("/")[2] for m in copied if m.startswith(f"{kind}/")} - wanted
            if wanted:
                _unpack(repository, f"{snapshot}:{COPY / kind}", kind, others)
        after = as_owner(partial(_put_all, before.lacking, snapshot))
        for mailbox in after.there:  # whoever has it open has what was there before
            run("doveadm", "kick", mailbox.partition("/")[2], fine=None)
        as_owner(partial(_settle_all, after.there))
        there = [*before.there, *after.there]
        seen, messages = as_owner(partial(_said, there))
    left += [*before.left, *after.left]
    for unit, each in seen.items():  # the readers' own mailboxes are in place by now
        left += _not_seen(unit, each, readers.get(unit, {}))
    return {"mailboxes": len(there), "messages": messages, "left": left}


def _unpack(repository: str, source: str, name: str, without: Collection[str] = ()) -> None:
    """Unpack a folder of the copy into one of the same name, without some that are in it."""
    target, listed = WORK / name, WORK / f"without-{name}"
    as_owner(target.mkdir)
    as_owner(partial(listed.write_text, lines(sorted(without))))
    options = ("--anchored", "--no-wildcards", f"--exclude-from={listed}")
    unpack(repository, source, target, *options)


def _looked(ours: Sequence[str], snapshot: str) -> _Found:
    """Return which mailboxes are in place, having added what an earlier run has left beside."""
    found, needed = _Found([], [], []), 0
    for mailbox in ours:
        try:
            _settle(mailbox)
            manifest = _manifest(mailbox)
            if _is_in_place(mailbox, manifest, snapshot):
                found.there.append(mailbox)
            else:
                found.lacking.append(mailbox)
                needed += size(manifest["messages"])
        except OF_ONE as error:
            found.left.append(f"{mailbox}: {error}")
    if shutil.disk_usage(MAIL).free < needed:
        raise Failed(f"the disk has no room for {needed} bytes")
    return found


def _manifest(mailbox: str) -> Manifest:
    return parsed((WORK / MANIFESTS / mailbox).read_text("utf-8"))


def _is_in_place(mailbox: str, manifest: Manifest, snapshot: str) -> bool:
    """Return whether a mailbox was put in place; raise `Failed` if it must not be, or cannot."""
    live = at(mailbox)
    if (live / _MARK).is_file():
        if (live / _MARK).read_text() == snapshot:
            return True
        raise Failed("was put in place from another copy: restore it beside")
    copied = {(message[0], message[2]) for message in manifest["messages"]}
    for folder, path in folders(live):
        if not copied.isdisjoint((folder, each.name.partition(":")[0]) for each in _messages(path)):
            raise Failed("has mail that was copied, and is not lost: restore it beside")
        if (path / WORDS).is_file():  # in names of messages labels are letters
            raise Failed("has labels already: restore it beside")
    return False


def _put_all(lacking: Sequence[str], snapshot: str) -> _Found:
    """Put mailboxes in place that are what their manifests say."""
    found = _Found([], [], [])
    for mailbox in lacking:
        try:
            was = AsItWas(WORK / mailbox, _manifest(mailbox))
            was.compared(WORK / "index" / mailbox)
            (was.home / _MARK).write_text(snapshot)
            _exchange(was.home, mailbox)
            found.there.append(mailbox)
        except OF_ONE as error:
            found.left.append(f"{mailbox}: {error}")
    return found


def _exchange(home: Path, mailbox: str) -> None:
    """Put a mailbox in place in one step; what was there is aside then, and without a mark."""
    live, aside = at(mailbox), _ASIDE / mailbox
    live.parent.mkdir(exist_ok=True)
    output("sync", "-f", home)
    if not live.exists():
        home.rename(live)  # fails if there is a mailbox by now
        return
    aside.parent.mkdir(parents=True, exist_ok=True)
    home.rename(aside)
    exchange(aside, live)


def _settle_all(there: Sequence[str]) -> None:
    for mailbox in there:
        _settle(mailbox)


def _settle(mailbox: str) -> None:
    """Add the messages of what was in place before."""
    live, aside = at(mailbox), _ASIDE / mailbox
    if not aside.is_dir():
        return
    here = [] if (aside / _MARK).is_file() else folders(aside)  # a copy that was not put in place
    for folder, path in [*here]:
        target = live / "Maildir" if folder == "INBOX" else live / "Maildir" / folder
        for part in (*MESSAGES, "tmp"):
            (target / part).mkdir(parents=True, exist_ok=True)
        for message in _messages(path):
            message.rename(target / message.parent.name / message.name)
    shutil.rmtree(aside)
    with suppress(OSError):  # others are there
        os.removedirs(aside.parent)


def _messages(folder: Path) -> list[Path]:
    return [message for part in MESSAGES for message in (folder / part).glob("*")]


def _said(there: Sequence[str]) -> tuple[dict[str, dict[str, list[list[str]]]], int]:
    """Return what readers had seen of units' mailboxes, and the number of all messages."""
    seen, number = {}, 0
    for mailbox in there:
        manifest = _manifest(mailbox)
        number += len(manifest["messages"])
        if any(manifest["seen"].values()):
            seen[mailbox.partition("/")[2]] = manifest["seen"]
    return seen, number


def _not_seen(
    unit: str, seen: Mapping[str, Sequence[Sequence[str]]], readers: Mapping[str, str]
) -> Sequence[str]:
    """Mark what readers of a unit's mailbox had seen; return why that was not done."""
    fields, everywhere = "mailbox uid storageid", ("mailbox", "*")
    try:
        said = output("doveadm", "-f", "json", "fetch", "-u", unit, fields, *everywhere)
    except Failed as error:
        return [f"units/{unit}: {error}"]
    uids = {(m["mailbox"], m["storageid"]): m["uid"] for m in json.loads(said)}
    steps = [
        (reader, "flags add", "\\Seen", "mailbox", _named(of_reader, folder), "uid", some)
        for reader, of_reader in readers.items()
        for folder, some in by_folder(seen.get(reader, []), uids).items()
    ]
    return [*not_done(steps)]


def _named(unit: str, folder: str) -> str:
    """Return how a reader sees a folder of a unit: its INBOX is the folder with the unit's name."""
    return unit if folder == "INBOX" else f"{unit}/{folder}"
