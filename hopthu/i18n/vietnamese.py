"""Vietnamese text: folding for addresses and comparisons, and the order of names.

Never compare raw strings: macOS writes NFD, the source of the regulation writes `QÐ` with an
Icelandic Eth, and `hoà`/`hòa` are one word.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Vietnamese, then what Ê Đê, Gia Rai, Ba Na, Cơ Ho and M'Nông write besides. A breve on a letter
# that has a mark already is a character of its own, also in NFC: ê̆, ơ̆.
LETTERS = "A-Za-zÀ-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯư\u1ea0-\u1ef9ÑñČčĔĕĬĭŎŏŬŭɃƀ"
"""The letters of names, as a class of a regular expression."""
BREVE = "\u0306"
"""What may follow a letter of names."""
APOSTROPHES = "'’\u02bc"
"""What names such as H'Hen and K'Brêu are written with; U+02BC is Unicode's own for it."""
# Letters that look like Đ but are not: Icelandic Eth and African D, in both cases.
_LOOKALIKES = str.maketrans("ÐƉðɖ", "ĐĐđđ")
_WITH_STROKE = str.maketrans("ĐđɃƀ", "DdBb")
_PLAIN_APOSTROPHE = str.maketrans(dict.fromkeys(APOSTROPHES, "'"))
_WITH_MARKS = re.compile("LATIN (SMALL|CAPITAL) LETTER ([A-Z])( WITH .*)?\\Z")
_KEPT = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_NOT_KEPT = re.compile("[^a-z0-9]+")

_ALPHABET = (
    "a", "ă", "â", "b", "c", "d", "đ", "e", "ê", "f", "g", "h", "i", "j", "k", "l", "m", "n",
    "o", "ô", "ơ", "p", "q", "r", "s", "t", "u", "ư", "v", "w", "x", "y", "z",
)  # fmt: skip
_RANK = {letter: rank for rank, letter in enumerate(_ALPHABET, start=1)}
# Huyền, hỏi, ngã, sắc, nặng: the order dictionaries use; no mark at all comes first.
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
# The ends of words, decomposed, whose tone may stand on either of two letters: hòa or hoà, hòe or
# hoè, thủy or thuỷ. In quý the u belongs to the consonant.
_TONE = f"[{''.join(_TONES)}]"
_EITHER = re.compile(
    rf"(o(?=.?[ae])|(?<!q)u(?=.?y))({_TONE}?)([aey])({_TONE}?)(?![\w\u0300-\u036f])", re.IGNORECASE
)

Spelling = tuple[tuple[tuple[int, ...], int], ...]


def same(text: str) -> str:
    """Return `text` in NFC with the look-alikes of Đ put right: one spelling of each letter."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text).translate(_LOOKALIKES)


def length(text: str) -> int:
    """Return how many characters `text` has, a letter and the marks on it counted as one."""
    return len(text) if text.isascii() else len(unicodedata.normalize("NFC", text))


@lru_cache(maxsize=2**17)
def fold(text: str) -> str:
    """Return the letters a-z and digits `text` is compared and addressed by.

    >>> fold("Phường Đông Tiến")
    'phuongdongtien'
    """
    if text.isascii():
        return _NOT_KEPT.sub("", text.lower())
    decomposed = unicodedata.normalize("NFD", same(text).translate(_WITH_STROKE))
    return "".join(c for c in decomposed.lower() if c in _KEPT)


def unmarked(text: str) -> str:
    """Return `text` with A to Z in place of letters that are these with marks, of any language.

    What only looks like one of them stays as it is, such as a Cyrillic letter.

    >>> unmarked("Dağ Øyvind")
    'Dag Oyvind'
    """
    return "".join(map(_without_marks, same(text)))


@lru_cache(maxsize=2**10)
def _without_marks(char: str) -> str:
    found = _WITH_MARKS.match(unicodedata.name(char, ""))
    return (found[2].lower() if found[1] == "SMALL" else found[2]) if found else char


@lru_cache(maxsize=2**17)
def search_forms(text: str) -> tuple[str, ...]:
    """Return how `text` may be typed by those who look for it: without marks, other spellings.

    >>> search_forms("Lê Thị Hoà")
    ('Le Thi Hoa', 'Lê Thị Hòa')
    """
    if text.isascii():
        return ()
    known, *forms = map(" ".join, zip(*map(_forms, text.split(" ")), strict=True))
    return tuple(form for form in dict.fromkeys(forms) if form != known)


@lru_cache(maxsize=2**14)  # many people share few words in their names
def _forms(word: str) -> tuple[str, str, str, str]:
    """Return a word, without marks, and with its tone on the one or the other letter."""
    known = same(word)
    decomposed = unicodedata.normalize("NFD", known)
    unmarked = unicodedata.normalize("NFD", known.translate(_WITH_STROKE))
    return (
        known,
        "".join(c for c in unmarked if not unicodedata.combining(c)).translate(_PLAIN_APOSTROPHE),
        unicodedata.normalize("NFC", _EITHER.sub(r"\1\2\4\3", decomposed)),
        unicodedata.normalize("NFC", _EITHER.sub(r"\1\3\2\4", decomposed)),
    )


@lru_cache(maxsize=2**12)
def spelling(text: str) -> Spelling:
    """Return what all ways to write a name share: `hoà` and `hòa` are one word, as are capitals.

    >>> spelling("Uỷ ban") == spelling("ủy ban")
    True
    """
    return tuple(_word_key(word) for word in same(text).split())


def words(name: str) -> list[str]:
    """Return the words of a name that have at least one letter or digit to fold to."""
    return [word for word in same(name).split() if fold(word)]


def sort_key(name: str) -> tuple[Spelling, str]:
    """Return the key that sorts people as Vietnamese lists do: given name, family name, rest.

    Letters decide first and tones second within each word; where both are equal the text itself
    does, so the order is total.
    """
    parts = same(name).split()
    ordered = [parts[-1], *parts[:-1]] if parts else []
    return tuple(_word_key(word) for word in ordered), same(name)


@lru_cache(maxsize=2**14)  # many people share few words in their names
def _word_key(word: str) -> tuple[tuple[int, ...], int]:
    tone = 0
    letters: list[str] = []
    for char in unicodedata.normalize("NFD", word.lower()):
        if char in _TONES:
            tone = _TONES[char]
        elif unicodedata.combining(char) and letters:
            # Breve, circumflex and horn make a letter of its own; tones are only marks on one.
            letters[-1] = unicodedata.normalize("NFC", letters[-1] + char)
        else:
            letters.append(char)
    return tuple(_RANK.get(letter, 1000 + ord(letter[0])) for letter in letters), tone
