"""Who may have a session on a store (Art. 5.1, 6.4)."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Generator, Mapping

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation

from hopthu.operations import effects
from hopthu.operations.host_mailboxes import living_here


class Sessions(FactBase[frozenset[str]]):
    """Who reads mail or edits filters on this host right now, by user name."""

    def command(self) -> str:
        """Ask Dovecot; nobody where it does not run."""
        return "doveadm -f tab who 2>/dev/null || true"

    def process(self, output: list[str]) -> frozenset[str]:
        """Read the table; the user is the first column, the protocol the third."""
        rows = [line.split("\t") for line in output[1:]]
        return frozenset(row[0] for row in rows if row[2:3] in (["imap"], ["sieve"]))

    @staticmethod
    def default() -> frozenset[str]:
        """Return who has a session on a host without Dovecot."""
        return frozenset()


@operation()
def end_sessions(
    allowed: Collection[str],
    homes: Mapping[str, str] | None = None,
    fqdn: str = "",
    base: str = "",
) -> Generator[StringCommand, None, None]:
    """End the sessions of everybody who may not have one (Art. 5.1, 6.4).

    A lock stops the next sign-in; sessions that are open would last for days.

    + allowed: user names of the people who may have a session
    + homes: where mailboxes belong, as for `folders.mailboxes`; if it is given, of those allowed
      only people whose mailbox is on this host
    + fqdn: name of this host in `homes`
    + base: suffix of the directory that says which mailboxes wait to be moved

    **Example:**

    .. code:: python

        sessions.end_sessions(
            name="End sessions of people who have left",
            allowed=["an", "binh"],
        )
    """
    effects.note("sessions")
    may = frozenset(allowed)
    if homes is not None:
        may &= frozenset(living_here(homes, fqdn, base).people)
    others = sorted(host.get_fact(Sessions) - may)
    if not others:
        host.noop("everybody signed in may be")
        return
    for person in others:
        # One at a time: named two people whom it does not find, doveadm 2.4.1 crashes.
        yield StringCommand(shlex.join(["doveadm", "kick", person]))
