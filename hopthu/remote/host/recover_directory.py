"""Bring back the directory of this host from its copies (docs/decisions/backup.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypedDict

from hopthu.remote.host import fill
from hopthu.remote.host.backup import LDIF, Copy, restic

_HOST = re.compile("^mailHost: (.*)$", re.MULTILINE)
_ID = re.compile("^uid: (.*)$", re.MULTILINE)


class Filled(TypedDict):
    """How many entries there are, and of which mailboxes the host is not that of the copy."""

    number: int
    followed: list[str]


def directory(copy: Copy, database: str, where: dict[str, str]) -> Filled:
    """Fill an empty directory from a copy, but with the hosts `where` mailboxes are by now.

    Passwords come from it through pipes. Raises `Failed` if the directory has any entry.
    """
    followed: list[str] = []
    ldif = "\n\n".join(_following(entry, where, followed) for entry in _ldif(copy).split("\n\n"))
    fill.put(database, ldif)
    return {"number": _number(ldif), "followed": followed}


def tried(copy: Copy, database: str) -> int:
    """Build the directory from a copy beside the one in use; return the number of entries.

    Raises `Failed` unless it has all that the copy has. Nothing is put in place.
    """
    ldif = _ldif(copy)
    fill.tried(database, ldif)
    return _number(ldif)


def _ldif(copy: Copy) -> str:
    repository, snapshot = copy
    return restic(repository, "dump", "--no-lock", of=(snapshot, f"/{LDIF}")).stdout.decode()


def _number(ldif: str) -> int:
    return sum(line.startswith("dn:") for line in ldif.splitlines())


def _following(entry: str, where: Mapping[str, str], followed: list[str]) -> str:
    """Return an entry with the host that its mailbox is on; note it if that is another."""
    host, owner = _HOST.search(entry), _ID.search(entry)
    if host is None or owner is None:
        return entry
    kind = "units" if ",ou=units," in entry.partition("\n")[0] else "people"
    mailbox = f"{kind}/{owner[1]}"
    if (there := where.get(mailbox, host[1])) == host[1]:
        return entry
    followed.append(mailbox)
    return _HOST.sub(f"mailHost: {there}", entry)
