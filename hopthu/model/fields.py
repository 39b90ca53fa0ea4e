"""The fields of valid records, as the types their schema asks for."""

from __future__ import annotations

from datetime import date
from typing import cast

from hopthu.i18n.vietnamese import same
from hopthu.source.values import Map, Value


def mapping(value: Value) -> Map:
    """Return a value known to be a mapping."""
    return cast("Map", value)


def listed(data: Map, key: str) -> list[Value]:
    """Return the list at `key`, or an empty list."""
    return cast("list[Value]", data.get(key) or [])


def text(data: Map, key: str) -> str:
    """Return the text at `key`, or an empty text.

    Letters are normalised: keyboards also produce NFD, or Eth in place of Đ.
    """
    value = data.get(key)
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else same(value)


def day(data: Map, key: str) -> date:
    """Return the date at `key`, which must be present."""
    return date.fromisoformat(cast("str", data[key]))
