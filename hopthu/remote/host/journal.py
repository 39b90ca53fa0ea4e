"""The journal: a chain of lines, to which each run appends one."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from pathlib import Path

from hopthu.remote.host.state import Failed, state

_FIRST = "0" * 64


def text() -> str:
    """Return the journal, empty if there is none; a line that is being appended is waited for."""
    try:
        with _path().open(errors="surrogateescape") as journal:
            fcntl.flock(journal, fcntl.LOCK_SH)
            return journal.read()
    except FileNotFoundError:
        return ""


def append(line: str) -> None:
    """Append a run, a JSON object on one line; when this returns it is on disk.

    Each line begins with `prev`, the SHA-256 of the line before it, so that changed, removed and
    inserted lines are detected. An incomplete last line, as after a power cut, is replaced. Raises
    an exception if the line cannot be written; the journal is unchanged then.
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
        prev = hashlib.sha256(complete[-1]).hexdigest() if complete else _FIRST
        text = f'{{"prev": "{prev}", {line[1:]}\n'.encode()
        try:
            if journal.write(text) != len(text):
                raise Failed("no space is left for the journal")
            os.fsync(journal)
        except BaseException:
            journal.truncate(size)
            raise


def _path() -> Path:
    return state() / "journal.jsonl"


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None
