"""Restore some mailboxes of this host from the last copy it sent, and compare them; run by a timer.

Nothing is put in place. A copy that nobody has restored from is a hope.
"""

from __future__ import annotations

import json
import random
from functools import partial

from hopthu.remote.host.backup import (
    COPY,
    KINDS,
    MANIFESTS,
    OF_ONE,
    PLACE,
    Result,
    as_owner,
    last,
    restic,
)
from hopthu.remote.host.state import Failed
from hopthu.remote.host.unpacked import Unpacked, known, refuse_without_room, remove

_NUMBER = 20
"""Mailboxes that are tried at a time."""


def drill() -> Result:
    """Try mailboxes at random; return those that are not what they were as what failed."""
    newest = last("mail")["snapshot"]
    if not newest:
        raise Failed("the last run sent no copy")
    there = [mailbox for kind in KINDS for mailbox in _copied(newest, kind)]
    chosen = random.sample(there, min(_NUMBER, len(there)))
    wrong, messages = [], 0
    for mailbox in chosen:
        try:
            messages += _try(newest, mailbox)
        except OF_ONE as error:
            wrong.append(f"{mailbox}: {error}")
    print(f"{len(chosen)} mailboxes with {messages} messages, {len(wrong)} wrong")  # noqa: T201
    return {
        "snapshot": newest,
        "failed": wrong if chosen else ["the copy has no mailbox"],
        "full": [],
    }


def _copied(newest: str, kind: str) -> list[str]:
    """Return the mailboxes that a copy has, as `people/ID` and `units/ID`."""
    lines = restic("mail", "ls", "--no-lock", "--json", newest, str(COPY / MANIFESTS / kind)).stdout
    found = (json.loads(line) for line in lines.splitlines())
    return [f"{kind}/{each['name']}" for each in found if each.get("type") == "file"]


def _try(newest: str, mailbox: str) -> int:
    """Return the number of messages of a mailbox; raise `Failed` if they are not what they were."""
    manifest, place = known("mail", newest, mailbox), Unpacked("mail", PLACE / "drill", "drill")
    refuse_without_room(manifest["messages"])
    try:
        place.unpack(f"{newest}:{COPY / mailbox}", None)
        as_owner(partial(place.compare, manifest["messages"], manifest["files"]))
    finally:
        remove(place.work)
    return len(manifest["messages"])
