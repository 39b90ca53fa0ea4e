"""Read and change who has access to the unit mailboxes of this store."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypedDict

from hopthu.remote.host.doveadm import Doveadm
from hopthu.remote.host.files import make_in, opened, read_plain, write
from hopthu.remote.host.state import FAILURES, output, read, run

_ACL, _LIST = "dovecot-acl", "subscriptions"
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
        if _ACL not in files:
            continue
        name = str(Path(folder).relative_to(top))
        for line in read_plain(Path(folder, _ACL)).split("\n"):
            if match := _RIGHT.fullmatch(line):
                yield unit.name, "INBOX" if name == "." else name, match[1], match[2]


class Changes(TypedDict):
    """What is to be done, in this order.

    `revoked` are ACL files that lose rights and `granted` those that gain some: the folder, below
    those of all units, and what the file has then, empty if it is removed; `ended` are people whose
    sessions end, who could otherwise go on with what they have open; `listed` all keys of the
    sharing map; `subscribed` has folders by person.
    """

    revoked: Sequence[tuple[str, str]]
    ended: Sequence[str]
    granted: Sequence[tuple[str, str]]
    listed: Sequence[str]
    subscribed: Mapping[str, Sequence[str]]


def change(changes: Changes, mail: str, sharing_map: str, owner: str) -> None:
    """Make the changes below `mail`; raise the first failure, after which nothing is granted.

    Dovecot reads the files whenever it opens a folder. Asked to write them, it would take minutes
    for the rights in all units.
    """
    put = partial(_put_acl, Path(mail), owner=owner)
    # Whoever signs in again has no access any more. Before the map is written: whoever is listed
    # there without being a reader may still have a session. One person at a time: doveadm 2.4.1
    # crashes if it is given two people that it does not find.
    revocations = (partial(put, folder, text) for folder, text in changes["revoked"])
    kicks = (partial(run, "doveadm", "kick", person) for person in changes["ended"])
    _try_all((*revocations, *kicks))
    for folder, text in changes["granted"]:
        put(folder, text)
    # Whoever is listed is not subscribed again: the map comes last, whatever fails for somebody.
    subscriptions = partial(_subscribe, Path(mail), owner, changes["subscribed"])
    _try_all((subscriptions, partial(_write_map, Path(sharing_map), owner, changes["listed"])))
    output("sync", "-f", mail)


def _put_acl(mail: Path, folder: str, text: str, owner: str) -> None:
    """Write an ACL file, or remove it if it is empty; not through links."""
    path = mail / "units" / folder
    if not text:
        with suppress(FileNotFoundError), opened(mail, path) as parent:
            os.unlink(_ACL, dir_fd=parent)
        return
    new = f"{_ACL}.new"
    with opened(mail, path) as parent:
        with suppress(FileNotFoundError):
            os.unlink(new, dir_fd=parent)
        make_in(parent, new, text, owner)
        os.replace(new, _ACL, src_dir_fd=parent, dst_dir_fd=parent)


def _subscribe(mail: Path, owner: str, subscribed: Mapping[str, Sequence[str]]) -> None:
    """Subscribe people to folders: new lists are written, Dovecot changes those that there are."""
    known = []

    def make(person: str) -> None:
        try:
            with opened(mail, mail / "people" / person / "Maildir") as home:
                _make_list(home, subscribed[person], owner)
        except FileExistsError:
            known.append(person)

    def change_known() -> None:
        if known:
            with Doveadm() as doveadm:
                for person in known:
                    doveadm.run(person, "mailbox subscribe", *subscribed[person])

    _try_all((*(partial(make, person) for person in subscribed), change_known))


def _make_list(home: int, folders: Sequence[str], owner: str) -> None:
    """Make a list of subscriptions as Dovecot does: the file that locks it becomes the list.

    Raises `FileExistsError` if it exists, or is locked.
    """
    lock, lines = f"{_LIST}.lock", (folder.replace("/", "\t") for folder in folders)
    make_in(home, lock, "".join(f"{line}\n" for line in ("V\t2", "", *lines)), owner)
    try:
        os.link(lock, _LIST, src_dir_fd=home, dst_dir_fd=home, follow_symlinks=False)
    finally:
        os.unlink(lock, dir_fd=home)


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
