"""Moves of mailboxes between stores, as far as this host has a part in them."""

from __future__ import annotations

from hopthu.remote.host.baseline import baseline
from hopthu.remote.host.files import lines, paths_in, write
from hopthu.remote.host.state import state


def finish() -> None:
    """Finish the arrival of mailboxes whose access has been granted: it goes on record here."""
    record = state() / "deployed" / "baseline"
    if record.exists():
        known = (line for line in paths_in(record) if not line.startswith("access "))
        write(record, lines(sorted({*known, *baseline(["access"])})))
    for arrived in (state() / "arrived").rglob("*"):
        if arrived.is_file():
            arrived.unlink()
