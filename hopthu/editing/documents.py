"""The documents that an edit rests on: of the data, or new ones that are added to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from hopthu.diagnostics.nearest import suggestion
from hopthu.diagnostics.problem import shown
from hopthu.editing import places
from hopthu.editing.draft import Draft
from hopthu.editing.yaml_text import Plain, record_line
from hopthu.errors import UsageError
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold
from hopthu.model.document_numbers import agency, fits, parsed, type_of
from hopthu.model.organisation import LOCAL
from hopthu.model.timeline import text
from hopthu.rules.context import RuleContext
from hopthu.rules.names.on_record import NamesOnRecord
from hopthu.rules.records.units import kind_of
from hopthu.schema.formats import LONGEST_ID

_FEW = 5
_ROOM = 20
_PREFIXES = {"": "cv"}
_SHARED = frozenset(("ub", "ubnd", "hdnd"))
"""The symbols of all committees and councils: their communes are told apart by their ids."""


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document that is not in the data yet.

    `kind` is the first of `kinds` that its symbol fits. `issuer` is the id of a unit, one that is
    added with it perhaps, or with `outside` the name of an authority outside; `units` are those it
    is about, if that must be said.
    """

    kinds: Sequence[str]
    number: str
    issuer: str
    date: date
    id: str = ""
    units: Sequence[str] = ()
    outside: bool = False

    @property
    def kind(self) -> str:
        """The kind that the symbol in the number fits."""
        symbol = type_of(self.number) or ""
        return next((kind for kind in self.kinds if fits(kind, symbol)), self.kinds[0])


Basis: TypeAlias = str | NewDocument
"""The id of a document of the data, or a new one."""


def cited(draft: Draft, basis: Basis) -> str:
    """Return the id of a document; a new one is added to the data.

    One that is in the data already, by number, issuer and date, is not added again. Raises
    `UsageError` if there is no document with the id, or if the id of a new one is taken.
    """
    facts = draft.facts
    if isinstance(basis, str):
        return known(facts, basis)
    if there := same_document(facts, basis):
        return there
    key = basis.id or proposed_id(facts, basis)
    line, number = record_line(_fields(basis, key)), 2
    while (there := draft.added(key)) and there != line and not basis.id:
        key, number = f"{proposed_id(facts, basis)}-{number}", number + 1
        line = record_line(_fields(basis, key))
    if key in facts.documents or there not in ("", line):
        raise UsageError(
            Message("{id} is another document already", id=key),
            fix=Message("give the new one another id"),
        )
    if key in facts.units or key in facts.people:  # `hopthu show` would tell of the document
        raise UsageError(
            Message("the id {id} is taken", id=key),
            fix=Message("give the new one another id"),
        )
    owner = _province(facts) if basis.outside else basis.issuer
    draft.add(places.of_document(facts, owner, basis.date), key, line)
    return key


def row_of(
    draft: Draft, fields: Mapping[str, Plain | None], decision: Basis | None, request: Basis | None
) -> dict[str, Plain]:
    """Return a row with the fields that are there, and the documents that it rests on."""
    found = {name: value for name, value in fields.items() if value is not None}
    bases = {"decision": decision, "request": request}
    return {**found, **{name: cited(draft, basis) for name, basis in bases.items() if basis}}


def known(facts: RuleContext, key: str) -> str:
    """Return the id of a document of the data; raise `UsageError` if there is none."""
    if key not in facts.documents:
        raise UsageError(
            Message("there is no document {id}", id=shown(key)),
            fix=suggestion(
                key,
                facts.documents,
                Message("give the id of one in data/documents.yaml, or the number of a new one"),
            ),
        )
    return key


def valid_number(said: str) -> str:
    """Return the number of a document; raise `UsageError` if it cannot be one."""
    if not parsed(said):
        raise UsageError(
            Message("{number} is not a valid document number", number=shown(said)),
            fix=Message('write it as in "12/QĐ-UBND", "15/2025/QĐ-UBND" or "345/SNV-TCCB"'),
        )
    return said


def same_document(facts: RuleContext, new: NewDocument) -> str:
    """Return the id of the document of the data that a new one would repeat, else an empty text."""
    for key, record in facts.documents.items():
        data = record.data
        issuer = text(data, "issuer") or text(data, "outside_issuer")
        if (text(data, "number"), issuer, text(data, "date")) == (
            new.number, new.issuer, new.date.isoformat(),
        ):  # fmt: skip
            return key
    return ""


def proposed_id(facts: RuleContext, new: NewDocument) -> str:
    """Return an id as those of the data are: qd-77-skhdt-2019, cv-120-xa-pu-nhi-2025."""
    found = parsed(new.number)
    digits = found["n"] if found else fold(new.number)[:_ROOM] or "0"
    symbol = type_of(new.number) or ""
    prefix = _PREFIXES.get(symbol, fold(symbol))
    of = fold(agency(new.number)) or new.issuer
    record = facts.units.get(new.issuer)
    if of in _SHARED and record and kind_of(facts, record.data) in LOCAL:
        of = new.issuer
    of = "-".join(part for part in map(fold, of.split("-")) if part) or "ngoai"
    year = f"{new.date:%Y}"
    room = LONGEST_ID - len(f"{prefix}-{digits}--{year}-99")
    base = f"{prefix}-{digits}-{of[:room].strip('-')}-{year}"
    key, number = base, 2
    while key in facts.documents:
        key, number = f"{base}-{number}", number + 1
    return key


def issuers(facts: RuleContext, number: str) -> list[str]:
    """Return the units whose symbol a number has; the province stands for all committees."""
    of = fold(agency(number))
    if of in _SHARED - {"hdnd"}:
        return [_province(facts)]
    return [
        unit
        for unit, record in facts.units.items()
        if of and of == fold(text(record.data, "short")) and unit not in facts.ended
    ]


def issuer(facts: RuleContext, written: str) -> str:
    """Return the unit that an id or a name means, else the name of an authority outside.

    Raises `UsageError` if it looks like an id and is none.
    """
    if written in facts.units:
        return written
    if " " not in written:
        raise UsageError(
            Message("there is no unit {unit}", unit=shown(written)),
            fix=suggestion(
                written,
                facts.units,
                Message("give its id, as in data/units.yaml, or the full name of one outside"),
            ),
        )
    return unit_of_name(facts, written) or written


def unit_of_name(facts: RuleContext, name: str) -> str:
    """Return the unit with a full name, an empty text if there is none.

    Raises `UsageError` if there are several.
    """
    same = NamesOnRecord(facts).units_called(name)
    if len(same) > 1:
        raise UsageError(
            Message("{name} is the name of several units: {units}", name=shown(name),
                    units=some(same, _FEW)),
            fix=Message("give its id, as in data/units.yaml"),
        )  # fmt: skip
    return same[0] if same else ""


def _province(facts: RuleContext) -> str:
    top = (unit for unit, record in facts.units.items() if record.data.get("kind") == "province")
    return next(top, "")


def _fields(new: NewDocument, key: str) -> dict[str, Plain]:
    found: dict[str, Plain] = {
        "id": key,
        "kind": new.kind,
        "number": new.number,
        "outside_issuer" if new.outside else "issuer": new.issuer,
        "date": new.date,
    }
    if new.units:
        found["units"] = list(new.units)
    return found
