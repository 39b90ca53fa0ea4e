"""The journal, a chain of lines to which runs append; and what other hosts remember of it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from pathlib import Path

from hopthu.remote.host.files import sync
from hopthu.remote.host.kinds import Head
from hopthu.remote.host.state import Failed, read, state

FIRST = "0" * 64
"""What the first line has as the digest of the line before."""


def text() -> str:
    """Return the journal, empty if there is none; a line that is being appended is waited for."""
    try:
        with _path().open(errors="surrogateescape") as journal:
            fcntl.flock(journal, fcntl.LOCK_SH)
            return journal.read()
    except FileNotFoundError:
        return ""


def linked(line: str, before: str) -> str:
    """Return the line of a run as it follows the line with the digest `before`."""
    return f'{{"prev": "{before}", {line[1:]}'


def digest(line: str) -> str:
    """Return the SHA-256 of a line, without its end."""
    return hashlib.sha256(line.encode(errors="surrogateescape")).hexdigest()


def append(line: str) -> str:
    """Append a run, a JSON object on one line; when this returns it is on disk.

    Each line begins with `prev`, the digest of the line before it, which is returned: it makes a
    chain. An incomplete last line, as after a power cut, is replaced. Raises an exception if the
    line cannot be written; the journal is unchanged then.
    """
    line = line.rstrip("\n")
    if "\n" in line or not isinstance(_parsed(line), dict):
        raise Failed("a line of the journal must be a JSON object on one line")
    state().mkdir(parents=True, exist_ok=True)
    with _path().open("a+b", buffering=0) as journal:
        fcntl.flock(journal, fcntl.LOCK_EX)
        journal.seek(0)
        *complete, _ = journal.read().split(b"\n")
        size = sum(len(each) + 1 for each in complete)
        journal.truncate(size)
        before = hashlib.sha256(complete[-1]).hexdigest() if complete else FIRST
        text = f"{linked(line, before)}\n".encode()
        try:
            if journal.write(text) != len(text):
                raise Failed("no space is left for the journal")
            os.fsync(journal)
        except BaseException:
            journal.truncate(size)
            raise
    return before


def remember(before: str, head: str, run: str) -> None:
    """Remember the last line of a journal that another host keeps: its digest and its run.

    It takes the place of the line `before` it, if that is remembered, because it contains its
    digest. Any other line stays: whoever rewrites the journal cannot have it forgotten.
    """
    state().mkdir(parents=True, exist_ok=True)
    folder = os.open(state(), os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        known = [line for line in heads() if line.partition(" ")[0] not in (before, head)]
        new = _heads().with_name(".journal-heads")
        new.write_text("".join(f"{line}\n" for line in [*known, f"{head} {run}"]))
        sync(new)
        new.replace(_heads())
        sync(state())
    finally:
        os.close(folder)


def heads() -> list[Head]:
    """Return what this host remembers of the journal of another: `DIGEST RUN` of some lines."""
    return [*map(Head, read(_heads()).splitlines())]


def standing() -> tuple[int, str]:
    """Return the size of the journal here in bytes, and its SHA-256."""
    there = text().encode(errors="surrogateescape")
    return len(there), hashlib.sha256(there).hexdigest()


def since(size: int, digest: str) -> tuple[bool, str]:
    """Return what the journal here has that a copy lacks, which has a size and a SHA-256.

    If the copy is not the beginning of this journal, that is all of it, and true.
    """
    there = text().encode(errors="surrogateescape")
    other = hashlib.sha256(there[:size]).hexdigest() != digest
    return other, (there if other else there[size:]).decode(errors="surrogateescape")


def follow(other: bool, more: str) -> None:
    """Have the journal here go on as that of the provider does, with what `since` returned there.

    One that is another is kept beside: it has runs that the provider does not know of.
    """
    state().mkdir(parents=True, exist_ok=True)
    if other and _path().exists():
        _path().rename(state() / f"journal-until-{int(time.time())}.jsonl")
    with _path().open("ab", buffering=0) as journal:
        fcntl.flock(journal, fcntl.LOCK_EX)
        journal.write(more.encode(errors="surrogateescape"))
        os.fsync(journal)


def _path() -> Path:
    return state() / "journal.jsonl"


def _heads() -> Path:
    return state() / "journal-heads"


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None
