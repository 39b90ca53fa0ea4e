"""Texts of lists typed before Unicode: recognised by their words, converted, or refused."""

import subprocess
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopthu.personnel.charsets import (
    _TCVN3,
    _VNI,
    CHARSETS,
    charset_of,
    is_syllable,
    tcvn3,
    vni,
    windows_1258,
)

TEXTS = (
    "Họ và tên", "Chức vụ", "Đơn vị", "Nguyễn Văn Hưởng", "Trần Thị Hoà", "Lê Quý Thành",
    "Vũ Đức Dũng", "Phạm Hồng Tú", "Giàng A Páo", "Đỗ Thị Tuyết", "Bùi Khắc Biên", "Phó Giám đốc",
    "Chuyên viên", "Sở Nông nghiệp và Môi trường", "Ủy ban nhân dân phường", "Hiệu trưởng",
)  # fmt: skip
TONES = "\u0300\u0301\u0303\u0309\u0323"
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


def in_windows_1258(text: str) -> str:
    """Return the bytes of a text, taken for Western ones."""
    made = b""
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        base = unicodedata.normalize("NFC", "".join(p for p in parts if p not in TONES))
        made += (base + "".join(p for p in parts if p in TONES)).encode("cp1258")
    return made.decode("latin-1")


SETS: dict[str, Callable[[str], str]] = {
    "TCVN3": in_tcvn3,
    "VNI": in_vni,
    "Windows-1258": in_windows_1258,
}


@pytest.mark.parametrize("charset", SETS)
def test_a_list_is_recognised_and_converted(charset: str) -> None:
    """All of it, as it was meant."""
    typed = [SETS[charset](text) for text in TEXTS]
    assert charset == charset_of(typed)
    read = [CHARSETS[charset](text) for text in typed]
    if charset == "TCVN3":  # whose capitals with tones are those of the font
        assert [text.lower() for text in TEXTS] == [text.lower() for text in read]
    else:
        assert list(TEXTS) == read


def test_what_well_known_texts_say() -> None:
    """As the fonts of each set show them: not only what the tables here make of themselves."""
    assert "Cộng hoà xã hội chủ nghĩa Việt Nam" == tcvn3("Céng hoµ x· héi chñ nghÜa ViÖt Nam")
    assert "Cộng hòa xã hội chủ nghĩa Việt Nam" == vni("Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam")
    assert "Độc lập - Tự do - Hạnh phúc" == vni("Ñoäc laäp - Töï do - Haïnh phuùc")
    assert "§éc lËp" not in tcvn3("§éc lËp")
    assert "Độc lập - Tự do - Hạnh phúc" == tcvn3("§éc lËp - Tù do - H¹nh phóc")
    assert "Việt" == windows_1258("Vi\xea\xf2t")


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
    assert text == windows_1258(in_windows_1258(text))


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
        TEXTS,
        [unicodedata.normalize("NFD", text) for text in TEXTS],
        ["Nguyen Van An", "Le Thi Ba"],
        [],
        ["H'Hen Niê", "Y Krŏng Êban", "Kpă Thìn", "K'Brêu"],
        ["Vò Thị Mỡ"],
    ],
    ids=["Vietnamese", "decomposed", "without marks", "nothing", "highland", "a single name"],
)
def test_unicode_is_left_as_it_is(texts: list[str]) -> None:
    """Nothing is converted that needs none."""
    assert "" == charset_of(texts)


@pytest.mark.parametrize(
    "texts",
    [
        [*map(in_tcvn3, TEXTS), *map(in_vni, TEXTS)],
        [*map(in_tcvn3, TEXTS), *TEXTS],
        ["Tªn", "Hä", "xyzé", "ÿþ"],
        ["ÐÏà¡±á", "Ã¡Ã©Ã­"],
    ],
    ids=["two sets", "half in Unicode", "no words", "broken"],
)
def test_what_cannot_be_told_is_not_guessed(texts: list[str]) -> None:
    """A list of which parts are in different sets is for whoever typed it to convert."""
    assert charset_of(texts) is None


@pytest.mark.parametrize(
    "word", ["nghiêng", "Thuỷ", "Thủy", "QUYỀN", "giếng", "khuỷu", "yến", "oai"]
)
def test_words_have_the_form_of_words(word: str) -> None:
    """Of any length, in three cases."""
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["NguyÔn", "Trµn", "ấạ", "thh", "", "strong", "nguyênê"])
def test_others_have_not(word: str) -> None:
    """Capitals inside, two tones, letters that stand together nowhere."""
    assert not is_syllable(word)
