"""Which parts of a host have to be looked at for the record of a run (docs/drift.md)."""

from __future__ import annotations

from collections.abc import Iterable

Parts = tuple[str, ...]
"""Words that `baseline.sh` knows; none: every part."""

CONTENT = frozenset(
    {
        "Directory | Bring the directory's entries up to date",
        "Directory | Wait for the replica to catch up",
        "Dovecot | Make new mailboxes",
        "Dovecot | Give unit mailboxes to their heads and delegates",
        "Dovecot | End sessions of people who may not sign in",
        "Postfix | Put the tables of addresses, routes and senders",
        "Postfix | Index the tables",
    }
)
"""Operations that touch nothing but what daemons serve: no package, service, account or port."""


def parts(operations: Iterable[str]) -> Parts:
    """Return what has to be looked at before `operations`; all of it takes a host a second or two.

    It is what they can change, and what any apply compares with the data: files, and who is let
    into unit mailboxes. Of a host that is changed that is looked at afterwards only. A part that is
    not looked at stays on record as it was: whatever became otherwise there is told as drift, never
    taken over.
    """
    names = frozenset(operations)
    if not names <= CONTENT:
        return ()
    return ("files",) if names else ("files", "access")
