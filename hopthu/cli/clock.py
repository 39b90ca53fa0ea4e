"""The clock: read here, and passed on."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hopthu.model.calendar import day_of


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def today() -> date:
    """Return the day it is in Vietnam now."""
    return day_of(now())
