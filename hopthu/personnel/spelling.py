"""Vietnamese text of lists, compared with its marks."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from hopthu.i18n.vietnamese import same

_WORDS = re.compile(r"\w+")
_TONES = "\u0300\u0301\u0303\u0309\u0323"


@lru_cache(maxsize=2**16)  # many people share few units
def strict(written: str) -> str:
    """Return the words of a text with their marks, in small letters: `hoà` and `hòa` are alike."""
    return "".join(
        f"{base}{tone}" for word in _WORDS.findall(same(written)) for base, tone in (_parted(word),)
    )


def _parted(word: str) -> tuple[str, str]:
    """Return a word without its tone, and the tone."""
    marked = unicodedata.normalize("NFD", word.lower())
    tone = "".join(sign for sign in marked if sign in _TONES)
    bare = "".join(sign for sign in marked if sign not in _TONES)
    return unicodedata.normalize("NFC", bare), tone
