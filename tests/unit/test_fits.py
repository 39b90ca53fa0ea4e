"""The quick look agrees with Cerberus: it never passes what Cerberus would not."""

from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopthu.fits import fits
from hopthu.load import load
from hopthu.marks import Marks
from hopthu.schema import problems
from hopthu.source import Record

ROOT = Path(__file__).parents[2]
KINDS = ("units", "people", "documents")
BASE = {
    kind: [record.data for record in load(ROOT / "tests" / "invalid" / "base").records[kind]]
    for kind in KINDS
}
ODD = st.sampled_from(
    [None, True, False, 0, -1, 7, "", "x", "a-b", "2026-02-30", "2026-01-31", "decision", [], {}]
) | st.sampled_from([[None], [{}], ["a-b"], {"a": "b"}, {"on": "2026-01-31"}, [[]]])


@pytest.mark.parametrize("kind", KINDS)
def test_good_records_are_told_without_cerberus(kind: str) -> None:
    """Every record shipped: otherwise the quick look would be no use."""
    records = load(ROOT).records[kind]
    assert all(record.fits for record in records)
    assert all(fits(kind)(record.data) for record in records)


@given(st.sampled_from(KINDS), st.data())
def test_what_passes_the_quick_look_passes_cerberus(kind: str, data: st.DataObject) -> None:
    """Whatever stands anywhere in a record."""
    record = deepcopy(data.draw(st.sampled_from(BASE[kind])))
    for _ in range(data.draw(st.integers(1, 2))):
        here: object = record
        while True:
            keys = list(here) if isinstance(here, dict) else list(range(len(here)))  # type: ignore[arg-type]
            extra = ["id", "mailbox", "issuer", "outside_issuer", "locked", "left", "nonsense"]
            key = data.draw(st.sampled_from(keys + extra if isinstance(here, dict) else keys))
            inner = here[key] if key in keys else None  # type: ignore[index]
            if isinstance(inner, (dict, list)) and inner and data.draw(st.booleans()):
                here = inner
                continue
            if data.draw(st.booleans()) or not isinstance(here, dict):
                here[key] = data.draw(ODD)  # type: ignore[index]
            else:
                here.pop(key, None)
            break
    if fits(kind)(record):
        assert [] == list(problems(Record(kind, "f", (), record, Marks("f", ""))))
