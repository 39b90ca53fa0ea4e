"""How the marks of sections nest: letters, Roman numerals, and what may be either."""

import pytest

from hopthu.personnel.listing import listing_of
from hopthu.personnel.table import Row, Sheet

HEADER = ("STT", "Họ và tên", "Chức vụ", "Đơn vị", "Loại")


def headings(*marks: str) -> dict[str, tuple[str, ...]]:
    """Return the marks of the sections around a person in each section of a list."""
    rows = [HEADER]
    for number, mark in enumerate(marks):
        rows.append((mark, f"Phòng {number} {mark}", "", "", ""))
        rows.append(("1", f"Hà Văn {'ABCDEFGHIKLMNOP'[number]}n", "Chuyên viên", "", "CC"))
    cells = [tuple(cell or None for cell in row) for row in rows]
    sheet = Sheet("", tuple(Row(n, row) for n, row in enumerate(cells, start=1)))
    entries = listing_of("list.csv", [sheet]).entries
    assert len(marks) == len(entries)
    return {
        f"{number} {mark}": tuple(text.split()[-1] for text in entry.texts.headings)
        for number, (mark, entry) in enumerate(zip(marks, entries, strict=True))
    }


@pytest.mark.parametrize(
    ("marks", "last"),
    [
        ("G H I K", ["G", "H", "I", "K"]),
        ("H I", ["H", "I"]),
        ("H I I II K", ["H", "I", "I I", "I II", "K"]),
        ("H I II I K", ["H", "H I", "H II", "I", "K"]),
        ("H I II III", ["H", "H I", "H II", "H III"]),
        ("A I II B I", ["A", "A I", "A II", "B", "B I"]),
        ("T U V X Y", ["T", "U", "V", "X", "Y"]),
        ("U V W X", ["U", "V", "W", "X"]),
        ("U I II III IV V", ["U", "U I", "U II", "U III", "U IV", "U V"]),
        ("I II III IV V", ["I", "II", "III", "IV", "V"]),
        ("IX X XI", ["IX", "X", "XI"]),
        ("D Đ E", ["D", "Đ", "E"]),
        ("B C D", ["B", "C", "D"]),
        ("K L M", ["K", "L", "M"]),
    ],
)
def test_roman_numerals_that_are_letters(marks: str, last: list[str]) -> None:
    """I after H, V after U and X after V or W are letters, unless Roman ones go on with them."""
    for written in (marks, marks.replace(" ", ". ") + "."):
        found = headings(*written.split())
        assert [each.replace(".", "") for each in last] == [
            " ".join(texts).replace(".", "") for texts in found.values()
        ]
