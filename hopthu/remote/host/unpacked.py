"""A mailbox unpacked from a copy, in a place of its own, and compared with the copy's manifest.

What was in a mailbox came from outside: it is unpacked and read with the rights of the owner of all
mail. Root alone knows the key of the copies.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from hopthu.remote.host.backup import (
    COPY,
    MAIL,
    MANIFESTS,
    OWNER,
    as_owner,
    command,
    emptied,
    environment,
    restic,
)
from hopthu.remote.host.manifest import Manifest, Message, differences, files, manifest
from hopthu.remote.host.state import Failed

_MESSAGES, _WORDS = ("cur", "new"), "dovecot-keywords"
"""What is taken of a folder: messages, and what the letters in their names stand for.

Its UIDs are not: in the new folder they would be another's, and programs remember them.
"""
_DUMP = ("dump", "--no-lock")
"""A lock that somebody left behind must not keep anybody from reading."""
_SHOWN = 3


def known(repository: str, snapshot: str, mailbox: str) -> Manifest:
    """Return the manifest that a snapshot has of a mailbox."""
    text = restic(repository, *_DUMP, snapshot, str(COPY / MANIFESTS / mailbox)).stdout
    found: Manifest = json.loads(text)
    return found


def size(messages: Sequence[Message]) -> int:
    """Return the number of bytes that messages take."""
    return sum(int(message[5]) for message in messages)


def refuse_without_room(messages: Sequence[Message]) -> None:
    """Raise `Failed` unless the disk has twice the room for messages."""
    if shutil.disk_usage(MAIL).free < 2 * size(messages):
        raise Failed(f"the disk has not twice the room for {size(messages)} bytes")


@dataclass(frozen=True)
class Unpacked:
    """A mailbox of a repository in a folder `work`; its messages become those of folder `name`."""

    repository: str
    work: Path
    name: str

    @property
    def home(self) -> Path:
        """The mailbox as it was."""
        return self.work / "home"

    @property
    def new(self) -> Path:
        """The new folder."""
        return self.work / "beside" / "Maildir" / self.name

    def unpack(self, source: str, folders: Collection[str] | None) -> None:
        """Unpack a mailbox, or the messages of some of its folders alone."""
        as_owner(self._begin)
        if folders is None:
            _unpack(self.repository, source, self.home)
            return
        for folder in folders:
            path = "Maildir" if folder == "INBOX" else f"Maildir/{folder}"
            there = (source, f"{path}/{_WORDS}")
            words = restic(self.repository, *_DUMP, *there, fine=(0, 1)).stdout
            as_owner(partial(_make, self.home / path, words))
            for part in _MESSAGES:
                _unpack(self.repository, f"{source}/{path}/{part}", self.home / path / part)

    def compare(
        self, chosen: Sequence[Message], beside: Mapping[str, str] | None
    ) -> dict[tuple[str, str], str]:
        """Make the new folder; raise `Failed` unless it has exactly what the manifest says.

        `beside` are the other files of the mailbox, None if they are not unpacked. Returns the UIDs
        by folder and name. Run by the owner of all mail.
        """
        top = self.home / "Maildir"
        dates: dict[str, dict[str, str]] = {}
        for where, _uid, message, received, *_ in chosen:
            dates.setdefault(where, {})[message] = received
        for path, inside, _ in os.walk(top):
            inside[:] = [each for each in inside if each not in (*_MESSAGES, "tmp")]
            folder = "INBOX" if Path(path) == top else str(Path(path).relative_to(top))
            _take(Path(path), self.new / folder)
            _date(self.new / folder, dates.get(folder, {}), others=beside is not None)
        found = manifest(self.work / "beside", self.work / "manifest", {})["messages"]
        wrong = differences(chosen, found, f"{self.name}/")
        if beside is not None:
            wrong += [path for path, _ in beside.items() ^ files(self.home).items()]
        if wrong:
            more = f", and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
            shown = ", ".join(wrong[:_SHOWN])
            raise Failed(f"the copy is not what its manifest says: {shown}{more}")
        return {(m[0].removeprefix(f"{self.name}/"), m[2]): m[1] for m in found}

    def _begin(self) -> None:
        emptied(self.work)
        self.home.mkdir()


def remove(work: Path) -> None:
    """Remove what was unpacked."""
    as_owner(partial(shutil.rmtree, work, ignore_errors=True))


def _unpack(repository: str, source: str, target: Path) -> None:
    """Unpack a folder of a snapshot, as the owner of all mail."""
    unpack = ["tar", "--extract", "--preserve-permissions", f"--directory={target}"]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            command(*_DUMP, "--archive", "tar", source, "/"),
            stdout=subprocess.PIPE, stderr=said, env=environment(repository),
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


def _make(folder: Path, words: bytes) -> None:
    """Make a folder for messages, with what the letters in their names stand for."""
    for part in _MESSAGES:
        (folder / part).mkdir(parents=True)
    if words:
        (folder / _WORDS).write_bytes(words)


def _take(folder: Path, new: Path) -> None:
    if (folder / "cur").is_dir():
        (new / "tmp").mkdir(parents=True)
        for part in (*_MESSAGES, _WORDS):
            if (folder / part).exists():
                (folder / part).rename(new / part)


def _date(folder: Path, dates: Mapping[str, str], *, others: bool) -> None:
    """Give messages the dates of the manifest; keep `others` than it names, or remove them.

    The archive rounds times to the next second, and Dovecot does not.
    """
    for part in (folder / part for part in _MESSAGES if (folder / part).is_dir()):
        for message in part.iterdir():
            if date := dates.get(message.name.partition(":")[0]):
                moment = (
                    datetime.strptime(date, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
                )
                os.utime(message, (moment, moment), follow_symlinks=False)
            elif not others:
                message.unlink()
