"""Personnel lists as offices make them, with the truth about everybody in them.

The lists are the texts of tests/lists; the README there explains how they are written.
"""

import csv
import hashlib
import io
import re
import shutil
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

FOLDER = Path(__file__).with_name("lists")
MADE = FOLDER / "made"
OUTCOMES = {"+": "take", "-": "leave", "?": "undecidable", "=": "side post"}

LEFT, ABOVE = "<", "^"
_LETTERS = "áàảãạăắằẳẵặâấầẩẫậéèẻẽẹêếềểễệíìỉĩịóòỏõọôốồổỗộơớờởỡợúùủũụưứừửữựýỳỷỹỵđ"  # codespell:ignore
_TCVN3 = dict(
    zip(
        _LETTERS + "ĂÂÊÔƠƯĐ",
        "¸µ¶·¹¨¾»¼½Æ©ÊÇÈÉËÐÌÎÏÑªÕÒÓÔÖÝ×ØÜÞãßáâä«èåæçé¬íêëìîóïñòô\xadøõö÷ùýúûüþ®¡¢£¤¥¦§",
        strict=True,
    )
)
_VNI_LETTERS = (
    "aù aø aû aõ aï aê aé aè aú aü aë aâ aá aà aå aã aä eù eø eû eõ eï eâ eá eà eå eã eä "
    "í ì æ ó ò où oø oû oõ oï oâ oá oà oå oã oä ô ôù ôø ôû ôõ ôï "
    "uù uø uû uõ uï ö öù öø öû öõ öï yù yø yû yõ î ñ"
)
_VNI = dict(zip(_LETTERS, _VNI_LETTERS.split(), strict=True))
FONTS = {"tcvn3": (".VnTime", ".VnTimeH"), "vni": ("VNI-Times", "VNI-Times")}


@dataclass(frozen=True)
class Row:
    """A row of a sheet; `mark` is a key of OUTCOMES where it names a person, else empty."""

    number: int
    mark: str
    hidden: bool
    cells: tuple[str, ...]
    notes: Mapping[str, str]

    @property
    def heading(self) -> str:
        """The last text of the row: that of a heading, behind its number."""
        return next((cell for cell in reversed(self.cells) if cell not in ("", LEFT, ABOVE)), "")


@dataclass(frozen=True)
class Person:
    """What is true of the person whom a row names."""

    sheet: str
    row: int
    name: str
    title: str
    birth: str
    since: date | None
    remark: str
    units: tuple[tuple[str, ...], ...]
    """Paths of the unit, from the organisation that made the list down; each of them is right."""
    outcome: str
    why: str


@dataclass(frozen=True)
class Place:
    """People who stand together, below a heading or beside cells of a column (row 0)."""

    sheet: str
    row: int
    heading: str
    units: tuple[tuple[str, ...], ...]
    marked: bool
    """Whether the list itself says the level; elsewhere a person has to decide it."""
    people: tuple[Person, ...]


@dataclass(frozen=True)
class Sheet:
    """A sheet, and where its columns are."""

    name: str
    hidden: bool
    columns: Mapping[str, str]
    rows: tuple[Row, ...]
    places: tuple[Place, ...]


@dataclass(frozen=True)
class OfficeList:
    """A list, and what is true of it."""

    file: str
    what: str
    organisation: str
    above: str
    day: date
    sheets: tuple[Sheet, ...]
    encoding: str = ""
    nfd: bool = False

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Where people stand, in the order of the list."""
        return tuple(place for sheet in self.sheets for place in sheet.places)

    @cached_property
    def people(self) -> tuple[Person, ...]:
        """Everybody whom the list names, in its order."""
        return tuple(person for place in self.places for person in place.people)

    def written(self, cell: str) -> str | int | date:
        """Return what the file has in a cell: a day, a number, or a text in its encoding."""
        if re.fullmatch(r"\d{4}-\d\d-\d\d", cell):
            return date.fromisoformat(cell)
        if re.fullmatch(r"\d{1,4}", cell):
            return int(cell)
        text = encoded(cell.replace(r"\n", "\n"), self.encoding)
        return unicodedata.normalize("NFD", text) if self.nfd else text


@dataclass(frozen=True)
class Misreading:
    """A list in which a naive reader puts people into the unit `naive`, not `unit`."""

    id: str
    kind: str
    list: OfficeList
    unit: tuple[str, ...]
    naive: tuple[str, ...]
    see: str
    """What a human must see in the review."""

    @property
    def places(self) -> tuple[Place, ...]:
        """The places of the unit, people of which would be put wrongly."""
        return tuple(place for place in self.list.places if self.unit in place.units)


def sources() -> dict[str, str]:
    """Return the text of each list."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.txt"))}


def lists() -> dict[str, OfficeList]:
    """Return all lists."""
    return {name: parsed(text) for name, text in sources().items()}


def misreadings() -> list[Misreading]:
    """Return the lists with planted misreadings."""
    entries = yaml.safe_load((FOLDER / "misreadings.yaml").read_text(encoding="utf-8"))
    return [_misreading(entry) for entry in entries]


def _misreading(entry: Mapping[str, Any]) -> Misreading:
    text = sources()[entry["list"]]
    for old, new in entry["replace"]:
        found = text.count(old)
        if found != 1:
            raise ValueError(f"{entry['id']}: {found} times in {entry['list']}: {old!r}")
        text = text.replace(old, new)
    return Misreading(
        id=entry["id"],
        kind=entry["kind"],
        list=parsed(text),
        unit=_path(entry["unit"]),
        naive=_path(entry["naive"]),
        see=entry["see"],
    )


def parsed(text: str) -> OfficeList:
    """Return the list that a text describes."""
    head, _, body = text.partition("\n---\n")
    sheets = re.split(r"^=== ", body, flags=re.MULTILINE)[1:]
    return OfficeList(**yaml.safe_load(head), sheets=tuple(_sheet(sheet) for sheet in sheets))


def _sheet(text: str) -> Sheet:
    title, *lines = text.splitlines()
    name, _, columns = title.removeprefix("hidden ").partition(": ")
    where = dict(column.split() for column in columns.split(", ")) if columns else {}
    rows: list[Row] = []
    places: list[tuple[str, list[Row]]] = []
    for line in filter(str.strip, lines):
        if line.startswith("@"):
            places.append((line, []))
            continue
        rows.append(_row(len(rows) + 1, line))
        if places:
            places[-1][1].append(rows[-1])
        elif rows[-1].mark:
            raise ValueError(f"nobody knows where this person works: {line}")
    placed = tuple(_place(name, where, line, below) for line, below in places)
    return Sheet(name, title.startswith("hidden "), where, tuple(rows), placed)


def _row(number: int, line: str) -> Row:
    marks, _, rest = line.partition("|")
    content, _, notes = rest.partition(" ##")
    cells = tuple(cell.strip() for cell in content.split("|"))
    pairs = (note.partition(": ") for note in notes.strip().split("; ") if note)
    known = {key: value for key, _, value in pairs}
    if known.keys() - {"name", "title", "why"} or marks.strip("+-?=h "):
        raise ValueError(f"not understood: {line}")
    return Row(number, marks.strip().replace("h", ""), "h" in marks, cells, known)


def _place(sheet: str, columns: Mapping[str, str], line: str, rows: list[Row]) -> Place:
    paths = line.removeprefix("@").removeprefix("?").split(" or ")
    units = tuple(_path(path) for path in paths)
    people = tuple(_person(sheet, columns, units, row) for row in rows if row.mark)
    heading = None if rows[0].mark else rows[0]
    return Place(
        sheet=sheet,
        row=heading.number if heading else 0,
        heading=heading.heading if heading else "",
        units=units,
        marked=not line.startswith("@?"),
        people=people,
    )


def _person(
    sheet: str, columns: Mapping[str, str], units: tuple[tuple[str, ...], ...], row: Row
) -> Person:
    cells = {column: _cell(row, where) for column, where in columns.items()}
    name = row.notes.get("name") or cells["name"]
    return Person(
        sheet=sheet,
        row=row.number,
        name=name.title() if name.isupper() else name,
        title=row.notes.get("title") or cells["title"],
        birth=cells["birth"],
        since=_day(cells.get("since", "")),
        remark=cells["remark"],
        units=units,
        outcome=OUTCOMES[row.mark],
        why=row.notes.get("why", ""),
    )


def _cell(row: Row, where: str) -> str:
    """Return the text at "B", at "B+C" together, or at the first of "B/C" that has any."""
    if "/" in where:
        return next(filter(None, (_cell(row, letter) for letter in where.split("/"))), "")
    places = [ord(letter) - ord("A") for letter in where.split("+")]
    texts = [row.cells[place] for place in places if place < len(row.cells)]
    return " ".join(filter(None, texts))


def _path(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(" > "))


def _day(text: str) -> date | None:
    return datetime.strptime(text, "%d/%m/%Y").date() if text else None  # noqa: DTZ007


def encoded(text: str, encoding: str) -> str:
    """Return the characters that a font of an old encoding shows as a text."""
    if not encoding:
        return text
    table = _TCVN3 if encoding == "tcvn3" else _VNI
    return "".join(_old_letter(letter, table) for letter in text)


def _old_letter(letter: str, table: Mapping[str, str]) -> str:
    if letter in table or letter.lower() not in table:
        return table.get(letter, letter)
    old = table[letter.lower()]
    # TCVN3 has no capitals with a tone: they are small letters in a font that shows capitals.
    return old if table is _TCVN3 else old.upper()


def merged(rows: tuple[Row, ...]) -> Iterator[tuple[int, int, int, int]]:
    """Yield the first and last row and column of each merged range, counted from 1."""

    def at(row: int, column: int) -> str:
        return "".join(rows[row].cells[column : column + 1]) if row < len(rows) else ""

    for top, row in enumerate(rows):
        for left, cell in enumerate(row.cells):
            if cell in (LEFT, ABOVE):
                continue
            bottom, right = top, left
            while at(top, right + 1) == LEFT:
                right += 1
            while at(bottom + 1, left) == ABOVE:
                bottom += 1
            if (bottom, right) != (top, left):
                yield top + 1, left + 1, bottom + 1, right + 1


def build(office: OfficeList, folder: Path) -> Path:
    """Write the file of a list into a folder."""
    path = folder / office.file
    if path.suffix == ".csv":
        path.write_bytes(_csv(office))
    elif path.suffix == ".xlsx":
        path.write_bytes(_xlsx(office))
    else:
        shutil.copyfile(MADE / office.file, path)
    return path


def _csv(office: OfficeList) -> bytes:
    """Return a list as Excel saves it where a comma is a decimal mark."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    (sheet,) = office.sheets
    writer.writerows([office.written(cell) for cell in row.cells] for row in sheet.rows)
    return out.getvalue().encode("utf-8-sig")


def _xlsx(office: OfficeList) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in office.sheets:
        page = book.create_sheet(sheet.name)
        page.sheet_state = "hidden" if sheet.hidden else "visible"
        _fill(page, office, sheet)
    return saved(book)


def _fill(page: Worksheet, office: OfficeList, sheet: Sheet) -> None:
    for row in sheet.rows:
        page.row_dimensions[row.number].hidden = row.hidden
        for column, text in enumerate(row.cells, start=1):
            if text in ("", LEFT, ABOVE):
                continue
            cell = page.cell(row.number, column, office.written(text))
            if cell.is_date:
                cell.number_format = "dd/mm/yyyy"
            small, capitals = FONTS.get(office.encoding, ("Times New Roman",) * 2)
            font = capitals if text.isupper() else small
            cell.font = Font(name=font, size=12, bold=not row.mark)
            cell.alignment = Alignment(wrap_text=True, vertical="center")
    for top, left, bottom, right in merged(sheet.rows):
        page.merge_cells(start_row=top, start_column=left, end_row=bottom, end_column=right)


def saved(book: Workbook, parts: Mapping[str, bytes | None] | None = None) -> bytes:
    """Return the bytes of a workbook, the same each time.

    `parts` take the place of those with the same names in the archive; None takes one out.
    """
    plain = io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as archive:
        contents: dict[str, bytes | None] = {n: archive.read(n) for n in archive.namelist()}
    now = rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*"
    core = contents["docProps/core.xml"] or b""
    contents["docProps/core.xml"] = re.sub(now, rb"\g<1>2026-11-01T08:00:00Z", core)
    return zipped(contents | dict(parts or {}))


def zipped(contents: Mapping[str, bytes | None]) -> bytes:
    """Return an archive whose members were all written at one moment."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in contents.items():
            if content is not None:
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 6)
    return out.getvalue()


def digest(name: str) -> str:
    """Return the digest of a list's text, by which a file that was made from it is known."""
    return hashlib.sha256(sources()[name].encode()).hexdigest()
