"""Moves of mailboxes between stores: what a store knows and does about single mailboxes.

A mailbox is `people/ID` or `units/ID`, the path of its folder. The order of the steps:
docs/decisions/moves.md.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from hopthu.remote.host import ldap, touched
from hopthu.remote.host.baseline import baseline
from hopthu.remote.host.files import is_folder, lines, opened, paths_in, write
from hopthu.remote.host.state import Failed, output, run, state

MAIL = Path("/var/vmail")
"""Dovecot can write everywhere below it, and other stores below `arriving`."""

_KINDS = ("people", "units")
_MAILBOX = re.compile(rf"({'|'.join(_KINDS)})/[a-z][a-z0-9_-]*")
_AT_ONCE = 200


class Place(NamedTuple):
    """What the directory of this host has about a mailbox; `target` is empty if it stays."""

    host: str
    frozen: bool
    state: str
    target: str


def pending(top: str, filter_: str, attributes: Sequence[str]) -> list[ldap.Attributes]:
    """Return the entries of the mailboxes that are to be moved."""
    return list(ldap.search(top, filter_, *attributes))


def places(mailboxes: Iterable[str]) -> dict[str, Place]:
    """Return what the directory of this host has about mailboxes, as far as it knows them.

    A name that no mailbox can have is never asked for.
    """
    found: dict[str, Place] = {}
    asked = [*filter(_MAILBOX.fullmatch, mailboxes)]
    for start in range(0, len(asked), _AT_ONCE):
        ids = (mailbox.partition("/")[2] for mailbox in asked[start : start + _AT_ONCE])
        found |= _places(f"(|{''.join(f'(uid={each})' for each in ids)})")
    return {mailbox: found[mailbox] for mailbox in asked if mailbox in found}


def placed(host: str) -> dict[str, Place]:
    """Return what the directory of this host has about all mailboxes of a host."""
    return _places(f"(mailHost={host})")


def _places(filter_: str) -> dict[str, Place]:
    found: dict[str, Place] = {}
    attributes = ("uid", "mailHost", "hopthuFrozen", "hopthuState", "hopthuMoving")
    for entry in ldap.search(ldap.suffix(), filter_, *attributes):
        kind = "units" if ",ou=units," in entry["dn"][0] else "people"
        _, host, frozen, live, target = (entry.get(name, [""])[0] for name in attributes)
        found[f"{kind}/{entry['uid'][0]}"] = Place(host, frozen == "TRUE", live, target)
    return found


def at(mailbox: str, *below: str) -> Path:
    """Return where a mailbox is below `MAIL`, or below a folder there.

    Raises `Failed` if there is a link, or anything else, instead of a folder on the way.
    """
    if not _MAILBOX.fullmatch(mailbox):
        raise Failed(f"{mailbox} is no mailbox")
    path = MAIL.joinpath(*below, mailbox)
    with suppress(FileNotFoundError), opened(MAIL, path.parent):
        pass
    return path


def is_placeholder(folder: Path) -> bool:
    """Return whether a folder owned by root is in place of a mailbox.

    No program can create a mailbox there.
    """
    try:
        found = os.lstat(folder)  # once: a store has 60,000
    except FileNotFoundError:
        return False
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    return ours and next(folder.iterdir(), None) is None


def inside(top: Path) -> list[str]:
    """Return the mailboxes that have something below a folder: no links are followed to it."""
    kinds = [top / kind for kind in _KINDS if is_folder(top) and is_folder(top / kind)]
    found = (f"{kind.name}/{each.name}" for kind in kinds for each in kind.iterdir())
    return sorted(filter(_MAILBOX.fullmatch, found))


def exchange(one: Path, other: Path) -> None:
    """Exchange two folders in one step."""
    output("mv", "--exchange", "--no-copy", "-T", one, other)


def remove(path: Path) -> None:
    """Remove what there is at a path below `MAIL`, if anything; never through a link."""
    if not os.path.lexists(path):
        return
    with opened(MAIL, path.parent) as parent:
        if stat.S_ISDIR(os.lstat(path.name, dir_fd=parent).st_mode):
            shutil.rmtree(path.name, dir_fd=parent)
        else:
            os.unlink(path.name, dir_fd=parent)


def have(mailboxes: Sequence[str]) -> list[str]:
    """Return those of the mailboxes that are here."""
    return [
        mailbox
        for mailbox in mailboxes
        if is_folder(path := at(mailbox)) and not is_placeholder(path)
    ]


def here() -> list[str]:
    """Return the mailboxes that are on this host, whatever its directory has."""
    return have(inside(MAIL))


def size(mailboxes: Sequence[str]) -> int:
    """Return the number of bytes that mailboxes take here."""
    paths = [at(mailbox) for mailbox in have(mailboxes)]
    if not paths:
        return 0
    # Messages that vanish meanwhile are an error for du.
    counted = run("du", "--block-size=1", "--total", "--summarize", *paths, fine=(0, 1)).stdout
    return int(counted.splitlines()[-1].split()[0])


def room() -> tuple[int, int]:
    """Return the number of bytes that are free for mail, and of all."""
    total, _, free = shutil.disk_usage(MAIL)
    return free, total


def drop(here: str, mailboxes: Collection[str]) -> None:
    """Remove the old copies of mailboxes, which are complete elsewhere."""
    ours = [mailbox for mailbox, place in places(mailboxes).items() if place.host == here]
    if ours:
        raise Failed(f"still on this host: {ours[0]}")
    for mailbox in mailboxes:
        remove(at(mailbox, "leaving"))


def unsettled() -> list[str]:
    """Return what an interrupted move has left: mailboxes set aside, or in place and not valid."""
    return [*inside(MAIL / "leaving"), *inside(state() / "arrived")]


def finish() -> None:
    """Finish the arrival of mailboxes whose access has been granted: it goes on record here."""
    record = state() / "deployed" / "baseline"
    if record.exists():
        known = (line for line in paths_in(record) if not line.startswith("access "))
        write(record, lines(sorted({*known, *baseline(["access"])})))
    for mailbox in inside(state() / "arrived"):
        touched.note([mailbox])
        (state() / "arrived" / mailbox).unlink()
