"""Refuse a workbook that openpyxl would unfold without end, before openpyxl opens it.

A list comes from anywhere, so its file is hostile. openpyxl keeps a whole workbook in memory, with
an object for each cell of a merged range; so the parts of the file are counted first. A document
type, with which XML can grow without end, is refused.
"""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from typing import IO
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml import DefusedXmlException, sax
from openpyxl.utils import range_boundaries

from hopthu.diagnostics.problem import printable
from hopthu.i18n.message import Message
from hopthu.personnel.table import Unreadable

LARGEST_UNPACKED = 256 * 2**20
"""The most bytes a workbook may unpack to; 61,000 people of twelve columns are about 40 MiB."""
MOST_PARTS = 10_000
"""The most files within a workbook; a sheet has a handful."""
MOST_ELEMENTS = 6_000_000
"""The most elements of XML: 200,000 rows of twelve cells are 5.4 million, and 1.5 GiB in memory."""
MOST_UNFOLDED = 2_000_000
"""The most cells of merged ranges, and of ranges with a link or a comment: each is made."""

_UNFOLDED = ("mergeCell", "hyperlink", "comment")
# What zipfile raises of directories and contents that are broken, or packed in ways of other times.
_BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)
_LAST_ROW, _LAST_COLUMN = 2**20, 2**14
_ENCRYPTED = 0x1  # APPNOTE.TXT, 4.4.4: general purpose bit 0


def check_limits(raw: bytes) -> None:
    """Raise `Unreadable` if a file is no zip, too large, has a password or a document type."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            _check_directory(archive.infolist())
            counter = _Counter()
            for part in archive.infolist():
                with archive.open(part) as file:
                    _count(file, counter)
    except _BROKEN_ZIP as error:
        raise damaged(printable(str(error))) from error


def damaged(reason: str) -> Unreadable:
    """Return the error of a file that is no workbook, or a broken one."""
    return Unreadable(
        Message("not a workbook that can be read: {reason}", reason=reason),
        fix=Message("open it in a spreadsheet program and save it again as .xlsx"),
    )


def _check_directory(parts: list[zipfile.ZipInfo]) -> None:
    """Check what the zip says of its files; zipfile unpacks no more than that of any."""
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise Unreadable(
            Message("the workbook needs a password"),
            fix=Message("save it without one"),
        )
    if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        size = LARGEST_UNPACKED // 2**20
        raise _too_large(Message("the workbook unpacks to more than {size} MiB", size=size))
    if len(parts) > MOST_PARTS:
        number = MOST_PARTS
        raise _too_large(Message("the workbook has more than {number} files in it", number=number))


def _count(part: IO[bytes], counter: _Counter) -> None:
    try:
        sax.parse(part, counter, forbid_dtd=True)
    except DefusedXmlException as error:
        raise damaged(Message("it has a document type, which no workbook has")) from error
    except (SAXException, LookupError, ValueError):
        pass  # it is no XML, as pictures are none; or it is broken, and openpyxl will say so


class _Counter(ContentHandler):
    """Counts elements, and the cells of ranges, over all parts of a workbook."""

    def __init__(self) -> None:
        super().__init__()
        self._elements = self._cells = 0

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802  (its name)
        """Count an element, and the ranges of a list of them as elements each."""
        self._elements += 1
        if "sqref" in attrs:
            self._elements += attrs["sqref"].count(" ")
        if self._elements > MOST_ELEMENTS:
            number = MOST_ELEMENTS
            raise _too_large(Message("the workbook has more than {number} elements", number=number))
        if "ref" in attrs and name.rpartition(":")[2] in _UNFOLDED:
            self._cells += _area(attrs["ref"])
            if self._cells > MOST_UNFOLDED:
                raise damaged(Message("it merges too many cells"))


def _area(reference: str) -> int:
    """Return the number of cells of a range; whole rows and columns are without an end."""
    try:
        left, top, right, bottom = range_boundaries(reference)
    except ValueError:
        return 0  # openpyxl will say so
    columns = 1 + (right or _LAST_COLUMN) - (left or 1)
    return max(columns, 0) * max(1 + (bottom or _LAST_ROW) - (top or 1), 0)


def _too_large(message: Message) -> Unreadable:
    return Unreadable(
        message, fix=Message("save the list alone, without pictures and other sheets")
    )
