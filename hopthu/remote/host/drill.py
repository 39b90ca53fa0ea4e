"""Restore some mailboxes of this host from its newest copy, and compare them; run by a timer.

Nothing is put in place. A copy that nobody has restored from is a hope.
"""

from __future__ import annotations

import json
import random
from functools import partial

from hopthu.remote.host.backup import COPY, KINDS, MANIFESTS, PLACE, as_owner, restic
from hopthu.remote.host.state import FAILURES, Failed
from hopthu.remote.host.unpacked import Unpacked, known, refuse_without_room, remove

_NUMBER = 20
"""Mailboxes that are tried at a time."""
_NEWEST = "latest"


def drill() -> None:
    """Try mailboxes at random; raise `Failed` that names those that are not what they were."""
    there = [mailbox for kind in KINDS for mailbox in _copied(kind)]
    chosen = random.sample(there, min(_NUMBER, len(there)))
    wrong, messages = [], 0
    for mailbox in chosen:
        try:
            messages += _try(mailbox)
        except FAILURES as error:
            wrong.append(f"{mailbox}: {error}")
    print(f"{len(chosen)} mailboxes with {messages} messages, {len(wrong)} wrong")  # noqa: T201
    if wrong or not chosen:
        raise Failed("; ".join(wrong) or "the newest copy has no mailbox")


def _copied(kind: str) -> list[str]:
    """Return the mailboxes that the newest copy has, as `people/ID` and `units/ID`."""
    lines = restic(
        "mail", "ls", "--no-lock", "--json", _NEWEST, str(COPY / MANIFESTS / kind)
    ).stdout
    found = (json.loads(line) for line in lines.splitlines())
    return [f"{kind}/{each['name']}" for each in found if each.get("type") == "file"]


def _try(mailbox: str) -> int:
    """Return the number of messages of a mailbox; raise `Failed` if they are not what they were."""
    manifest, place = known("mail", _NEWEST, mailbox), Unpacked("mail", PLACE / "drill", "drill")
    refuse_without_room(manifest["messages"])
    try:
        place.unpack(f"{_NEWEST}:{COPY / mailbox}", None)
        as_owner(partial(place.compare, manifest["messages"], manifest["files"]))
    finally:
        remove(place.work)
    return len(manifest["messages"])
