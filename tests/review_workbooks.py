"""Workbooks of reviews, edited as a person edits them in a spreadsheet program."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from hopthu.cli import main
from hopthu.personnel.review import PEOPLE

ROOT = Path(__file__).parents[1]
BASIS = "qd-99-vpubnd-2026"
ADOPTION = (
    f"- {{id: {BASIS}, kind: adoption, number: 99/QĐ-VPUBND, issuer: van-phong-ubnd-tinh, "
    "date: 2026-10-01}\n"
)
ON = ("--on", "2026-11-25", "--lang", "en")
EDITED = PEOPLE.columns["edited"].header
Value = str | int | float | date | None


def repository(folder: Path, units: str = "") -> Path:
    """Return the shipped data below a folder, with the adoption, and with more units."""
    root = folder / "repository"
    shutil.copytree(ROOT / "data", root / "data")
    for name, more in (("documents", ADOPTION), ("units", units)):
        with (root / f"data/{name}.yaml").open("a", encoding="utf-8") as file:
            file.write(more)
    return root


def a_list(path: Path, *rows: Sequence[Value], sheet: str = "DS") -> Path:
    """Write a list as a workbook, a row of cells each; return its path."""
    book = Workbook()
    first = book.worksheets[0]
    first.title = sheet
    for row in rows:
        first.append(list(row))
    book.save(path)
    return path


def review(root: Path, path: Path, *more: str, to: str = "review.xlsx") -> Path:
    """Review a list that can be read; return the workbook."""
    made = path.parent / to
    assert 0 == main(["import", str(path), "--review", str(made), "--root", str(root), *ON, *more])
    return made


def imported(root: Path, made: Path, *more: str) -> int:
    """Import a workbook; return the exit code."""
    return main(["import", str(made), "--basis", BASIS, "--root", str(root), *ON, *more]) or 0


def edit(made: Path, change: Callable[[Mapping[str, Worksheet]], None]) -> None:
    """Change a workbook by its sheets, and save it with openpyxl."""
    book = load_workbook(made)
    change({sheet.title: sheet for sheet in book.worksheets})
    book.save(made)


def column(made: Path, sheet: str, header: str) -> str:
    """Return the letter of a column."""
    return next(
        cell.column_letter for cell in load_workbook(made)[sheet][1] if cell.value == header
    )


def rows(made: Path, sheet: str) -> list[dict[str, object]]:
    """Return the rows of a table, by their headers; a blank cell is an empty text."""
    table = load_workbook(made)[sheet]
    headers, *lines = table.iter_rows(values_only=True)
    return [
        {str(key): "" if value is None else value for key, value in zip(headers, line, strict=True)}
        for line in lines
    ]


def put(
    made: Path,
    sheet: str,
    where: Mapping[str, object],
    header: str,
    value: Value | Sequence[object],
) -> None:
    """Write a value, or one each, into the rows of a table that have these; there are some."""

    def change(sheets: Mapping[str, Worksheet]) -> None:
        found = [
            number
            for number, row in enumerate(rows(made, sheet), start=2)
            if all(row[key] == wanted for key, wanted in where.items())
        ]
        assert found, where
        letter = column(made, sheet, header)
        values = value if isinstance(value, list) else [value] * len(found)
        for number, each in zip(found, values, strict=True):
            sheets[sheet][f"{letter}{number}"] = None if each == "" else each

    edit(made, change)


def change(made: Path, sheet: str, where: Mapping[str, object], header: str, value: Value) -> None:
    """Write a value into rows, and say there that one more cell was changed."""
    found = (row for row in rows(made, sheet) if where.items() <= row.items())
    put(made, sheet, where, EDITED, [int(str(row[EDITED] or 0)) + 1 for row in found])
    put(made, sheet, where, header, value)


def decide(made: Path, decisions: Mapping[str, Value]) -> None:
    """Decide what the texts of a list mean."""
    for text, choice in decisions.items():
        put(made, "Cần quyết định", {"Danh sách ghi": text}, "Quyết định", choice)


def tick(made: Path) -> None:
    """Tick every unit."""
    put(made, "Đơn vị", {}, "Đúng", "x")
