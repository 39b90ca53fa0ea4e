"""Files of this host: those managed by hopthu, and those under /etc that belong to no package."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

from hopthu.remote.host.files import content, digest, managed_paths, owner, write
from hopthu.remote.host.state import Failed, output, read, state
from hopthu.remote.host.words import word

_FOLDERS = (
    *("/etc", "/usr/local/bin", "/usr/local/sbin", "/usr/local/etc", "/usr/local/lib/systemd"),
    *("/var/spool/cron", "/run/systemd/system"),
)
_UNITS = Path("/usr/lib/systemd/system")
_SKIPPED = re.compile(r"/etc/(alternatives|ssl/certs|rc.\.d)")
"""Folders that programs fill by themselves."""
_OWN = re.compile(
    r"/etc/(passwd|group|shadow|gshadow|sub[ug]id).*"
    r"|.*/[^/]*\.(dpkg|ucf)-[^/]*|.*\.hopthu-new|.*/\.placeholder"
    r"|/etc/(ld\.so\.cache|mtab|adjtime|\.pwd\.lock|\.updated|resolv\.conf)"
    r"|/var/spool/cron/atjobs/\.SEQ",
    re.DOTALL,
)
"""Files that programs write by themselves, that are listed as accounts, or that nothing reads."""
_KINDS = (
    ("unit", ("*/systemd/system/*", "*/systemd/user/*", "/etc/init.d/*")),
    ("cron", ("/etc/cron*", "/var/spool/cron/*")),
    ("sudo", ("/etc/sudoers*",)),
    ("config", ("*",)),
)
_TICK = 100_000_000
"""Nanoseconds: a file that was changed just now may be changed again without a new change time."""


def files(rows: Path | None = None) -> Iterator[str]:
    """Yield files with digest, mode and owner, and the sets that no daemon has loaded yet.

    `rows` caches the digests of tables, which take time.
    """
    kinds = dict.fromkeys(managed_paths(), "file")
    kinds |= {index: "index" for path in kinds if (index := _index(path))}
    packaged = _packaged()
    for path in {*_unmanaged(), *_own_units()} - kinds.keys():
        if not _is_packaged(path, packaged):
            kinds[path] = next(
                kind for kind, names in _KINDS if any(fnmatchcase(path, each) for each in names)
            )
    tables = _digests_of_tables([p for p in kinds if _is_table(p, kinds[p])], rows)
    for path, kind in kinds.items():
        name = f"{kind} {word(path)}"
        try:
            yield f"{name}\t{_described(path, tables)}"
        except FileNotFoundError:
            yield f"{name}\tgone"
    pending = state() / "pending"
    yield from (f"pending {path.name}" for path in pending.glob("*"))


def _index(path: str) -> str:
    """Return what daemons read in place of a file: the index of a table, the compiled script."""
    compiled = f"{path.removesuffix('.sieve')}.svbin" if path.endswith(".sieve") else ""
    return next((each for each in (f"{path}.lmdb", compiled) if each and Path(each).exists()), "")


def _is_table(path: str, kind: str) -> bool:
    return kind == "index" and path.endswith(".lmdb")


def _described(path: str, tables: dict[str, str]) -> str:
    found = Path(path).lstat()
    if stat.S_ISLNK(found.st_mode):
        what = f"link:{word(str(Path(path).readlink()))}"
    elif stat.S_ISREG(found.st_mode):
        what = tables.get(path) or content(path)
    else:
        what = "folder" if stat.S_ISDIR(found.st_mode) else "special"
    return f"{what} {owner(path)}"


def _unmanaged() -> Iterator[str]:
    """Yield files that may have been added by hand."""
    for top in _FOLDERS:
        for folder, names, entries in os.walk(top):
            names_of_links = [name for name in names if Path(folder, name).is_symlink()]
            names[:] = [n for n in names if not _SKIPPED.fullmatch(f"{folder}/{n}")]
            for name in (*entries, *names_of_links):
                path = f"{folder}/{name}"
                if not _SKIPPED.fullmatch(path) and not _OWN.fullmatch(path) and _counts(path):
                    yield path


def _counts(path: str) -> bool:
    """Return whether it is a file or a link, and not one by which systemd enables a unit."""
    if not Path(path).is_symlink():
        return Path(path).is_file()
    target = str(Path(path).readlink())
    enables = ".wants/" in path or "/lib/systemd/" in target or target == "/dev/null"
    return not (path.startswith("/etc/systemd/") and enables)


def _own_units() -> Iterator[str]:
    """Yield the systemd units in the folder for packages that belong to no package."""
    known: set[bytes] = set()
    for path in Path("/var/lib/dpkg/info").glob("*.list"):
        known.update(re.findall(rb"^(?:/usr)?/lib/systemd/system/(.+)$", path.read_bytes(), re.M))
    for unit in _UNITS.glob("*"):
        if os.fsencode(unit.name) not in known and unit.is_file() and not unit.is_symlink():
            yield str(unit)


def _packaged() -> dict[str, str]:
    """Return the MD5 of files as their packages installed them, by path."""
    lines = output("dpkg-query", "-W", "-f", "${Conffiles}\n")
    found = {m[1]: m[2] for m in re.finditer(r"^ (.*) ([0-9a-f]{32})(?: .*)?$", lines, re.M)}
    for line in read(Path("/var/lib/ucf/hashfile")).splitlines():
        known, _, path = line.partition(" ")
        found[path.strip()] = known
    return found


def _is_packaged(path: str, packaged: dict[str, str]) -> bool:
    """Return whether a file is as its package installed it: an update may change it."""
    with suppress(FileNotFoundError):
        return (
            path in packaged
            and not Path(path).is_symlink()
            and digest(path, "md5") == packaged[path]
        )
    return False


def _digests_of_tables(paths: list[str], rows: Path | None) -> dict[str, str]:
    """Return the digest of the rows of tables, as LMDB leaves old pages behind.

    An apply runs this twice, and few tables change: `rows` keeps the digests with inode, size and
    change time.
    """
    known: dict[str, list[object]] = {}
    with suppress(ValueError):
        known = json.loads(read(rows)) if rows else {}
    found, kept, now = {}, {}, time.time_ns()
    for path in paths:
        facts = Path(path).stat()
        marks = [facts.st_ino, facts.st_size, facts.st_ctime_ns]
        *marked, rows_digest = known.get(path, [""])
        found[path] = (
            str(rows_digest) if marked == marks else _rows_digest(path.removesuffix(".lmdb"))
        )
        if now - facts.st_ctime_ns >= _TICK and found[path] != "unreadable":
            kept[path] = [*marks, found[path]]
    if rows:
        write(rows, json.dumps(kept))
    return found


def _rows_digest(table: str) -> str:
    """Return the digest of a table's rows. A main.cf beside it serves while Postfix's is broken."""
    folder = str(Path(table).parent)
    settings = ["-c", folder] if Path(folder, "main.cf").exists() else []
    try:
        rows = output("postmap", *settings, "-s", f"lmdb:{table}")
    except (Failed, FileNotFoundError):
        return "unreadable"
    return hashlib.sha256(os.fsencode(rows)).hexdigest()
