"""The archive, on the host that keeps it: objects that nobody here can read, each with a note.

An object without a note that can be read is none, and reported. docs/decisions/archive.md
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypedDict

from hopthu.remote.host.files import digest, sync, write
from hopthu.remote.host.kinds import Count, Day, Digest, Mailbox
from hopthu.remote.host.state import Failed, read

TOP = Path("/srv/hopthu-archive")
_NEW, _KEPT, _NOTE, _ERASING = ".new", ".age", ".json", ".erasing"
"""The ends of the names of objects that nobody has read yet, of objects, and of their notes."""
_CHUNK = 1 << 20


class Note(TypedDict):
    """What was read in an object, and `on` which day; `sha256` and `size` are those of the object.

    The name of the object is the fingerprint of the mailbox that is in it.
    """

    on: Day
    sha256: Digest
    size: Count
    messages: Count


def receive(mailbox: str, arrival: str) -> None:
    """Write what stdin has behind the call as a new object of a mailbox.

    Those that others have sent and not read yet are removed: whoever sent one finds it gone.
    """
    path = _at(mailbox, arrival, _NEW)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in path.parent.glob(f"*{_NEW}"):
        left.unlink()
    with path.open("xb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file, _CHUNK)
        file.flush()
        os.fsync(file.fileno())


def discard(mailbox: str, arrival: str) -> None:
    """Remove an object that turned out not to be what was sent."""
    _at(mailbox, arrival, _NEW).unlink(missing_ok=True)


def arrived(mailbox: str, arrival: str) -> Iterator[bytes]:
    """Yield an object that nobody has read yet."""
    yield from _content(_at(mailbox, arrival, _NEW))


def content(mailbox: str, name: str) -> Iterator[bytes]:
    """Yield an object of a mailbox."""
    yield from _content(_at(mailbox, name, _KEPT))


def _content(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def keep(mailbox: str, arrival: str, name: str, note: Note) -> None:
    """Give an object that was read its name; the note comes last, and makes it valid.

    It outlasts a loss of power: its store gives the mailbox up next.
    """
    path = _at(mailbox, name, _KEPT)
    _at(mailbox, arrival, _NEW).rename(path)
    write(_at(mailbox, name, _NOTE), json.dumps(note))
    sync(*path.parents[:4])


def notes() -> dict[Mailbox, dict[Digest, Note]]:
    """Return the notes of all objects, by mailbox and name; finish what was being erased."""
    for mark in TOP.glob(f"*/*/*{_ERASING}"):
        _finish(mark)
    found: dict[Mailbox, dict[Digest, Note]] = {}
    for path in sorted(TOP.glob(f"*/*/*{_NOTE}")):
        with suppress(ValueError, RecursionError):
            mailbox, name = Mailbox(str(path.parent.relative_to(TOP))), Digest(path.stem)
            found.setdefault(mailbox, {})[name] = _note(read(path))
    return {mailbox: named for mailbox, named in found.items() if named}


def _noted(mailbox: str) -> dict[str, Note]:
    return {
        name: note for of, all_ in notes().items() if of == mailbox for name, note in all_.items()
    }


def unnoted() -> list[str]:
    """Return the paths of objects, and of notes, of which nobody knows what was read in them."""
    noted = {TOP / mailbox / name for mailbox, named in notes().items() for name in named}
    there = (path for end in (_KEPT, _NOTE) for path in TOP.glob(f"*/*/*{end}"))
    return sorted(str(path) for path in there if path.with_suffix("") not in noted)


def _note(text: str) -> Note:
    """Return a note; raise `ValueError` if it is none: cut off, or changed by somebody."""
    match json.loads(text):
        case {"on": str(on), "sha256": str(sha256), "size": int(size), "messages": int(messages)}:
            return Note(
                on=Day(on), sha256=Digest(sha256), size=Count(size), messages=Count(messages)
            )
    raise ValueError("no note")


def sound(mailbox: str) -> list[str]:
    """Return the names of a mailbox's objects that are to the byte what was read in them."""
    return [name for name, note in _noted(mailbox).items() if _is_sound(mailbox, name, note)]


def erase(mailbox: str, name: str) -> None:
    """Remove an object that is what was read; one that is another is left for people to look at."""
    note = _noted(mailbox).get(name)
    if note is None:
        raise Failed(f"{mailbox} {name}: nothing says here what was read in it")
    if not _is_sound(mailbox, name, note):
        path = _at(mailbox, name, _KEPT)
        raise Failed(f"{path} is not what was read there on {note['on']}")
    _finish(_at(mailbox, name, _NOTE).rename(_at(mailbox, name, _ERASING)))


def _finish(mark: Path) -> None:
    """Remove an object whose note says that it is being erased, and then the note."""
    mark.with_suffix(_KEPT).unlink(missing_ok=True)
    mark.unlink()
    with suppress(OSError):  # another object of the mailbox is there
        mark.parent.rmdir()


def _is_sound(mailbox: str, name: str, note: Note) -> bool:
    path = _at(mailbox, name, _KEPT)
    return path.is_file() and digest(str(path)) == note["sha256"]


def _at(mailbox: str, name: str, end: str) -> Path:
    try:
        return TOP / Mailbox(mailbox) / f"{Digest(name)}{end}"
    except ValueError as error:
        raise Failed(f"{mailbox} {name} is no object of the archive") from error
