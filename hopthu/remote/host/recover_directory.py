"""Bring back the directory of this host from its copies (docs/decisions/backup.md)."""

from __future__ import annotations

from hopthu.remote.host import fill
from hopthu.remote.host.backup import LDIF, restic


def directory(copy: tuple[str, str], database: str) -> int:
    """Fill an empty directory from a copy (repository, snapshot); return the number of entries.

    Passwords come from it through pipes. Raises `Failed` if the directory has any entry.
    """
    repository, snapshot = copy
    ldif = restic(repository, "dump", "--no-lock", of=(snapshot, f"/{LDIF}")).stdout.decode()
    fill.put(database, ldif)
    return sum(line.startswith("dn:") for line in ldif.splitlines())
