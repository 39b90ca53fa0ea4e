"""A dictionary as cracklib reads it (packlib.c): words, an index of them, and marks by first byte.

Made here, because the tool that makes one brings a dictionary of English along, and a service that
makes another every day.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from itertools import pairwise

_MAGIC = 0x70775631
_BLOCK = 16
_LONGEST = 31

_SIGNS = ("", "a", "i", "ai")
"""Letters for which people write a sign (`@`, `!`), which cracklib takes out; digits it knows."""
_SHORTEST = 5
_ENDINGS = ("", "1", "12", "123", "1234", "12345", "123456", *map(str, range(1960, 2036)))
"""What people write behind a word; cracklib takes off three characters, and a year has four."""


def spellings(words: Iterable[str]) -> list[str]:
    """Return the words as people spell them who are asked for digits and signs, sorted by bytes.

    With signs taken out, `M@tkh@u2026` is `mtkhu2026`. Those that are too long for a dictionary, as
    of a long domain, are left out.
    """
    found: set[str] = set()
    for word in words:
        for signs in _SIGNS:
            left = "".join(letter for letter in word if letter not in signs)
            if left == word or len(left) >= _SHORTEST:
                found.update(left + ending for ending in _ENDINGS)
    fitting = (each for each in found if len(each.encode()) <= _LONGEST)
    return sorted(fitting, key=str.encode)


def packed(words: Iterable[str]) -> Mapping[str, bytes]:
    """Return the files of a dictionary by suffix; `words` are sorted by their bytes.

    Raises `ValueError` for a word that is too long to be found.
    """
    raw = [word.encode() for word in words]
    if long := [word for word in raw if len(word) > _LONGEST]:
        raise ValueError(f"longer than {_LONGEST} bytes: {long}")
    blocks = [raw[at : at + _BLOCK] for at in range(0, len(raw), _BLOCK)]
    text, places = b"", []
    for block in blocks:
        places.append(len(text))
        text += _block(block)
    marks = [0] * 256
    for number, word in enumerate(raw):
        marks[word[0]] = number
    for byte in range(1, 256):
        marks[byte] = marks[byte] or marks[byte - 1]
    # The byte order is that of the host: Debian on amd64 and arm64 is little-endian.
    head = struct.pack("<IIHH", _MAGIC, len(raw), _BLOCK, 0)
    return {
        ".pwd": text,
        ".pwi": head + struct.pack(f"<{len(places)}I", *places),
        ".hwm": struct.pack("<256I", *marks),
    }


def _block(words: list[bytes]) -> bytes:
    """Return sixteen words: of each but the first how much it shares with the one before."""
    text = words[0] + b"\0"
    for before, word in pairwise(words):
        shared = next(
            (at for at, (a, b) in enumerate(zip(before, word, strict=False)) if a != b),
            min(len(before), len(word)),
        )
        text += bytes([shared]) + word[shared:] + b"\0"
    return text + b"\0" * (_BLOCK - len(words))
