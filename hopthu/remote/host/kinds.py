"""Values that hosts say of themselves, and what each can be: anything else is refused."""

from __future__ import annotations

import re
from datetime import date
from typing import Self

_LATEST = 4_102_444_800
"""Seconds since 1970 at the end of the century: a calendar has room for them."""
_MOST = 1 << 63
"""No file has as many bytes."""
_MAILBOX = re.compile("(people|units)/[a-z][a-z0-9_-]*")
_HEAD = re.compile("[0-9a-f]{64} [0-9A-Za-z-]+")
_DIGEST = re.compile("[0-9a-f]{64}")


class Moment(float):
    """A moment of this century, in seconds since 1970."""

    __slots__ = ()

    def __new__(cls, seconds: float) -> Self:
        """Return it; raise `ValueError` for another."""
        if not 0 <= seconds <= _LATEST:
            raise ValueError("not a moment of this century")
        return super().__new__(cls, seconds)


class Count(int):
    """How many there are of something, such as bytes."""

    __slots__ = ()

    def __new__(cls, number: int) -> Self:
        """Return it; raise `ValueError` for what nothing has."""
        if not 0 <= number < _MOST:
            raise ValueError("more or less than there can be")
        return super().__new__(cls, number)


class Digest(str):
    """A SHA-256, in hexadecimal digits."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Return it; raise `ValueError` for another text."""
        if not _DIGEST.fullmatch(text):
            raise ValueError("not a digest")
        return super().__new__(cls, text)


class Day(str):
    """A day, as ISO 8601 writes it."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Return it; raise `ValueError` for another text."""
        if date.fromisoformat(text).isoformat() != text:
            raise ValueError("not a day")
        return super().__new__(cls, text)


class Mailbox(str):
    """The folder of a mailbox below those of all."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Return it; raise `ValueError` for another text."""
        if not _MAILBOX.fullmatch(text):
            raise ValueError("not a mailbox")
        return super().__new__(cls, text)


class Head(str):
    """The digest of a line of the journal, and its run."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Return it; raise `ValueError` for another text."""
        if not _HEAD.fullmatch(text):
            raise ValueError("not a line of the journal")
        return super().__new__(cls, text)
