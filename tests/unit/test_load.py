"""Reading files: places, what plain words mean, and what is not a file."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hopthu.diagnostics.problem import Mark
from hopthu.load import load
from hopthu.source.records import Source

UNIT = "- id: so-tai-chinh\n  name: Sở Tài chính\n"


def write(root: Path, **files: str) -> Path:
    """Write `data/NAME.yaml` for each file; `__` in a name is a slash."""
    for kind in ("units", "people", "documents"):
        files.setdefault(kind, "")
    for name, text in files.items():
        path = root / "data" / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def whats(source: Source) -> list[str]:
    return [f"{p.file}:{p.line}:{p.column} {p.what}" for p in source.problems]


def test_values_know_their_position(tmp_path: Path) -> None:
    """File, line and column, counted from 1 and in characters, also behind Vietnamese letters."""
    text = "# đầu\n- id: so-tai-chinh\n  'tên': Sở\n  mailbox: {address: stc, aliases: [a, b]}\n"
    (unit,) = load(write(tmp_path, units=text)).units
    assert Mark("data/units.yaml", 2, 7) == unit.at("id")
    assert Mark("data/units.yaml", 2, 3) == unit.at("id", key=True)
    assert Mark("data/units.yaml", 4, 22) == unit.at("mailbox", "address")
    assert Mark("data/units.yaml", 4, 40) == unit.at("mailbox", "aliases", 1)
    assert Mark("data/units.yaml", 2, 3) == unit.at("not", "there")
    assert Mark("data/units.yaml", 2, 3) == unit.at()


def test_plain_words_are_text_unless_unambiguous(tmp_path: Path) -> None:
    """YAML 1.1 reads `no` as false, 010 as 8, 12:30 as 750, 1.10 as 1.1 and dates as dates."""
    text = (
        "- {a: no, b: 010, c: 12:30, d: 1.10, e: 2026-01-31, f: true, g: 12, h: ~, i: '12',"
        " j: yes, k: 0x1F, l: 1_000, m: -3, n: null, o: False, p: .inf, q: 0}\n"
    )
    (unit,) = load(write(tmp_path, units=text)).units
    expected = {
        "a": "no", "b": "010", "c": "12:30", "d": "1.10", "e": "2026-01-31", "f": True, "g": 12,
        "h": None, "i": "12", "j": "yes", "k": "0x1F", "l": "1_000", "m": -3, "n": None,
        "o": "False", "p": ".inf", "q": 0,
    }  # fmt: skip
    assert expected == unit.data
    assert unit.data["f"] is True


def test_a_folder_gives_the_same_as_a_file(tmp_path: Path) -> None:
    """Also when it has folders of its own, and editors' files lie about."""
    other = UNIT.replace("so-tai-chinh", "so-y-te")
    one = load(write(tmp_path / "one", units=UNIT + other))
    many = write(tmp_path / "many", units__a=UNIT, units__b__c=other)
    (many / "data" / "units.yaml").unlink()
    (many / "data" / "units" / ".a.yaml.swp").write_text("{{{", encoding="utf-8")
    read = load(many)
    assert () == read.problems
    assert [u.data for u in one.units] == [u.data for u in read.units]
    assert ["data/units/a.yaml", "data/units/b/c.yaml"] == [u.file for u in read.units]


def test_a_windows_file_reads_the_same(tmp_path: Path) -> None:
    """A byte order mark and CRLF are how Windows editors write; they are no fault."""
    root = write(tmp_path)
    windows = ("\ufeff" + UNIT.replace("\n", "\r\n")).encode()
    (root / "data" / "units.yaml").write_bytes(windows)
    source = load(root)
    assert () == source.problems
    assert {"id": "so-tai-chinh", "name": "Sở Tài chính"} == source.units[0].data
    assert Mark("data/units.yaml", 2, 9) == source.units[0].at("name")


def test_a_missing_file_is_a_problem_except_for_policy(tmp_path: Path) -> None:
    """A province without records is written as `[]`."""
    root = write(tmp_path)
    (root / "data" / "people.yaml").unlink()
    assert ["data/people.yaml:1:1 the file is missing"] == whats(load(root))


@pytest.mark.timeout(10)
def test_a_pipe_in_place_of_a_file_does_not_block(tmp_path: Path) -> None:
    """Opening it would block for ever."""
    root = write(tmp_path)
    (root / "data" / "units.yaml").unlink()
    os.mkfifo(root / "data" / "units.yaml")
    assert ["data/units.yaml:1:1 this is a pipe, socket or device, not a file"] == whats(load(root))


def test_a_link_to_nowhere_is_a_problem(tmp_path: Path) -> None:
    """As is every other link."""
    root = write(tmp_path)
    (root / "data" / "units.yaml").unlink()
    (root / "data" / "units.yaml").symlink_to("nowhere")
    assert ["data/units.yaml:1:1 this is a symbolic link"] == whats(load(root))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 900 + "]" * 900,
        "- " * 900 + "x",
        "- {a: " + "[" * 50 + "]" * 50 + "}",
        "".join(" " * n + "a:\n" for n in range(600)),
        "[" * 1_000_000,
    ],
    ids=["lists", "block", "within-a-record", "mappings", "open"],
)
def test_nesting_is_bounded(tmp_path: Path, text: str) -> None:
    """Deep nesting is a problem, not a stack overflow."""
    problems = load(write(tmp_path, units=text)).problems
    assert "yaml-syntax" in {p.rule for p in problems}


def test_a_line_of_ten_megabytes_is_read(tmp_path: Path) -> None:
    """And shown as sixty characters, not ten million."""
    source = load(write(tmp_path, units=f"- id: {'x' * 10_000_000}\n"))
    assert 10_000_000 == len(source.units[0].id)


def test_many_duplicate_keys_are_looked_up_not_searched_for(tmp_path: Path) -> None:
    """Four times as many take four times as many steps."""

    def steps(number: int) -> int:
        keys = "".join(f"  k{n}: 1\n" for n in range(number))
        root = write(tmp_path / str(number), units=f"- id: a-b\n{keys}{keys}")
        counted = 0

        def count(*_event: object) -> None:
            nonlocal counted
            counted += 1

        before = sys.getprofile()
        sys.setprofile(count)
        try:
            source = load(root)
        finally:
            sys.setprofile(before)
        assert number == len(source.problems)
        return counted

    assert steps(2_000) < 5 * steps(500)


def test_a_missing_data_folder_is_a_problem(tmp_path: Path) -> None:
    """`hopthu check` in the wrong folder says so."""
    assert ["data:1:1 there is no folder data/ here"] == whats(load(tmp_path))


@pytest.mark.parametrize("link", ["data", "data/people.yaml", "data/people", "data/people/a.yaml"])
def test_symbolic_links_are_not_read(tmp_path: Path, link: str) -> None:
    """What a review approved would be changed where no review looks."""
    root = write(tmp_path / "root", units="[]", documents="[]", people__a="- {id: an}\n")
    (root / "data" / "people.yaml").unlink()
    here, there = root / link, tmp_path / "elsewhere"
    if here.exists():
        here.rename(there)
    else:
        there.write_text("- {id: an}\n", encoding="utf-8")
        shutil.rmtree(root / "data" / "people")
    here.symlink_to(there)
    assert f"{link}:1:1 this is a symbolic link" in whats(load(root))
    assert not load(root).people


def test_a_linked_folder_within_a_folder_is_not_read(tmp_path: Path) -> None:
    """Nor silently left out."""
    root = write(tmp_path / "root", units="[]", documents="[]", people__a="- {id: an}\n")
    (root / "data" / "people.yaml").unlink()
    (tmp_path / "more").mkdir()
    (root / "data" / "people" / "more").symlink_to(tmp_path / "more")
    assert ["data/people/more:1:1 this is a symbolic link"] == whats(load(root))


def test_a_folder_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its records were left out in silence, as if they had never been there."""
    root = write(tmp_path, units="[]", documents="[]", people__a="- {id: an}\n", people__x__b="")
    (root / "data" / "people.yaml").unlink()
    closed, scandir = str(root / "data" / "people" / "x"), os.scandir

    def refused(path: str) -> Iterator[os.DirEntry[str]]:
        if str(path) == closed:
            raise PermissionError(13, "Permission denied", closed)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    source = load(root)
    assert ["data/people/x:1:1 cannot be read: permission denied"] == whats(source)
    assert not source.complete("people")
