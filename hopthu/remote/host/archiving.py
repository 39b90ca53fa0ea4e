"""Closed mailboxes of this store: read for the archive, and given up once they are proven there.

This store knows no key of the archive, and has no way to it. It gives up a mailbox only if that is,
at this moment, what somebody else has read in the archive, and if its own directory says that the
mailbox is over. docs/decisions/archive.md
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from hopthu.remote.host.backup import OWNER, PLACE, as_owner
from hopthu.remote.host.files import is_folder
from hopthu.remote.host.kinds import Count
from hopthu.remote.host.mail_copy import Reading, copy, read
from hopthu.remote.host.manifest import LISTS, READERS, fingerprint, manifest, parsed
from hopthu.remote.host.moves import at, is_placeholder, places, remove, size
from hopthu.remote.host.moves_copy import alone
from hopthu.remote.host.recover_in_place import settle
from hopthu.remote.host.state import Failed, comes

OVER = ("archived", "erased")
"""The states of a mailbox whose content goes to the archive."""
MANIFEST, HOME = "manifest.json", "home"
"""What a tar of a mailbox has: its manifest first, then the folder."""
_WORK = PLACE / "archived"
_GONE = "archived"
"""The folder of mailboxes that are given up."""
_CHUNK = 1 << 20
_PATIENCE = 20.0
"""Seconds within which this directory has what the provider's was told."""


def present(mailboxes: Sequence[str]) -> dict[str, Count]:
    """Return those of the mailboxes of which anything is here, with the bytes to be read of it."""
    places = [(), (_GONE,)]
    return {
        each: Count(size([each]))
        for each in mailboxes
        if any(is_folder(path := at(each, *below)) and not is_placeholder(path) for below in places)
    }


def content(mailbox: str, here: str) -> Iterator[bytes]:
    """Yield a mailbox as a tar, as it is at one moment; raise `Failed` unless it is over."""
    with alone():
        _require_over(mailbox, here)
        _resume(mailbox, ())
        with _copied(mailbox):
            yield from _packed()


def give_up(mailbox: str, here: str, verified: Collection[str]) -> bool:
    """Remove a mailbox if it is what was `verified` (`fingerprint`); return whether it was.

    It stays in its place until it is compared, and then leaves it in one step. Killed anywhere, it
    is as it was, or given up; nothing is removed unless what it was compared with is `verified`.
    """
    with alone():
        _require_over(mailbox, here)
        _resume(mailbox, verified)
        if not is_folder(at(mailbox)):
            return True
        with _copied(mailbox) as found:
            if found.fingerprint not in verified:
                return False
        if not _is_over(mailbox, here):
            raise Failed(f"{mailbox} was opened again while it was compared")
        as_owner(partial(_leave, mailbox, found))
        remove(at(mailbox, _GONE))
        return True


def _require_over(mailbox: str, here: str) -> None:
    """Raise `Failed` unless the directory of this host says that a mailbox is over, and here."""
    if not comes(lambda: _is_over(mailbox, here), _PATIENCE):
        raise Failed(f"{mailbox}: the directory does not say that it is over, and stays here")


def _is_over(mailbox: str, here: str) -> bool:
    place = places([mailbox]).get(mailbox)
    if place is None or place.host != here or place.frozen or place.target:
        return False
    return place.state in OVER


def _leave(mailbox: str, known: _Copy) -> None:
    """Have a mailbox leave its place, if it is as it was read; run by its owner.

    The name that it gets says what it was: if its removal is cut off, that is proven anew.
    """
    live, gone = at(mailbox), at(mailbox, _GONE) / known.fingerprint
    gone.parent.mkdir(parents=True, exist_ok=True)
    if read(live) != known.reading:
        raise Failed(f"{mailbox} has changed while it was compared")
    live.rename(gone)


def _resume(mailbox: str, verified: Collection[str]) -> None:
    """Complete a removal that was cut off; what is not `verified` returns to its place."""
    as_owner(partial(_return, mailbox, verified))
    remove(at(mailbox, _GONE))


def _return(mailbox: str, verified: Collection[str]) -> None:
    """Put back what had left and is not `verified`; run by the owner of all mail."""
    live, gone = at(mailbox), at(mailbox, _GONE)
    for left in [*gone.iterdir()] if is_folder(gone) else ():
        if left.name not in verified:
            if is_folder(live):
                raise Failed(f"{left} is not in the archive, and there is mail in {live} again")
            left.rename(live)


class _Copy(NamedTuple):
    """What a mailbox is: the fingerprint of its manifest, and how its folders were read."""

    fingerprint: str
    reading: Reading


@contextmanager
def _copied(mailbox: str) -> Iterator[_Copy]:
    """Have a copy of a mailbox with its manifest for a `with` block."""
    as_owner(partial(settle, [mailbox]))  # a restore that was cut off
    try:
        yield as_owner(partial(_copy, at(mailbox)))
    finally:
        as_owner(partial(shutil.rmtree, _WORK, ignore_errors=True))


def _copy(home: Path) -> _Copy:
    shutil.rmtree(_WORK, ignore_errors=True)
    _WORK.mkdir(parents=True)
    reading = copy(home, _WORK / HOME)
    for of_others in (READERS, LISTS):  # what its owner had seen of units' mailboxes
        shutil.rmtree(_WORK / HOME / of_others, ignore_errors=True)
    text = json.dumps(manifest(_WORK / HOME, _WORK / "index", {}))
    (_WORK / MANIFEST).write_text(text, encoding="utf-8")
    return _Copy(fingerprint(parsed(text)), reading)


def _packed() -> Iterator[bytes]:
    """Yield a tar of the copy, made with the rights of the owner of all mail and no others."""
    argv = ("tar", "--create", "--format=pax", f"--directory={_WORK}", MANIFEST, HOME)
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, user=OWNER, group=OWNER, extra_groups=[]
    ) as tar:
        if tar.stdout is None:
            raise TypeError("tar without stdout")
        while chunk := tar.stdout.read(_CHUNK):
            yield chunk
    if tar.returncode:
        raise Failed(f"tar ended with exit code {tar.returncode}")
