"""Store the present state of this host as a complete record."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from hopthu.remote.host import archive
from hopthu.remote.host.files import facts, lines, managed_paths, paths_in, sync
from hopthu.remote.host.state import Failed, read, record_ids, state
from hopthu.remote.host.units import UNITS

_KEPT = 20


def keep(
    record: str,
    text: str,
    sets: Sequence[str],
    meant: Mapping[str, str],
    found: Callable[[], Iterable[str]] | None = None,
) -> None:
    """Store a record with the id `record` and make it the deployed one.

    It appears as a whole or not at all; if interrupted, it can be stored again. Besides
    record.json, the given text, it has `digests` (digest, mode, owner, group and path of every
    managed file), the files themselves, the lists `managed/` and the commands `activate/` of the
    given sets, the units that hopthu keeps running, and `baseline`, what `found` returns. If this
    fails the last record stays deployed.

    `meant` has the facts of every file by path (`hopthu.remote.host.files.facts`): a record of
    what is there would adopt what somebody else has changed. Raises `Failed` if a file differs.
    """
    if not re.fullmatch(r"[0-9A-Za-z-]+", record):
        raise Failed(f"not a valid record id: {record}")
    folder = state() / "records"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / record).exists():
        new = folder / ".new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(0o700)  # it holds secrets
        _fill(new, text, sets, meant)
        if found:
            (new / "baseline").write_text(lines(found()), errors="surrogateescape")
        sync(new, *new.rglob("*"))
        new.rename(folder / record)
        sync(folder)
    elif read(folder / record / "record.json").rstrip("\n") != text.rstrip("\n"):
        raise Failed(f"another record already has the id {record}")
    _deploy(record)
    for old in record_ids()[:-_KEPT]:  # never that of this run, which may have a wrong clock
        if old != record:
            shutil.rmtree(folder / old)
    (state() / "applying").unlink(missing_ok=True)


def kept_files(record: str) -> dict[str, str]:
    """Return the facts of every file of a record, by path."""
    rows = (line.split(" ", 4) for line in paths_in(state() / "records" / record / "digests"))
    return {path: " ".join(found) for *found, path in rows}


def _fill(new: Path, text: str, sets: Sequence[str], meant: Mapping[str, str]) -> None:
    (new / "record.json").write_text(text.rstrip("\n") + "\n")
    for folder in ("managed", "activate"):
        (new / folder).mkdir()
        for name in sets:
            with suppress(FileNotFoundError):  # a set of another role
                shutil.copyfile(state() / folder / name, new / folder / name)
    with suppress(FileNotFoundError):  # hopthu keeps none running
        shutil.copyfile(state() / UNITS, new / UNITS)
    there = {path: facts(path) for path in managed_paths(sets) if Path(path).is_file()}
    if differing := sorted(dict(there.items() ^ meant.items())):
        raise Failed(f"not as this run meant it: {', '.join(differing)}")
    digests = lines(f"{found} {path}" for path, found in there.items())
    (new / "digests").write_text(digests, errors="surrogateescape")
    archive.pack(new, [*there])


def _deploy(record: str) -> None:
    link = state() / ".deployed"
    link.unlink(missing_ok=True)
    link.symlink_to(f"records/{record}")
    link.replace(state() / "deployed")
    sync(state())
