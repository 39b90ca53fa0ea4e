"""Whether this host's replica has everything that the provider has, and nothing else."""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TypedDict

from hopthu.remote.host import archive, ldap
from hopthu.remote.host.entries import position
from hopthu.remote.host.keep import kept_files
from hopthu.remote.host.state import Failed, comes, deployed, output, read, state

_PAUSE = 0.2


class Standing(TypedDict):
    """Whether a directory is written to, and its position, empty if it has none.

    `run` is the id of the last complete record of its host, empty before the first.
    """

    written: bool
    position: str
    run: str


class Compared(TypedDict):
    """The positions of a provider and of the directory here, empty if one does not answer.

    `entries` has by name those of which the provider lacks the last change, `place` the folder in
    which all of the directory can be kept aside; empty without such entries.
    """

    theirs: str
    ours: str
    entries: list[str]
    place: str


def positions(base: str, provider: str) -> tuple[str, str]:
    """Return the positions of the provider and of this replica, empty if one does not answer."""
    return position(base, provider), position(base)


def reach(base: str, change: str, patience: float) -> None:
    """Wait until the directory here has all that one at the position `change` has.

    Raises `Failed` if it does not get that within `patience` seconds.
    """
    if not comes(lambda: ldap.has(position(base), change), patience):
        raise Failed(f"the directory here is at {position(base) or '(no answer)'}, not at {change}")


def catch_up(base: str, provider: str, unanswered: float, behind: float) -> None:
    """Wait until both positions are equal.

    Raises `Failed` if the provider does not answer for `unanswered` seconds, or if the replica is
    still `behind` after as many.
    """
    began = time.monotonic()
    while True:
        theirs, ours = positions(base, provider)
        if theirs and ours == theirs:
            return
        if time.monotonic() - began >= (behind if theirs else unanswered):
            theirs, ours = theirs or "(no answer)", ours or "(no answer)"
            raise Failed(f"the provider is at {theirs}, this replica at {ours}")
        time.sleep(_PAUSE)


def standing() -> Standing:
    """Return how the directory of this host stands."""
    try:
        held = _held(ldap.suffix())
    except FileNotFoundError:
        held = ""
    return {"written": ldap.written(), "position": held, "run": deployed()}


def providers(record: str) -> list[str]:
    """Return the addresses of the providers that the directory here follows, now and in a record.

    One is empty if it is written to. There are none without a directory.
    """
    path, folder = str(ldap.CONFIGURATION), state() / "records" / record
    found = [text] if (text := read(ldap.CONFIGURATION)) else []
    if path in kept_files(record):
        found += [
            content.read().decode()
            for _, _, content in archive.unpacked(folder, [path])
            if content is not None
        ]
    return sorted({*map(ldap.followed, found)})


def compared(base: str, provider: str) -> Compared:
    """Return how the directory here stands to that of a provider.

    One that was written to, and went away before all others had its last changes, comes back with
    them. What a provider that does not answer has is not known.
    """
    ours = _held(base)  # first: what comes here from the provider in between it has
    theirs = position(base, provider)
    if not theirs or ldap.has(theirs, ours):
        return {"theirs": theirs, "ours": ours, "entries": [], "place": ""}
    known = ldap.changes(theirs)
    names = [name for name, change in _changed() if change > _of_same(known, change)]
    newest = max(ldap.changes(ours).values())
    return {"theirs": theirs, "ours": ours, "entries": names, "place": str(_aside(newest))}


def set_aside(entries: Collection[str], place: str, database: str) -> None:
    """Take the directory of this host out of use, which has changes that its provider never gets.

    slapd would keep them, and take the directory for the same. Nothing of it is lost: the database
    is moved to the folder `place`, which is root's, with the `entries` in question as LDIF. Empty,
    it is filled as that of any new replica. Without a `place` nothing is done.
    """
    if not place:
        return
    folder = Path(place)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    output("systemctl", "stop", "slapd")
    try:
        blocks = [block for block in _dump().split("\n\n") if _name(block) in entries]
        (folder / "changed.ldif").write_text("\n\n".join([*blocks, ""]))
        shutil.move(Path(database, "data.mdb"), folder / "data.mdb")
        Path(database, "lock.mdb").unlink(missing_ok=True)
    finally:
        output("systemctl", "start", "slapd")


def _held(base: str) -> str:
    """Return the position of the directory here, also if slapd does not run."""
    if found := position(base):
        return found
    try:
        return ldap.stored_position(base)
    except (Failed, FileNotFoundError):
        return ""


def _changed() -> Iterator[tuple[str, str]]:
    """Yield the name of each entry here, and its last change."""
    for block in _dump().split("\n\n"):
        for line in block.splitlines():
            if line.startswith("entryCSN: "):
                yield _name(block), line.removeprefix("entryCSN: ")


def _dump() -> str:
    return output("slapcat", "-f", ldap.CONFIGURATION, "-o", "ldif-wrap=no")


def _name(block: str) -> str:
    """Return the name of an entry as LDIF has it: base64 unless it is ASCII."""
    first = block.lstrip("\n").partition("\n")[0]
    return first.partition(": ")[2]


def _of_same(known: Mapping[str, str], change: str) -> str:
    """Return the last change that is known of who made a change."""
    (origin,) = ldap.changes(change)
    return known.get(origin, "")


def _aside(newest: str) -> Path:
    return state() / "aside" / f"directory-{newest.partition('.')[0]}"
