"""Lists that offices make, read by the rules of docs/import.md, without any of their words."""

from datetime import date
from itertools import takewhile
from pathlib import Path

import pytest

import office_lists
from hopthu.i18n.vietnamese import fold
from hopthu.load import load
from hopthu.personnel import labels
from hopthu.personnel.reading import read
from hopthu.personnel.review import Question, Review
from hopthu.personnel.spreadsheet import read_spreadsheet
from hopthu.rules.context import RuleContext
from hopthu.validate import policy_of
from office_lists import Misreading, OfficeList

pytestmark = pytest.mark.slow

SOURCE = load(Path(__file__).parents[2])
FACTS = RuleContext(SOURCE, policy_of(SOURCE), date(2026, 11, 25))
LISTS = office_lists.lists()
MISREADINGS = office_lists.misreadings()
APART = "chỗ, có phải cùng một đơn vị?"
"""What is said of a unit whose people stand in several places of the list."""


def reviewed(office: OfficeList, folder: Path) -> Review:
    """Return the review of a list once it is said of which office each sheet is."""
    lists = [read_spreadsheet(office_lists.build(office, folder))]
    decisions: dict[Question, str] = {}
    for question, asked in read(lists, FACTS, decisions, "civil_servant").questions.items():
        if question[0] == "sheet":
            sheet = next((each for each in office.sheets if each.name == asked.sheet), None)
            units = [place.units[0] for place in (sheet or office.sheets[0]).places]
            common = takewhile(lambda names: len({*names}) == 1, zip(*units, strict=False))
            decisions[question] = labels.WITHIN.join(names[0] for names in common)
    return read(lists, FACTS, decisions, "civil_servant")


def shown(review: Review, office: OfficeList, unit: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return how the people of a unit are shown: no path where somebody is asked about it."""
    places = [place for place in office.places if unit in place.units]
    people = {(person.sheet, person.row) for place in places for person in place.people}
    found = {}
    for row in review.people:
        if (row.sheet or places[0].sheet, row.row) in people and row.place:
            place = review.places[row.place]
            path = tuple(map(fold, place.path.split(labels.WITHIN)))
            found[row.name] = () if place.question or APART in place.how else path
    return found


@pytest.mark.parametrize("office", LISTS.values(), ids=LISTS)
def test_nobody_is_lost(office: OfficeList, tmp_path: Path) -> None:
    """Each person of the list has a row of the review, taken, left out or to decide."""
    review = reviewed(office, tmp_path)
    rows = {(row.sheet or office.sheets[0].name, row.row) for row in review.people}
    assert {(person.sheet, person.row) for person in office.people} <= rows


@pytest.mark.parametrize("planted", MISREADINGS, ids=lambda planted: planted.id)
def test_a_planted_misreading_is_seen(planted: Misreading, tmp_path: Path) -> None:
    """People stand in their unit, wait for a decision, or are shown below a path of its own."""
    review = reviewed(planted.list, tmp_path)
    office, *parts = map(fold, planted.naive)
    for name, path in shown(review, planted.list, planted.unit).items():
        assert not path or [*path[1:]] != parts or not path[0].endswith(office), name
