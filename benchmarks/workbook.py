"""Write a small .xlsx workbook, as spreadsheet programs do: shared texts, days as numbers."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from xml.sax.saxutils import escape, quoteattr

Value = str | int | float | date | None
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_STYLES = (
    f'<styleSheet {_MAIN}><numFmts count="1"><numFmt numFmtId="164" formatCode="dd/mm/yyyy;@"/>'
    '</numFmts><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>'
)
_EPOCH = date(1899, 12, 30)


@dataclass(frozen=True)
class Formula:
    """A cell that is computed, with the text that was saved with it."""

    code: str
    saved: str


def workbook(
    sheets: Mapping[str, Iterable[Sequence[Value | Formula]]],
    merged: Mapping[str, Sequence[str]] | None = None,
    hidden: Sequence[str] = (),
) -> bytes:
    """Return a workbook with the rows of each sheet, merged ranges, and hidden sheets."""
    shared: dict[str, int] = {}
    parts = {
        f"xl/worksheets/sheet{number}.xml": _sheet(rows, shared, (merged or {}).get(name, ()))
        for number, (name, rows) in enumerate(sheets.items(), start=1)
    }
    states = [' state="hidden"' if name in hidden else "" for name in sheets]
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}"{state} r:id="rId{n}"/>'
        for n, (name, state) in enumerate(zip(sheets, states, strict=True), start=1)
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/worksheet" '
        f'Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(parts) + 1)
    )
    texts = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in shared)
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts |= {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="{types}.worksheet+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{types}.sheet.main+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{types}.sharedStrings+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_RELATIONS}"><sheets>{listed}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f"{relations}</Relationships>",
        "xl/styles.xml": _STYLES,
        "xl/sharedStrings.xml": f"<sst {_MAIN}>{texts}</sst>",
    }
    return zipped({name: (_HEAD + text).encode() for name, text in parts.items()})


def zipped(parts: Mapping[str, bytes]) -> bytes:
    """Return a zip of the parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def _sheet(
    rows: Iterable[Sequence[Value | Formula]], shared: dict[str, int], merged: Sequence[str]
) -> str:
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = (_cell(f"{_letters(n)}{number}", v, shared) for n, v in enumerate(row))
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    ranges = "".join(f'<mergeCell ref="{each}"/>' for each in merged)
    ranges = f'<mergeCells count="{len(merged)}">{ranges}</mergeCells>' if merged else ""
    return f"<worksheet {_MAIN}><sheetData>{''.join(lines)}</sheetData>{ranges}</worksheet>"


def _cell(at: str, value: Value | Formula, shared: dict[str, int]) -> str:
    if value is None:
        return ""
    if isinstance(value, Formula):
        code, saved = escape(value.code), escape(value.saved)
        return f'<c r="{at}" t="str"><f>{code}</f><v>{saved}</v></c>'
    if isinstance(value, str):
        return f'<c r="{at}" t="s"><v>{shared.setdefault(value, len(shared))}</v></c>'
    if isinstance(value, date):
        return f'<c r="{at}" s="1"><v>{(value - _EPOCH).days}</v></c>'
    return f'<c r="{at}"><v>{value}</v></c>'


def _letters(number: int) -> str:
    """Return the letters of a column, from 0."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
