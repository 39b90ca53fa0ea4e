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
    repository, snapshot = copy
    dump = restic(repository, "dump", "--no-lock", of=(snapshot, f"/{LDIF}")).stdout.decode()
    followed: list[str] = []
    ldif = "\n\n".join(_following(entry, where, followed) for entry in dump.split("\n\n"))
    fill.put(database, ldif)
    return {"number": sum(line.startswith("dn:") for line in ldif.splitlines()),
            "followed": followed}  # fmt: skip


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
