"""A mailbox as it was: unpacked from a copy in a place of its own, and compared with its manifest.

What was in a mailbox came from outside: it is unpacked and read with the rights of the owner of all
mail. Root alone knows the key of the copies.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, cast

from hopthu.remote.host.backup import (
    COPY,
    KINDS,
    LEFT_OUT,
    MAIL,
    MANIFESTS,
    OF_ONE,
    OWNER,
    Copy,
    as_owner,
    command,
    emptied,
    environment,
    restic,
)
from hopthu.remote.host.files import lines
from hopthu.remote.host.mailbox_files import require_mailbox
from hopthu.remote.host.manifest import (
    KEPT,
    MADE_ANEW,
    MESSAGES,
    READERS,
    WORDS,
    Manifest,
    Message,
    differences,
    files,
    folders,
    manifest,
    parsed,
)
from hopthu.remote.host.state import Failed

_DUMP = ("dump", "--no-lock")
"""A lock that somebody left behind must not keep anybody from reading."""
_SHOWN = 3
_PATIENCE, _RATE, _LONGEST = 1800.0, 1_000_000, 5 * 86_400.0
"""Seconds to unpack something, the bytes for which there is another second, and the most of all.

Who asked waits for a week: by then another's copy is tried, if whoever keeps this one is as slow.
"""
_LATE = 124
"""https://www.gnu.org/software/coreutils/manual/html_node/timeout-invocation.html"""


@dataclass(frozen=True)
class AsItWas:
    """A mailbox as it was, unpacked at `home`, and what its manifest says of it."""

    home: Path
    manifest: Manifest

    def compared(self, index: Path, chosen: Sequence[Message] | None = None) -> None:
        """Give all messages new UIDs, or `chosen` ones if no others were unpacked.

        With those of the manifest, programs would take messages for others that came since. Raises
        `Failed` unless everything is what the manifest says. Run by the owner of all mail; Dovecot
        may write to `index`.
        """
        require_mailbox(self.home, os.geteuid())
        wanted = self.manifest["messages"] if chosen is None else chosen
        dates: dict[str, dict[str, str]] = {}
        for where, _uid, message, received, *_ in wanted:
            dates.setdefault(where, {})[message] = received
        for folder, path in folders(self.home):
            _forget(path)
            _date(path, dates.get(folder, {}), others=chosen is None)
        shutil.rmtree(self.home / READERS, ignore_errors=True)
        found = manifest(self.home, index, {})["messages"]
        wrong = differences(wanted, found)
        if chosen is None:
            wrong += [path for path, _ in self.manifest["files"].items() ^ files(self.home).items()]
            there = {folder for folder, _ in folders(self.home)}
            wrong += sorted(there ^ {*self.manifest.get("folders", there)})
        if wrong:
            more = f", and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
            shown = ", ".join(wrong[:_SHOWN])
            raise Failed(f"the copy is not what its manifest says: {shown}{more}")


def manifest_of(copy: Copy, mailbox: str) -> Manifest:
    """Return what the mailbox `people/ID` or `units/ID` had."""
    return parsed(manifest_text(copy, mailbox))


def manifest_text(copy: Copy, mailbox: str) -> str:
    """Return the manifest of a mailbox as it is in the copy."""
    repository, snapshot = copy
    path = str(COPY / MANIFESTS / mailbox)
    return restic(repository, *_DUMP, of=(snapshot, path)).stdout.decode()


def left_out(copy: Copy) -> dict[str, str]:
    """Return which mailboxes are not in a copy, and why; those of earlier versions do not say."""
    repository, snapshot = copy
    said = restic(repository, *_DUMP, of=(snapshot, str(COPY / LEFT_OUT)), fine=(0, 1)).stdout
    try:
        found = json.loads(said or "{}")
        return {str(mailbox): str(why) for mailbox, why in found.items()}
    except (ValueError, AttributeError, RecursionError) as error:
        raise Failed("what the copy says of mailboxes that it lacks cannot be read") from error


@contextmanager
def unpacked(
    copy: Copy,
    mailbox: str,
    manifest: Manifest,
    work: Path,
    chosen: Sequence[Message] | None = None,
) -> Iterator[Path]:
    """Unpack a mailbox, or `chosen` messages alone, in a folder `work` for a `with` block.

    Yields its folder. Raises `Failed` unless it is what its manifest says, or without room for it.
    """
    refuse_without_room(manifest["messages"] if chosen is None else chosen)
    was = AsItWas(work / "home", manifest)
    with place(work):
        as_owner(was.home.mkdir)
        only = None if chosen is None else {message[0] for message in chosen}
        _unpack_mailbox(copy, mailbox, was, only)
        as_owner(partial(was.compared, work / "index", chosen))
        yield was.home


@contextmanager
def place(work: Path) -> Iterator[None]:
    """Have an empty folder of the owner of all mail for the time of a `with` block."""
    try:
        as_owner(partial(emptied, work))
        yield
    finally:
        as_owner(partial(shutil.rmtree, work, ignore_errors=True))


def _unpack_mailbox(
    copy: Copy, mailbox: str, was: AsItWas, folders: Collection[str] | None
) -> None:
    source, there = f"{copy[1]}:{COPY / mailbox}", size(was.manifest["messages"])
    if folders is None:
        unpack(copy[0], source, was.home, there)
        return
    for folder in folders:
        path = "Maildir" if folder == "INBOX" else f"Maildir/{folder}"
        words = restic(copy[0], *_DUMP, of=(source, f"{path}/{WORDS}"), fine=(0, 1)).stdout
        as_owner(partial(_make, was.home / path, words))
        for part in MESSAGES:
            unpack(copy[0], f"{source}/{path}/{part}", was.home / path / part, there)


def mailboxes(copy: Copy) -> dict[str, int]:
    """Return the bytes of manifests in a copy by mailbox, `people/ID` or `units/ID`."""
    repository, snapshot = copy
    found: dict[str, int] = {}
    for kind in KINDS:
        path = str(COPY / MANIFESTS / kind)
        said = restic(repository, "ls", "--no-lock", "--json", of=(snapshot, path)).stdout
        nodes = [json.loads(line) for line in said.splitlines()]
        files = [each for each in nodes if each.get("type") == "file"]
        found |= {f"{kind}/{each['name']}": int(each.get("size", 0)) for each in files}
    return found


def sizes(manifests: Path) -> tuple[dict[str, int], list[str]]:
    """Return the bytes of mailboxes by their manifests, and why which cannot be read."""
    found, wrong = {}, []
    for path in sorted(each for kind in KINDS for each in (manifests / kind).glob("*")):
        mailbox = f"{path.parent.name}/{path.name}"
        try:
            found[mailbox] = size(parsed(path.read_text("utf-8"))["messages"])
        except OF_ONE as error:
            wrong.append(f"{mailbox}: {error}")
    return found, wrong


def size(messages: Sequence[Message]) -> int:
    """Return the number of bytes that messages take."""
    return sum(int(message[5]) for message in messages)


def refuse_without_room(messages: Sequence[Message]) -> None:
    """Raise `Failed` unless the disk has twice the room for messages."""
    if shutil.disk_usage(MAIL).free < 2 * size(messages):
        raise Failed(f"the disk has not twice the room for {size(messages)} bytes")


@contextmanager
def dumped(repository: str, source: str, longest: float = 0) -> Iterator[IO[bytes]]:
    """Have a folder of a snapshot as an archive of tar for a `with` block, which reads to its end.

    Raises `Failed` if restic says why it failed, or after `longest` seconds, if that is not 0.
    """
    limited = ("timeout", "--kill-after=60", f"{longest:.0f}")
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            [*limited, *command(*_DUMP, "--archive", "tar", of=(source, "/"))],
            stdout=subprocess.PIPE, stderr=said, env=environment(repository),
        ) as dump,
    ):  # fmt: skip
        stream = cast("IO[bytes]", dump.stdout)
        try:
            yield stream
        finally:
            stream.close()  # whoever failed meanwhile leaves what is still written to nobody
            code = dump.wait()
            said.seek(0)
            why = said.read().decode(errors="replace").strip().splitlines()[-3:]
            if code == _LATE:
                why = [f"not done within {longest:.0f} seconds"]
            if code and why:
                raise Failed(f"restic dump: {'; '.join(why)}")
        if code:
            raise Failed(f"restic dump: {code}")


def unpack(repository: str, source: str, target: Path, there: int, *options: str) -> None:
    """Unpack a folder of a snapshot, as the owner of all mail; `options` are those of tar.

    Raises `Failed` if that takes longer than the bytes that are `there` may take.
    """
    tar = ["tar", "--extract", "--preserve-permissions", f"--directory={target}", *options]
    with dumped(repository, source, min(_PATIENCE + there / _RATE, _LONGEST)) as stream:
        done = subprocess.run(
            tar, stdin=stream, stderr=subprocess.PIPE, check=False,
            user=OWNER, group=OWNER, extra_groups=[],
        )  # fmt: skip
        if done.returncode:
            why = done.stderr.decode(errors="replace").strip().splitlines()
            raise Failed(f"tar: {'; '.join(why[-3:])}")


def unpack_folder(
    repository: str, source: str, target: Path, there: int, without: Collection[str] = ()
) -> None:
    """Unpack a folder of a snapshot into one that is made, without some that are in it."""
    listed = target.with_name(f"{target.name}.without")
    as_owner(partial(target.mkdir, parents=True))
    as_owner(partial(listed.write_text, lines(sorted(without)), "utf-8"))
    options = ("--anchored", "--no-wildcards", f"--exclude-from={listed}")
    unpack(repository, source, target, there, *options)


def _make(folder: Path, words: bytes) -> None:
    """Make a folder for messages, with what the letters in their names stand for.

    Dovecot takes one without `tmp` for none.
    """
    for part in (*MESSAGES, "tmp"):
        (folder / part).mkdir(parents=True)
    if words:
        (folder / WORDS).write_bytes(words)


def _forget(folder: Path) -> None:
    """Remove what Dovecot made for itself in a folder: UIDs first of all."""
    for path in folder.glob(f"{MADE_ANEW}*"):
        if path.is_file() and path.name not in KEPT:  # a folder may have such a name, too
            path.unlink()


def _date(folder: Path, dates: Mapping[str, str], *, others: bool) -> None:
    """Give messages the dates of the manifest; keep `others` than it names, or remove them.

    The archive rounds times to the next second, and Dovecot does not.
    """
    for part in (folder / part for part in MESSAGES if (folder / part).is_dir()):
        for message in part.iterdir():
            if date := dates.get(message.name.partition(":")[0]):
                moment = (
                    datetime.strptime(date, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
                )
                os.utime(message, (moment, moment), follow_symlinks=False)
            elif not others:
                message.unlink()
