"""Long texts in the answers of hosts: 60,000 entries are 40 MB, and 2 MB compressed."""

from __future__ import annotations

import base64
import gzip
import zlib
from typing import Self

_LARGEST = 512 << 20
"""Bytes that a text may have: ten times what 60,000 entries are."""


class Packed(str):
    """A text that is compressed, in ASCII; empty if there is none."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Return it; raise `ValueError` if it cannot be unpacked."""
        unpacked(text)
        return super().__new__(cls, text)


def packed(text: str) -> Packed:
    """Return a text compressed."""
    raw = gzip.compress(text.encode("utf-8", "surrogateescape"), 1, mtime=0)
    return str.__new__(Packed, base64.b64encode(raw).decode())


def unpacked(text: str) -> str:
    """Return the text that was packed; raise `ValueError` if there is none, or more than any has.

    So much is never made of it.
    """
    packer = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # gzip
    try:
        raw = packer.decompress(base64.b64decode(text), _LARGEST)
    except zlib.error as error:
        raise ValueError("not compressed") from error
    if text and not packer.eof:
        raise ValueError("cut short, or larger than any")
    return raw.decode("utf-8", "surrogateescape")
