"""What is told of data that is no list of records, or no mapping."""

from __future__ import annotations

from hopthu.diagnostics.problem import Mark, Problem
from hopthu.diagnostics.shape_rule import SHAPE
from hopthu.i18n.message import Message
from hopthu.i18n.terms import RECORDS


def no_settings(at: Mark) -> Problem:
    """Report a policy that is no mapping."""
    return _not_a(Message("mapping of settings"), "key: value", at)


def no_list(kind: str, at: Mark) -> Problem:
    """Report a file of records of a kind that is no list."""
    return _not_a(Message("list of {kind}", kind=RECORDS[kind]), _first_line(kind), at)


def no_record(kind: str, at: Mark) -> Problem:
    """Report an item of a list of records that is no mapping."""
    return _not_a(Message("mapping of fields"), _first_line(kind), at)


def _first_line(kind: str) -> str:
    """Return how a record of `kind` begins; only expectations have no id."""
    return "- on: …" if kind == "expectations" else "- id: …"


def _not_a(what: str, example: str, at: Mark) -> Problem:
    return SHAPE.violation(
        at,
        Message("a {what} is expected here", what=what),
        fix=Message("write `{example}`", example=example),
    )
