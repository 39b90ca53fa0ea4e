"""Texts typed before Unicode: TCVN3 (ABC) and VNI, converted by their header.

Their files are bytes of which each program believed that they are Western; in a workbook the
Western letters themselves are stored. A sheet is in the set in which a row of it is a header.

TCVN3 is the 8-bit set of TCVN 5712:1993 that fonts such as .VnTime show, where capitals with tones
are the small letters in a font of capitals. VNI writes a letter and its tone as two characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from hopthu.i18n.vietnamese import same
from hopthu.personnel.header import HEADER_WITHIN, columns_of
from hopthu.personnel.table import Row

_LETTERS = "áàảãạăắằẳẵặâấầẩẫậéèẻẽẹêếềểễệíìỉĩịóòỏõọôốồổỗộơớờởỡợúùủũụưứừửữựýỳỷỹỵđ"  # codespell:ignore
_TCVN3_CODES = "¸µ¶·¹¨¾»¼½Æ©ÊÇÈÉËÐÌÎÏÑªÕÒÓÔÖÝ×ØÜÞãßáâä«èåæçé¬íêëìîóïñòô\xadøõö÷ùýúûüþ®"
_VNI_CODES = (
    "aù aø aû aõ aï aê aé aè aú aü aë aâ aá aà aå aã aä eù eø eû eõ eï eâ eá eà eå eã eä í ì æ ó ò "
    "où oø oû oõ oï oâ oá oà oå oã oä ô ôù ôø ôû ôõ ôï uù uø uû uõ uï ö öù öø öû öõ öï "
    "yù yø yû yõ î ñ"
)
"""What Western programs show of each of the letters."""
_TCVN3 = dict(zip(map(ord, _TCVN3_CODES + "¡¢£¤¥¦§"), _LETTERS + "ĂÂÊÔƠƯĐ", strict=True))
_VNI = {
    form: letter
    for code, small in zip(_VNI_CODES.split(), _LETTERS, strict=True)
    for form, letter in (
        (code, small), (code.upper(), small.upper()), (code.capitalize(), small.upper())
    )
}  # fmt: skip
_VNI_PATTERN = re.compile("|".join(sorted(map(re.escape, _VNI), key=len, reverse=True)))


def tcvn3(text: str) -> str:
    """Return what a text in TCVN3 says; in capitals, if all its letters without tones are."""
    known = [letter for letter in text if letter.isascii() and letter.isalpha()]
    capitals = len(known) > 1 and all(letter.isupper() for letter in known)
    return text.translate(_TCVN3).upper() if capitals else text.translate(_TCVN3)


def vni(text: str) -> str:
    """Return what a text in VNI says."""
    return _VNI_PATTERN.sub(lambda found: _VNI[found[0]], text)


def in_unicode(rows: Sequence[Row]) -> Sequence[Row] | None:
    """Return rows with texts in Unicode, from the set in which one of them reads as a header.

    None means that some of the texts are in Unicode already, though the header is not.
    """
    converts: Sequence[Callable[[str], str]] = (str, tcvn3, vni)
    first = rows[:HEADER_WITHIN]
    reads = (each for each in converts if columns_of([_converted(row, each) for row in first]))
    convert = next(reads, str)
    letters = (letter for row in rows for cell in row.cells for letter in cell)
    if convert is not str and any(each > "\xff" and each.isalpha() for each in letters):
        return None
    return [_converted(row, convert) for row in rows]


def _converted(row: Row, convert: Callable[[str], str]) -> Row:
    return Row(row.number, tuple(same(convert(cell)) for cell in row.cells))
