"""The lifecycle of a mailbox, from its first day until its content is erased (Art. 5.1, 5.2).

The mailbox of a leaver or of a dissolved unit closes on that day. Mail of a merged or split unit is
redirected to its successor first. From the day the mailbox closes, the
policy sets how long the content is kept, and then how long the archive keeps it; a legal hold
extends this. Mail to the address is refused, and the address is never reissued.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

from hopthu.model.organisation import MailboxState, Person, Unit
from hopthu.model.policy import Lifecycle

State = Literal["active", "locked", "redirected", "closed", "archived", "erased"]
"""The state of a mailbox on a day; the last three follow each other."""
Stage = State | Literal["none"]
"""`none` before the mailbox exists, or if there is none."""

LIVE = ("active", "locked")
"""The states in which a mailbox accepts mail."""
REFUSED = ("closed", "archived", "erased")
"""The states in which mail is refused; the reply names the address to write to instead."""

SHORTEST_REDIRECT = 30
"""The days for which mail of a merged or split unit is redirected at least (Art. 5.2).

Policy may set fewer; guards then count each mailbox that is closed sooner.
"""
_MONTH = 31


def closed_on(record: Unit | Person, policy: Lifecycle) -> date | None:
    """Return the first day on which mail is refused, None while no end of the mailbox is set.

    Until then, mail of a merged or split unit is redirected to its successor (Art. 5.2).
    """
    if isinstance(record, Person):
        return record.left.on if record.left else None
    if record.ended and record.ended.into:
        return later(record.ended.on, policy.redirect_days)
    return record.ended.on if record.ended else None


def archived_on(closed: date, policy: Lifecycle) -> date:
    """Return the day on which the content of a mailbox is moved to the archive."""
    return later(closed, policy.keep_closed_days)


def erased_on(record: Unit | Person, closed: date, policy: Lifecycle) -> date:
    """Return the day on which the content is erased; never under a legal hold."""
    return _unless_held(record, later(archived_on(closed, policy), policy.keep_archived_days))


def leaves_on(record: Unit | Person, closed: date, policy: Lifecycle) -> date:
    """Return the day on which the content leaves its store; never under a legal hold."""
    return _unless_held(record, archived_on(closed, policy))


def copied_until(left: date, backup_days: int) -> date:
    """Return the last day on which copies of a store have what left it on a day.

    Those of a month are removed together; it is later by as many days as no copy comes.
    """
    return later(left, backup_days + _MONTH)


def _unless_held(record: Unit | Person, day: date) -> date:
    if record.hold and record.hold.holds_on(day):
        return later(record.hold.until, 1) if record.hold.until else date.max
    return day


def state(
    record: Unit | Person, served: MailboxState, policy: Lifecycle, day: date, *, led: bool = False
) -> State:
    """Return the state of a mailbox on `day`.

    `served` says whether it is open, `led` whether a successor can receive its mail.
    """
    closed = closed_on(record, policy)
    if served != "closed" or closed is None:
        return served
    if led and day < closed:
        return "redirected"
    if day >= erased_on(record, closed, policy) != date.max:
        return "erased"
    return "archived" if day >= archived_on(closed, policy) else "closed"


def turning_days(record: Unit | Person, policy: Lifecycle) -> Iterator[date]:
    """Yield the days on which something about a record starts, or has just ended."""
    closed = closed_on(record, policy) if record.mailbox else None
    if closed:
        yield from (closed, archived_on(closed, policy), erased_on(record, closed, policy))
    yield from record.turns()


def later(day: date, days: int) -> date:
    """Return the day `days` after `day`, or the last day that `date` supports."""
    try:
        return day + timedelta(days=days)
    except OverflowError:  # the policy may set any number of days
        return date.max
