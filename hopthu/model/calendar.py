"""The day in Vietnam: what the data calls a day, wherever the program runs."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))
"""The time of Asia/Ho_Chi_Minh, the same all year since 1975; a host may lack tzdata."""


def day_of(moment: datetime) -> date:
    """Return the day it is in Vietnam at `moment`, which has a time zone."""
    return moment.astimezone(VIETNAM).date()
