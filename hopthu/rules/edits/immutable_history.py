"""The rule that records of the past are not changed (Art. 5.2)."""

from __future__ import annotations

from collections.abc import Container, Iterator

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, same
from hopthu.model.timeline import NAMES, Fact, day_after, day_before, text, texts, written
from hopthu.rules.book import check_edit
from hopthu.rules.claims import claims
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.granting import exception
from hopthu.rules.powers.undoing import Corrections
from hopthu.rules.powers.uses import beside_rows
from hopthu.rules.revision_pairs import differing, narrowed, newly_cited, pairs
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
"""What a document is issued for; the units may be added where none were named, never the acts.

No other document makes it issued for more.
"""
OF_ROWS = (
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
"""The fields by which a row says what happens; a row of another revision has them as well."""
_CORRECT = Message(
    "to correct a mistake, cite under `corrections` a document for it (`acts: [correction]`), of "
    "an authority that may decide on the row"
)
_HELD = ("post", "head", "delegate", "lock")
"""The rows that give somebody something for a time, or take it."""


@check_edit
def history_rewritten(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report past rows and documents that were changed without a correction."""
    corrections = Corrections.of(after)
    yield from _documents(before, after, corrections)
    old, new = differing(before, after)
    yield from _rows(old, new, corrections)
    yield from _late(old, new, after, corrections)
    yield from _taken_out(before, after)


def _rows(before: RuleContext, after: RuleContext, corrections: Corrections) -> Iterator[Problem]:
    """Report past rows that were changed or removed."""
    present = {row_key(row): row for row in after.changes}
    for row in before.changes:
        here = after.units.get(row.record.id) or after.people.get(row.record.id)
        if row.record.kind == "policy":
            here = next(iter(after.source.policy), None)
        if here is None or row.start > after.today:
            continue
        found = present.get(row_key(row))
        corrected = corrections.of_row(before, row, row.record, here)
        if found:
            for field in _changed(row, found, after.today):
                titled = field == "title" and corrections.of_title(row, found)
                if not (corrected or titled) or field == "address_to":
                    yield _rewritten(here, (*found.steps, field), field, value(row, field))
        elif not (corrected or _made_room(row, after.today)):
            yield REWRITTEN.violation(
                here.at(),
                Message(
                    "the row from {day} was removed: {kind}", day=row.start, kind=NAMES[row.kind]
                ),
                fix=_fix(),
            )


def _late(
    before: RuleContext, after: RuleContext, whole: RuleContext, corrections: Corrections
) -> Iterator[Problem]:
    """Report what is said of days gone by only now: rows that are over, ends, first days of units.

    A row that still holds is entered late by its decision, and the plan says since when. An end by
    which something else begins, or somebody left, rests on the documents of that. `before` and
    `after` have the records that differ, `whole` all there are now.
    """
    known = {row_key(row): row for row in before.changes}
    begins = {(row.kind, row.record.id, row.start) for row in after.changes}
    for row in after.changes:
        record = before.units.get(row.record.id) or before.people.get(row.record.id)
        if record is None or corrections.of_row(after, row, record, row.record):
            continue
        old = known.get(row_key(row))
        if old is None and _is_over(row, after.today):
            what = Message(
                "{kind} from {start} to {last} is added for days gone by",
                kind=NAMES[row.kind], start=row.start, last=day_before(row.term),
            )  # fmt: skip
            yield _added(row, what)
        elif old is None and row.kind == "created" and row.start <= after.today:
            yield _added(
                row, Message("the unit existed before; it would now begin on {day}", day=row.start)
            )
        elif old and _cut_short(old, row, after.today) and not _explained(row, begins, whole):
            yield REWRITTEN.violation(
                row.at("until"),
                Message("the row now ends on {day}, a day gone by", day=row.until),
                fix=Message(
                    "write {written}, the last day on which it held; {correct}",
                    written=day_before(after.today),
                    correct=_CORRECT,
                ),
            )


def _added(row: Fact, what: Message) -> Problem:
    return REWRITTEN.violation(
        row.at(),
        what,
        fix=Message("take it out; {correct}", correct=_CORRECT),
    )


def _is_over(row: Fact, today: str) -> bool:
    """Tell whether a row held on past days only; one that something ends today is entered late."""
    by_itself = bool(row.until) and day_after(row.until) == row.term
    over = row.term <= today if by_itself else row.term < today
    return row.kind in _HELD and row.start < row.term and over


def _cut_short(old: Fact, new: Fact, today: str) -> bool:
    """Tell whether a row now ends by its own last day, on a past day on which it still held."""
    by_itself = bool(new.until) and day_after(new.until) == new.term
    return new.kind in _HELD and by_itself and new.term < min(old.term, today)


def _explained(row: Fact, begins: Container[tuple[str, str, str]], whole: RuleContext) -> bool:
    """Tell whether a row ends by what begins then, or by the end of its unit or holder."""
    kinds = ("delegate", "head") if row.kind == "delegate" else (row.kind,)
    if any((kind, row.record.id, row.term) in begins for kind in kinds):
        return True
    person = whole.people.get(row.person)
    alone = narrowed(whole, people=(person,) if person else ())
    left = alone.left.get(row.person)
    if row.kind in ("post", "lock"):
        return left is not None and left.start <= row.term
    ended = whole.ended.get(row.unit)
    over = alone.works_until(row.person, row.unit, row.start)
    return bool(ended and ended.start <= row.term) or row.start < over <= row.term


def _taken_out(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report corrections that are no longer told of, and addresses passed on by an end long past.

    By a correction no address passes to another unit: it takes over on the day of the end.
    """
    for old, new in pairs(before, after, "units", "people", "documents"):
        for document in sorted(newly_cited(new, old)):
            yield REWRITTEN.violation(
                new.at("corrections") if "corrections" in new.data else new.at(),
                Message("the correction by {document} was taken out", document=document),
                fix=Message("restore it"),
            )
        was, now = before.ended.get(old.id), after.ended.get(new.id)
        if old.kind != "units" or not (was and now) or row_key(was) == row_key(now):
            continue
        heir = value(now, "address_to")
        if was.start <= after.today and heir and heir != value(was, "address_to"):
            yield _rewritten(new, (*now.steps, "address_to"), "address_to", "")


def _documents(
    before: RuleContext, after: RuleContext, corrections: Corrections
) -> Iterator[Problem]:
    for old, record in pairs(before, after, "documents"):
        for field in _OF_DOCUMENTS:
            was, now = text(old.data, field), text(record.data, field)
            if field == "signer" and not was:
                continue  # adding a signer does not change the past
            if same(was) != same(now) and not corrections.of_record(
                old, record, text(old.data, "date")
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
            ):
                yield _rewritten(
                    record,
                    (field,) if field in record.data else (),
                    field,
                    was,
                    fix=Message("restore it; for something else cite another document"),
                )


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


def row_key(row: Fact) -> tuple[str, ...]:
    """Return what identifies a row in another revision; a change of facts is all that it says."""
    key = row.kind, row.record.id, row.start, row.unit, row.person
    if row.kind == "change":
        return *key, value(row, "facts"), row.decision, row.request
    return key


def _made_room(row: Fact, today: str) -> bool:
    """Tell whether a legal hold is over, so that another can take its place in the record."""
    return row.kind == "hold" and row.term <= today


def _changed(old: Fact, new: Fact, today: str) -> Iterator[str]:
    """Yield the fields that differ; an end may be set, or moved while it lies in the future.

    A hold cannot be ended in the past: what it protected may have been erased since.
    """
    yield from (f for f in OF_ROWS if value(old, f) != value(new, f))
    ends = (old.until, new.until) if old.kind == "hold" else (old.until,)
    if old.until != new.until and any(end and end < today for end in ends):
        yield "until"


def value(row: Fact, field: str) -> str:
    """Return a field of a row as it is written, a list or a map in one line."""
    return _said(written(row).get(field))


def _said(value: Value) -> str:
    if isinstance(value, list):
        return ", ".join(map(_said, value))
    if isinstance(value, dict):
        return ": ".join(_said(value[key]) for key in sorted(value))
    return same(str(value)) if value is not None else ""


def _rewritten(
    record: Record,
    steps: tuple[str | int, ...],
    field: str,
    was: str,
    *,
    fix: Message | None = None,
) -> Problem:
    return REWRITTEN.violation(
        record.at(*steps),
        Message("{field} was {value}", field=shown(field), value=shown(was))
        if was
        else Message("there was no {field}", field=shown(field)),
        fix=fix or _fix(),
    )


def _fix() -> Message:
    return Message("restore it; {correct}", correct=_CORRECT)
