"""Fill an empty directory.

The database is built beside the live one, checked, and replaces it in one step: whatever dies
before that leaves an empty directory, which the next run fills. The user of slapd can put links
where it is built, so root writes nothing there: that user does.
"""

from __future__ import annotations

import gzip
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from hopthu.remote.host import ldap
from hopthu.remote.host.state import Failed, output, read, run, state

_SIZES = ("Number of pages used", "Page size")
"""What mdb_stat(1) tells of a database: this much of its file has content."""


def load(database: str) -> None:
    """Fill the provider from LDIF, compressed by gzip, that stdin has after the call.

    Raises `Failed` as `put` does.
    """
    put(database, gzip.decompress(sys.stdin.buffer.read()))


def put(database: str, ldif: str | bytes) -> None:
    """Fill the provider from LDIF.

    Raises `Failed` if it has any entry: entries, and their passwords, are never replaced.
    """

    def filled() -> bool:
        if run("slapcat", "-f", ldap.CONFIGURATION).stdout:
            raise Failed("this directory is not empty; nothing was changed")
        return False

    _fill(Path(database), filled, lambda new: _load(new, ldif))


def tried(database: str, ldif: str) -> None:
    """Build a directory from LDIF beside the one that is used, and remove it.

    Raises `Failed` unless it has what the LDIF has.
    """
    new = Path(database).with_name(f"{Path(database).name}.tried")
    try:
        configuration = _built(new, lambda new: _load(new, ldif))
        back = output("slapcat", "-f", configuration, "-o", "ldif-wrap=no")
        made, copied = _entries(back), _entries(ldif)
        if other := [each for each in made | copied if made.get(each) != copied.get(each)]:
            raise Failed(f"the directory is not what was copied: {len(other)} entries differ")
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _entries(ldif: str) -> dict[str, list[str]]:
    """Return the lines of each entry, in an order of their own, by the line with its name."""
    blocks = (each.strip("\n").splitlines() for each in ldif.split("\n\n"))
    return {lines[0]: sorted(lines) for lines in blocks if lines}


def _load(new: Path, ldif: str | bytes) -> None:
    made = new / "made"
    _as_slapd("slapadd", "-q", "-w", "-f", _configuration(made), stdin=ldif)
    # A quick load leaves a file of the maximum size, and whoever copies it reads all of that.
    told = _as_slapd("mdb_stat", "-e", made)
    (pages,), (size,) = (re.findall(rf"{name}: (\d+)$", told, re.M) for name in _SIZES)
    _as_slapd("truncate", f"--size={int(pages) * int(size)}", made / "data.mdb")


def forget(database: str) -> None:
    """Have a replica follow its provider from the beginning.

    What it has may be newer than the provider; slapd would keep it, and take it for the same.
    """
    output("systemctl", "stop", "slapd")
    try:
        for name in ("data.mdb", "lock.mdb"):
            Path(database, name).unlink(missing_ok=True)
    finally:
        output("systemctl", "start", "slapd")


def copy(database: str, indexes: str) -> None:
    """Give a replica the provider's database, compressed by zstd, that stdin has after the call.

    `indexes` lists those of the database. A replica that is still replicating has entries but no
    position; one with a position is complete by now and needs no copy.
    """

    def filled() -> bool:
        return _has_position(ldap.CONFIGURATION)

    def build(new: Path) -> None:
        made = new / "made" / "data.mdb"
        _as_slapd("zstd", "-q", "-d", "-o", made, stdin=sys.stdin.buffer.read())
        if indexes != read(state() / "openldap-indexes").rstrip("\n"):
            _as_slapd("slapindex", "-q", "-f", _configuration(made.parent))

    _fill(Path(database), filled, build)


def _fill(database: Path, filled: Callable[[], bool], build: Callable[[Path], None]) -> None:
    """Replace the database by one that is built in a folder beside it, unless it is filled.

    Meanwhile slapd does not run: a replica that is empty would ask its provider for everything.
    """
    new = database.with_name(f"{database.name}.new")
    try:
        if filled():
            return
        output("systemctl", "stop", "slapd")
        if filled():
            return
        _built(new, build)
        made = new / "made" / "data.mdb"
        _as_slapd("sync", made)
        made.replace(database / "data.mdb")
        (database / "lock.mdb").unlink(missing_ok=True)
        _as_slapd("sync", database)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        output("systemctl", "start", "slapd")


def _built(new: Path, build: Callable[[Path], None]) -> Path:
    """Build a complete database in the folder `made` of a new one; return its configuration."""
    shutil.rmtree(new, ignore_errors=True)
    _as_slapd("mkdir", new)
    _as_slapd("mkdir", new / "made")
    build(new)
    configuration = _configuration(new / "made")
    if not _has_position(configuration):
        raise Failed("the new database is incomplete")
    return configuration


def _configuration(folder: Path) -> Path:
    """Write the configuration of slapd for a database in `folder`; return its path."""
    path = folder.with_name(f"{folder.name}.conf")
    text = re.sub(r"^directory .*", f"directory {folder}", read(ldap.CONFIGURATION), flags=re.M)
    _as_slapd("tee", path, stdin=text)
    return path


def _as_slapd(*argv: str | Path, stdin: str | bytes = "") -> str:
    return output("runuser", "-u", "openldap", "--", *argv, stdin=stdin)


def _has_position(configuration: Path) -> bool:
    """Return whether a directory is complete: it has its position only once everything is there."""
    top = f"ldap:///{ldap.suffix()}??base"
    found = run("slapcat", "-f", configuration, "-o", "ldif-wrap=no", "-H", top, fine=None)
    return "contextCSN" in {line.partition(":")[0] for line in found.stdout.splitlines()}
