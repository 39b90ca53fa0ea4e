"""Which rights in unit mailboxes of this store somebody still has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hopthu.remote.host.state import run
from hopthu.remote.host.unit_access import rights

_NOBODY = 67
"""The exit code of doveadm for a user that there is not (EX_NOUSER of sysexits.h)."""


def left(mail: str, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return those of some units and people who still have something together.

    That is a right in a folder of the unit, by the files that Dovecot goes by, or a namespace that
    Dovecot turns on for the person and that leads there; of a unit whose mailbox is below `mail`.
    """
    homes = {unit: Path(mail, "units", unit) for unit, _ in pairs}
    here = {unit for unit, home in homes.items() if home.exists()}
    readers = {unit: {who for _, _, who, _ in rights(homes[unit])} for unit in here}
    shown = {person: _fields(person) for unit, person in pairs if unit in here}
    return [
        (unit, person)
        for unit, person in pairs
        if unit in here and (f"user={person}" in readers[unit] or unit in shown[person])
    ]


def _fields(person: str) -> set[str]:
    """Return the values of what Dovecot knows of somebody, units among them; none of nobody."""
    rows = run("doveadm", "user", person, fine=(0, _NOBODY)).stdout.splitlines()
    return {row.partition("\t")[2] for row in rows}
