"""Values as YAML text, laid out as in the shipped data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeAlias

from hopthu.model.document_numbers import parsed
from hopthu.source.scalar import scalar

Plain: TypeAlias = "str | bool | date | Sequence[Plain] | Mapping[str, Plain] | None"

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_SIZE = re.compile(r"[1-9][0-9]* [KMGT]iB\Z")
_WORD = re.compile(r"[a-z]+(_[a-z]+)+\Z")
"""A word of the data's own, such as civil_servant."""


def flow(value: Plain) -> str:
    """Return a value on one line, as in `{unit: so-y-te, from: 2026-12-01}`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if value is None:
        return "null"
    if isinstance(value, str):
        # The number of a document, or a size, has more than digits: it is text in YAML too.
        plain = any(form.match(value) for form in (_DAY, _SIZE, _WORD)) or parsed(value)
        return value if plain else scalar(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(each)}" for key, each in value.items()) + "}"
    return "[" + ", ".join(map(flow, value)) + "]"


def field(key: str, value: Plain, column: int) -> str:
    """Return the lines of a field that begins at `column`: rows of a list have a line each."""
    pad = " " * column
    if _are_rows(value):
        rows = "".join(f"{pad}  - {flow(each)}\n" for each in value)  # type: ignore[union-attr]
        return f"{pad}{key}:\n{rows}"
    if isinstance(value, Mapping) and any(map(_are_rows, value.values())):
        fields = "".join(field(name, each, column + 2) for name, each in value.items())
        return f"{pad}{key}:\n{fields}"
    return f"{pad}{key}: {flow(value)}\n"


def record(value: Mapping[str, Plain]) -> str:
    """Return the lines of a record, a field on each."""
    return "- " + "".join(field(key, each, 2) for key, each in value.items())[2:]


def record_line(value: Mapping[str, Plain]) -> str:
    """Return a record on one line, as documents are."""
    return f"- {flow(value)}\n"


def _are_rows(value: Plain) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and any(isinstance(each, Mapping) for each in value)
    )
