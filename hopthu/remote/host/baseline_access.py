"""Who has access to which unit mailbox, as Dovecot reads it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from hopthu.remote.host.files import read_plain
from hopthu.remote.host.words import word

UNITS = Path("/var/vmail/units")
_MAIL = {"cur", "new", "tmp", "fts-flatcurve"}


def access() -> Iterator[str]:
    """Yield a line for each right of somebody in a unit's mailbox.

    A new folder inherits the rights of its mailbox, so folders are not distinguished.
    """
    for unit in UNITS.glob("*"):
        for right in {line for rights in _rights(unit) for line in rights.split("\n")}:
            who, _, letters = right.rpartition(" ")
            if who:
                yield f"access {unit.name} {word(who)} {letters}"


def _rights(mailbox: Path) -> Iterator[str]:
    for folder, names, files in os.walk(mailbox):
        names[:] = [name for name in names if name not in _MAIL]
        if "dovecot-acl" in files:
            yield read_plain(Path(folder, "dovecot-acl"))
