"""The file of who reads which unit mailboxes, whose fields Dovecot adds to those of the directory.

Each reader has some of the namespaces that `templates/dovecot/parts/sharing.conf.j2` prepares: here
are the units they lead to, under which names, and the space there. Paths have the unit's id, so a
unit that is renamed keeps everything, what each reader has read and subscribed to included.
https://doc.dovecot.org/2.4.1/core/config/auth/databases/passwd_file.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from hopthu.desired.host_mailboxes import Shared
from hopthu.desired.unit_folders import MOST_SHOWN
from hopthu.remote.host.unit_access import SPACE

_MOST_TOLD = 8192 - 544
"""Bytes that Dovecot's processes can tell each other of somebody's units, beside all else."""

_VALUE = re.compile(r"[^\x00-\x1f\x7f%:=/\\\"]+")
"""What is no separator of the file or of folders, and what Dovecot does not expand."""


def text(wanted: Mapping[str, Shared], share: int) -> str:
    """Return the file of all readers, who can fill a percentage of the space of units.

    Of more mailboxes than fit, those of ended units are left out.
    Raises `ValueError` on a hostile name.
    """
    read: dict[str, list[str]] = {}
    for unit, shared in sorted(wanted.items(), key=lambda each: (each[1].read_only, each[0])):
        for person in shared.readers:
            read.setdefault(person, []).append(unit)
    return "".join(_line(person, units, wanted, share) for person, units in sorted(read.items()))


def units(line: str) -> frozenset[str]:
    """Return the units whose mailboxes a line lets its person find."""
    return frozenset(re.findall(r" userdb_unit[0-9]+=([^ ]+)", line))


def _line(person: str, units: Sequence[str], wanted: Mapping[str, Shared], share: int) -> str:
    """Return the line of a person, for as many units as there are namespaces and fit."""
    line = f"{person}:::::::"
    for number, unit in enumerate(units[:MOST_SHOWN]):
        more = (_field(*each) for each in _fields(f"unit{number}", unit, wanted[unit], share))
        longer = line + "".join(more)
        if len(longer.replace(SPACE, " ").replace("userdb_", "").encode()) > _MOST_TOLD:
            break
        line = longer
    return f"{line}\n"


def _fields(slot: str, unit: str, shared: Shared, share: int) -> Iterator[tuple[str, str]]:
    # Never 0, which would mean no limit.
    space = max(1, shared.quota * share // 100)
    yield f"namespace/{slot}/disabled", "no"
    yield slot, unit
    yield f"{slot}_folder", shared.folder
    yield f"{slot}_space", str(shared.quota)
    yield f"{slot}_share", str(space)
    yield f"{slot}_rest", str(shared.quota - space)


def _field(name: str, value: str) -> str:
    if not _VALUE.fullmatch(value):
        raise ValueError(f"{value!r} is not allowed in Dovecot's file of readers")
    return f" userdb_{name}={value.replace(' ', SPACE)}"
