"""Read and change who has access to the unit mailboxes of this store."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TypedDict

from hopthu.remote.host.doveadm import Doveadm
from hopthu.remote.host.files import read_plain, write
from hopthu.remote.host.state import FAILURES, read, run

_MESSAGES = {"cur", "new", "tmp", "fts-flatcurve"}
_RIGHT = re.compile(r'"?(.+?)"? (\S+)')


class Granted(TypedDict):
    """Each right, as unit, folder, identifier and letters; and the keys of the sharing map."""

    rights: list[tuple[str, str, str, str]]
    listed: list[str]


def granted(units: str, sharing_map: str) -> Granted:
    """Return the access in the mailboxes below `units`, and what the map lists."""
    rights = [right for unit in sorted(Path(units).glob("*")) for right in _rights(unit)]
    lines = read(Path(sharing_map)).split("\n")
    return {"rights": rights, "listed": [line for line in lines if line.startswith("shared/")]}


def _rights(unit: Path) -> Iterator[tuple[str, str, str, str]]:
    """Yield the rights in every folder, but not among messages, of which there may be very many."""
    top = unit / "Maildir"
    for folder, names, files in os.walk(top):
        names[:] = [name for name in names if name not in _MESSAGES]
        if "dovecot-acl" not in files:
            continue
        name = str(Path(folder).relative_to(top))
        for line in read_plain(Path(folder, "dovecot-acl")).split("\n"):
            if match := _RIGHT.fullmatch(line):
                yield unit.name, "INBOX" if name == "." else name, match[1], match[2]


class Changes(TypedDict):
    """What is to be done, in this order.

    `emptied` are the ACL files of units that Dovecot no longer knows; `revoked` has unit, folder
    and identifier of an ACL; `ended` are people whose sessions end, who could otherwise go on with
    what they have open; `granted` has unit and person; `listed` all keys of the sharing map;
    `subscribed` person and folders.
    """

    emptied: Sequence[str]
    revoked: Sequence[tuple[str, str, str]]
    ended: Sequence[str]
    granted: Sequence[tuple[str, str]]
    listed: Sequence[str]
    subscribed: Sequence[tuple[str, Sequence[str]]]


def change(changes: Changes, rights: Sequence[str], sharing_map: str, owner: str) -> None:
    """Make the changes; raise the first failure, after which nothing is granted.

    `rights` are those of readers, in the words of doveadm-acl(1).
    """
    with ExitStack() as held:
        if changes["revoked"] or changes["granted"] or changes["subscribed"]:
            doveadm = held.enter_context(Doveadm())

        def revoke() -> None:
            for path in changes["emptied"]:
                Path(path).unlink(missing_ok=True)
            for unit, folder, identifier in changes["revoked"]:
                doveadm.run(unit, "acl delete", "--", folder, identifier)

        # Whoever signs in again has no access any more. Before the map is written: whoever is
        # listed there without being a reader may still have a session. One person at a time:
        # doveadm 2.4.1 crashes if it is given two people that it does not find.
        kicks = (partial(run, "doveadm", "kick", person) for person in changes["ended"])
        _try_all((revoke, *kicks))
        for unit, person in changes["granted"]:
            doveadm.run(unit, "acl set", "INBOX", f"user={person}", *rights)
        _write_map(Path(sharing_map), owner, changes["listed"])
        for person, folders in changes["subscribed"]:
            doveadm.run(person, "mailbox subscribe", *folders)


def _try_all(steps: Iterable[Callable[[], object]]) -> None:
    """Take every step, whether or not others fail; then raise the first failure."""
    failures = []
    for step in steps:
        try:
            step()
        except FAILURES as error:
            failures.append(error)
    if failures:
        raise failures[0]


def _write_map(path: Path, owner: str, keys: Sequence[str]) -> None:
    """Write the whole map at once; doveadm as root would make root its owner."""
    write(path, "".join(f"{key}\n1\n" for key in keys), owner)
