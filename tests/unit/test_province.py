"""The generator of provinces: what it writes is valid, as asked, and the same every time."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from hopthu.load import load
from hopthu.validate import validate

pytestmark = pytest.mark.slow

GENERATOR = Path(__file__).parents[2] / "benchmarks" / "province.py"
ON = date(2026, 11, 25)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def generate(out: Path, people: int, *more: str) -> Path:
    program = [sys.executable, str(GENERATOR), "--people", str(people), "--out", str(out)]
    subprocess.run([*program, *more], check=True, capture_output=True)
    return out


@pytest.mark.parametrize(("people", "seed"), [(600, 1), (613, 2), (3_000, 3)])
def test_a_generated_province_has_no_problem(people: int, seed: int, tmp_path: Path) -> None:
    """Neither error nor warning, whatever its size."""
    source = load(generate(tmp_path, people, "--seed", str(seed)))
    assert [] == validate(source, ON)
    assert people == len(source.people)
    assert 166 == len([u for u in source.units if u.data["kind"] in ("commune", "ward")])


def test_a_large_one_is_a_folder_of_files(tmp_path: Path) -> None:
    """People by commune or department, unless one file is asked for; the records are the same."""
    many = load(generate(tmp_path / "many", 10_000))
    one = load(generate(tmp_path / "one", 10_000, "--one-file"))
    assert {"data/people.yaml"} == {record.file for record in one.people}
    assert 182 == len({record.file for record in many.people})
    for kind, records in one.records.items():
        assert {r.id: r.data for r in records} == {r.id: r.data for r in many.records[kind]}


def test_one_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """And another seed other people."""
    folders = [generate(tmp_path / name, 600, "--seed", name[0]) for name in ("1a", "1b", "2")]
    texts = [(folder / "data" / "people.yaml").read_bytes() for folder in folders]
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]


def test_it_never_writes_over_data(tmp_path: Path) -> None:
    """The folder may be somebody's own."""
    (tmp_path / "data").mkdir()
    with pytest.raises(subprocess.CalledProcessError):
        generate(tmp_path, 600)
