"""Texts typed before Unicode: TCVN3 (ABC), VNI and Windows-1258, recognised and converted.

Their files are bytes of which each program believed that they are Western; in a workbook the
Western letters themselves are stored. What was meant shows only in the words: those of Vietnamese
have a form, and hardly any is still one in a character set it was not written in. Where that does
not decide, nothing is guessed.

TCVN3 is the 8-bit set of TCVN 5712:1993 that fonts such as .VnTime show, where capitals with tones
are the small letters in a font of capitals. VNI writes a letter and its tone as two characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

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
_BETWEEN_WORDS = re.compile(r"[\s\d.,;:()/\"'+_=&-]+")
_ONSET = "(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnpqrstvx])?"
_NUCLEUS = (
    "(?:uyê|uya|uyu|uây|uôi|oai|oay|oao|oeo|ươi|ươu|iêu|yêu|"
    "ai|ao|au|ay|âu|ây|eo|êu|ia|iê|iu|oa|oă|oe|oi|oo|ôi|ơi|ua|uâ|uê|ui|uô|uơ|uy|ươ|ưa|ưi|ưu|yê|"
    "[aăâeêioôơuưy])"
)
_SYLLABLE = re.compile(f"{_ONSET}{_NUCLEUS}(?:ch|ng|nh|[cmnpt])?\\Z")
_TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0303\u0309\u0323"))
_SURE, _DOUBTFUL = 0.9, 0.6
"""The least share of words a set must explain, and the most that any other may."""


def tcvn3(text: str) -> str:
    """Return what a text in TCVN3 says; in capitals, if all its letters without tones are."""
    known = [letter for letter in text if letter.isascii() and letter.isalpha()]
    capitals = len(known) > 1 and all(letter.isupper() for letter in known)
    return text.translate(_TCVN3).upper() if capitals else text.translate(_TCVN3)


def vni(text: str) -> str:
    """Return what a text in VNI says."""
    return _VNI_PATTERN.sub(lambda found: _VNI[found[0]], text)


def windows_1258(text: str) -> str:
    """Return what bytes of Windows-1258 say that were taken for Western ones."""
    raw = text.encode("latin-1", "replace")
    return unicodedata.normalize("NFC", raw.decode("cp1258", "replace"))


CHARSETS: Mapping[str, Callable[[str], str]] = {
    "TCVN3": tcvn3,
    "VNI": vni,
    "Windows-1258": windows_1258,
}
"""What texts may be written in besides Unicode, and what makes Unicode of them."""


def charset_of(texts: Iterable[str]) -> str | None:
    """Return the character set of the texts of a list: of `CHARSETS`, or "" for Unicode.

    None means that it cannot be told, as of a list whose parts are in different ones.
    """
    words = Counter(
        word
        for text in texts
        for word in _BETWEEN_WORDS.split(unicodedata.normalize("NFC", text))
        if not word.isascii()
    )
    # A letter that no set of before has shows Unicode; the other words have to be looked at.
    doubtful = {word: number for word, number in words.items() if not _only_in_unicode(word)}
    certain = len(doubtful) < len(words)
    readings: Mapping[str, Callable[[str], str]] = {"": str, **CHARSETS}
    shares = {name: _share(doubtful, reading) for name, reading in readings.items()}
    best = "" if shares[""] >= _SURE else max(shares, key=lambda name: shares[name])
    if not best:
        return best if certain or shares[best] > _DOUBTFUL else None
    rival = max(_rivalry(doubtful, each, CHARSETS[best]) for each in readings.values())
    return best if not certain and shares[best] >= _SURE and rival <= _DOUBTFUL else None


def _share(words: Mapping[str, int], meaning: Callable[[str], str]) -> float:
    """Return the share of the words that have a form of Vietnamese once they are read so."""
    good = sum(number for word, number in words.items() if is_syllable(meaning(word)))
    return good / sum(words.values()) if words else 1.0


def _rivalry(
    words: Mapping[str, int], other: Callable[[str], str], best: Callable[[str], str]
) -> float:
    """Return the share of `other` among the words that it reads differently from `best`."""
    differing = {word: number for word, number in words.items() if other(word) != best(word)}
    return _share(differing, other) if differing else 0.0


def _only_in_unicode(word: str) -> bool:
    return any(letter > "\xff" and letter.isalpha() for letter in word)


@lru_cache(maxsize=2**14)
def is_syllable(word: str) -> bool:
    """Tell whether a word has the form of one of Vietnamese: letters, at most one tone, case."""
    word = unicodedata.normalize("NFC", word)
    if word not in (word.lower(), word.upper(), word.capitalize()):
        return False
    marked = unicodedata.normalize("NFD", word.lower())
    plain = unicodedata.normalize("NFC", marked.translate(_TONES))
    tones = sum(1 for sign in marked if ord(sign) in _TONES)
    return tones <= 1 and _SYLLABLE.match(plain) is not None
