"""The rules that what documents decided stays as written, for past and future days (Art. 5.2)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, same
from hopthu.model.facts import FactName
from hopthu.model.timeline import NAMES, Fact, Kind, day_after, day_before, text, texts, written
from hopthu.rules.book import check_edit
from hopthu.rules.claims import claims
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.granting import exception
from hopthu.rules.powers.undoing import Corrections, may_undo
from hopthu.rules.powers.uses import beside_rows
from hopthu.rules.revision_pairs import (
    edited_rows,
    newly_changed,
    newly_cited,
    pairs,
    value_before,
)
from hopthu.source.records import Record
from hopthu.source.values import Value

REWRITTEN = Rule(
    "history-rewritten",
    "Art. 5.2",
    "what has happened rests on documents and stays as written; mistakes are corrected with a "
    "document",
)
PLANNED = Rule(
    "planned-row",
    "Art. 5.2",
    "what a document has decided for a later day happens on that day, in that way, unless another "
    "document decides otherwise",
)
_OF_DOCUMENTS = ("kind", "number", "issuer", "outside_issuer", "date", "signer")
_ISSUED_FOR = ("acts", "units", "addresses")
"""What a document is issued for; no other document makes it issued for more."""
_OF_ROWS = (
    *("title", "main", "acting", "decision", "request", "how", "into", "address_to"),
    *("business_to", "parts", "was"),
)
"""The fields by which a row says what happens; a row of another revision has them as well."""
_FACTS: Mapping[Kind, FactName] = {
    "post": "posts",
    "head": "heads",
    "delegate": "delegates",
    "lock": "locked",
    "hold": "hold",
    "left": "left",
    "ended": "ended",
}
"""What a row of `changes` calls rows that end on another day."""
_CORRECT = Message(
    "to correct a mistake, cite under `corrections` a document for it (`acts: [correction]`), of "
    "an authority that may decide on the row"
)
_FIX = Message("restore it; {correct}", correct=_CORRECT)
_HELD = ("post", "head", "delegate", "lock")
"""The rows that give somebody something for a time, or take it."""
_Rows = Mapping[tuple[str, ...], Fact]


@check_edit
def rows_kept(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report rows that were changed or taken out: past ones, and those to come.

    The former need a correction; the latter another document of who decided on the row, a unit
    above, or the province.
    """
    corrections = Corrections.of(before, after)
    old, new = edited_rows(before, after)
    present = {_row_key(row): row for row in new}
    for row in old:
        found, here = present.get(_row_key(row)), _record_of(row, after)
        fields = _changed(row, found, after.today) if found else []
        if here is None or (found and not fields):
            continue
        if row.start > after.today:
            if not _is_withdrawn(row, here, before, corrections, (old, new)) and (
                found or not _is_put_off(row, before, after, present)
            ):
                yield _otherwise(here, row, found, fields)
            continue
        corrected = corrections.of_row(before, row, row.record, here)
        for field in fields:
            titled = field == "title" and found and corrections.of_title(row, found)
            if found and (field == "address_to" or not (corrected or titled)):
                yield _rewritten(here, (*found.steps, field), field, _value(row, field))
        # A legal hold that is over may make room for another one.
        if not (found or corrected or (row.kind == "hold" and row.end <= after.today)):
            what = Message("the row from {day} was removed: {kind}",
                           day=row.start, kind=NAMES[row.kind])  # fmt: skip
            yield REWRITTEN.violation(here.at(), what, fix=_FIX)
    yield from _late(old, new, before, corrections)


def _record_of(row: Fact, after: RuleContext) -> Record | None:
    """Return the record of a row as it is now, None if it is gone."""
    if row.record.kind == "policy":
        return next(iter(after.source.policy), None)
    return after.units.get(row.record.id) or after.people.get(row.record.id)


def _otherwise(here: Record, row: Fact, found: Fact | None, fields: list[str]) -> Problem:
    return PLANNED.violation(
        here.at(*found.steps, fields[0]) if found else here.at(),
        Message(
            "{kind} from {day} was planned otherwise: {fields}",
            kind=NAMES[row.kind],
            day=row.start,
            fields=joined([shown(field) for field in fields], ", "),
        )
        if found
        else Message("{kind} from {day} was planned", kind=NAMES[row.kind], day=row.start),
        fix=Message(
            "restore it; or write what is decided instead, with a document that it does not "
            "cite yet, or cite under `corrections` one that withdraws it"
        ),
    )


def _is_withdrawn(
    row: Fact,
    here: Record,
    before: RuleContext,
    corrections: Corrections,
    edited: tuple[list[Fact], list[Fact]],
) -> bool:
    """Tell whether a planned row falls away, or another document decides otherwise.

    Somebody who leaves, or a unit that ends, before it begins does so by documents of its own.
    """
    old, new = edited
    known = {(each.kind, each.record.id, each.start) for each in old}
    ends = {("left", row.person), ("ended", row.unit)} - {(row.kind, row.record.id)}
    begun = {(each.kind, each.record.id, each.start) for each in new if each.start <= row.start}
    if any((kind, key) in ends for kind, key, _ in begun - known):
        return True
    cited = {key for each in old if each.record.id == row.record.id for key in _documents_of(each)}
    place = row.kind, row.record.id, row.main
    instead = (each for each in new if (each.kind, each.record.id, each.main) == place)
    named = newly_changed(row.record, here).get(_FACTS.get(row.kind, ""), frozenset())
    anew = {*named, *(each.decision or each.request for each in instead)} - cited
    if anew and may_undo(corrections.power, row, anew):
        return True
    return corrections.of_row(before, row, row.record, here)


def _documents_of(row: Fact) -> tuple[str, str]:
    return row.decision, row.request


def _is_put_off(row: Fact, old: RuleContext, new: RuleContext, present: _Rows) -> bool:
    """Tell whether a planned row is the same, but for the day to which its event was put off.

    That is the end of the unit somebody goes from to its successor, or the beginning of the unit
    they go to or head, and its decision was theirs. What puts it off stands in the unit.
    """
    begins = old.created.get(row.unit) if row.kind in ("post", "head") else None
    ends = old.ended.get(_left(row, old))
    for event in filter(None, (begins, ends)):
        now = (new.created if event is begins else new.ended).get(event.unit)
        if (event.start, event.decision) != (row.start, row.decision):
            continue
        if now is None or now.start <= event.start:
            continue
        found = present.get(_row_key(row._replace(start=now.start)))
        goes_on = event is begins or row.unit in new.heirs[now.unit]
        if goes_on and found and not _changed(row, found, new.today):
            return True
    return False


def _left(row: Fact, facts: RuleContext) -> str:
    """Return the unit that a main post takes somebody out of, empty if there is none."""
    if row.kind != "post" or not row.main:
        return ""
    before = (post for post in facts.posts.get(row.person, ()) if post.main)
    return next((post.unit for post in before if post.holds_on(day_before(row.start))), "")


def _late(
    old: list[Fact], new: list[Fact], before: RuleContext, corrections: Corrections
) -> Iterator[Problem]:
    """Report what is said of days gone by only now: rows that are over, ends, first days of units.

    A row that still holds is entered late by its decision, and the plan says since when. An end by
    which something else begins, or somebody left, rests on the documents of that.
    """
    after = corrections.after
    known = {_row_key(row): row for row in old}
    begins = {(row.kind, row.record.id, row.start) for row in new}
    for row in new:
        record = before.units.get(row.record.id) or before.people.get(row.record.id)
        if record is None or corrections.of_row(after, row, record, row.record):
            continue
        was = known.get(_row_key(row))
        last, take_out = day_before(row.term), Message("take it out; {correct}", correct=_CORRECT)
        if was is None and _is_over(row, after.today):
            what = Message(
                "{kind} from {start} to {last} is added for days gone by",
                kind=NAMES[row.kind], start=row.start, last=last,
            )  # fmt: skip
            yield REWRITTEN.violation(row.at(), what, fix=take_out)
        elif was is None and row.kind == "created" and row.start <= after.today:
            what = Message("the unit existed before; it would now begin on {day}", day=row.start)
            yield REWRITTEN.violation(row.at(), what, fix=take_out)
        elif was and _cut_short(was, row, after.today) and not _is_explained(row, begins, after):
            yield REWRITTEN.violation(
                row.at("until"),
                Message("the row now ends on {day}, a day gone by", day=row.until),
                fix=Message(
                    "write {written}, the last day on which it held; {correct}",
                    written=day_before(after.today),
                    correct=_CORRECT,
                ),
            )


def _ends_itself(row: Fact) -> bool:
    """Tell whether a row ends by its own last day."""
    return bool(row.until) and day_after(row.until) == row.term


def _is_over(row: Fact, today: str) -> bool:
    """Tell whether a row held on past days only; one that something ends today is entered late."""
    over = row.term <= today if _ends_itself(row) else row.term < today
    return row.kind in _HELD and row.start < row.term and over


def _cut_short(old: Fact, new: Fact, today: str) -> bool:
    """Tell whether a row now ends by its own last day, on a past day on which it still held."""
    return new.kind in _HELD and _ends_itself(new) and new.term < min(old.term, today)


def _is_explained(row: Fact, begins: Collection[tuple[str, str, str]], after: RuleContext) -> bool:
    """Tell whether a row ends by what begins then, or by the end of its unit or holder."""
    kinds = ("delegate", "head") if row.kind == "delegate" else (row.kind,)
    if any((kind, row.record.id, row.term) in begins for kind in kinds):
        return True
    if row.kind in ("post", "lock"):
        return row.person in after.left and after.left[row.person].start <= row.term
    over = after.works_until(row.person, row.unit, row.start)
    ended = row.unit in after.ended and after.ended[row.unit].start <= row.term
    return ended or row.start < over <= row.term


@check_edit
def corrections_kept(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report corrections that are no longer named, and addresses passed on by an end long past.

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
        if old.kind != "units" or not (was and now) or _row_key(was) == _row_key(now):
            continue
        heir = _value(now, "address_to")
        if was.start <= after.today and heir and heir != _value(was, "address_to"):
            yield _rewritten(new, (*now.steps, "address_to"), "address_to", "")


@check_edit
def documents_kept(before: RuleContext, after: RuleContext) -> Iterator[Problem]:
    """Report documents that were changed without a correction; a signer may be added."""
    corrections = Corrections.of(before, after)
    for old, record in pairs(before, after, "documents"):
        for field in _OF_DOCUMENTS:
            was, now = text(old.data, field), text(record.data, field)
            if same(was) == same(now) or (field == "signer" and not was):
                continue
            if not corrections.of_record(old, record, text(old.data, "date")):
                yield _rewritten(record, (field,), field, was)
        for field in _ISSUED_FOR:
            was, now = _said(old.data.get(field)), _said(record.data.get(field))
            if was != now and (was or not _was_so(before, old, record, field)):
                steps = (field,) if field in record.data else ()
                fix = Message("restore it; for something else cite another document")
                yield _rewritten(record, steps, field, was, fix=fix)


def _was_so(before: RuleContext, old: Record, record: Record, field: str) -> bool:
    """Tell whether a document names at last what it was cited for.

    Documents of earlier versions of hopthu named neither acts nor addresses. Units limit what a
    document is for, so they may be named later.
    """
    named = {each for _, each in texts(record, (field, "*"))}
    if field == "acts":
        used = {use.act for use in beside_rows(before) if use.document == old.id}
        return "units" not in old.data and named <= used
    if field == "addresses":
        citing = (each for each in (*before.source.units, *before.source.people))
        held = {c.folded for each in citing if exception(each) == old.id for c in claims(each)}
        return set(map(fold, named)) <= held
    return True


def _row_key(row: Fact) -> tuple[str, ...]:
    """Return what identifies a row in another revision; a change of facts is all that it says."""
    key = row.kind, row.record.id, row.start, row.unit, row.person
    if row.kind == "change":
        return *key, _value(row, "facts"), row.decision, row.request
    return key


def _changed(old: Fact, new: Fact, today: str) -> list[str]:
    """Return the fields that differ.

    An end may be set, or moved while it lies in the future; but a hold cannot be ended in the past:
    what it protected may have been erased since. Of what is planned each end counts, but another
    request for the same decision changes nothing.
    """
    planned = old.start > today
    fields = (field for field in _OF_ROWS if not (planned and field == "request"))
    found = [field for field in fields if _value(old, field) != _value(new, field)]
    ends = (old.until, new.until) if old.kind == "hold" else (old.until,)
    if old.until != new.until and (planned or any(end and end < today for end in ends)):
        found.append("until")
    return found


def _value(row: Fact, field: str) -> str:
    """Return a field of a row as it is written, a list or a map in one line."""
    return _said(written(row).get(field))


def _said(value: Value) -> str:
    if isinstance(value, list):
        return ", ".join(map(_said, value))
    if isinstance(value, dict):
        return ": ".join(_said(value[key]) for key in sorted(value))
    return same(str(value)) if value is not None else ""


def _rewritten(
    record: Record, steps: tuple[str | int, ...], field: str, was: str, *, fix: Message = _FIX
) -> Problem:
    return REWRITTEN.violation(record.at(*steps), value_before(field, was), fix=fix)
