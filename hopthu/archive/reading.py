"""A mailbox as the archive has it, read once from beginning to end and compared with its manifest.

Nothing is unpacked, and no mail program is needed: of a message its file says everything.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import IO

from hopthu.diagnostics.problem import printable
from hopthu.errors import HostFailed
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.remote.host.archiving import HOME, MANIFEST
from hopthu.remote.host.manifest import MESSAGES, WORDS, Manifest, fingerprint, is_kept, parsed
from hopthu.remote.host.state import Failed

_FLAGS = {"D": "\\Draft", "F": "\\Flagged", "R": "\\Answered", "S": "\\Seen", "T": "\\Deleted"}
"""Letters in names of files. https://doc.dovecot.org/2.4.1/core/config/mailbox/formats/maildir.html"""
_FILTER = re.compile("sieve/[^/]+")
_SHOWN = 3
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: the fingerprint of the mailbox, and the number of its messages."""

    fingerprint: str
    messages: int


@dataclass(slots=True)
class _Found:
    """What is in the tar behind the manifest; of messages, letters stand for flags and words."""

    messages: list[tuple[str, ...]] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    words: dict[str, dict[str, str]] = field(default_factory=dict)


def compared(stream: IO[bytes]) -> Read:
    """Read a tar of a mailbox to its end; raise `HostFailed` unless it is what its manifest says.

    It comes from a store that may have been taken over: nothing in it is believed. What encrypts it
    proves itself at its very end, so that is read whatever was found before.
    """
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            manifest, found = _manifest(tar), _Found()
            while member := tar.next():
                _take(tar, member, found)
        wrong = _wrong(manifest, found)
    except (tarfile.TarError, Failed, ValueError, OverflowError, OSError) as error:
        wrong = [str(error)]
    while stream.read(_CHUNK):
        pass
    if wrong:
        raise HostFailed(
            Message(
                "what is in the archive is not what its manifest says: {what}",
                what=some([printable(each) for each in wrong], _SHOWN),
            )
        )
    return Read(fingerprint(manifest), len(manifest["messages"]))


def _manifest(tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    if first is None or first.name != MANIFEST or not first.isreg():
        raise Failed("it does not begin with a manifest")
    return parsed(_content(tar, first).read().decode("utf-8"))


def _take(tar: tarfile.TarFile, member: tarfile.TarInfo, found: _Found) -> None:
    """Note one file or folder; raise `Failed` if it does not belong in a mailbox."""
    path = PurePosixPath(member.name)
    if path.parts[:1] != (HOME,) or ".." in path.parts:
        raise Failed(f"{member.name} does not belong in a mailbox")
    inside = path.relative_to(HOME)
    is_mail = inside.parts[:1] == ("Maildir",)
    if member.isdir():
        if inside.name in MESSAGES and is_mail:
            found.folders.add(_folder(inside))
    elif member.issym() and str(inside) == ".dovecot.sieve":
        if not _FILTER.fullmatch(member.linkname):
            raise Failed(f"{member.name} points outside the mailbox")
        found.files[str(inside)] = member.linkname
    elif not member.isreg():
        raise Failed(f"{member.name} does not belong in a mailbox")
    elif inside.parent.name in MESSAGES and is_mail:
        found.messages.append(_message(inside, member, _content(tar, member)))
    elif {*MESSAGES, "tmp"}.isdisjoint(inside.parts):
        _take_file(inside, _content(tar, member), found)


def _message(inside: PurePosixPath, member: tarfile.TarInfo, content: IO[bytes]) -> tuple[str, ...]:
    name, _, info = inside.name.partition(":")
    moment = datetime.fromtimestamp(int(member.mtime // 1), UTC)
    return (
        _folder(inside.parent), name, f"{moment:%Y-%m-%d %H:%M:%S}", info.removeprefix("2,"),
        str(member.size), _digest(content),
    )  # fmt: skip


def _take_file(inside: PurePosixPath, content: IO[bytes], found: _Found) -> None:
    """Note what is no message: words that letters stand for, or what a manifest has."""
    if inside.name == WORDS and inside.parts[0] == "Maildir":
        found.words[_folder(inside)] = _words(content.read().decode("utf-8", "replace"))
    elif is_kept(inside.name):
        found.files[str(inside)] = _digest(content)


def _folder(inside: PurePosixPath) -> str:
    """Return the folder of mail that has something: a folder for messages, or a file."""
    above = inside.parent.relative_to("Maildir")
    return "INBOX" if above == PurePosixPath() else str(above)


def _words(text: str) -> dict[str, str]:
    """Return the words that letters stand for: a line is a number and a word."""
    rows = (line.partition(" ") for line in text.splitlines())
    return {chr(ord("a") + int(n)): word for n, _, word in rows if n.isdecimal() and int(n) < 26}


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    file = tar.extractfile(member)
    if file is None:
        raise Failed(f"{member.name} has no content")
    return file


def _digest(content: IO[bytes]) -> str:
    found = hashlib.sha256()
    while chunk := content.read(_CHUNK):
        found.update(chunk)
    return found.hexdigest()


def _wrong(manifest: Manifest, found: _Found) -> list[str]:
    """Return what differs, by message, file and folder."""
    wanted = Counter(
        (folder, name, date, flags, size, digest)
        for folder, _uid, name, date, flags, size, digest, *_ in manifest["messages"]
    )
    there = Counter(
        (folder, name, date, _flags(letters, found.words.get(folder, {})), size, digest)
        for folder, name, date, letters, size, digest in found.messages
    )
    different = {f"{name} in {folder}" for folder, name, *_ in (wanted - there) + (there - wanted)}
    files = {path for path, _ in manifest["files"].items() ^ found.files.items()}
    folders = {*manifest.get("folders", found.folders)} ^ found.folders
    return sorted(different | files | folders)


def _flags(letters: str, words: dict[str, str]) -> str:
    known = _FLAGS | words
    return " ".join(sorted(known[letter] for letter in {*letters} & known.keys()))
