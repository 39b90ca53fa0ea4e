"""What holds for all data: reading never fails, and order does not matter."""

import shutil
import tempfile
import unicodedata
from datetime import date
from pathlib import Path
from random import Random

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hopthu.diagnostics.problem import as_json, as_text
from hopthu.load import load
from hopthu.model.builder import build
from hopthu.rules.report_formats import as_github, as_gitlab, as_sarif
from hopthu.source.records import Source
from hopthu.validate import read, validate
from regulations import THANH_HOA

ROOT = Path(__file__).parents[2]
BASE = ROOT / "tests" / "rules" / "base"
ON = date(2026, 11, 25)
KINDS = ("policy", "units", "people", "documents")
TEXTS = {kind: (BASE / "data" / f"{kind}.yaml").read_text(encoding="utf-8") for kind in KINDS}


def source_of(**files: bytes) -> Source:
    """Read the base with some of its files replaced."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        shutil.copytree(BASE / "data", data)
        for name, content in files.items():
            (data / f"{name}.yaml").write_bytes(content)
        return load(Path(folder))


def check(source: Source) -> str:
    """Check and report in every form; whatever the data, none of it may raise."""
    problems = validate(source, ON)
    for line in (text := as_text(problems, regulation=THANH_HOA)).splitlines():
        assert line.isprintable()
    as_json(problems, {}, regulation=THANH_HOA)
    as_github(problems, regulation=THANH_HOA)
    as_gitlab(problems, regulation=THANH_HOA)
    as_sarif(problems, regulation=THANH_HOA)
    return text


@given(st.sampled_from(KINDS), st.binary(max_size=200))
def test_any_bytes_are_read_or_reported(kind: str, content: bytes) -> None:
    """Never a traceback."""
    check(source_of(**{kind: content}))


YAML_BITS = st.sampled_from([
    "- ", "id", ": ", "\n", "\n  ", "{", "}", "[", "]", ", ", "&a ", "*a", "!!x ", "<<", "'", '"',
    "|", ">", "#", "? ", "---", "...", "%", "a-b", "~", "010", "\t", "\r", "\u202e", "\x85",
    "\ufffe", "name", "posts", "from", "2026-02-30", "mailbox", "address", "aliases", "parent",
    "\\u0000",
])  # fmt: skip


@given(st.sampled_from(KINDS), st.lists(YAML_BITS, max_size=40))
def test_any_bits_of_yaml_are_read_or_reported(kind: str, bits: list[str]) -> None:
    """Also where they nearly make sense."""
    check(source_of(**{kind: "".join(bits).encode()}))


@given(st.sampled_from(KINDS), st.data())
def test_any_slip_in_good_data_is_read_or_reported(kind: str, data: st.DataObject) -> None:
    """One piece of a good file replaced by a bit of YAML."""
    text = TEXTS[kind]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    slipped = text[:start] + data.draw(YAML_BITS) + text[end:]
    check(source_of(**{kind: slipped.encode()}))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["a-b", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "unit", "from", "address", "x"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@given(st.sampled_from(KINDS), st.data())
def test_any_value_in_place_of_a_field_is_read_or_reported(kind: str, data: st.DataObject) -> None:
    """Every rule looks at what it can read, and only there."""
    content = yaml.safe_load(TEXTS[kind])
    record = content if isinstance(content, dict) else data.draw(st.sampled_from(content))
    record[data.draw(st.sampled_from([*record, "parent", "ended", "left"]))] = data.draw(VALUES)
    check(source_of(**{kind: yaml.safe_dump(content, allow_unicode=True).encode()}))


@given(st.integers())
@settings(max_examples=5)
def test_the_order_of_records_does_not_matter(seed: int) -> None:
    """The shipped province, shuffled and in files of its own, is the same organisation."""
    expected = read(ROOT, ON).organisation
    random = Random(seed)  # noqa: S311 - not a secret
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "data", Path(folder) / "data")
        for kind in ("units", "people", "documents"):
            file = Path(folder) / "data" / f"{kind}.yaml"
            lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
            file.unlink()
            scatter(lines, file.with_suffix(""), random)
        assert expected == read(Path(folder), ON).organisation


def scatter(lines: list[str], folder: Path, random: Random) -> None:
    """Write the records of a file in any order over three files of a folder."""
    folder.mkdir()
    records: list[str] = []
    for line in lines:
        if line.startswith("- "):
            records.append(line)
        elif records:
            records[-1] += line
    random.shuffle(records)
    for number in range(3):
        (folder / f"{number}.yaml").write_text("".join(records[number::3]), encoding="utf-8")


def test_decomposed_text_gives_the_same_organisation() -> None:
    """A file saved on macOS is the same data."""
    composed = source_of()
    decomposed = source_of(
        **{kind: unicodedata.normalize("NFD", text).encode() for kind, text in TEXTS.items()}
    )
    assert TEXTS["people"] != unicodedata.normalize("NFD", TEXTS["people"])
    assert [] == validate(decomposed, ON)
    assert build(composed) == build(decomposed)
