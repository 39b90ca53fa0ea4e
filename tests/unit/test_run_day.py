"""What is done on servers is done as of today."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from hopthu.cli import run_day
from hopthu.cli.run_day import refuse_other_day
from hopthu.errors import Refused
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Centre

TODAY = date(2026, 11, 27)
REAL = Inventory(Path("x.py"), Centre("x", ()), {}, {})
MAIL = Message("mail is copied as of today only")


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_day, "today", lambda: TODAY)


@pytest.mark.parametrize("days", [-1, 1])
def test_another_day_is_refused(days: int) -> None:
    """Of days gone by and of those to come, in words of the command."""
    with pytest.raises(Refused) as raised:
        refuse_other_day(TODAY + timedelta(days=days), REAL, MAIL)
    error = raised.value
    assert "today is 2026-11-27: mail is copied as of today only" == str(error.what)
    assert "use --on with labs only" == error.fix
    vietnamese = "hôm nay là 27/11/2026: chỉ sao chép thư theo ngày hôm nay"
    assert vietnamese == translate(error.what, "vi")


def test_today_and_labs_are_not() -> None:
    """A lab lives on any day."""
    refuse_other_day(TODAY, REAL, MAIL)
    refuse_other_day(date(2027, 1, 1), replace(REAL, throwaway=True), MAIL)


def test_the_commands_have_one_check() -> None:
    """No other module of the command line compares --on with today for itself and a lab."""
    folder = Path(run_day.__file__).parent
    found = [p.name for p in folder.glob("*.py") if ".throwaway:\n        raise" in p.read_text()]
    assert ["run_day.py"] == found
