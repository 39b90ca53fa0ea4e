"""The entries of this host's own directory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from hopthu.remote.host import ldap
from hopthu.remote.host.packing import Packed, packed
from hopthu.remote.host.state import Failed, output, run

_NO_ENTRIES = 32
"""The exit code of `ldapsearch` if slapd is running, but has no entries yet."""


class Found(TypedDict):
    """The suffix of a directory, its position, and its entries.

    The position is empty if slapd is not running. Entries are packed LDIF.
    """

    suffix: str
    position: str
    ldif: Packed


def entries(database: str, attributes: Sequence[str]) -> Found | None:
    """Return all entries with these attributes, no others; None if there is no database yet.

    If slapd is not running its database is read, so that an apply can plan its changes before it
    starts slapd again.
    """
    if not Path(database, "data.mdb").exists():
        return None
    top = ldap.suffix()
    # Before the entries, so that changes made meanwhile have a later position.
    at = position(top)
    asked = run(
        *("ldapsearch", *ldap.AT, *ldap.READ, "-b", top, "(objectClass=*)", *attributes), fine=None
    )
    answered = asked.returncode in (0, _NO_ENTRIES)
    ldif = asked.stdout if answered else _dump(top, attributes)
    return {"suffix": top, "position": at, "ldif": packed(ldif)}


def search(base: str, filter_: str, attributes: Sequence[str]) -> Packed:
    """Return the entries that match as `Found.ldif` is, empty if the directory does not answer."""
    try:
        return packed(output("ldapsearch", *ldap.AT, *ldap.READ, "-b", base, filter_, *attributes))
    except (Failed, FileNotFoundError):
        return Packed("")


def position(base: str, provider: str = "") -> str:
    """Return the position of the directory, or of a provider's; empty if it does not answer."""
    try:
        return ldap.position(base, provider)
    except (Failed, FileNotFoundError):
        return ""


def _dump(top: str, attributes: Sequence[str]) -> str:
    """Return what the database has of these attributes, as LDIF."""
    kept = {name.lower() for name in ("dn", *attributes)}
    text = output("slapcat", "-f", ldap.CONFIGURATION, "-b", top, "-o", "ldif-wrap=no")
    return "".join(
        line
        for line in text.splitlines(keepends=True)
        if line == "\n" or line.partition(":")[0].lower() in kept
    )
