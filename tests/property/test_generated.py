"""Any generated valid organisation passes, whatever its size and whatever its people have."""

import tempfile
import unicodedata
from dataclasses import fields
from datetime import date
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.province import Province, write
from benchmarks.variety import USUAL, Shares
from hopthu.load import load
from hopthu.source.records import Source
from hopthu.validate import read, validate

ON = date(2026, 11, 25)
EVERYTHING = Shares(
    delegate=1, acting=1, merged=1, earlier=1, beside=1, alias=1, former=1, exception=1,
    left=0.5, locked=0.5, hold=1,
)  # fmt: skip
SHARES = st.builds(
    Shares, **{each.name: st.sampled_from([0.0, 0.1, 0.4]) for each in fields(Shares)}
)


def written(province: Province, root: Path, *, one_file: bool, decomposed: bool) -> Source:
    """Write a province and read it back, its letters composed as on Linux or as on macOS."""
    write(province, root, one_file=one_file)
    for path in root.rglob("*.yaml") if decomposed else ():
        text = path.read_text(encoding="utf-8")
        path.write_text(unicodedata.normalize("NFD", text), encoding="utf-8")
    return load(root)


@given(
    people=st.integers(600, 1_500),
    seed=st.integers(0, 2**32),
    shares=SHARES,
    one_file=st.booleans(),
    decomposed=st.booleans(),
)
@example(people=600, seed=1, shares=EVERYTHING, one_file=True, decomposed=True)
@example(people=1_500, seed=2, shares=EVERYTHING, one_file=False, decomposed=False)
@settings(max_examples=6)
def test_any_generated_organisation_passes(
    people: int, seed: int, shares: Shares, one_file: bool, decomposed: bool
) -> None:
    """Neither error nor warning; and what is valid can be made an organisation."""
    with tempfile.TemporaryDirectory() as folder:
        province = Province(people, seed, shares)
        source = written(province, Path(folder), one_file=one_file, decomposed=decomposed)
        assert [] == validate(source, ON)
        assert people == len(source.people)
        assert people == len(read(Path(folder), ON).organisation.people)


def test_everything_there_is_to_have_is_had(tmp_path: Path) -> None:
    """Each share makes a difference: else the property above would say less than it seems to."""
    text = {}
    for name, shares in (("none", USUAL), ("all", EVERYTHING)):
        province = Province(900, 3, shares)
        people = "".join(each for group in province.people.values() for each in group.values())
        text[name] = "".join(province.units.values()) + people
    signs = (
        "acting: true", "how: merged", "main: false", "aliases: [", "former: [", "exception: ",
        "hold: ",
    )  # fmt: skip
    assert [] == [sign for sign in signs if sign in text["none"]]
    assert [] == [sign for sign in signs if sign not in text["all"]]
    for sign in ("left: ", "locked:", "delegates:"):
        assert text["none"].count(sign) < text["all"].count(sign)
