"""Copy the mail of one user of an old IMAP server: read what is there, add what is lacking here.

No message is copied twice, however often it is run and wherever it was killed: the record says what
was copied, and a message that is here but not in the record is recognised by its content.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hopthu.remote.copy_record import Copied, Copy, Key, Record
from hopthu.remote.mail_folders import Folder, targets
from hopthu.remote.mail_messages import OldMessage, Rejected, digest
from hopthu.remote.new_mailbox import NewMailbox
from hopthu.remote.old_server import OldServer

_EVERY = 0.5
"""Seconds between two lines about the progress."""

Say = Callable[[str, Any], None]
"""Tells the operator a word, and what is meant by it."""


@dataclass
class Result:
    """Counts of messages: `there` is all on the old server, `known` what earlier runs copied.

    `moved` were moved there since and now here too, `marked` got other flags there. `doubled` are
    here more often than they were copied. `wrong` says of folders and messages why not: folder, UID
    or 0, and the words of a server.
    """

    folders: int = 0
    there: int = 0
    bytes: int = 0
    known: int = 0
    copied: int = 0
    moved: int = 0
    marked: int = 0
    doubled: int = 0
    views: list[str] = field(default_factory=list)
    wrong: list[tuple[str, int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scan:
    """An old folder, ours that it becomes, and its messages by UID."""

    folder: Folder
    into: str
    validity: int
    messages: Mapping[int, OldMessage]

    @property
    def key(self) -> Key:
        """Return the key of the record."""
        return self.folder.wire.decode("latin-1"), self.validity


class Run:
    """One run: reads the old server, then adds what the mailbox lacks."""

    def __init__(
        self, old: OldServer, new: NewMailbox, record: Record, say: Say = lambda *_: None
    ) -> None:
        """Work with two sessions and a record; `say` receives the progress."""
        self._old, self._new, self._record, self._say = old, new, record, say
        self._told = 0.0
        self._unread: set[str] = set()
        self.result = Result()

    def scan(self) -> list[Scan]:
        """Read which messages there are, INBOX first."""
        folders, prefix, others = self._old.folders()
        into = targets(folders, prefix, others)
        found = []
        for folder in sorted(folders, key=lambda each: (into.get(each.wire) != "INBOX", each.name)):
            if folder.is_view:
                self.result.views.append(folder.name)
            elif folder.wire in into:
                try:
                    validity, messages, untold = self._old.open(folder.wire)
                    found.append(Scan(folder, into[folder.wire], validity, messages))
                    if untold:
                        self._unread.add(folder.wire.decode("latin-1"))
                        self.result.wrong.append((folder.name, 0, f"{untold} not told"))
                except Rejected as error:
                    self._unread.add(folder.wire.decode("latin-1"))
                    self.result.wrong.append((folder.name, 0, str(error)))
        self.result.folders = len(found)
        self.result.there = sum(len(each.messages) for each in found)
        self.result.bytes = sum(m.size for each in found for m in each.messages.values())
        return found

    def lacking(self, scan: Scan) -> dict[int, OldMessage]:
        """Return the messages of a folder that were not copied yet."""
        known = self._record.folders.get(scan.key, Copied()).messages
        return {uid: m for uid, m in scan.messages.items() if uid not in known}

    def gone(self, scans: list[Scan]) -> dict[str, list[Copy]]:
        """Return copies whose message is no longer where it was there, by digest.

        It was moved or removed there since; or the server gave its folder new UIDs. Of a folder
        that could not be read whole nobody knows.
        """
        present = {(scan.key, uid) for scan in scans for uid in scan.messages}
        found: dict[str, list[Copy]] = {}
        for at, each in self._record.copies():
            if at not in present and at[0][0] not in self._unread:
                found.setdefault(each.digest, []).append(each)
        return found

    def copy(self, scans: list[Scan]) -> None:
        """Copy what is lacking, and what flags were changed there."""
        subscribed = self._old.subscribed()
        gone = self.gone(scans)
        lacking = {scan.key: self.lacking(scan) for scan in scans}
        self.result.known = self.result.there - sum(map(len, lacking.values()))
        for scan in scans:
            self._mark(scan)
            with self._wrong(scan, 0):
                self._copy_folder(scan, lacking[scan.key], gone, scan.folder.wire in subscribed)
        self._count_doubled({(s.into, f.validity) for s in scans
                             if (f := self._record.folders.get(s.key))})  # fmt: skip

    def _copy_folder(
        self,
        scan: Scan,
        lacking: Mapping[int, OldMessage],
        gone: Mapping[str, list[Copy]],
        subscribe: bool,
    ) -> None:
        validity, uid_next = self._new.make(scan.into, subscribe=subscribe)
        before = self._record.folders.get(scan.key, Copied())
        if not lacking and not before.begun:
            return
        here = self._unrecorded(scan, before, validity)
        if before.begun and before.validity == validity:
            uid_next = before.begun  # this run may be killed as well
        self._record.begin(scan.key, scan.into, validity, uid_next)
        for uid, content in self._old.contents(scan.folder.wire, lacking):
            with self._wrong(scan, uid):
                if content is None:
                    raise Rejected("no content")
                new, mark = self._place(scan, lacking[uid], content, validity, (here, gone))
                self._record.add(
                    scan.key, uid, Copy(scan.into, validity, new, mark, lacking[uid].flags)
                )
            self._tell()
        self._record.end(scan.key)

    def _unrecorded(self, scan: Scan, before: Copied, validity: int) -> dict[str, list[int]]:
        """Return messages of a folder of ours that may be copies of lacking ones, by digest.

        A run that was killed may have added them without a record; or they were copied from the
        same account when the server had another name.
        """
        found: dict[str, list[int]] = {}
        if self._new.look(scan.into) != validity:
            return found
        if before.begun and before.validity == validity:
            known = self._record.uids_in(scan.into, validity)
            for uid, content in self._new.since(before.begun, known):
                found.setdefault(digest(content), []).append(uid)
        others = {
            copy.uid: copy.digest
            for copied in self._record.others.values()
            for copy in copied.messages.values()
            if (copy.into, copy.validity) == (scan.into, validity)
        }
        for uid in self._new.flags(others) if others else ():
            found.setdefault(others[uid], []).append(uid)
        return found

    def _place(
        self,
        scan: Scan,
        message: OldMessage,
        content: bytes,
        validity: int,
        found: tuple[Mapping[str, list[int]], Mapping[str, list[Copy]]],
    ) -> tuple[int, str]:
        """See that a message is in its folder of ours; return its UID, or 0, and its digest."""
        mark, (here, gone) = digest(content), found
        if here.get(mark):
            self.result.known += 1
            return here[mark].pop(), mark
        was_here = bool(gone.get(mark))
        while gone.get(mark):
            was = gone[mark].pop()
            if (was.into, was.validity) == (scan.into, validity):
                self.result.known += 1
                return was.uid, mark
            if self._new.look(was.into) == was.validity and (
                new := self._new.move(was.uid, scan.into)
            ):
                self.result.moved += 1
                return new, mark
        if was_here:  # its owner has moved or removed it since
            self.result.known += 1
            return 0, mark
        new = self._new.add(scan.into, message, content)
        self.result.copied += 1
        return new, mark

    def _mark(self, scan: Scan) -> None:
        """Give copies the flags that were changed on the old server, unless they were here too."""
        known = self._record.folders.get(scan.key, Copied()).messages
        changed = {
            uid: copy
            for uid, copy in known.items()
            if uid in scan.messages and _differ(scan.messages[uid].flags, copy.flags)
        }
        for into, validity in {(copy.into, copy.validity) for copy in changed.values()}:
            if self._new.look(into) != validity:
                continue
            ours = {u: c for u, c in changed.items() if (c.into, c.validity) == (into, validity)}
            now = self._new.flags([copy.uid for copy in ours.values()])
            for uid, copy in ours.items():
                if copy.uid in now and not _differ(now[copy.uid], copy.flags):
                    flags = scan.messages[uid].flags
                    self._new.mark(copy.uid, flags)
                    self._record.add(scan.key, uid, replace(copy, flags=flags))
                    self.result.marked += 1

    def _count_doubled(self, folders: set[tuple[str, int]]) -> None:
        for into, validity in folders:
            if self._new.look(into) == validity:
                known = self._record.uids_in(into, validity)
                looks = self._new.looks()
                copied = {look for uid, look in looks.items() if uid in known}
                self.result.doubled += sum(
                    uid not in known and look in copied for uid, look in looks.items()
                )

    @contextlib.contextmanager
    def _wrong(self, scan: Scan, uid: int) -> Iterator[None]:
        """Note what cannot be copied, and go on with the rest."""
        try:
            yield
        except Rejected as error:
            self.result.wrong.append((scan.folder.name, uid, str(error)))

    def _tell(self) -> None:
        if time.monotonic() - self._told > _EVERY:
            self._told = time.monotonic()
            self._say("done", self.result.known + self.result.copied + self.result.moved)


def _differ(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return {flag.casefold() for flag in one} != {flag.casefold() for flag in other}
