"""All directory entries in one operation: exported once, compared here, changed once.

One operation per entry would take hours for 60,000 people. The directory is accessed over its local
socket, as root; no password is involved (hopthu/daemons/openldap.py).
"""

from __future__ import annotations

import gzip
import io
import shlex
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

from pyinfra import host, logger
from pyinfra.api import FileUploadCommand, StringCommand, operation

from hopthu import remote
from hopthu.daemons.openldap import DATABASE, LDAPI
from hopthu.directory.entries import PASSWORD_UNTIL, where_mail_is, with_first_passwords
from hopthu.directory.ldif import (
    Add,
    Change,
    Entries,
    Modify,
    changes,
    undo,
    write_changes,
    write_entries,
)
from hopthu.directory.password_rules import dated_back, parsed_time
from hopthu.directory.passwords import read_passwords
from hopthu.i18n.message import Message
from hopthu.operations.answers import ALL, Compared, answered
from hopthu.operations.host_state import MAKE_STAGING, STAGING, STATE
from hopthu.operations.run import call, calling, note
from hopthu.remote.host import fill, passwords
from hopthu.remote.host.entries import position, search

_LDIF, _BACK = f"{STAGING}/directory.ldif", f"{STAGING}/directory-back.ldif"

_MAX_NAMED = 5
"""Entries named in the warning about those that are not in the data."""


ISSUED, DATES = "(pwdReset=TRUE)", (PASSWORD_UNTIL, "pwdChangedTime")
WITHOUT_PASSWORD = "(!(userPassword=*))"  # noqa: S105  (a filter)


@operation()
def entries(
    base: str,
    wanted: Callable[[], Mapping[str, Mapping[str, tuple[str, ...]]]],
    managed: Sequence[str],
    unique: Sequence[str] = (),
    known: Compared | None = None,
    first_passwords: str = "",
    max_age: int = 0,
) -> Generator[StringCommand | FileUploadCommand, None, None]:
    """Make the provider's entries match `wanted`, in one change set.

    + base: the suffix of all entries
    + wanted: returns DN → attribute → values of every entry that should exist, parents before
      children; other entries are left alone and named in a warning
    + managed: attributes that are changed to match; others, such as passwords, are left alone
    + unique: attributes of which no two entries may have the same value: a value is removed from
      its old entry before it is added to another
    + known: how the entries differ from `wanted`, if that was found out before; it holds as long as
      nothing is written to the directory
    + first_passwords: path of a JSON file of hashes by person id (`uid=ID,ou=people,BASE`); used
      for entries without a password, never to replace one
    + max_age: the age in seconds that passwords may reach, 0 if it is not known; issued ones that
      are not replaced yet are dated so that they reach it at their deadline, which a change of this
      age would move

    An empty directory is filled at once (hopthu/remote/host/fill.py). Otherwise it stops at
    the first change that it refuses; the changes before it stay, and the next run continues from
    there. A mailbox that should be on another store stays where it is for now (`mailHost`), marked
    (`hopthuMoving`); see hopthu.migration.

    **Example:**

    .. code:: python

        directory.entries(
            name="Create the entry above all people",
            base="dc=example,dc=vn",
            wanted=lambda: {
                "ou=people,dc=example,dc=vn": {
                    "objectClass": ("organizationalUnit",),
                    "ou": ("people",),
                },
            },
            managed=["objectClass", "ou"],
        )
    """
    note("entries")
    found = _compared(base, managed, wanted, known)
    hashes = read_passwords(Path(first_passwords)) if first_passwords else {}
    needed = partial(_needed, base, found, unique, hashes)
    if not found.number:
        yield from calling(lambda: remote.call(fill.load, DATABASE) + _content(needed()))
        return
    todo = needed()
    if strangers := sorted(found.there.keys() - found.meant.keys()):
        logger.warning(
            Message(
                "{host}: entries of the directory that are not in the data, left alone: {number}: "
                "{entries}",
                host=host.name,
                number=len(strangers),
                entries="; ".join(strangers[:_MAX_NAMED]),
            )
        )
    late = misdated(searched(base, ISSUED, DATES), max_age) if max_age else []
    if not todo and not late:
        host.noop(f"directory: all {found.number} entries are up to date")
        return
    if todo:
        yield StringCommand(MAKE_STAGING)
        yield FileUploadCommand(io.BytesIO(write_changes(todo).encode()), _LDIF)
        back = undo(todo, found.there, unique)
        yield FileUploadCommand(io.BytesIO(write_changes(back).encode()), _BACK)
        yield StringCommand("sh", "-c", shlex.quote(_apply(_LDIF, _BACK)))
    if late:
        yield from calling(lambda: remote.call(passwords.date, write_changes(late)))


def searched(base: str, filter_: str, attributes: Sequence[str]) -> Entries:
    """Return entries of the host's own directory; none if it does not answer."""
    return answered(call(search, base, filter_, attributes))


def _compared(
    base: str, attributes: Sequence[str], wanted: Callable[[], Entries], known: Compared | None
) -> Compared:
    """Return how entries differ; as it is `known` if nothing was written to them since."""
    if known and known.holds(call(position, base)):
        return known
    return Compared.of("", searched(base, ALL, attributes), wanted())


def _needed(
    base: str, found: Compared, unique: Sequence[str], hashes: Mapping[str, str]
) -> tuple[Change, ...]:
    """Return the changes that make the entries match; who has no password gets that of `hashes`."""
    todo = changes(found.there, where_mail_is(found.there, found.meant), unique)
    without = searched(base, WITHOUT_PASSWORD, ["1.1"]) if hashes else {}
    return with_first_passwords(todo, base, hashes, without)


def misdated(issued: Entries, max_age: int) -> list[Modify]:
    """Return the changes that date issued passwords so that they end with their deadline."""
    wanted = {
        dn: dated_back(parsed_time(attributes[PASSWORD_UNTIL][0]), timedelta(seconds=max_age))
        for dn, attributes in issued.items()
        if PASSWORD_UNTIL in attributes
    }
    return [
        Modify(dn, date)
        for dn, date in wanted.items()
        if issued[dn].get("pwdChangedTime") != date["pwdChangedTime"]
    ]


def _content(todo: Sequence[Change]) -> bytes:
    """Pack the entries that `todo` adds."""
    new = {change.dn: change.attributes for change in todo if isinstance(change, Add)}
    return gzip.compress(write_entries(new).encode(), 1)


def _apply(path: str, back: str) -> str:
    """Return the script that makes the changes in `path` and removes it in any case.

    While a run has locked the host, the reverse changes in `back` are kept until the run ends
    (hopthu/remote/host/lease.py).
    """
    return f"""
trap 'rm -f {path} {path}.log {back}; rmdir {STAGING} 2>/dev/null' EXIT
if [ -e {STATE}/applying ]; then
    # Before the reverse changes of an interrupted run: the newest come first.
    if [ -e {STATE}/back.ldif ]; then (echo; cat {STATE}/back.ldif) >>{back}; fi
    mv {back} {STATE}/back.ldif
fi
ldapmodify -Q -Y EXTERNAL -H {LDAPI} -f {path} >{path}.log && exit
echo "the directory refused this change, and none after it was tried:" >&2
grep -v '^$' {path}.log | tail -n 1 >&2
exit 1
"""
