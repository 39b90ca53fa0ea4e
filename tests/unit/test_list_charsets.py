"""Texts of lists typed before Unicode: converted by their header, or refused."""

import subprocess
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopthu.i18n.vietnamese import same
from hopthu.personnel.charsets import (
    _TCVN3,
    _VNI,
    in_unicode,
    tcvn3,
    vni,
)
from hopthu.personnel.table import Row

HEADER = ("Họ và tên", "Chức vụ", "Đơn vị")
TEXTS = (
    "Nguyễn Văn Hưởng", "Trần Thị Hoà", "Lê Quý Thành",
    "Vũ Đức Dũng", "Phạm Hồng Tú", "Giàng A Páo", "Đỗ Thị Tuyết", "Bùi Khắc Biên", "Phó Giám đốc",
    "Chuyên viên", "Sở Nông nghiệp và Môi trường", "Ủy ban nhân dân phường", "Hiệu trưởng",
)  # fmt: skip
LETTERS = (
    "aăâbcdđeêghiklmnoôơpqrstuưvxyàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"
)


def in_tcvn3(text: str) -> str:
    """Return a text as a list typed with a font such as .VnTime has it."""
    codes = {letter: chr(code) for code, letter in _TCVN3.items()}
    return "".join(codes.get(letter, codes.get(letter.lower(), letter)) for letter in text)


def in_vni(text: str) -> str:
    """Return a text as a list typed with a font such as VNI-Times has it."""
    codes = {letter: code for code, letter in _VNI.items() if code in (code.upper(), code.lower())}
    return "".join(codes.get(letter, letter) for letter in text)


SETS: dict[str, Callable[[str], str]] = {
    "TCVN3": in_tcvn3,
    "VNI": in_vni,
}


def read(*texts: str) -> list[str] | None:
    """Return the texts of a sheet below its header, of one row each."""
    header, rest = texts[: len(HEADER)], texts[len(HEADER) :]
    rows = [Row(1, header), *(Row(n, (text,)) for n, text in enumerate(rest, start=2))]
    found = in_unicode(rows)
    return None if found is None else [str(cell) for row in found for cell in row.cells]


@pytest.mark.parametrize("charset", SETS)
def test_a_list_is_recognised_by_its_header_and_converted(charset: str) -> None:
    """All of it, as it was meant."""
    found = read(*map(SETS[charset], (*HEADER, *TEXTS)))
    assert found is not None
    if charset == "TCVN3":  # whose capitals with tones are those of the font
        assert [text.lower() for text in (*HEADER, *TEXTS)] == [text.lower() for text in found]
    else:
        assert [*HEADER, *TEXTS] == found


def test_what_well_known_texts_say() -> None:
    """As the fonts of each set show them: not only what the tables here make of themselves."""
    assert "Cộng hoà xã hội chủ nghĩa Việt Nam" == tcvn3("Céng hoµ x· héi chñ nghÜa ViÖt Nam")
    assert "Cộng hòa xã hội chủ nghĩa Việt Nam" == vni("Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam")
    assert "Độc lập - Tự do - Hạnh phúc" == vni("Ñoäc laäp - Töï do - Haïnh phuùc")
    assert "§éc lËp" not in tcvn3("§éc lËp")
    assert "Độc lập - Tự do - Hạnh phúc" == tcvn3("§éc lËp - Tù do - H¹nh phóc")


def test_the_table_is_that_of_the_standard() -> None:
    """The C library has TCVN 5712:1993, of which TCVN3 is the part above 0xA0."""
    for code, letter in _TCVN3.items():
        done = subprocess.run(
            ["iconv", "-f", "TCVN", "-t", "UTF-8"],
            input=bytes((code, 0x20)), capture_output=True, check=True,
        )  # fmt: skip
        assert letter == done.stdout.decode().strip(), hex(code)


@given(st.text(alphabet=LETTERS, max_size=20))
def test_small_letters_come_back(text: str) -> None:
    """Each one has its code, in each of the sets."""
    assert text == tcvn3(in_tcvn3(text))


@pytest.mark.parametrize("letter", sorted({v for v in _VNI.values() if v not in "aeo"}))
def test_each_letter_of_vni_comes_back(letter: str) -> None:
    """In both cases."""
    assert letter == vni(in_vni(letter))


def test_capitals_of_tcvn3_follow_the_letters_beside_them() -> None:
    """A font of capitals shows small letters with tones as capitals."""
    assert "NGUYỄN VĂN TÀI" == tcvn3("NGUYÔN V¡N TµI")
    assert "Nguyễn Ánh" == tcvn3("NguyÔn ¸nh").replace("ánh", "Ánh")


@pytest.mark.parametrize(
    "texts",
    [
        (*HEADER, *TEXTS),
        ("Ho va ten", "Chuc vu", "Don vi", "Nguyen Van An", "Le Thi Ba"),
        (*HEADER, "H'Hen Niê", "Y Krŏng Êban", "Kpă Thìn", "K'Brêu"),
        (*HEADER, "Vò Thị Mỡ"),
        (*HEADER, "Lª ThÞ Hoa", "Traàn Vaên"),
        ("Tªn", "Hä", "xyzé", "ÿþ", "ÐÏà¡±á", "Ã¡Ã©Ã­"),
    ],
    ids=["Vietnamese", "without marks", "highland", "a single name", "pasted", "no header"],
)
def test_what_has_no_header_in_another_set_is_left_as_it_is(texts: tuple[str, ...]) -> None:
    """Nothing is converted that needs none; what was pasted in is for a person to see."""
    assert list(map(same, texts)) == read(*texts)
    assert list(map(same, texts)) == read(*(unicodedata.normalize("NFD", text) for text in texts))


@pytest.mark.parametrize("charset", SETS)
def test_a_list_that_is_half_in_unicode_is_refused(charset: str) -> None:
    """Its parts are in different sets: whoever typed it has to convert it."""
    assert read(*map(SETS[charset], HEADER), *TEXTS) is None
