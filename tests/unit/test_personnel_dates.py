"""The days of a list: read where they can be told, else reported."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopthu.personnel.dates import day_of, is_day_first
from hopthu.personnel.findings import Odd
from hopthu.personnel.workbook import serial_day

DAYS = st.dates(date(1955, 1, 1), date(2099, 12, 31))
EPOCH = date(1899, 12, 30)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("15/03/2024", date(2024, 3, 15)),
        ("5-3-2024", date(2024, 3, 5)),
        ("15.3.2024", date(2024, 3, 15)),
        ("15 / 3 / 2024", date(2024, 3, 15)),
        ("2024-03-15", date(2024, 3, 15)),
        ("2024/3/15", date(2024, 3, 15)),
        ("2024-03-15 00:00:00", date(2024, 3, 15)),
        (date(2024, 3, 15), date(2024, 3, 15)),
        (45366.0, date(2024, 3, 15)),
        ("45366", date(2024, 3, 15)),
        (None, None),
    ],
)
def test_a_day_is_read(cell: str | float | date | None, day: date | None) -> None:
    """In the orders people write, and as spreadsheets store it."""
    assert day == day_of(cell, day_first=True)


@pytest.mark.parametrize(
    "cell",
    [
        "31/02/2024", "15/13/2024", "00/01/2024", "2024-13-01", "1/2/24", "15/03/24", "03/2024",
        "2024", 2024.0, 15032024.0, "tháng 3 năm 2024", "15/03/0224", "01/01/1850", "1/1/2300",
        date(1066, 10, 14), "=TODAY()", "15/03/2024 và 16/03/2024", "12:30", "-5", -5.0, 1e300,
        "x",
    ],
)  # fmt: skip
def test_what_is_no_day_is_reported(cell: str | float | date) -> None:
    """Impossible ones, those without a century, years alone, days of no official."""
    with pytest.raises(Odd):
        day_of(cell, day_first=True)


def test_which_comes_first_is_not_guessed() -> None:
    """03/04/2024 is one of two days, unless the column shows which."""
    with pytest.raises(Odd, match="may be two days"):
        day_of("03/04/2024", day_first=False)
    assert date(2024, 4, 3) == day_of("03/04/2024", day_first=True)
    assert date(2024, 4, 4) == day_of("04/04/2024", day_first=False)
    assert date(2024, 3, 15) == day_of("15/03/2024", day_first=False)


@pytest.mark.parametrize(
    ("column", "first"),
    [
        (["03/04/2024", "15/03/2024"], True),
        (["03/04/2024"], False),
        (["03/04/2024", "15/03/2024", "03/15/2024"], False),
        (["2024-03-15", date(2024, 3, 15), 45366.0, None], False),
        ([], False),
    ],
)
def test_a_column_shows_its_order(column: list[str | float | date | None], first: bool) -> None:
    """By a day above 12 in the first place, if none stands in the second."""
    assert first == is_day_first(column)


@given(DAYS)
def test_every_day_comes_back_however_it_is_written(day: date) -> None:
    """With the day first, with the year first, and as a number."""
    assert day == day_of(f"{day:%d/%m/%Y}", day_first=True)
    assert day == day_of(f"{day.day}.{day.month}.{day.year}", day_first=True)
    assert day == day_of(day.isoformat(), day_first=False)
    assert day == day_of(float((day - EPOCH).days), day_first=False)
    assert day == serial_day((day - EPOCH).days + 0.75)


@given(st.text(max_size=12) | st.floats() | st.dates())
def test_nothing_else_comes_of_a_cell_than_a_day_or_a_report(cell: str | float | date) -> None:
    """Whatever stands in it."""
    try:
        found = day_of(cell, day_first=True)
    except Odd:
        return
    assert found is not None
    assert date(1900, 1, 1) <= found < date(2200, 1, 1)
