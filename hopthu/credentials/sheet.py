"""A PDF of A5 pages on which no words lie over each other, however long they are."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import as_file, files
from itertools import zip_longest
from typing import NamedTuple, cast

from fpdf import FPDF
from fpdf.enums import MethodReturnValue

WIDTH, HEIGHT, MARGIN = 148.0, 210.0, 10.0
"""Millimetres."""
RIGHT, BOTTOM = WIDTH - MARGIN, HEIGHT - MARGIN

_MILLIMETRES = 25.4 / 72
"""Of a point."""
_DASH = 1.0

_SANS, _MONO = "sans", "mono"
_FONTS = {
    (_SANS, ""): "DejaVuSans.ttf",
    (_SANS, "B"): "DejaVuSans-Bold.ttf",
    (_MONO, "B"): "DejaVuSansMono-Bold.ttf",
}
_MOST_BROKEN = 10_000


class Font(NamedTuple):
    """A face in a size in points, with the millimetres from one line to the next."""

    family: str
    style: str
    size: float
    line: float


def plain(size: float, line: float) -> Font:
    """Return the usual face."""
    return Font(_SANS, "", size, line)


def bold(size: float, line: float) -> Font:
    """Return the bold face."""
    return Font(_SANS, "B", size, line)


def typed(size: float, line: float) -> Font:
    """Return the face of what is typed as it is printed."""
    return Font(_MONO, "B", size, line)


class Line(NamedTuple):
    """A line of a text, and how many millimetres from the left it begins."""

    font: Font
    x: float
    text: str


Cell = tuple[Line, ...]
"""The lines of a text; a sum of cells has them below each other."""
Row = tuple[Cell, ...]
"""Cells beside each other, each within columns of its own."""


Broken = dict[tuple[str, Font, float], list[str]]
"""The lines of texts, by text, font and width in millimetres; no password is among them."""


class Sheet:
    """Rows below each other, on as many pages as they need.

    A cell stays within its columns, and a row begins below the longest cell of the one before.
    """

    def __init__(self, broken: Broken) -> None:
        """Begin a PDF with an empty page; texts that are `broken` into lines are not once more."""
        self._known = broken
        self._paper = FPDF(format=(WIDTH, HEIGHT))
        self._paper.set_auto_page_break(auto=False)
        self._paper.c_margin = 0
        with as_file(files("hopthu.credentials") / "fonts") as fonts:
            for (family, style), name in _FONTS.items():
                self._paper.add_font(family, style, fonts / name)
        self._font: Font | None = None
        self.page()

    def page(self) -> None:
        """Begin a page."""
        self._paper.add_page()
        self.y = MARGIN

    def cell(
        self,
        text: str,
        font: Font,
        left: float = MARGIN,
        right: float = RIGHT,
        *,
        centred: bool = False,
    ) -> Cell:
        """Break a text into lines between two columns."""
        self._use(font)
        width = self._paper.get_string_width
        lines = [text] if width(text) <= right - left else self._broken(text, font, right - left)
        if not centred:
            return tuple(Line(font, left, line) for line in lines)
        middle = (left + right) / 2
        return tuple(Line(font, middle - width(line) / 2, line) for line in lines)

    def _broken(self, text: str, font: Font, width: float) -> list[str]:
        """Break a text at its blanks, and words that are too long anywhere; this takes long."""
        key = (text, font, round(width, 3))
        if key not in self._known:
            if len(self._known) >= _MOST_BROKEN:
                self._known.clear()
            found = self._paper.multi_cell(
                width, font.line, text, dry_run=True, output=MethodReturnValue.LINES
            )
            self._known[key] = cast("list[str]", found)
        return self._known[key]

    def draw(self, rows: Iterable[Row], above: float = 0) -> None:
        """Draw rows below what is there, `above` millimetres further down."""
        self.y += above
        for row in rows:
            for beside in zip_longest(*row):
                lines = [line for line in beside if line]
                height = max(line.font.line for line in lines)
                if self.y + height > BOTTOM:
                    self.page()
                for line in lines:
                    self._text(line, height)
                self.y += height

    def _text(self, line: Line, height: float) -> None:
        """Draw a line; `FPDF.cell` puts it there as well, in four times as long."""
        self._use(line.font)
        below = height / 2 + 0.3 * line.font.size * _MILLIMETRES
        self._paper.text(line.x, self.y + below, line.text)

    def _use(self, font: Font) -> None:
        if font is not self._font:
            self._paper.set_font(font.family, font.style, font.size)
            self._font = font

    def rule(self, middle: float, length: float) -> None:
        """Draw a line close below the last row."""
        self._paper.line(middle - length / 2, self.y + 0.7, middle + length / 2, self.y + 0.7)
        self.y += 1

    def boxed(self, row: Row, above: float = 0) -> None:
        """Draw a row of one line in a frame."""
        self.draw([row], above)
        height = max(line.font.line for cell in row for line in cell)
        self._paper.rect(MARGIN, self.y - height, RIGHT - MARGIN, height)

    def at_the_foot(self, rows: Iterable[Row], least: float) -> None:
        """Draw rows below a line to cut along, `least` millimetres above the margin or higher.

        They stay together on a page, unless they are longer than one.
        """
        rows = list(rows)
        needed = sum(max(sum(line.font.line for line in cell) for cell in row) for row in rows)
        top = max(MARGIN, BOTTOM - max(least, needed + 2))
        if self.y > top:
            self.page()
        self._paper.set_dash_pattern(_DASH, _DASH)
        self._paper.line(0, top, WIDTH, top)
        self._paper.set_dash_pattern()
        self.y = top
        self.draw(rows, above=2)

    def content(self) -> bytes:
        """Return the PDF."""
        return bytes(self._paper.output())
