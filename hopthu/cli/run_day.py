"""The day of what is done on servers: today; only in a lab it may be another."""

from __future__ import annotations

from datetime import date

from hopthu.errors import Refused
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.model.calendar import today

_LABS_ONLY = Message("use --on with labs only")


def refuse_other_day(
    on: date, inventory: Inventory, what: Message, fix: Message = _LABS_ONLY
) -> None:
    """Raise `Refused` if `on` is not today, unless the servers are throwaway ones.

    `what` says what is not done on another day.
    """
    if on != today() and not inventory.throwaway:
        raise Refused(Message("today is {today}: {what}", today=today(), what=what), fix=fix)
