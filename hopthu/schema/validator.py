"""Validate a record against its schema: missing, unknown and wrong fields.

Cerberus finds the errors; `messages` describes them and how to fix them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from hopthu.diagnostics.problem import MAX_PER_RECORD, Problem
from hopthu.diagnostics.shape_rule import SHAPE
from hopthu.i18n.message import Message
from hopthu.schema import mistakes
from hopthu.schema.messages import explain
from hopthu.schema.registry import schema
from hopthu.source.records import Record


@cache
def _validator(kind: str) -> Any:  # Cerberus has no types
    from hopthu.schema.shape import Shape  # noqa: PLC0415  (slow to load, and hardly ever needed)

    return Shape(schema(kind).fields)


def problems(record: Record) -> Iterator[Problem]:
    """Yield all problems in the shape of `record`."""
    if record.fits:
        return
    if advice := mistakes.misplaced(record.kind, record.data):
        yield SHAPE.violation(record.at(), advice[0], subject=record.id, fix=advice[1])
        return
    validator = _validator(record.kind)
    # Defaults are applied when records become types, so nothing needs normalising: five times
    # faster. `_errors` is private, but only there each error has its path; a test covers it.
    if validator.validate(record.data, normalize=False):
        return
    for number, error in enumerate(_leaves(validator._errors)):
        # Of alternative fields only the first one is reported.
        meta = schema(record.kind).field(error.document_path).get("meta", {})
        if not _said_of_another(record, error, meta.get("instead_of", "")):
            yield _problem(record, error, guess=number < MAX_PER_RECORD)


def _said_of_another(record: Record, error: Any, other: str) -> bool:
    """Tell whether the field that this one stands in for has the same fault."""
    if not other or error.rule not in ("required", "excludes"):
        return False
    holder: Any = record.data
    for step in error.document_path[:-1]:
        holder = holder[step]
    return error.rule == "required" or other in holder


def _leaves(found: Iterable[Any]) -> Iterator[Any]:
    for error in found:
        if error.child_errors:
            yield from _leaves(error.child_errors)
        else:
            yield error


def _problem(record: Record, error: Any, *, guess: bool) -> Problem:
    steps: tuple[str | int, ...] = error.document_path
    here = schema(record.kind)
    on_key = error.rule is None or "keysrules" in error.schema_path
    meta = {} if on_key else here.field(steps).get("meta", {})
    unknown = guess and error.rule is None
    advice = (
        mistakes.withdrawn(record.kind, steps) or mistakes.comma(record.data, steps)
        if unknown
        else None
    )
    what, fix = advice or explain(here, error, guess=guess)
    name = ".".join(str(step) for step in steps if isinstance(step, str))
    at = record.at(*steps[:-1]) if error.rule == "required" else record.at(*steps, key=on_key)
    return SHAPE.violation(
        replace(at, place=(record.kind, record.id, steps)),  # of a field that is missing too
        what,
        subject=record.id,
        article=meta.get("article", ""),
        why=Message("{field}: {what}", field=name, what=Message(meta["what"]))
        if "what" in meta
        else None,
        fix=fix,
    )
