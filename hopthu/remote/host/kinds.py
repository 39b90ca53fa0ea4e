"""Values that hosts say of themselves, and what each can be: anything else is refused."""

from __future__ import annotations

import re
from datetime import date
from typing import ClassVar, Self

_LATEST = 4_102_444_800
"""Seconds since 1970 at the end of the century: a calendar has room for them."""
_MOST = 1 << 63
"""No file has as many bytes."""


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


class Day(str):
    """A day, as ISO 8601 writes it."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Return it; raise `ValueError` for another text."""
        if date.fromisoformat(text).isoformat() != text:
            raise ValueError("not a day")
        return super().__new__(cls, text)


class _Text(str):
    """Text of one form."""

    __slots__ = ()
    form: ClassVar[re.Pattern[str]]

    def __new__(cls, text: str) -> Self:
        """Return it; raise `ValueError` for another text."""
        if not cls.form.fullmatch(text):
            raise ValueError(f"not a {cls.__name__}")
        return super().__new__(cls, text)


class Digest(_Text):
    """A SHA-256, in hexadecimal digits."""

    __slots__ = ()
    form = re.compile("[0-9a-f]{64}")


class Mailbox(_Text):
    """The folder of a mailbox below those of all."""

    __slots__ = ()
    form = re.compile("(people|units)/[a-z][a-z0-9_-]*")


class Head(_Text):
    """The digest of a line of the journal, and its run."""

    __slots__ = ()
    form = re.compile("[0-9a-f]{64} [0-9A-Za-z-]+")
