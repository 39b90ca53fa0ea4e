"""Compare the tables of a record with the present ones."""

from __future__ import annotations

from pathlib import Path

from hopthu.remote.host import archive
from hopthu.remote.host.files import paths_in
from hopthu.remote.host.state import state

_NAMES = ("mailboxes", "transport")


def compared(record: str, folder: str) -> dict[str, list[str]]:
    """Return what the tables of a record would do to addresses, compared with those in a folder.

    `moved`: the record has another store for it; `new`: the record lacks it; `gone`: only the
    record has it. Empty if either lacks these tables.
    """
    kept = state() / "records" / record
    paths = [f"{folder}/{name}" for name in _NAMES]
    known = {line.split(" ", 4)[-1] for line in paths_in(kept / "digests")}
    if not all(path in known and Path(path).exists() for path in paths):
        return {}
    old = {
        path: _rows(content.read().decode())
        for path, _, content in archive.unpacked(kept, paths)
        if content
    }
    was, then = (old[path] for path in paths)
    now, where = (_rows(Path(path).read_text()) for path in paths)
    found = {
        "moved": [each for each in then.keys() & where.keys() if then[each] != where[each]],
        "new": [*(now.keys() - was.keys())],
        "gone": [*(was.keys() - now.keys())],
    }
    return {word: sorted(addresses) for word, addresses in found.items() if addresses}


def _rows(text: str) -> dict[str, str]:
    """Return the value of each address."""
    lines = (line.partition("\t") for line in text.splitlines())
    return {address: value for address, _, value in lines}
