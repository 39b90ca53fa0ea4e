"""Passwords made for people, with their hashes and the moment until which they sign in."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

from hopthu.desired.state import Mailbox
from hopthu.directory.entries import PASSWORD_UNTIL, person_dn, suffix
from hopthu.directory.ldif import Modify, write_changes
from hopthu.directory.password_rules import dated_back, generalized
from hopthu.directory.passwords import directory_hash, spoken_password
from hopthu.model.calendar import VIETNAM, day_of
from hopthu.model.policy import Policy


@dataclass(frozen=True, slots=True)
class Issued:
    """A password of the owner of a mailbox; neither it nor its hash is part of the text of this.

    `label` says which mail program it is for; without one it is the owner's own.
    """

    mailbox: Mailbox
    password: str = field(repr=False)
    hash: str = field(repr=False)
    label: str = ""


def make(
    mailboxes: Sequence[Mailbox], meanwhile: Callable[[Sequence[Issued]], None] = lambda _: None
) -> tuple[Issued, ...]:
    """Make a password for the owner of each mailbox; 26 ms each and core.

    `meanwhile` is called with them while they are hashed; they have no hash yet.
    """
    plain = [Issued(mailbox, spoken_password(), "") for mailbox in mailboxes]
    # argon2 releases the interpreter lock while it works. Two threads more than there are cores
    # keep these busy while others wait for the lock, which `meanwhile` holds.
    with ThreadPoolExecutor((os.cpu_count() or 1) + 2) as pool:
        hashes = pool.map(directory_hash, [one.password for one in plain])
        try:
            meanwhile(plain)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return tuple(replace(one, hash=hash_) for one, hash_ in zip(plain, hashes, strict=True))


def deadline(policy: Policy, now: datetime) -> datetime:
    """Return the last second, in Vietnam, in which a password issued `now` signs in."""
    last = day_of(now) + timedelta(days=policy.passwords.first_days)
    return datetime.combine(last, time(23, 59, 59), VIETNAM)


def changes(issued: Sequence[Issued], domain: str, until: datetime) -> str:
    """Return the input of `ldapmodify` that sets the passwords until they are replaced.

    slapd removes `pwdReset` when the owner changes the password (slapo-ppolicy(5)); from then on
    `until` has no meaning.
    """
    top = suffix(domain)
    return write_changes(
        Modify(
            person_dn(one.mailbox.id, top),
            {
                "userPassword": (one.hash,),
                "pwdReset": ("TRUE",),
                PASSWORD_UNTIL: (generalized(until),),
            },
        )
        for one in issued
    )


def dates(issued: Sequence[Issued], domain: str, until: datetime, max_age: timedelta) -> str:
    """Return the input of `ldapmodify` that dates the passwords back from `until`.

    A change of its own: in one with the password, slapd 2.6 enters the former one into the history
    under a time that it has not set.
    """
    top = suffix(domain)
    return write_changes(
        Modify(person_dn(one.mailbox.id, top), dated_back(until, max_age)) for one in issued
    )
