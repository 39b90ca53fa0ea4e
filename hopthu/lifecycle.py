"""What becomes of a mailbox, from its first day to the last of its content (Art. 5.1, 5.2).

Servers are told three states: active, locked and closed. What happens to the content afterwards
follows from the day the mailbox was closed and the policy; the address stays refused, and taken.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from hopthu.organisation import MailboxState, Person, Unit
from hopthu.policy import Lifecycle

Stage = Literal["none", "active", "locked", "closed", "archived", "erased"]
"""`none` before the mailbox exists, or where there is none; the last three follow each other."""


def closed_on(record: Unit | Person) -> date | None:
    """Return the first day a mailbox is closed, None while nothing is to close it."""
    ending = record.ended if isinstance(record, Unit) else record.left
    return ending.on if ending else None


def archived_on(closed: date, policy: Lifecycle) -> date:
    """Return the day the content of a mailbox moves to the archive."""
    return _later(closed, policy.keep_closed_days)


def erased_on(closed: date, policy: Lifecycle) -> date:
    """Return the day the archive lets go of the content."""
    return _later(archived_on(closed, policy), policy.keep_archived_days)


def stage(record: Unit | Person, state: MailboxState | None, policy: Lifecycle, day: date) -> Stage:
    """Return how far a mailbox has come on `day`, when servers hold it as `state`."""
    closed = closed_on(record)
    if state != "closed" or closed is None:
        return state or "none"
    if day >= erased_on(closed, policy):
        return "erased"
    return "archived" if day >= archived_on(closed, policy) else "closed"


def _later(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:  # policy may keep what a calendar has no year for
        return date.max
