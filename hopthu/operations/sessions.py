"""Who may have a session on a store (Art. 5.1, 6.4)."""

from __future__ import annotations

import shlex
from collections.abc import Generator

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation

from hopthu.daemons.site import Site
from hopthu.operations import effects
from hopthu.operations.host_mailboxes import residents_of


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
def end_sessions(site: Site) -> Generator[StringCommand, None, None]:
    """End the sessions of everybody who may not have one (Art. 5.1, 6.4).

    A lock stops the next sign-in; sessions that are open would last for days.

    + site: the data of the run
    """
    effects.note("sessions")
    others = sorted(host.get_fact(Sessions) - residents_of(site).may_sign_in)
    if not others:
        host.noop("everybody signed in may be")
        return
    for person in others:
        # One at a time: named two people whom it does not find, doveadm 2.4.1 crashes.
        yield StringCommand(shlex.join(["doveadm", "kick", person]))
