"""The records of this host."""

from __future__ import annotations

from typing import TypedDict

from hopthu.remote.host import journal
from hopthu.remote.host.kinds import Head
from hopthu.remote.host.state import deployed, locked, read, record_ids, record_text, state


class Records(TypedDict):
    """Records as JSON, empty if there is none.

    `deployed` is the newest complete one, `applying` that of an apply in progress, or of an
    interrupted one if `broken`: files may be old or new then. `older` are the others, newest first.
    `last` is the last line of the journal, which is a record too; `heads` are the lines of it that
    this host remembers.
    """

    deployed: str
    applying: str
    broken: bool
    older: list[str]
    last: str
    heads: list[Head]


def records(*, older: bool) -> Records:
    """Return the records of this host; the older ones only if asked for."""
    # A run that changes a host holds its lock until it ends; it may have finished in between.
    broken = not locked()
    applying = read(state() / "applying")
    newest = deployed()
    return {
        "deployed": record_text(newest) if newest else "",
        "applying": applying,
        "broken": bool(applying) and broken,
        "older": [record_text(each) for each in reversed(record_ids()) if each != newest]
        if older
        else [],
        # An incomplete last line, as after a power cut, does not count.
        "last": journal.text().rpartition("\n")[0].rpartition("\n")[2],
        "heads": journal.heads(),
    }
