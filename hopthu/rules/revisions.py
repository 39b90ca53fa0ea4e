"""Rules between two revisions: what is over stays as it was, for good (Art. 4, 5.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hopthu.problems import Mark, Problem, shown
from hopthu.rules.claims import Claim
from hopthu.rules.facts import Facts
from hopthu.rules.rows import NAMES, Row, text
from hopthu.rules.rule import Rule
from hopthu.source import Record
from hopthu.text import Text
from hopthu.vietnamese import fold, same

REMOVED = Rule(
    "id-removed",
    "Art. 4",
    "people leave and units end, but their records stay, so that their addresses stay taken",
)
REUSED = Rule(
    "id-reused",
    "Art. 4",
    "an id names one unit or person for life: whoever gets it gets the mail of the one before",
)
HANDS = Rule(
    "address-changed-hands",
    "Art. 4",
    "an address names one mailbox, for life: mail meant for one must not reach another",
)
DROPPED = Rule(
    "address-dropped",
    "Art. 4",
    "an address given up stays on record, or it would be free for somebody else",
)
RETURNED = Rule(
    "address-returned",
    "Art. 4",
    "an address given up is retired for good; senders have been told so",
)
REWRITTEN = Rule(
    "history-rewritten",
    "Art. 5.2",
    "what has happened rests on documents and stays as written; a mistake is put right openly",
)
Between = Callable[[Facts, Facts], Iterator[Problem]]
_OF_DOCUMENTS = ("kind", "number", "issuer", "outside_issuer", "date")
_OF_ROWS = ("title", "main", "acting", "decision", "request", "how")


def id_removed(before: Facts, after: Facts) -> Iterator[Problem]:
    """Report records that are no longer there."""
    for kind, records in before.source.records.items():
        if kind == "policy" or not after.source.complete(kind):
            continue
        there = {record.id for record in after.source.records[kind]}
        for record in records:
            if record.id and record.id not in there:
                yield REMOVED.broken(
                    Mark(record.file),
                    Text("the record was taken out"),
                    subject=record.id,
                    fix=Text("put it back; say that it is over with `left` or `ended`"),
                )


def id_reused(before: Facts, after: Facts) -> Iterator[Problem]:
    """Report ids that now name another unit or person: neither name nor address is the same."""
    for old, record in _pairs(before, after, "units", "people"):
        names = [fold(text(each.data, "name")) for each in (old, record)]
        held = [_primary(each) for each in (old, record)]
        if names[0] != names[1] and held[0] != held[1]:
            yield REUSED.broken(
                record.at("id"),
                Text("the id was that of {name}", name=shown(same(text(old.data, "name")))),
                subject=record.id,
                fix=Text("put the old record back, and give the new one an id of its own"),
            )


def addresses_kept(before: Facts, after: Facts) -> Iterator[Problem]:
    """Report addresses that changed hands, were dropped, or came back."""
    now: dict[str, Claim] = {claim.folded: claim for claim in after.claims}
    for old in before.claims:
        new = now.get(old.folded)
        holder = after.units.get(old.record.id) or after.people.get(old.record.id)
        if new is None and holder is not None:
            yield DROPPED.broken(
                holder.at("mailbox", key=True),
                Text("address {address} is no longer on record", address=shown(old.address)),
                subject=holder.id,
                fix=Text("keep it as an alias, or under `former`"),
            )
        elif new is not None and new.record.id != old.record.id:
            yield HANDS.broken(
                new.record.at(*new.steps),
                Text(
                    "address {address} was that of {holder}",
                    address=shown(new.address),
                    holder=old.record.id,
                ),
                subject=new.record.id,
                fix=Text("give another address, and leave this one where it was"),
            )
        elif new is not None and "former" in old.steps and "former" not in new.steps:
            yield RETURNED.broken(
                new.record.at(*new.steps),
                Text("address {address} was given up before", address=shown(new.address)),
                subject=new.record.id,
                fix=Text("leave it under `former`, and choose another"),
            )


def history_rewritten(before: Facts, after: Facts) -> Iterator[Problem]:
    """Report past rows and documents that are no longer as they were, without a correction."""
    for old, record in _pairs(before, after, "documents"):
        for field in _OF_DOCUMENTS:
            was, now = text(old.data, field), text(record.data, field)
            if same(was) != same(now) and not _corrected(old, record):
                yield _rewritten(record, (field,), field, was)
    present = {(_key(row)): row for row in after.changes}
    for row in before.changes:
        here = after.units.get(row.record.id) or after.people.get(row.record.id)
        if here is None or row.start > after.today or _corrected(row.record, here):
            continue
        found = present.get(_key(row))
        if found is None:
            yield REWRITTEN.broken(
                here.at(),
                Text("what began on {day} is gone: {kind}", day=row.start, kind=NAMES[row.kind]),
                subject=here.id,
                fix=_fix(),
            )
            continue
        for field in _changed(row, found, after.today):
            yield _rewritten(here, (*found.steps, field), field, _value(row, field))


def _pairs(before: Facts, after: Facts, *kinds: str) -> Iterator[tuple[Record, Record]]:
    """Yield the records of `kinds` that are in both revisions."""
    for kind in kinds:
        there = {record.id: record for record in after.source.records[kind]}
        for old in before.source.records[kind]:
            if old.id in there and old.data != there[old.id].data:
                yield old, there[old.id]


def _primary(record: Record) -> str:
    mailbox = record.data.get("mailbox")
    return fold(text(mailbox, "address")) if isinstance(mailbox, dict) else ""


def _key(row: Row) -> tuple[str, ...]:
    """Return what makes a row the same one in another revision."""
    return row.kind, row.record.id, row.start, row.unit, row.person


def _changed(old: Row, new: Row, today: str) -> Iterator[str]:
    """Yield the fields that differ; an end may be set, or moved as long as it lies ahead."""
    yield from (f for f in _OF_ROWS if _value(old, f) != _value(new, f))
    if old.until != new.until and old.until and old.until < today:
        yield "until"


def _value(row: Row, field: str) -> str:
    data: object = row.record.data
    for step in row.steps:
        data = data[step]  # type: ignore[index]  # a row's steps lead to it
    value = data.get(field) if isinstance(data, dict) else None
    return same(value) if isinstance(value, str) else str(value if value is not None else "")


def _corrected(old: Record, new: Record) -> bool:
    """Tell whether a document not named before puts the record right."""
    listed = [each.data.get("corrections") for each in (old, new)]
    before, now = (set(map(str, each)) if isinstance(each, list) else set() for each in listed)
    return bool(now - before)


def _rewritten(record: Record, steps: tuple[str | int, ...], field: str, was: str) -> Problem:
    return REWRITTEN.broken(
        record.at(*steps),
        Text("{field} was {value}", field=shown(field), value=shown(was)),
        subject=record.id,
        fix=_fix(),
    )


def _fix() -> Text:
    return Text("put it back; to mend a mistake, name the document under `corrections`")


RULES = (REMOVED, REUSED, HANDS, DROPPED, RETURNED, REWRITTEN)
CHECKS: tuple[Between, ...] = (id_removed, id_reused, addresses_kept, history_rewritten)
