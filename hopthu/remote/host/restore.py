"""Restore the files of a record.

The files of sets that differ are written beside the live ones, then renamed over them, with owner
and mode; files that the record does not have are removed. Then each changed set is loaded by its
own command, in the given order. The units that the record has run again, and those that it lacks
are stopped. Mail, directory entries and packages are not touched. If killed at any point, it
finishes when called again.
"""

from __future__ import annotations

import grp
import pwd
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from hopthu.remote.host import archive, beside, units
from hopthu.remote.host.files import facts, lines, paths_in, write
from hopthu.remote.host.state import Failed, deployed, read, run, state

_LONGEST = 300.0
"""Seconds after which a daemon that loads its files is stopped."""


class NoRecord(Failed):
    """This host has no such record."""


class _Set(NamedTuple):
    """What is to be done for a set: `wanted` are all its files in the record."""

    name: str
    wanted: Sequence[str]
    put: Sequence[str]
    gone: Sequence[str]


def preview(record: str, sets: Sequence[str]) -> dict[str, list[str]]:
    """Return what `restore` would do, by set: `+` and a path to restore, `-` and one to remove.

    Under `services` are the units that it starts and stops.
    """
    folder = _record(record)
    found = {}
    for name in sets:
        each = _compared(folder, name)
        if todo := [*(f"+ {path}" for path in each.put), *(f"- {path}" for path in each.gone)]:
            found[name] = todo
    going = [f"- {unit}" for unit in units.surplus(folder)]
    if todo := [*(f"+ {unit}" for unit in units.missing(folder)), *going]:
        found["services"] = todo
    return found


def restore(record: str, sets: Sequence[str], longest: float = _LONGEST) -> list[str]:
    """Restore sets of a record, the last one if it is empty; return a line for each changed set.

    Raises `NoRecord` if there is none, and `Failed` with all reasons after everything else was
    restored.
    """
    folder = _record(record)
    for name in ("managed", "activate", "pending"):
        (state() / name).mkdir(parents=True, exist_ok=True)
    done: list[str] = []
    failed: list[str] = []
    changed = []
    surplus = units.surplus(folder)
    with _noted(failed):
        units.stop(surplus)
    for name in sets:
        try:
            each = _compared(folder, name)
            _put_back(folder, each)
        except (Failed, OSError, tarfile.TarError) as error:
            failed.append(f"{name}: the files could not be restored: {error}")
        else:
            if (state() / "pending" / name).exists():
                changed.append(each)
    for each in changed:
        with _noted(failed):
            done += _activate(folder, each, longest)
    with _noted(failed):
        units.stop(surplus)  # the command of a set that the record lacks may have started some
        units.start(folder)
    if failed:
        raise Failed("\n".join([*done, *failed]))
    return done


@contextmanager
def _noted(failed: list[str]) -> Iterator[None]:
    """Add the reason of a failure to those that are raised at the end."""
    try:
        yield
    except (Failed, OSError) as error:
        failed.append(str(error))


def _record(record: str) -> Path:
    name = record or deployed()
    folder = state() / "records" / name
    if not name or not (folder / "record.json").exists():
        raise NoRecord(f"this host has no record {name or 'yet'}")
    return folder


def _compared(record: Path, name: str) -> _Set:
    wanted = sorted(set(paths_in(record / "managed" / name)))
    rows = (line.split(" ", 4) for line in paths_in(record / "digests"))
    then = {path: " ".join(known) for *known, path in rows}
    put = [path for path in wanted if path in then and then[path] != _facts_now(path)]
    gone = sorted(set(paths_in(state() / "managed" / name)) - {*wanted})
    return _Set(name, wanted, put, gone)


def _facts_now(path: str) -> str:
    return facts(path) if Path(path).is_file() else ""


def _put_back(record: Path, each: _Set) -> None:
    """Restore the files, the list and the command of a set."""
    listed = state() / "managed" / each.name
    if each.put:
        for path, member, content in archive.unpacked(record, each.put):
            _write_beside(path, member, content)
    if each.put or each.gone:
        # Before the files, so that the next run finishes what dies in between: no managed file is
        # forgotten, and its daemon still has to load the files.
        with listed.open("a", errors="surrogateescape") as known:
            known.write(lines(each.wanted))
        (state() / "pending" / each.name).touch()
    for path in each.put:
        beside.take(path)
    for path in each.gone:
        beside.remove(path)
    # Left by an apply that died while it wrote files beside the live ones.
    for path in (*each.wanted, *each.gone):
        beside.drop(path)
    # Sets of other roles are neither in the record nor on this host.
    if listed.exists() or (record / "managed" / each.name).exists():
        _take(lines(each.wanted), listed)
    # The command of a set that the record lacks is kept: its daemon, if there is one, must notice
    # that its files are gone.
    command = record / "activate" / each.name
    if command.exists():
        _take(read(command), state() / "activate" / each.name)


def _take(text: str, path: Path) -> None:
    if not path.exists() or read(path) != text:
        write(path, text)


def _write_beside(path: str, member: tarfile.TarInfo, content: IO[bytes] | None) -> None:
    """Write a file of the record beside the live one, with owner, mode and time."""
    if member.issym():
        beside.link(path, member.linkname)
        return
    if content is None:
        raise Failed(f"{path} is no file in the record")
    owner = beside.Owner(member.mode, _uid(member), _gid(member), member.mtime)
    beside.write(path, content, owner)


def _uid(member: tarfile.TarInfo) -> int:
    try:
        return pwd.getpwnam(member.uname).pw_uid
    except KeyError:
        return member.uid


def _gid(member: tarfile.TarInfo) -> int:
    try:
        return grp.getgrnam(member.gname).gr_gid
    except KeyError:
        return member.gid


def _activate(record: Path, each: _Set, longest: float) -> list[str]:
    """Have the daemon of a set load its files; a failure only counts if the record has the set."""
    said = []
    command = state() / "activate" / each.name
    if command.exists():
        done = run("timeout", str(longest), "sh", command, fine=None)
        output = (done.stdout + done.stderr).strip()
        if done.returncode and (record / "managed" / each.name).exists():
            problem = "the files were restored, but the daemon did not load them"
            raise Failed(f"{each.name}: {problem}: {output}")
        if done.returncode:
            said = [f"{each.name}: not in the record; output of its daemon: {output}"]
    (state() / "pending" / each.name).unlink(missing_ok=True)
    put, gone = len(each.put), len(each.gone)
    return [*said, f"{each.name}: files restored: {put}, removed: {gone}"]
