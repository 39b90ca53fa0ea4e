"""What readers keep of a unit's mailbox from when its folder was called by the unit's id.

Then INBOX was beside the other folders, and subscriptions were in the list of the reader's own
folders. Both stay as they are, for a rollback. This can go once every store has been applied to
since.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from hopthu.remote.host.files import paths_in

_LIST = "Maildir/subscriptions"
_LOG = "dovecot.index.pvt.log"
_MARKS = ("dovecot.index.pvt", f"{_LOG}.2", _LOG)


def take_over(folder: Path) -> None:
    """Copy what is read in INBOX to the top folder, which is INBOX now, unless that has marks.

    The log comes last, for a run that is killed before. What was the list of folders goes, which
    Dovecot makes again if it has to: a folder may have its name.
    """
    for each in folder.glob("list*"):
        if not each.is_dir():
            each.unlink()
    if (folder / _LOG).exists():
        return
    for name in _MARKS:
        new = folder / f"{name}.new"
        with suppress(FileNotFoundError):
            shutil.copy(folder / "INBOX" / name, new)
            new.replace(folder / name)


def subscribed(home: Path, above: str, unit: str) -> list[str]:
    """Return the unit's folders that a reader has subscribed to; INBOX has no name."""
    prefix = f"{above}\t{unit}\t"
    names = (
        name.removeprefix(prefix) for name in paths_in(home / _LIST) if name.startswith(prefix)
    )
    return ["" if name == "INBOX" else name for name in names]
