"""Put mailboxes of a copy in place on this host: all of a disk that was lost, or one of them.

A mailbox is put in place in one step, and what was there added to it afterwards: a run that was
killed is completed by the next. docs/decisions/backup.md
"""

from __future__ import annotations

import os
import shutil
import stat
import string
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypedDict

from hopthu.remote.host.backup import (
    COPY,
    KINDS,
    MAIL,
    MANIFESTS,
    OF_ONE,
    PLACE,
    Copy,
    as_owner,
)
from hopthu.remote.host.files import lines
from hopthu.remote.host.manifest import (
    LISTS,
    MESSAGES,
    READERS,
    RIGHTS,
    WORDS,
    Manifest,
    digest,
    fingerprint,
    folders,
    parsed,
)
from hopthu.remote.host.moves import at, exchange, placed
from hopthu.remote.host.moves_copy import alone
from hopthu.remote.host.recover import (
    IN_USE,
    WORK,
    mark_seen,
    refuse_elsewhere,
    refuse_too_large,
)
from hopthu.remote.host.state import Failed, output, run
from hopthu.remote.host.unpacked import (
    AsItWas,
    left_out,
    mailboxes,
    manifest_text,
    place,
    refuse_without_room,
    size,
    sizes,
    unpack_folder,
)

_ASIDE = PLACE / "aside"
"""What was in place before: what only that has is added to what is there now."""
_MARK = ".restored"
"""The file in a mailbox that says what was put in place: all who keep a night's copy have that."""
_KNOWN = ".restored-manifest"
"""The manifest of what was put in place, as long as what was there before is not added."""
_LETTERS = string.ascii_lowercase
"""What labels are in names of messages, by their number."""


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


Readers = Mapping[str, Mapping[str, str]]
"""Who reads each unit's mailbox, each with the folder that is the mailbox for them."""


def store(copy: Copy, here: str, readers: Readers) -> Restored:
    """Put every mailbox of a copy in place that the directory has on this host, and that is lost.

    `readers` have seen what they had seen. Raises `Failed` while mailboxes of this host move or
    are restored, or without room.
    """
    repository, snapshot = copy
    with alone(), place(WORK):
        copied, known, why = mailboxes(copy), placed(here), left_out(copy)
        ours = [each for each in copied if each in known and not known[each].frozen]
        left = [f"{each}: is not on this host" for each in copied if each not in ours]
        used = {each for each, place in known.items() if place.state in IN_USE}
        lacking = sorted(used - {*copied})
        left += [f"{each}: {why.get(each, 'is not in this copy')}" for each in lacking]
        source = f"{snapshot}:{COPY / MANIFESTS}"
        unpack_folder(repository, source, WORK / MANIFESTS, sum(copied.values()))
        before = as_owner(partial(_looked, ours))
        there, _ = as_owner(partial(sizes, WORK / MANIFESTS))
        for kind in KINDS:
            wanted = {m.partition("/")[2] for m in before.lacking if m.startswith(f"{kind}/")}
            others = {m.partition("/")[2] for m in copied if m.startswith(f"{kind}/")} - wanted
            if wanted:
                source = f"{snapshot}:{COPY / kind}"
                read = sum(there[each] for each in there if each.startswith(f"{kind}/"))
                unpack_folder(repository, source, WORK / kind, read, others)
        found = _put(before.lacking, readers)
        return _settled([*before.there, *found.there], [*left, *before.left, *found.left], readers)


def one(copy: Copy, mailbox: str, here: str, readers: Readers) -> Restored:
    """Put one mailbox in place as it was. What it has now, and the copy has not, is added to it.

    Raises `Failed` as `recover.beside` does.
    """
    repository, snapshot = copy
    with alone(), place(WORK):
        refuse_elsewhere(mailbox, here)
        text = manifest_text(copy, mailbox)
        messages = parsed(text)["messages"]
        refuse_too_large(mailbox, messages, beside=False)
        refuse_without_room(messages)
        as_owner(partial(_write, WORK / MANIFESTS / mailbox, text))
        as_owner(partial(_settle, mailbox))
        source = f"{snapshot}:{COPY / mailbox}"
        unpack_folder(repository, source, WORK / mailbox, size(messages))
        found = _put([mailbox], readers)
        if found.left:
            raise Failed(found.left[0])
        return _settled(found.there, [], readers)


def cut_off() -> list[str]:
    """Return the mailboxes of which a part is aside, though none is being restored now."""
    with suppress(Failed), alone():
        return sorted(str(each.relative_to(_ASIDE)) for each in _ASIDE.glob("*/*"))
    return []


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _looked(ours: Sequence[str]) -> _Found:
    """Return which mailboxes are in place, having added what an earlier run has left beside."""
    found, needed = _Found([], [], []), 0
    for mailbox in ours:
        try:
            _settle(mailbox)
            manifest = _manifest(mailbox)
            if _is_in_place(mailbox, manifest):
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


def _is_in_place(mailbox: str, manifest: Manifest) -> bool:
    """Return whether a mailbox was put in place; raise `Failed` if it is not lost."""
    live = at(mailbox)
    if (live / _MARK).is_file():
        if (live / _MARK).read_text() == fingerprint(manifest):
            return True
        raise Failed("was put in place from another copy: restore it by itself")
    copied = {(message[0], message[2]) for message in manifest["messages"]}
    for folder, path in folders(live):
        if not copied.isdisjoint((folder, each.name.partition(":")[0]) for each in _messages(path)):
            raise Failed("has mail that was copied, and is not lost: restore it by itself")
    return False


def _put(lacking: Sequence[str], readers: Readers) -> _Found:
    """Put mailboxes in place, of which nobody has open what is there now."""
    found = as_owner(partial(_compared, lacking))
    _kick(found.lacking, readers)
    return as_owner(partial(_exchanged, found))


def _kick(mailboxes: Sequence[str], readers: Readers) -> None:
    """End the sessions in which mailboxes are open."""
    names = {mailbox.partition("/")[2] for mailbox in mailboxes}
    for person in sorted(names.union(*(readers.get(name, {}) for name in names))):
        run("doveadm", "kick", person, fine=None)


def _compared(lacking: Sequence[str]) -> _Found:
    """Make mailboxes ready that are what their manifests say."""
    found = _Found([], [], [])
    for mailbox in lacking:
        try:
            was = AsItWas(WORK / mailbox, _manifest(mailbox))
            was.compared(WORK / "index" / mailbox)
            (was.home / _MARK).write_text(fingerprint(was.manifest))
            shutil.copy(WORK / MANIFESTS / mailbox, was.home / _KNOWN)
            _keep(at(mailbox), was.home)
            found.lacking.append(mailbox)
        except OF_ONE as error:
            found.left.append(f"{mailbox}: {error}")
    return found


def _keep(live: Path, home: Path) -> None:
    """Give what comes back the rights of today, and the labels of today beside its own."""
    if (live / "Maildir").is_dir():
        for _, path in folders(home):
            (path / RIGHTS).unlink(missing_ok=True)
    for folder, path in folders(live):
        target = _folder(home, folder)
        if target.is_dir() and (path / RIGHTS).is_file():
            shutil.copy(path / RIGHTS, target / RIGHTS)
        own = _words(target)
        if target.is_dir() and (new := [word for word in _words(path) if word not in own]):
            every = (word or (new.pop(0) if new else "") for word in own)
            numbered = (f"{number} {word}" for number, word in enumerate(every) if word)
            (target / WORDS).write_text(lines(numbered), "utf-8", "surrogateescape")


def _words(folder: Path) -> list[str]:
    """Return the label for each letter in names of a folder's messages, empty if it has none."""
    path = folder / WORDS
    text = path.read_text("utf-8", "surrogateescape") if path.is_file() else ""
    numbered = (line.partition(" ") for line in text.split("\n"))
    found = {number: word for number, _, word in numbered}
    return [found.get(str(number), "") for number in range(len(_LETTERS))]


def _exchanged(ready: _Found) -> _Found:
    found = _Found([], [], ready.left)
    for mailbox in ready.lacking:
        try:
            _exchange(WORK / mailbox, mailbox)
            found.there.append(mailbox)
        except OF_ONE as error:
            found.left.append(f"{mailbox}: {error}")
    return found


def _exchange(home: Path, mailbox: str) -> None:
    """Put a mailbox in place in one step; what was there is aside then."""
    live, aside = at(mailbox), _ASIDE / mailbox
    live.parent.mkdir(exist_ok=True)
    output("sync", "-f", home)
    if not live.exists():
        home.rename(live)  # fails if there is a mailbox by now
        return
    aside.parent.mkdir(parents=True, exist_ok=True)
    home.rename(aside)
    exchange(aside, live)


def _settled(there: Sequence[str], left: Sequence[str], readers: Readers) -> Restored:
    """Add what was there before to mailboxes that are in place; have readers seen what they had."""
    _kick(there, readers)  # whoever has one open has what was there before
    as_owner(partial(settle, there))
    seen, messages = as_owner(partial(_said, there))
    # The readers' own mailboxes are in place by now.
    marked = [
        why for unit, each in seen.items() for why in mark_seen(unit, each, readers.get(unit, {}))
    ]
    return {"mailboxes": len(there), "messages": messages, "left": [*left, *marked]}


def settle(there: Sequence[str]) -> None:
    """Complete what was cut off: what a mailbox had, and came since its copy, is in it again."""
    for mailbox in there:
        _settle(mailbox)


def _settle(mailbox: str) -> None:
    """Add what only that has which was in place before: messages, and what was seen elsewhere."""
    live, aside = at(mailbox), _ASIDE / mailbox
    known = live / _KNOWN
    if known.is_file():  # Dovecot would take UIDs that readers have seen for the new ones
        _forget_seen(mailbox)
    if known.is_file() and aside.is_dir():  # else it is a copy that was not put in place
        there = {message[6] for message in parsed(known.read_text("utf-8"))["messages"]}
        for folder, path in [*folders(aside)]:
            _add(path, _folder(live, folder), there)
        for part in (READERS, LISTS):
            _add_folders(aside / part, live / part)
    if aside.is_dir():
        shutil.rmtree(aside)
    known.unlink(missing_ok=True)
    with suppress(OSError):  # others are there
        os.removedirs(aside.parent)


def _forget_seen(mailbox: str) -> None:
    """Remove what readers have seen of a unit's mailbox."""
    kind, _, unit = mailbox.partition("/")
    for seen in (MAIL / "people").glob(f"*/{READERS}/{unit}") if kind == "units" else ():
        shutil.rmtree(seen)


def _add(source: Path, target: Path, there: Collection[str]) -> None:
    """Add messages with a content that is not there; a label has another letter in each folder."""
    new = {each: content for each in _messages(source) if (content := digest(each)) not in there}
    came_since = not (target / "cur").is_dir()
    for part in (*MESSAGES, "tmp") if new else ():
        (target / part).mkdir(parents=True, exist_ok=True)
    if new and came_since and (source / WORDS).is_file():
        shutil.copy(source / WORDS, target / WORDS)
    letters = {word: letter for letter, word in zip(_LETTERS, _words(target), strict=True) if word}
    meant = {
        ord(letter): letters.get(word)
        for letter, word in zip(_LETTERS, _words(source), strict=True)
    }
    for message, content in new.items():
        # Its name may be that of a message that came back, and had another content then.
        name, _, flags = message.name.partition(":2,")
        name = f"{name.partition('.')[0]}.{content}"
        mark = f":2,{flags.translate(meant)}" if flags else ""
        message.rename(target / message.parent.name / f"{name}{mark}")


def _add_folders(source: Path, target: Path) -> None:
    """Add what somebody has seen of units' mailboxes, and lists: it is no part of their mail."""
    for each in source.glob("*"):
        target.mkdir(exist_ok=True)
        if not (target / each.name).exists():
            each.rename(target / each.name)


def _folder(home: Path, folder: str) -> Path:
    return home / "Maildir" if folder == "INBOX" else home / "Maildir" / folder


def _messages(folder: Path) -> list[Path]:
    """Return the messages of a folder; what is no plain file is none, and opening it may hang."""
    found = (each for part in MESSAGES for each in (folder / part).glob("*"))
    return [each for each in found if stat.S_ISREG(each.lstat().st_mode)]


def _said(there: Sequence[str]) -> tuple[dict[str, dict[str, list[list[str]]]], int]:
    """Return what readers had seen of units' mailboxes, and the number of all messages."""
    seen, number = {}, 0
    for mailbox in there:
        manifest = _manifest(mailbox)
        number += len(manifest["messages"])
        if any(manifest["seen"].values()):
            seen[mailbox.partition("/")[2]] = manifest["seen"]
    return seen, number
