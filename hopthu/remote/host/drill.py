"""Restore some mailboxes of this host from the last copy it sent, and compare them; run by a timer.

Nothing is put in place. A copy that nobody has restored from is a hope.
"""

from __future__ import annotations

import random

from hopthu.remote.host import touched
from hopthu.remote.host.backup import OF_ONE, PLACE, Copy, Result, ended, keepers, last
from hopthu.remote.host.state import Failed
from hopthu.remote.host.unpacked import mailboxes, manifest_of, unpacked

_NUMBER = 20
"""Mailboxes that are tried at random."""


def drill() -> Result:
    """Try mailboxes at random, and those touched since; return those that are not what they were.

    If several hosts keep the last copy, it is that of one of them, at random.

    One that is not in the copy yet, or that failed, is tried again the next time.
    """
    last_sent = last("mail")["sent"]
    sent = {keeper: last_sent[keeper] for keeper in keepers() if keeper in last_sent}
    if not sent:
        raise Failed("the last run sent no copy")
    (newest,) = random.sample([*sent.values()], 1)
    there = {*mailboxes(newest)}
    noted = [each for each in touched.noted() if each in there]
    others = sorted(there.difference(noted))
    chosen = [*noted, *random.sample(others, min(_NUMBER, len(others)))]
    wrong, messages = [], 0
    for mailbox in chosen:
        try:
            messages += _try(newest, mailbox)
            touched.forget(mailbox)
        except OF_ONE as error:
            wrong.append(f"{mailbox}: {error}")
    print(f"{len(chosen)} mailboxes with {messages} messages, {len(wrong)} wrong")  # noqa: T201
    return ended(sent, wrong if chosen else ["the copy has no mailbox"])


def _try(copy: Copy, mailbox: str) -> int:
    """Return the number of messages of a mailbox; raise `Failed` if they are not what they were."""
    manifest = manifest_of(copy, mailbox)
    with unpacked(copy, mailbox, manifest, PLACE / "drill"):
        return len(manifest["messages"])
