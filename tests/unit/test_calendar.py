"""Days are those of Vietnam, whatever the clock of the machine says."""

from datetime import UTC, date, datetime

import pytest

from hopthu.cli import clock
from hopthu.model import calendar


def test_the_day_begins_at_midnight_in_vietnam() -> None:
    """That is 17:00 UTC of the day before."""
    eve = datetime(2026, 11, 26, 16, 59, 59, tzinfo=UTC)
    assert date(2026, 11, 26) == calendar.day_of(eve)
    assert date(2026, 11, 27) == calendar.day_of(datetime(2026, 11, 26, 17, tzinfo=UTC))


def test_commands_use_that_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """At 20:00 UTC of the last day of the year it is next year."""

    class Clock(datetime):
        """A clock that stands still."""

        @classmethod
        def now(cls, _tz: object = None) -> "Clock":
            return cls(2026, 12, 31, 20, tzinfo=UTC)

    monkeypatch.setattr(clock, "datetime", Clock)
    assert date(2027, 1, 1) == clock.today()
