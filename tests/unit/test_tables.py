"""Tables within pages that people write are made from code."""

from pathlib import Path

from hopthu.docs.tables import operations, page, pages
from hopthu.verify.catalogue import PROBES


def test_every_operation_and_probe_has_its_row() -> None:
    """The tables are found in their pages."""
    deploys, verify, *_ = (path.read_text(encoding="utf-8") for path in pages())
    assert [] == [name for name in operations() if f"| `{name}` |" not in deploys]
    assert [] == [probe.id for probe in PROBES if f"| `{probe.id}` |" not in verify]


def test_a_row_that_is_missing_comes_back(tmp_path: Path) -> None:
    """Only what stands between the marks is written."""
    verify = pages()[1]
    text = verify.read_text(encoding="utf-8")
    (row,) = [line for line in text.splitlines(keepends=True) if line.startswith("| `ham` |")]
    short = tmp_path / "verify.md"
    short.write_text(text.replace(row, ""), encoding="utf-8")
    assert text == page(short)
