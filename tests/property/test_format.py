"""`hopthu format`: what files say stays, comments too; the second time nothing changes."""

import errno
import os
import shutil
import tempfile
from pathlib import Path
from random import Random
from textwrap import indent
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopthu.cli import main
from hopthu.load import load
from hopthu.source.document import read
from hopthu.source.formatter import Layout, first_difference, layouts, tidied

ROOT = Path(__file__).parents[2]
BODY = st.sampled_from([
    "  name: Xã\n", "  name: 'x'  \n", "  name: |\n    x  \n\n    y\n", "  name: |+\n    x\n\n\n",
    '  name: "x\n\n    y"\n', '  name: "a\n# b"\n', "  # inside\n  name: x # behind\n",
    "  name: x\n  # at its end\n", "  mailbox:\n    address: x\t\n", "  name: >-\n    x\n    y",
])  # fmt: skip
BETWEEN = st.sampled_from(
    ["", "", "\n", "\n\n", "# %d\n", "\n# %d\n", "# %d\n\n\n", "   \n", "#\n"]
)
IDS = st.lists(st.integers(0, 30), min_size=1, max_size=8)
STYLES = st.sampled_from([
    lambda text: text,
    lambda text: text,
    lambda text: text.replace("- id", "-\n  id"),
    lambda text: text.replace("- id", "- \n\n  # inside\n  id"),
    lambda text: indent(text.replace("---\n", ""), "  ", lambda _line: True),
    lambda text: f"{text}{'' if text.endswith(chr(10)) else chr(10)}...\n# behind\n",
])  # fmt: skip


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Draw a file of units, in any order, with comments and blanks between them."""
    text = draw(st.sampled_from(["", "# head\n", "# head\n\n", "---\n", "\n# a\n\n# b\n", "  \n"]))
    for number in draw(IDS):
        between, body = draw(BETWEEN), draw(BODY)
        text += between.replace("%d", str(number)) + f"- id: unit-{number}\n{body}"
        text += "" if body.endswith("\n") else "\n"
    text += draw(BETWEEN).replace("%d", "the end")
    text = draw(STYLES)(text)
    return text[: len(text) - draw(st.sampled_from([0, 0, 0, 1]))]


def layout_of(text: bytes) -> Layout:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir()
        (data / "units.yaml").write_bytes(text)
        return next(each for each in layouts(load(Path(folder))) if each.name == "data/units.yaml")


def said(text: bytes) -> list[object]:
    """Return what a file says, by id."""
    value, problems = read(text, "")
    assert not problems
    assert isinstance(value, list)
    return sorted(value, key=lambda record: record["id"])  # type: ignore[index, call-overload, arg-type, return-value]


def comments(text: bytes) -> list[bytes]:
    lines = [line.removeprefix(b"- ").strip() for line in text.split(b"\n")]
    return sorted(line for line in lines if line.startswith(b"#"))


@given(texts())
def test_what_is_said_stays_and_is_sorted(text: str) -> None:
    """Every value, every comment; records of one id keep their order."""
    before = text.encode()
    after = tidied(layout_of(before))
    assert said(before) == said(after)
    assert comments(before) == comments(after)
    ids = [record["id"] for record in read(after, "")[0]]  # type: ignore[union-attr, index, call-overload]
    assert ids == sorted(ids)


@given(texts())
def test_the_second_time_nothing_changes(text: str) -> None:
    """And `check` has nothing to say of the file."""
    once = tidied(layout_of(text.encode()))
    again = layout_of(once)
    assert once == tidied(again)
    assert 0 == first_difference(again)


def test_a_comment_goes_with_the_record_below_it() -> None:
    """Those at the top and the end of the file stay there."""
    text = (
        "# head\n- id: c-c\n# of b\n- id: b-b\n  # within b\n\n# of a,\n# too\n- id: a-a\n# end\n"
    )
    expected = (
        "# head\n\n# of a,\n# too\n- id: a-a\n# of b\n- id: b-b\n  # within b\n- id: c-c\n# end\n"
    )
    assert expected == tidied(layout_of(text.encode())).decode()


@pytest.mark.parametrize(
    "text",
    [
        "# đầu\n  - id: b-b\n    name: x\n  # of a\n  - id: a-a\n",
        "# đầu\n-\n  id: b-b\n  name: x\n# of a\n-\n  id: a-a\n",
        "# đầu\n- id: b-b\n  name: x\n# of a\n- id: a-a\n...\n",
        "# đầu\n  -\n    id: b-b\n    name: x\n  # of a\n  -\n    id: a-a\n...",
    ],
    ids=["indented", "dash-alone", "end-of-document", "all"],
)
def test_other_styles_of_a_list_become_the_usual_one(text: str) -> None:
    """Each record at the margin, sorted, its comment above it."""
    expected = "# đầu\n\n# of a\n- id: a-a\n- id: b-b\n  name: x\n"
    assert expected == tidied(layout_of(text.encode())).decode()


@pytest.mark.parametrize("text", ["[{id: b-b}, {id: a-a}]\n", "-\n id: b-b\n-\n id: a-a\n"])
def test_what_cannot_be_moved_safely_stays(text: str) -> None:
    """Records on one line, and those too near to the margin for a dash and a blank."""
    assert text == tidied(layout_of(text.encode())).decode()


def test_a_value_that_lasts_to_the_end_of_the_file_stays_what_it_is() -> None:
    """Its header says that it ends without the end of a line, and others can follow it."""
    text = "- id: b-b\n  name: |\n    x |\n    y\n- id: a-a\n  name: |2+ # z\n    x |\n    y"
    expected = "- id: a-a\n  name: |2- # z\n    x |\n    y\n- id: b-b\n  name: |\n    x |\n    y\n"
    assert expected == tidied(layout_of(text.encode())).decode()


@given(st.integers())
def test_the_shipped_province_comes_back(seed: int) -> None:
    """Shuffled record by record, it is formatted to the very bytes it was."""
    text = (ROOT / "data" / "units.yaml").read_text(encoding="utf-8")
    head, *records = text.replace("\n- ", "\n\0- ").split("\0")
    Random(seed).shuffle(records)  # noqa: S311 - not a secret
    assert text == tidied(layout_of("".join([head, *records]).encode())).decode()


@pytest.mark.timeout(10)
def test_a_long_run_of_blanks_takes_no_time() -> None:
    """A regular expression would look at it again from each of its blanks."""
    blanks = " " * 1_000_000
    text = f"- id: b-b\n  name: 'a{blanks}b' \n- id: a-a\n".encode()
    assert f"- id: a-a\n- id: b-b\n  name: 'a{blanks}b'\n".encode() == tidied(layout_of(text))


def test_the_command_formats_what_has_no_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--check` writes nothing; faulty files are left alone and told."""
    base = ROOT / "tests" / "rules" / "base" / "data"
    shutil.copytree(base, tmp_path / "data")
    units = tmp_path / "data" / "units.yaml"
    units.write_text(units.read_text(encoding="utf-8") + "\n\n", encoding="utf-8")
    arguments = ["format", "--root", str(tmp_path)]
    assert 2 == main([*arguments, "--check"])
    assert "would format data/units.yaml" in capsys.readouterr().out
    assert 0 == main(arguments)
    assert (base / "units.yaml").read_bytes() == units.read_bytes()
    assert 0 == main([*arguments, "--check"])
    people = tmp_path / "data" / "people.yaml"
    people.write_text("- id: [\n", encoding="utf-8")
    assert 2 == main(arguments)
    assert "- id: [\n" == people.read_text(encoding="utf-8")
    assert "yaml-syntax" in capsys.readouterr().out


def test_a_folder_that_takes_no_file_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a device that may only be read, or is full: the file stays, nothing is left behind."""
    shutil.copytree(ROOT / "tests" / "rules" / "base" / "data", tmp_path / "data")
    units = tmp_path / "data" / "units.yaml"
    units.write_text("- {id: b-b}\n- {id: a-a}\n", encoding="utf-8")
    before = sorted(units.parent.iterdir())
    for failing, number in ((Path, errno.ENOSPC), (tempfile, errno.EROFS)):
        step = "replace" if failing is Path else "mkstemp"
        refused = OSError(number, os.strerror(number), "here")
        monkeypatch.setattr(failing, step, Mock(side_effect=refused))
        assert 1 == main(["format", "--root", str(tmp_path)])
        assert f"cannot be written: {os.strerror(number)}\n  fix: " in capsys.readouterr().err
        assert before == sorted(units.parent.iterdir())
    assert "- {id: b-b}\n- {id: a-a}\n" == units.read_text(encoding="utf-8")
