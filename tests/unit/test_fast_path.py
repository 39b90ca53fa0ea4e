"""The quick look agrees with Cerberus: it never passes what Cerberus would not."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from hopthu.load import load
from hopthu.schema.fast_path import matches_schema
from hopthu.schema.validator import problems
from hopthu.source.positions import Positions
from hopthu.source.records import Record

ROOT = Path(__file__).parents[2]
BASE = ROOT / "tests" / "rules" / "base"
KINDS = ("policy", "units", "people", "documents")
ODD: list[object] = [
    None, True, False, 0, 7, "", "x", "A b", "a-b", "2026-02-30", "2026-01-31", "decision", [], {},
    [None], [{}], ["a-b"], {"a": "b"}, {"address": "x"}, [[]],
]  # fmt: skip


def places(value: object, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value within `value`, and to fields that might be there."""
    if isinstance(value, dict):
        for key in {*value, "nonsense", "outside_issuer", "mailbox", "until", "main"}:
            yield (*above, key)
        for key, inner in value.items():
            yield from places(inner, (*above, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield (*above, index)
            yield from places(inner, (*above, index))


def changed(record: Any, way: tuple[Any, ...]) -> Iterator[Any]:
    """Yield copies of `record` without the value at the end of the way, and with odd ones."""
    for odd in (*ODD, KeyError):
        copy = here = deepcopy(record)
        for step in way[:-1]:
            here = here[step]
        if odd is not KeyError:
            here[way[-1]] = deepcopy(odd)
        elif isinstance(here, list) or way[-1] in here:
            del here[way[-1]]
        yield copy


@pytest.mark.parametrize("kind", KINDS)
def test_valid_records_are_recognised_without_cerberus(kind: str) -> None:
    """Every record shipped: otherwise the quick look would be no use."""
    records = load(ROOT).records[kind]
    assert all(record.fits for record in records)
    assert all(matches_schema(kind)(record.data) for record in records)


@pytest.mark.parametrize("kind", KINDS)
def test_records_that_pass_the_fast_test_pass_cerberus(kind: str) -> None:
    """Whatever stands anywhere in a record, or is missing there."""
    records = [record.data for record in load(BASE).records[kind]]
    richest = sorted(records, key=lambda r: len(list(places(r))), reverse=True)[:3]
    passed = 0
    for record in richest:
        for way in places(record):
            for copy in changed(record, way):
                if matches_schema(kind)(copy):
                    passed += 1
                    found = list(problems(Record.of(kind, "f", (), copy, Positions("f", ""))))
                    assert [] == found, (way, copy)
    assert passed
