"""`hopthu format`: what files say stays, comments too; the second time nothing changes."""

import shutil
import tempfile
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopthu.cli import main
from hopthu.layout import Layout, first_difference, layouts, tidied
from hopthu.load import load
from hopthu.whole import read

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


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Draw a file of units, in any order, with comments and blanks between them."""
    text = draw(st.sampled_from(["", "# head\n", "# head\n\n", "---\n", "\n# a\n\n# b\n", "  \n"]))
    for number in draw(IDS):
        between, body = draw(BETWEEN), draw(BODY)
        text += between.replace("%d", str(number)) + f"- id: unit-{number}\n{body}"
        text += "" if body.endswith("\n") else "\n"
    text += draw(BETWEEN).replace("%d", "the end")
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
    return sorted(line.strip() for line in text.split(b"\n") if line.lstrip().startswith(b"#"))


@given(texts())
def test_what_is_said_stays_and_is_sorted(text: str) -> None:
    """Every value, every comment; records of one id keep their order."""
    before = text.encode()
    after = tidied(layout_of(before))
    assert said(before) == said(after)
    assert comments(before) == comments(after)
    ids = [record["id"] for record in read(after, "")[0]]  # type: ignore[union-attr, index, call-overload]
    # Below a value that lasts to the end of a file without a line end, nothing can be put.
    assert ids == sorted(ids) or not before.endswith(b"\n")


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
    base = ROOT / "tests" / "invalid" / "base" / "data"
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
