"""What becomes of a mailbox, from its first day to the last of its content (Art. 5.1, 5.2).

A leaver's mailbox, or a dissolved unit's, closes on the day. Mail of a unit that went on in another
is led there for a time first. From the day it is closed the policy counts how long the content
stays, then how long the archive keeps it; a legal hold keeps it longer. The address stays refused,
and taken, for good.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from hopthu.model.organisation import MailboxState, Person, Unit
from hopthu.model.policy import Lifecycle

State = Literal["active", "locked", "redirected", "closed", "archived", "erased"]
"""How a mailbox is on a day; once closed, the last three follow each other."""
Stage = State | Literal["none"]
"""`none` before the mailbox exists, or where there is none."""

LIVE = ("active", "locked")
"""The states in which a mailbox takes mail."""
REFUSED = ("closed", "archived", "erased")
"""The states in which mail is refused, with an answer that says where to write instead."""


def closed_on(record: Unit | Person, policy: Lifecycle) -> date | None:
    """Return the day from which mail is refused, None while nothing is to close the mailbox.

    Mail of a merged or split unit leads to its successor until then (Art. 5.2).
    """
    if isinstance(record, Person):
        return record.left.on if record.left else None
    if record.ended and record.ended.into:
        return later(record.ended.on, policy.redirect_days)
    return record.ended.on if record.ended else None


def archived_on(closed: date, policy: Lifecycle) -> date:
    """Return the day the content of a mailbox moves to the archive."""
    return later(closed, policy.keep_closed_days)


def erased_on(record: Unit | Person, closed: date, policy: Lifecycle) -> date:
    """Return the day the archive lets go of the content: never under a legal hold."""
    day = later(archived_on(closed, policy), policy.keep_archived_days)
    if record.hold and record.hold.holds_on(day):
        return later(record.hold.until, 1) if record.hold.until else date.max
    return day


def state(
    record: Unit | Person, served: MailboxState, policy: Lifecycle, day: date, *, led: bool = False
) -> State:
    """Return how far a mailbox has come on `day`.

    `served` says whether it is open, `led` whether there is a successor whom its mail can lead to.
    """
    closed = closed_on(record, policy)
    if served != "closed" or closed is None:
        return served
    if led and day < closed:
        return "redirected"
    if day >= erased_on(record, closed, policy) != date.max:
        return "erased"
    return "archived" if day >= archived_on(closed, policy) else "closed"


def later(day: date, days: int) -> date:
    """Return the day so many days after `day`, the last of the calendar where it has none."""
    try:
        return day + timedelta(days=days)
    except OverflowError:  # policy may keep what a calendar has no year for
        return date.max
