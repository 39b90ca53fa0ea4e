"""What readers keep of a unit's mailbox from when its folder was called by the unit's id.

Then a reader's marks were beside those of INBOX, and subscriptions in the list of the reader's own
folders. This can go once every store has been applied to since.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from hopthu.remote.host.files import lines, paths_in

_LIST = "Maildir/subscriptions"


def move_marks(folder: Path) -> None:
    """Move what is read in each of a unit's folders below INBOX, which is the top folder now."""
    for each in folder.iterdir():
        if not each.is_dir():  # its list of folders
            each.unlink()
        elif each.name != "INBOX":
            each.rename(folder / "INBOX" / each.name)


def subscribed(home: Path, above: str, unit: str) -> list[str]:
    """Return the unit's folders that a reader has subscribed to; INBOX has no name."""
    prefix = f"{above}\t{unit}\t"
    names = (
        name.removeprefix(prefix) for name in paths_in(home / _LIST) if name.startswith(prefix)
    )
    return ["" if name == "INBOX" else name for name in names]


def unsubscribe(home: Path, above: str, unit: str) -> None:
    """Take the unit's folders out of the reader's list, unless Dovecot is just changing it."""
    lock = home / f"{_LIST}.lock"
    with suppress(FileExistsError):
        lock.touch(0o600, exist_ok=False)
        version, *names = paths_in(home / _LIST) or [""]
        kept = [name for name in names if not f"{name}\t".startswith(f"{above}\t{unit}\t")]
        if kept == names:
            lock.unlink()
        else:
            lock.write_text(lines([version, "", *kept]))
            lock.replace(home / _LIST)
