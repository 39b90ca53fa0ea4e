"""Neither the order of records nor the way letters are composed changes what is found."""

import tempfile
import unicodedata
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from hopthu.diagnostics import file_rules
from hopthu.diagnostics.problem import Problem
from hopthu.load import load
from hopthu.source.records import Source
from hopthu.validate import validate
from rule_pages import every_case

ON = date(2026, 11, 25)
# Of twins, the second is told of; which one that is, only their order can say.
OF_PLACES = {
    "recorded-twice",
    *(rule.id for rule in file_rules.RULES),
    "file-format",
}
CASES = [
    case for case in every_case() if not (case.near_miss or case.compares or case.rule in OF_PLACES)
]


def found(problems: list[Problem]) -> set[tuple[str, ...]]:
    """Return what was found, wherever it stands and however its letters are composed."""
    texts = ((p.rule, p.subject, p.what) for p in problems if p.rule not in OF_PLACES)
    return {tuple(unicodedata.normalize("NFC", text) for text in each) for each in texts}


def shuffled(source: Source, random: Random) -> Source:
    """Return the same records in another order."""
    records = {kind: random.sample(each, len(each)) for kind, each in source.records.items()}
    return replace(source, records={kind: tuple(each) for kind, each in records.items()})


@given(seed=st.integers())
@settings(max_examples=3)
def test_the_order_of_records_does_not_matter(seed: int) -> None:
    """What is wrong with the records of any invalid case is the same."""
    random = Random(seed)  # noqa: S311 - not a secret
    for case in random.sample(CASES, 25):
        with tempfile.TemporaryDirectory() as folder:
            source = load(case.lay(Path(folder)))
            assert found(validate(source, ON)) == found(validate(shuffled(source, random), ON)), (
                case
            )


def test_decomposed_letters_are_found_the_same(tmp_path: Path) -> None:
    """Every invalid case, saved on macOS."""
    for number, case in enumerate(CASES):
        root = case.lay(tmp_path / str(number))
        expected = found(validate(load(root), ON))
        for file in root.glob("data/*.yaml"):
            text = file.read_text(encoding="utf-8")
            file.write_text(unicodedata.normalize("NFD", text), encoding="utf-8")
        assert expected == found(validate(load(root), ON)), case
