"""Restore some mailboxes of this host from the last copy it sent, and compare them; run by a timer.

Nothing is put in place. A copy that nobody has restored from is a hope.
"""

from __future__ import annotations

import random

from hopthu.remote.host.backup import OF_ONE, PLACE, Result, last
from hopthu.remote.host.state import Failed
from hopthu.remote.host.unpacked import mailboxes, manifest_of, unpacked

_NUMBER = 20
"""Mailboxes that are tried at a time."""


def drill() -> Result:
    """Try mailboxes at random; return those that are not what they were as what failed."""
    newest = last("mail")["snapshot"]
    if not newest:
        raise Failed("the last run sent no copy")
    there = mailboxes(("mail", newest))
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


def _try(newest: str, mailbox: str) -> int:
    """Return the number of messages of a mailbox; raise `Failed` if they are not what they were."""
    copy = ("mail", newest)
    manifest = manifest_of(copy, mailbox)
    with unpacked(copy, mailbox, manifest, PLACE / "drill"):
        return len(manifest["messages"])
