"""The fields of valid records, as the types that frozen records declare for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from functools import cache, partial
from types import NoneType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from hopthu.i18n.vietnamese import same
from hopthu.schema.sizes import size
from hopthu.source.values import Map, Value

Made = TypeVar("Made")
_KEYS = {"start": "from"}
"""Keys that are no names in Python, by the fields that have their values."""
_ABSENT = {str: "", NoneType: None}


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
    return _text(value) if isinstance(value, str) else ""


def made(kind: type[Made], data: Map, **known: object) -> Made:
    """Return a record of a dataclass with the values of `data`, and those that are `known`.

    What is absent has its default, else it is None where the type allows that, or an empty text.
    """
    for name, key, make, otherwise in _fields(kind):  # type: ignore[arg-type]  # a type can be hashed
        if name not in known:
            value = data.get(key)
            if value is not None:
                known[name] = make(value)
            elif otherwise is not MISSING:
                known[name] = otherwise
    return kind(**known)


@cache
def _fields(kind: Any) -> tuple[tuple[str, str, Callable[[Any], Any], Any], ...]:
    """Return of each field its name, its key, what makes its value, and what it is if absent."""
    hints, found = get_type_hints(kind), []
    for each in fields(kind):
        hint = hints[each.name]
        needed = each.default is MISSING and each.default_factory is MISSING
        empty = (_ABSENT[one] for one in (NoneType, str) if one in (*get_args(hint), hint))
        otherwise = next(empty, MISSING) if needed else MISSING
        found.append((each.name, _KEYS.get(each.name, each.name), maker(hint), otherwise))
    return tuple(found)


@cache
def maker(hint: Any) -> Callable[[Any], Any]:
    """Return what makes of a value of a record what its field is declared to be."""
    if isinstance(hint, type) and is_dataclass(hint):
        return partial(made, hint)
    inner, origin = get_args(hint), get_origin(hint)
    if origin is tuple:
        each = maker(inner[0])
        return lambda value: tuple(map(each, value))
    if origin is Mapping:
        of_key = maker(inner[1])
        return lambda value: {key: of_key(each) for key, each in value.items()}
    if NoneType in inner:
        some = maker(next(one for one in inner if one is not NoneType))
        return lambda value: None if value is None else some(value)
    return {date: date.fromisoformat, int: _number}.get(hint, _text)


def _number(value: int | str) -> int:
    return size(value) if isinstance(value, str) else value


def _text(value: Any) -> Any:
    return value if not isinstance(value, str) or value.isascii() else same(value)
