"""What is done on servers is done as of today."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from samples import workspace

from hopthu.app.deployment import refuse_other_day
from hopthu.app.workspace import Workspace
from hopthu.errors import Refused
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Centre

PACKAGE = Path(__file__).parents[2] / "hopthu"
TODAY = date(2026, 11, 27)
REAL = Inventory(Path("x.py"), Centre("x", ()), {}, {})
MAIL = Message("mail is copied as of today only")


def asked(on: date) -> Workspace:
    """Return what a command that is run on `TODAY` works with."""
    noon = datetime.combine(TODAY, time(5), UTC)
    return replace(workspace(Path(), on), clock=lambda: noon)


@pytest.mark.parametrize("days", [-1, 1])
def test_another_day_is_refused(days: int) -> None:
    """Of days gone by and of those to come, in words of the command."""
    with pytest.raises(Refused) as raised:
        refuse_other_day(asked(TODAY + timedelta(days=days)), REAL, MAIL)
    error = raised.value
    assert "today is 2026-11-27: mail is copied as of today only" == str(error.what)
    assert "use --on with labs only" == error.fix
    vietnamese = "hôm nay là 27/11/2026: chỉ sao chép thư theo ngày hôm nay"
    assert vietnamese == translate(error.what, "vi")


def test_today_and_labs_are_not() -> None:
    """A lab lives on any day."""
    refuse_other_day(asked(TODAY), REAL, MAIL)
    refuse_other_day(asked(date(2027, 1, 1)), replace(REAL, throwaway=True), MAIL)


def test_the_commands_have_one_check() -> None:
    """No other module of commands compares --on with today for itself and a lab."""
    files = (p for name in ("cli", "app") for p in (PACKAGE / name).glob("*.py"))
    found = [p.name for p in files if ".throwaway:\n        raise" in p.read_text()]
    assert ["deployment.py"] == found
