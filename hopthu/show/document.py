"""A document, and everything in the data that rests on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from hopthu.diagnostics.problem import printable
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.organisation import Document
from hopthu.model.phrases import describe_day, describe_document
from hopthu.rules.context import RuleContext
from hopthu.rules.powers.uses import ACTS, beside_rows, regulations
from hopthu.validate import Loaded


@dataclass(frozen=True, slots=True)
class Rests:
    """What rests on a document: an act on the record with this id, from a day if it has one."""

    record: str
    act: str
    start: date | None = None


def resting_on(loaded: Loaded, on: date, document: str) -> tuple[Rests, ...]:
    """Return what rests on a document, by day; what has none, such as an exception, comes last."""
    return tuple(
        sorted(
            set(_uses(RuleContext(loaded.source, loaded.policy, on), document)),
            key=lambda each: (each.start or date.max, each.record, each.act),
        )
    )


def as_text(found: Document, rests: tuple[Rests, ...], language: str = "en") -> str:
    """Return the text about a document, one fact a line."""
    return "".join(f"{printable(translate(line, language))}\n" for line in _lines(found, rests))


def as_json(found: Document, rests: tuple[Rests, ...], language: str = "en") -> str:
    """Return the same as JSON; sentences are in `language`, everything else as in the data."""
    plain = {
        "id": found.id,
        "kind": "document",
        "name": translate(describe_document(found), language),
        "issuer": found.issuer or found.outside_issuer,
        "date": found.date.isoformat(),
        "cited": [
            {
                "record": each.record,
                "act": each.act,
                "from": each.start.isoformat() if each.start else None,
            }
            for each in rests
        ],
    }
    return json.dumps(plain, ensure_ascii=False, indent=2) + "\n"


def _uses(facts: RuleContext, document: str) -> Iterator[Rests]:
    for row in facts.changes:
        if document in (row.decision, row.request):
            yield Rests(row.record.id, row.kind, date.fromisoformat(row.start))
    for use in (*beside_rows(facts), *regulations(facts)):
        if use.document == document:
            yield Rests(use.record.id or use.record.file, use.act)


def _lines(found: Document, rests: tuple[Rests, ...]) -> Iterator[Message]:
    yield Message("{id}: {name}", id=found.id, name=describe_document(found))
    issuer = found.issuer or found.outside_issuer
    yield Message("  issuer: {issuer}", issuer=issuer)
    yield Message("what rests on it:") if rests else Message("nothing rests on it")
    for each in rests:
        what = Message("{record}: {act}", record=each.record, act=ACTS[each.act])
        if each.start:
            yield Message("  {day}  {what}", day=describe_day(each.start), what=what)
        else:
            yield Message("  {what}", what=what)
