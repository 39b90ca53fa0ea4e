"""The rule that what has happened stays as it was written (Art. 5.2)."""

from __future__ import annotations

from collections.abc import Iterator

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import same
from hopthu.rules.context import RuleContext
from hopthu.rules.revision_pairs import pairs
from hopthu.rules.rows import NAMES, Row, text
from hopthu.source.records import Record
from hopthu.source.values import Value

REWRITTEN = Rule(
    "history-rewritten",
    "Art. 5.2",
    "what has happened rests on documents and stays as written; a mistake is put right openly",
)
_OF_DOCUMENTS = ("kind", "number", "issuer", "outside_issuer", "date", "signer")
_OF_ROWS = ("title", "main", "acting", "decision", "request", "how", "into", "parts")


def history_rewritten(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report past rows and documents that are no longer as they were, without a correction."""
    yield from _documents(before, after)
    present = {_key(row): row for row in after.changes}
    for row in before.changes:
        here = after.units.get(row.record.id) or after.people.get(row.record.id)
        if (
            here is None
            or row.start > after.today
            or _corrected(row.record, here, after, row.start)
        ):
            continue
        found = present.get(_key(row))
        if found:
            for field in _changed(row, found, after.today):
                yield _rewritten(here, (*found.steps, field), field, _value(row, field))
        elif not _made_room(row, after):
            yield REWRITTEN.violation(
                here.at(),
                Message("what began on {day} is gone: {kind}", day=row.start, kind=NAMES[row.kind]),
                subject=here.id,
                fix=_fix(),
            )


def _documents(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    for old, record in pairs(before, after, "documents"):
        for field in _OF_DOCUMENTS:
            was, now = text(old.data, field), text(record.data, field)
            if field == "signer" and not was:
                continue  # to say who signed adds to the record
            if same(was) != same(now) and not _corrected(
                old, record, after, text(old.data, "date")
            ):
                yield _rewritten(record, (field,), field, was)


def _key(row: Row) -> tuple[str, ...]:
    """Return what makes a row the same one in another revision."""
    return row.kind, row.record.id, row.start, row.unit, row.person


def _made_room(row: Row, after: RuleContext) -> bool:
    """Tell whether a row is over of which a record has one at a time, so that another can follow.

    A delegation is over by its end or by a transfer.
    """
    if row.kind == "delegate":
        return min(row.end, after.works_until(row.person, row.unit, row.start)) <= after.today
    return row.kind == "hold" and row.end <= after.today


def _changed(old: Row, new: Row, today: str) -> Iterator[str]:
    """Yield the fields that differ; an end may be set, or moved as long as it lies ahead.

    A hold is not lifted for days gone by: what it kept may have been erased meanwhile.
    """
    yield from (f for f in _OF_ROWS if _value(old, f) != _value(new, f))
    ends = (old.until, new.until) if old.kind == "hold" else (old.until,)
    if old.until != new.until and any(end and end < today for end in ends):
        yield "until"


def _value(row: Row, field: str) -> str:
    data: Value = row.record.data
    for step in row.steps:
        data = data[step]  # type: ignore[index]  # a row's steps lead to it
    return _said(data.get(field)) if isinstance(data, dict) else ""


def _said(value: Value) -> str:
    if isinstance(value, list):
        return ", ".join(map(_said, value))
    if isinstance(value, dict):
        return ": ".join(_said(value[key]) for key in sorted(value))
    return same(str(value)) if value is not None else ""


def _corrected(old: Record, new: Record, after: RuleContext, since: str) -> bool:
    """Tell whether a document not named before, and no older than `since`, puts the record right.

    Of which kind it is, and whose, other rules look at.
    """
    listed = [each.data.get("corrections") for each in (old, new)]
    before, now = (set(map(str, each)) if isinstance(each, list) else set() for each in listed)
    named = (after.documents[key] for key in now - before if key in after.documents)
    return any(text(document.data, "date") >= since for document in named)


def _rewritten(record: Record, steps: tuple[str | int, ...], field: str, was: str) -> Problem:
    return REWRITTEN.violation(
        record.at(*steps),
        Message("{field} was {value}", field=shown(field), value=shown(was))
        if was
        else Message("there was no {field}", field=shown(field)),
        subject=record.id,
        fix=_fix(),
    )


def _fix() -> Message:
    return Message("put it back; to mend a mistake, name the document under `corrections`")


RULES = (REWRITTEN,)
CHECKS = (history_rewritten,)
