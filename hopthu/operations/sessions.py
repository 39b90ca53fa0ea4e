"""End sessions on a store that are no longer allowed (Art. 5.1, 6.4)."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Generator, Mapping

from pyinfra import host
from pyinfra.api import StringCommand, operation

from hopthu.operations.host_mailboxes import living_here
from hopthu.operations.run import call, note
from hopthu.remote.host.sessions import signed_in


@operation()
def end_sessions(
    allowed: Collection[str],
    homes: Mapping[str, str] | None = None,
    fqdn: str = "",
    base: str = "",
) -> Generator[StringCommand, None, None]:
    """End the sessions of everybody who is not allowed to have one (Art. 5.1, 6.4).

    Locking an account only prevents the next sign-in; open sessions would last for days.

    + allowed: user names of the people who may have a session
    + homes: where mailboxes belong, as for `folders.mailboxes`; if given, only those of the allowed
      people whose mailbox is on this host
    + fqdn: name of this host in `homes`
    + base: suffix of the directory with the mailboxes that are to be moved

    **Example:**

    .. code:: python

        sessions.end_sessions(
            name="End sessions of people who have left",
            allowed=["an", "binh"],
        )
    """
    note("sessions")
    may = frozenset(allowed)
    if homes is not None:
        may &= frozenset(living_here(homes, fqdn, base).people)
    others = sorted({*call(signed_in)} - may)
    if not others:
        host.noop("no session to end")
        return
    for person in others:
        # One at a time: doveadm 2.4.1 crashes if it is given two people that it does not find.
        yield StringCommand(shlex.join(["doveadm", "kick", person]))
