"""JSON Schema and `check` on texts and records that nobody thought of."""

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from test_data import TEXTS

from hopthu.schema.formats import FORMS
from hopthu.schema.json_schema import json_schema
from hopthu.schema.patterns import PATTERNS
from hopthu.schema.validator import problems
from hopthu.source import document
from hopthu.source.positions import Positions
from hopthu.source.records import Record
from hopthu.source.values import Map
from regulations import THANH_HOA

WIDER = {"network", "centre_range", "ip_address", "quota", "message_size", "reviewer_pattern"}
"""Forms that a calculation decides: their pattern takes more."""
VALIDATORS = {kind: Draft7Validator(json_schema(kind, THANH_HOA)) for kind in TEXTS}
ODD: list[object] = [None, True, 0, -1, 10**9, "", "x", "x" * 300, [], ["x"] * 1100, {}, {"x": "y"}]
ODD += ["2026-02-29", "2024-02-29", "1899-12-31", "so-tai-chinh", "Sở", "active", [None], [{}]]


def takes(form: str, text: str) -> bool:
    """Tell whether an editor takes `text`; `$` is the end of it in ECMA 262, not of its line."""
    pattern = PATTERNS[form]
    fits = len(text) <= (pattern.longest or len(text))
    return fits and re.fullmatch(pattern.regex.replace("$", r"\Z"), text) is not None


@pytest.mark.parametrize("form", sorted(FORMS))
@given(st.data())
def test_a_pattern_takes_what_its_form_takes(form: str, data: st.DataObject) -> None:
    """And no more, where no calculation decides."""
    regex = PATTERNS[form].regex.replace("$", r"\Z")
    text = data.draw(st.from_regex(regex, fullmatch=True) | st.text(alphabet="a.-/@{}:0129 \n"))
    right = FORMS[form](text) is None
    if right or form not in WIDER:
        assert right == takes(form, text)


def test_the_pattern_of_a_day_knows_the_calendar() -> None:
    """Every month, every leap year and those that are none."""
    days = (
        f"{year}-{month:02d}-{day:02d}"
        for year in (1899, 1900, 1904, 1999, 2000, 2019, 2024, 2026, 2100, 2196, 2199, 2200)
        for month in range(14)
        for day in range(33)
    )
    assert [] == [day for day in days if (FORMS["iso_date"](day) is None) != takes("iso_date", day)]


def places(value: object, above: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return where the values of a record are."""
    found = [above] if above else []
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    return found + [place for step, item in items for place in places(item, (*above, step))]


@pytest.mark.parametrize("kind", sorted(TEXTS))
@given(st.data())
def test_they_agree_on_a_record_that_was_changed_somewhere(kind: str, data: st.DataObject) -> None:
    """A value replaced, a field taken out, or one added."""
    whole: Any = document.read(TEXTS[kind].encode(), "")[0]
    record: Map = whole if kind == "policy" else data.draw(st.sampled_from(whole))
    *way, last = data.draw(st.sampled_from(places(record)))
    here: Any = record
    for step in way:
        here = here[step]
    match data.draw(st.sampled_from(["replace", "take out", "add"])):
        case "replace":
            here[last] = yaml.safe_load(yaml.safe_dump(data.draw(st.sampled_from(ODD))))
        case "take out":
            del here[last]
        case _ if isinstance(here, dict):
            here["outside_issuer"] = "x"
    found = list(problems(Record.of(kind, "f", (), record, Positions("f", ""))))
    value = record if kind == "policy" else [record]
    assert (not found) == VALIDATORS[kind].is_valid(value), (found, record)
