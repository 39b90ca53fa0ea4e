"""Several messages joined into one that can still be translated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hopthu.i18n.message import Message


def joined(parts: Iterable[str], separator: str = "; ") -> Message:
    """Return `parts` with `separator` between them; each part keeps its own translation.

    Raises `ValueError` if there are no parts.
    """
    first, *rest = parts
    if not rest:
        return Message("{text}", text=first)
    # Half by half: a chain of thousands would be too deep to be translated.
    middle = len(rest) // 2
    halves = ([first, *rest[:middle]], rest[middle:])
    one, other = (joined(half, separator) for half in halves)
    return Message("{first}{separator}{second}", first=one, separator=separator, second=other)


def some(items: Sequence[str], shown: int) -> Message:
    """Return the first `shown` of `items` separated by commas, and how many more there are."""
    listed = joined(items[:shown], ", ") if items[:shown] else ""
    if len(items) <= shown:
        return Message("{text}", text=listed)
    return Message("{listed} and {number} more", listed=listed, number=len(items) - shown)


def some_lines(lines: Sequence[str], shown: int, separator: str = "\n") -> Message:
    """Return the first `shown` of `lines`, one below the other, and how many more there are.

    Raises `ValueError` if there are none.
    """
    more = [Message("and {number} more", number=len(lines) - shown)] if len(lines) > shown else []
    return joined([*lines[:shown], *more], separator)
