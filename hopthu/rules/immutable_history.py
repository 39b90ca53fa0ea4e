"""The rule that records of the past are not changed (Art. 5.2)."""

from __future__ import annotations

from collections.abc import Container, Iterator

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, same
from hopthu.rules.claims import claims
from hopthu.rules.context import RuleContext
from hopthu.rules.granting import exception
from hopthu.rules.revision_pairs import differing, narrowed, pairs
from hopthu.rules.rows import NAMES, Row, day_after, day_before, text, texts, written
from hopthu.rules.uses import beside_rows
from hopthu.source.records import Record
from hopthu.source.values import Value

REWRITTEN = Rule(
    "history-rewritten",
    "Art. 5.2",
    "what has happened rests on documents and stays as written; mistakes are corrected with a "
    "document",
)
_OF_DOCUMENTS = ("kind", "number", "issuer", "outside_issuer", "date", "signer")
_ISSUED_FOR = ("acts", "units", "addresses")
"""What a document is issued for; the units may be added where none were named, never the acts."""
_OF_ROWS = (
    "title",
    "main",
    "acting",
    "decision",
    "request",
    "how",
    "into",
    "address_to",
    "business_to",
    "parts",
    "was",
)


_HELD = ("post", "head", "delegate", "lock")
"""The rows that give somebody something for a time, or take it."""


def history_rewritten(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report past rows and documents that were changed without a correction."""
    yield from _documents(before, after)
    old, new = differing(before, after)
    yield from _rows(old, new)
    yield from _late(old, new, after)


def _rows(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report past rows that were changed or removed."""
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
        elif not _made_room(row, after.today):
            yield REWRITTEN.violation(
                here.at(),
                Message(
                    "the row from {day} was removed: {kind}", day=row.start, kind=NAMES[row.kind]
                ),
                subject=here.id,
                fix=_fix(),
            )


def _late(before: RuleContext, after: RuleContext, whole: RuleContext) -> Iterator[Problem]:
    """Report what is said of days gone by only now: rows that are over, ends, first days of units.

    A row that still holds is entered late by its decision, and the plan says since when. An end by
    which something else begins, or somebody left, rests on the documents of that. `before` and
    `after` have the records that differ, `whole` all there are now.
    """
    known = {_key(row): row for row in before.changes}
    begins = {(row.kind, row.record.id, row.start) for row in after.changes}
    for row in after.changes:
        record = before.units.get(row.record.id) or before.people.get(row.record.id)
        if record is None or _corrected(record, row.record, after, row.start):
            continue
        old = known.get(_key(row))
        if old is None and _is_over(row, after.today):
            what = Message(
                "{kind} from {start} to {last} is added for days gone by",
                kind=NAMES[row.kind], start=row.start, last=day_before(row.end),
            )  # fmt: skip
            yield _added(row, what)
        elif old is None and row.kind == "created" and row.start <= after.today:
            yield _added(
                row, Message("the unit existed before; it would now begin on {day}", day=row.start)
            )
        elif old and _cut_short(old, row, after.today) and not _explained(row, begins, whole):
            yield REWRITTEN.violation(
                row.record.at(*row.steps, "until"),
                Message("the row now ends on {day}, a day gone by", day=row.until),
                subject=row.record.id,
                fix=Message(
                    "write {written}, the last day on which it held; to correct a mistake, cite "
                    "the document under `corrections`",
                    written=day_before(after.today),
                ),
            )


def _added(row: Row, what: Message) -> Problem:
    return REWRITTEN.violation(
        row.record.at(*row.steps),
        what,
        subject=row.record.id,
        fix=Message("take it out; to correct the record, cite the document under `corrections`"),
    )


def _is_over(row: Row, today: str) -> bool:
    """Tell whether a row held on past days only; one that something ends today is entered late."""
    by_itself = bool(row.until) and day_after(row.until) == row.end
    over = row.end <= today if by_itself else row.end < today
    return row.kind in _HELD and row.start < row.end and over


def _cut_short(old: Row, new: Row, today: str) -> bool:
    """Tell whether a row now ends by its own last day, on a past day on which it still held."""
    by_itself = bool(new.until) and day_after(new.until) == new.end
    return new.kind in _HELD and by_itself and new.end < min(old.end, today)


def _explained(row: Row, begins: Container[tuple[str, str, str]], whole: RuleContext) -> bool:
    """Tell whether a row ends by what begins then, or by the end of its unit or holder."""
    kinds = ("delegate", "head") if row.kind == "delegate" else (row.kind,)
    if any((kind, row.record.id, row.end) in begins for kind in kinds):
        return True
    person = whole.people.get(row.person)
    alone = narrowed(whole, people=(person,) if person else ())
    left = alone.left.get(row.person)
    if row.kind in ("post", "lock"):
        return left is not None and left.start <= row.end
    ended = whole.ended.get(row.unit)
    over = alone.works_until(row.person, row.unit, row.start)
    return bool(ended and ended.start <= row.end) or row.start < over <= row.end


def _documents(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    for old, record in pairs(before, after, "documents"):
        for field in _OF_DOCUMENTS:
            was, now = text(old.data, field), text(record.data, field)
            if field == "signer" and not was:
                continue  # adding a signer does not change the past
            if same(was) != same(now) and not _corrected(
                old, record, after, text(old.data, "date")
            ):
                yield _rewritten(record, (field,), field, was)
        for field in _ISSUED_FOR:
            was, now = _said(old.data.get(field)), _said(record.data.get(field))
            narrowed = field == "units" and not was
            if (
                was != now
                and not narrowed
                and not (field == "acts" and _grants_already(before, old, record))
                and not (field == "addresses" and _granted_already(before, old, record))
                and not _corrected(old, record, after, text(old.data, "date"))
            ):
                yield _rewritten(record, (field,) if field in record.data else (), field, was)


def _grants_already(before: RuleContext, old: Record, record: Record) -> bool:
    """Tell whether acts are named where there were none, of a document that is cited for each.

    Documents of earlier versions of hopthu named no acts.
    """
    used = {use.act for use in beside_rows(before) if use.document == old.id}
    named = {act for _, act in texts(record, ("acts", "*"))}
    return "acts" not in old.data and "units" not in old.data and named <= used


def _granted_already(before: RuleContext, old: Record, record: Record) -> bool:
    """Tell whether addresses are named where there were none, all of mailboxes that cited it.

    Documents of earlier versions of hopthu named no addresses.
    """
    citing = (each for each in (*before.source.units, *before.source.people))
    held = {c.folded for each in citing if exception(each) == old.id for c in claims(each)}
    named = {fold(address) for _, address in texts(record, ("addresses", "*"))}
    return "addresses" not in old.data and named <= held


def _key(row: Row) -> tuple[str, ...]:
    """Return what identifies a row in another revision; a change of facts is all that it says."""
    key = row.kind, row.record.id, row.start, row.unit, row.person
    if row.kind == "change":
        return *key, _value(row, "facts"), row.decision, row.request
    return key


def _made_room(row: Row, today: str) -> bool:
    """Tell whether a legal hold is over, so that another can take its place in the record."""
    return row.kind == "hold" and row.end <= today


def _changed(old: Row, new: Row, today: str) -> Iterator[str]:
    """Yield the fields that differ; an end may be set, or moved while it lies in the future.

    A hold cannot be ended in the past: what it protected may have been erased since.
    """
    yield from (f for f in _OF_ROWS if _value(old, f) != _value(new, f))
    ends = (old.until, new.until) if old.kind == "hold" else (old.until,)
    if old.until != new.until and any(end and end < today for end in ends):
        yield "until"


def _value(row: Row, field: str) -> str:
    return _said(written(row).get(field))


def _said(value: Value) -> str:
    if isinstance(value, list):
        return ", ".join(map(_said, value))
    if isinstance(value, dict):
        return ": ".join(_said(value[key]) for key in sorted(value))
    return same(str(value)) if value is not None else ""


def _corrected(old: Record, new: Record, after: RuleContext, since: str) -> bool:
    """Tell whether a newly cited document, no older than `since`, corrects the record.

    Its kind and issuer are checked by other rules.
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
    return Message("restore it; to correct a mistake, cite the document under `corrections`")


RULES = (REWRITTEN,)
CHECKS = (history_rewritten,)
