"""The years that a mistyped one was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterator

_CENTURY = 20


def likely_years(written: str, near: str = "") -> Iterator[str]:
    """Yield years that one usual slip turns into the four digits `written`, likely ones first.

    Two digits changed places (2206), the century is wrong (0026, 1926), or, if the year `near` is
    given, one digit of it is (2036).
    """
    for place in range(3):
        pair = written[place : place + 2]
        swapped = f"{written[:place]}{pair[::-1]}{written[place + 2 :]}"
        if swapped.startswith(f"{_CENTURY}") and swapped != written:
            yield swapped
    if not written.startswith(f"{_CENTURY}"):
        yield f"{_CENTURY}{written[2:]}"
    if near and sum(a != b for a, b in zip(written, near, strict=True)) == 1:
        yield near
