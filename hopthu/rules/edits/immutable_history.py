"""The rules that what documents decided stays as written, and ends as they say (Art. 5.1, 5.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hopthu.diagnostics.problem import shown
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, same
from hopthu.model.facts import DATED, OF_PEOPLE, OF_UNITS, FactName
from hopthu.model.timeline import NAMES, NEVER, Fact, day_after, day_before, text, texts, written
from hopthu.rules.book import Found, check_edit
from hopthu.rules.context import RuleContext, claims, exception
from hopthu.rules.edit import Edit, Pair, key_of, value_before
from hopthu.rules.edits.fact_basis import changed_by
from hopthu.rules.edits.revisions import is_reused
from hopthu.rules.powers.undoing import SET, Corrections, may_end, may_undo, who_may_end
from hopthu.rules.powers.uses import beside_rows, sender_of
from hopthu.source.records import Record
from hopthu.source.values import Value

_OF_DOCUMENTS = ("kind", "number", "issuer", "outside_issuer", "date", "signer")
_ISSUED_FOR = ("acts", "units", "addresses")
"""What a document is issued for; no other document makes it issued for more."""
_OF_ROWS = (
    *("title", "main", "acting", "decision", "request", "how", "into", "address_to"),
    *("mailbox_to", "business_to", "parts", "was"),
)
"""The fields by which a row says what happens; a row of another revision has them as well."""
_ACTS = {**OF_UNITS, **OF_PEOPLE}
FACTS: Mapping[str, FactName] = {_ACTS[fact]: fact for fact in DATED}
"""What a row of `changes` calls rows that end on another day."""
CORRECT = Message(
    "to correct a mistake, cite under `corrections` a document for it (`acts: [correction]`), of "
    "an authority that may decide on the row"
)
_FIX = Message("restore it; {correct}", correct=CORRECT)
HELD = ("post", "head", "delegate", "lock")
"""The rows that give somebody something for a time, or take it."""


@check_edit("history-rewritten")
def rows_kept(edit: Edit) -> Iterator[Found]:
    """Report rows that were changed or taken out: past ones, and those to come.

    The former need a correction; the latter another document of who decided on the row, a unit
    above, or the province. What is said of days gone by only now is reported as well.
    """
    corrections, after = Corrections(edit), edit.after
    for pair, old, new in edit.kept():
        fields = _changed(old, new, after.today) if new else []
        if fields or not new:
            judged = _planned if old.start > after.today else _past
            yield from judged(pair, old, new, fields, corrections)
    for row in edit.added():
        yield from _late(row, corrections)


def _past(
    pair: Pair, row: Fact, found: Fact | None, fields: list[str], corrections: Corrections
) -> Iterator[Found]:
    today, before = corrections.edit.after.today, corrections.edit.before
    corrected = corrections.of_row(before, row, pair)
    for field in fields:
        titled = field == "title" and found and corrections.of_title(row, found)
        if found and (field == "address_to" or not (corrected or titled)):
            yield _rewritten(pair.new, (*found.steps, field), field, _value(row, field))
    # A legal hold that is over may make room for another one.
    if not (found or corrected or (row.kind == "hold" and row.end <= today)):
        what = Message("the row from {day} was removed: {kind}",
                       day=row.start, kind=NAMES[row.kind])  # fmt: skip
        yield Found(pair.new.at(), what, _FIX)


def _planned(
    pair: Pair, row: Fact, found: Fact | None, fields: list[str], corrections: Corrections
) -> Iterator[Found]:
    put_off = found is None and _is_put_off(row, corrections.edit)
    if put_off or _is_withdrawn(pair, row, corrections):
        return
    at = pair.new.at()
    what = Message("{kind} from {day} was planned", kind=NAMES[row.kind], day=row.start)
    if found:
        at = pair.new.at(*found.steps, fields[0])
        what = Message(
            "{what} otherwise: {fields}", what=what, fields=joined(map(shown, fields), ", ")
        )
    fix = Message(
        "restore it; or write what is decided instead, with a document that it does not cite yet, "
        "or cite under `corrections` one that withdraws it"
    )
    yield Found(at, what, fix, rule="planned-row")


def _is_withdrawn(pair: Pair, row: Fact, corrections: Corrections) -> bool:
    """Tell whether a planned row falls away, or another document decides otherwise.

    Somebody who leaves, or a unit that ends, before it begins does so by documents of its own.
    """
    edit = corrections.edit
    known = {(each.kind, each.record.id, each.start) for each in edit.old}
    ends = {("left", row.person), ("ended", row.unit)} - {(row.kind, row.record.id)}
    begun = {
        (each.kind, each.record.id, each.start) for each in edit.new if each.start <= row.start
    }
    if any((kind, key) in ends for kind, key, _ in begun - known):
        return True
    of_record = [each for each in edit.old if each.record.id == row.record.id]
    cited = {key for each in of_record for key in (each.decision, each.request)}
    place = row.kind, row.record.id, row.main
    instead = (each for each in edit.new if (each.kind, each.record.id, each.main) == place)
    named = pair.changed().get(FACTS.get(row.kind, ""), frozenset())
    anew = {*named, *(each.decision or each.request for each in instead)} - cited
    if anew and may_undo(edit.power, row, anew):
        return True
    return corrections.of_row(edit.before, row, pair)


def _is_put_off(row: Fact, edit: Edit) -> bool:
    """Tell whether a planned row is the same, but for the day to which its event was put off.

    That is the end of the unit somebody goes from to its successor, or the beginning of the unit
    they go to or head, and its decision was theirs. What puts it off stands in the unit.
    """
    if row.kind not in ("post", "head"):
        return False
    before, after = edit.before, edit.after
    left = sender_of(before, row) if row.kind == "post" else ""
    moved = [(before.created.get(row.unit), after.created.get(row.unit))]
    if row.unit in after.heirs.get(left, ()):
        moved.append((before.ended.get(left), after.ended.get(left)))
    later = [
        key_of(row._replace(start=now.start))
        for was, now in moved
        if was and now and was.decision == row.decision and was.start == row.start < now.start
    ]
    same = (each for each in edit.new if key_of(each) in later)
    return any(not _changed(row, each, after.today) for each in same)


def _late(row: Fact, corrections: Corrections) -> Iterator[Found]:
    """Report what is said of days gone by only now: rows that are over, first days of units.

    A row that still holds is entered late by its decision, and the plan says since when.
    """
    after = corrections.edit.after
    there = corrections.edit.before.holder(row.record.id)
    if there is None or corrections.of_row(after, row, Pair(there, row.record)):
        return
    # What something else ends today is entered late.
    by_itself = bool(row.until) and day_after(row.until) == row.term
    over = row.term <= after.today if by_itself else row.term < after.today
    if row.kind in HELD and row.start < row.term and over:
        what = Message(
            "{kind} from {start} to {last} is added for days gone by",
            kind=NAMES[row.kind], start=row.start, last=day_before(row.term),
        )  # fmt: skip
    elif row.kind == "created" and row.start <= after.today:
        what = Message("the unit existed before; it would now begin on {day}", day=row.start)
    else:
        return
    yield Found(row.at(), what, Message("take it out; {correct}", correct=CORRECT))


@check_edit("history-rewritten")
def corrections_kept(edit: Edit) -> Iterator[Found]:
    """Report corrections that are no longer named, and addresses passed on by an end long past.

    By a correction no address passes to another unit: it takes over on the day of the end.
    """
    for old, new in edit.pairs("units", "people", "documents"):
        for document in sorted(Pair(new, old).corrected_by()):
            what = Message("the correction by {document} was taken out", document=document)
            fix = Message("restore it")
            yield Found(new.at("corrections") if "corrections" in new.data else new.at(), what, fix)
        was, now = edit.before.ended.get(old.id), edit.after.ended.get(new.id)
        if old.kind != "units" or not (was and now) or key_of(was) == key_of(now):
            continue
        heir = _value(now, "address_to")
        if was.start <= edit.after.today and heir and heir != _value(was, "address_to"):
            yield _rewritten(new, (*now.steps, "address_to"), "address_to", "")


@check_edit("history-rewritten")
def documents_kept(edit: Edit) -> Iterator[Found]:
    """Report documents that were changed without a correction; a signer may be added."""
    corrections = Corrections(edit)
    for pair in edit.pairs("documents"):
        old, record = pair
        for field in _OF_DOCUMENTS:
            was, now = text(old.data, field), text(record.data, field)
            if same(was) == same(now) or (field == "signer" and not was):
                continue
            if not corrections.of_record(pair, text(old.data, "date")):
                yield _rewritten(record, (field,), field, was)
        for field in _ISSUED_FOR:
            was, now = _said(old.data.get(field)), _said(record.data.get(field))
            if was != now and (was or not _was_so(edit.before, old, record, field)):
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


@check_edit("fact-basis")
def row_ends(edit: Edit) -> Iterator[Found]:
    """Report rows that end on another day than was written, for no other row's sake.

    What was over by then is the past, which another rule keeps, as it keeps rows; but a lock or a
    hold that is corrected away is lifted.
    """
    today = edit.after.today
    for pair, was, row in edit.kept():
        if was.kind not in (*HELD, "hold") or is_reused(pair):
            continue  # reported as such
        if row is None:
            if was.kind in SET and was.holds_on(today) and pair.corrected_by():
                yield from _baseless(edit, pair, was, None, was)
            continue
        yield from _cut_short(edit, pair, was, row)
        # A hold that is over, or has another decision, is reported elsewhere.
        over = was.kind == "hold" and (
            min(was.end, row.end) <= today or was.decision != row.decision
        )
        if was.start <= today and not (was.until and was.until < today) and not over:
            yield from _moved(edit, pair, was, row)


def _moved(edit: Edit, pair: Pair, was: Fact, row: Fact) -> Iterator[Found]:
    """Report a running row whose end differs.

    Another row may end one sooner, and never makes one last longer. A lock that ended for another
    row's sake does not by itself, and one that somebody's leaving ends goes on if they come back.
    """
    sooner = was.kind not in SET and is_ended(row, edit.after) and row.term <= was.term
    bare = was.kind == "lock" and row.until and is_ended(was, edit.before)
    if (was.until == row.until and not bare) or sooner:
        return
    shorter, longer = row.term < was.term, row.term > was.term
    judged = {"post": True, "delegate": longer, **dict.fromkeys(SET, shorter)}.get(was.kind)
    ended = was._replace(end=min(was.end, row.end)) if judged else None
    # Rows may be corrected as well; but what was set by one is not lifted by another.
    set_by_one = ended is not None and was.kind in SET
    if set_by_one or not Corrections(edit).of_row(edit.before, was, pair):
        yield from _baseless(edit, pair, was, row, ended)


def _baseless(
    edit: Edit, pair: Pair, was: Fact, row: Fact | None, ended: Fact | None
) -> Iterator[Found]:
    """Report a row that ends otherwise, unless a document newly cited for it may end it."""
    fact = FACTS[was.kind]
    documents = pair.changed().get(fact, frozenset())
    if row:
        documents -= {was.decision, was.request}
    if ended:
        documents |= Corrections(edit).documents(ended, pair)
    free = fact in edit.after.policy.documents.without
    if free or (documents and (ended is None or may_end(edit.power, ended, documents))):
        return
    fix = changed_by(fact, edit.after.today, {})
    if ended and documents:
        fix = who_may_end(edit.power, ended)
    steps = (*row.steps, "until") if row else ("id",)
    what = _ended(was)
    if row and was.until == row.until:
        what = Message("{what} because of another row, which says so no more", what=what)
    yield Found(pair.new.at(*steps), what, fix)


def _cut_short(edit: Edit, pair: Pair, was: Fact, row: Fact) -> Iterator[Found]:
    """Report a row that now ends by its own last day, on a past day on which it still held."""
    today = edit.after.today
    own = row.until and day_after(row.until) == row.term < min(was.term, today)
    if not own or row.kind not in HELD or is_ended(row, edit.after):
        return
    if not Corrections(edit).of_row(edit.after, row, pair):
        what = Message("the row now ends on {day}, a day gone by", day=row.until)
        fix = Message(
            "write {written}, the last day on which it held; {correct}",
            written=day_before(today),
            correct=CORRECT,
        )
        yield Found(row.at("until"), what, fix, rule="history-rewritten")


def is_ended(row: Fact, facts: RuleContext) -> bool:
    """Tell whether another row ends one by its last day: it has documents of its own."""
    over = facts.left.get(row.record.id) or facts.ended.get(row.record.id)
    starts = [over.start] if over else []
    heads = facts.heads.get(row.unit, ())
    others = {
        "post": facts.posts.get(row.person, ()),
        "head": heads,
        "delegate": (*facts.delegates.get(row.unit, ()), *heads),  # with who authorised them
    }
    starts += [each.start for each in others.get(row.kind, ()) if row.main and each.main]
    if row.kind in ("head", "delegate"):  # an office ends with the post in the unit
        starts.append(facts.works_until(row.person, row.unit, row.start))
    own = day_after(row.until) if row.until else NEVER
    return row.term < own or any(row.start < start <= row.term for start in starts)


def _ended(was: Fact) -> Message:
    kind, day = NAMES[was.kind], was.start
    if was.until:
        return Message("{kind} from {day} was until {until}", kind=kind, day=day, until=was.until)
    return Message("{kind} from {day} had no last day", kind=kind, day=day)


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
) -> Found:
    return Found(record.at(*steps), value_before(field, was), fix)
