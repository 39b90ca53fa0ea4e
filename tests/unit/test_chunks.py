"""Files taken apart: the same records at the same places as when read as a whole."""

from pathlib import Path

import pytest

from hopthu.load import load
from hopthu.source import chunks
from hopthu.source.document import read
from hopthu.source.positions import Positions

HEAD = "# đầu\n\n---\n# of the first\n"
RECORDS = "".join(
    f"- id: a-{n}\n  name: {'Đồng' * (n % 3)}x\n# of {n + 1}\n  posts: [{{unit: b-c}}]\n\n"
    for n in range(3_000)
)


def parted(text: str) -> list[chunks.Chunk]:
    return chunks.split("units", "data/units.yaml", text.encode())


def test_chunks_together_are_the_whole_file() -> None:
    """They are the file, one after another, each with the line it begins on."""
    found = parted(HEAD + RECORDS)
    assert 5 < len(found)
    assert HEAD + RECORDS == b"".join(piece.text for piece in found).decode()
    assert 3_000 == sum(len(piece.starts) for piece in found)
    line = 1
    for piece in found:
        assert line == piece.line
        line += piece.text.count(b"\n")


def test_positions_are_relative_to_the_file() -> None:
    """The text of a record is enough to find line and column."""
    found = parted(HEAD + RECORDS)
    whole, number = Positions("data/units.yaml", HEAD + RECORDS), 0
    for piece in found[:3]:
        for n in range(len(piece.starts)):
            for steps in ((), ("id",), ("name",), ("posts", 0, "unit"), ("no",)):
                assert whole.at((number, *steps)) == piece.at((n, *steps))
            number += 1


def test_an_added_record_changes_one_chunk() -> None:
    """So a cache by content keeps the others, whatever stands before them."""
    before = {piece.text for piece in parted(HEAD + RECORDS)}
    at = RECORDS.index("- id: a-700\n")
    after = parted(HEAD + RECORDS[:at] + "- id: a-699b\n" + RECORDS[at:])
    assert 2 >= len([piece for piece in after if piece.text not in before])


@pytest.mark.parametrize(
    "text",
    [
        "- id: 'a\n- b'\n- id: c-d\n",
        '- id: "a\n- b"\n- id: c-d\n',
        "- {id: a\n- b}\n- id: c-d\n",
        "- [a,\n- b]\n",
        "- id: a-b\n...\n- id: c-d\n",
        "- id: a-b\n---\n- id: c-d\n",
        "- id: a-b\n-\n- id: c-d\n",
        "- id: a-b\n-",
        "- id: |\n  x\n- id: >\n   y\n\n- id: z-z\n",
        "id: x\n- id: a-b\n",
        "x:\n- id: a-b\n- id: c-d\n",
        "%YAML 1.1\n---\n- id: a-b\n",
        "  - id: a-b\n  - id: c-d\n",
        "- id: a-b\n - id: c-d\n",
        "- id: a-b\n\t# tab\n- id: c-d\n",
        "- id: &x a-b\n- id: *x\n",
        "- id: a-b\nid: c-d\n",
        "- - id: a-b\n- - id: c-d\n",
        "- ? a\n  : b\n- id: c-d\n",
        "- id: a-b # - c\n#- id: e-f\n- id: c-d",
        "- id: a-b\n  id: c-d\n- x\n",
    ],
)
def test_unusual_texts_have_the_same_value_in_chunks(text: str, tmp_path: Path) -> None:
    """Wherever a record only seems to begin, the file is read as YAML reads it."""
    data = tmp_path / "data"
    data.mkdir()
    for kind in ("people", "documents"):
        (data / f"{kind}.yaml").touch()
    (data / "units.yaml").write_text(text, encoding="utf-8")
    source = load(tmp_path)
    value, problems = read(text.encode(), "data/units.yaml")
    expected = [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []
    assert expected == [record.data for record in source.units]
    assert {p.what for p in problems} <= {p.what for p in source.problems}
    marks = Positions("data/units.yaml", text)
    for record in source.units:
        number = value.index(record.data) if isinstance(value, list) else 0
        assert marks.at((number, "id")) == record.at("id")
