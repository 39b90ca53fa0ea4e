"""Rules on documents: their numbers, and that each is of its issuer and its signer (Art. 5.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from hopthu.diagnostics.problem import shown
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.i18n.terms import DOCUMENTS
from hopthu.i18n.vietnamese import LETTERS, fold, same
from hopthu.model.document_numbers import FITTING, agency, counted, fits, parsed
from hopthu.model.timeline import day, text
from hopthu.rules.book import Found, check
from hopthu.rules.context import RuleContext
from hopthu.rules.names.on_record import ACT_BY_COMMITTEE, NamesOnRecord, words_of
from hopthu.rules.records.units import kind_of
from hopthu.source.records import Record

_DIGITS = "0123456789"
_MOST = 3
"""So many units are named in a fix."""
_OTHER_SCRIPT = re.compile(rf"(?![{LETTERS}])[^\W\d_]")


@check("document-number")
def document_number(facts: RuleContext) -> Iterator[Found]:
    """Report numbers that are not written as numbers are, and types that do not fit the kind."""
    for record in facts.source.documents:
        number = "" if record.plain else text(record.data, "number")
        if not number:
            continue
        found = parsed(number)
        for what, fix in _misnumbered(record, found) if found else (_no_number(number),):
            yield Found(record.at("number"), what, fix)


@check("signer-is-head")
def signer_is_head(facts: RuleContext) -> Iterator[Found]:
    """Report documents whose signer was not head of the issuer on that day."""
    for record in facts.source.documents:
        signer, issuer = text(record.data, "signer"), text(record.data, "issuer")
        on = day(text(record.data, "date"))
        if not (signer in facts.people and issuer in facts.units and on):
            continue
        heads = facts.heads.get(issuer, ())
        if not any(row.person == signer and row.holds_on(on) for row in heads):
            what = Message(
                "{person} is not the head of {unit} on {day}", person=signer, unit=issuer, day=on
            )
            fix = Message("name the head of that day, or leave `signer` out")
            yield Found(record.at("signer"), what, fix)


def _no_number(number: str) -> tuple[Message, Message]:
    what = Message("{number} is not a valid document number", number=shown(number))
    if other := _OTHER_SCRIPT.search(same(number)):
        code = f"{ord(other[0]):04X}"
        return what, Message("type it again in Vietnamese letters: U+{code} is not one", code=code)
    return what, Message('write it as in "12/QĐ-UBND", "15/2025/QĐ-UBND" or "345/SNV-TCCB"')


def _misnumbered(record: Record, found: re.Match[str]) -> Iterator[tuple[Message, Message]]:
    """Yield what is wrong with a number: its first part, its year, its type; and the fixes."""
    number, year = found["n"], found.groupdict().get("year")
    if number != counted(number):
        what = Message("{number} is not written as a document number", number=shown(number))
        fix = Message('write "{number}": one 0 before numbers below 10', number=counted(number))
        if int(number) == 0:
            fix = Message("check the document: the first number of a year is 01")
        yield what, fix
    on, kind = day(text(record.data, "date")), text(record.data, "kind")
    if year and on and year != on[:4]:
        what = Message("the number is of {year}, the date of {other}", year=year, other=on[:4])
        yield what, Message("check the number and the date; numbering restarts every year")
    if not fits(kind, found["type"]):
        what = Message(
            "the symbol of {number} is not that of a {kind}",
            number=shown(found[0]),
            kind=DOCUMENTS[kind],
        )
        fix = Message(
            "check `kind` and the symbol, which begins with one of the types {types}",
            types=", ".join(filter(None, FITTING[kind])),
        )
        if "" in FITTING[kind]:  # a letter has no type
            fix = Message("{fix}, or with none, as in {letter}", fix=fix, letter="345/SNV-TCCB")
        yield what, fix


@check("issuer-symbol")
def our_issuer(facts: RuleContext) -> Iterator[Found]:
    """Report units of ours as authorities outside: these may decide what the units may not."""
    names, known = NamesOnRecord(facts), dict[str, list[str]]()
    for record in facts.source.documents:
        written, on = text(record.data, "outside_issuer"), text(record.data, "date")
        if not written or not day(on):
            continue
        if written not in known:
            known[written] = names.units_called(written)
        if unit := next((each for each in known[written] if facts.lives(each, on)), ""):
            what = Message(
                "{issuer} is {unit}, which is not outside", issuer=shown(written), unit=unit
            )
            fix = Message(
                "write `issuer: {unit}`; of a namesake elsewhere write where it is", unit=unit
            )
            yield Found(record.at("outside_issuer"), what, fix)


@check("issuer-symbol")
def issuer_symbol(facts: RuleContext) -> Iterator[Found]:
    """Report documents whose symbol is certainly not that of their issuer."""
    symbols = _Symbols(facts)
    right: dict[tuple[str, str], bool] = {}  # few symbols, on very many documents
    for record in facts.source.documents:
        number, issuer = text(record.data, "number"), text(record.data, "issuer")
        if issuer not in facts.units:
            continue
        key = number.lstrip(_DIGITS), issuer
        if key not in right:
            right[key] = symbols.fit(fold(agency(f"1{key[0]}")), issuer)
        if not right[key]:
            written = agency(number)
            what = Message(
                "the symbol of {number} is that of {agency}, not of {unit}",
                number=shown(number),
                agency=written,
                unit=issuer,
            )
            fix = symbols.fix(fold(written), issuer)
            yield Found(record.at("issuer"), what, fix)


@dataclass(frozen=True)
class _Symbols:
    """The abbreviations in symbols, folded, and the units and authorities they stand for."""

    facts: RuleContext

    def fit(self, written: str, issuer: str) -> bool:
        """Tell whether a document with this abbreviation may be of the issuer, for all we know.

        A unit whose own is not on record may use initials of its name, in order.
        """
        named = self._holders.get(written, set())
        if not named or issuer in named:
            return True
        initials = (word[0] for word in words_of(text(self.facts.units[issuer].data, "name")))
        return issuer not in self._abbreviated and all(letter in initials for letter in written)

    def fix(self, written: str, issuer: str) -> Message:
        """Return what to do about an abbreviation that is not that of the issuer."""
        holders = sorted(self._holders[written])
        if len(holders) > _MOST:
            return Message("check number and issuer against the document")
        asked = Message("check the document: is it of {units}?", units=some(holders, _MOST))
        if issuer in self._abbreviated:
            return asked
        return Message(
            "{fix} if it is not, write what {unit} is abbreviated to as its `short`",
            fix=asked,
            unit=issuer,
        )

    @cached_property
    def _abbreviated(self) -> frozenset[str]:
        """The units of which it is known what they write in their symbols."""
        kinds = ((u, r.data, kind_of(self.facts, r.data)) for u, r in self.facts.units.items())
        return frozenset(
            u for u, data, kind in kinds if data.get("short") or kind in ACT_BY_COMMITTEE
        )

    @cached_property
    def _holders(self) -> dict[str, set[str]]:
        """Whom each abbreviation stands for.

        Units by short names, committees and councils; authorities outside by their documents.
        """
        found: dict[str, set[str]] = {}
        names = NamesOnRecord(self.facts)
        for unit, record in self.facts.units.items():
            meant = {fold(text(data, "short")) for _, data in self.facts.past.held(record)}
            for written in meant | names.bodies(record.data):
                found.setdefault(written, set()).add(unit)
        for record in self.facts.source.documents:
            if "outside_issuer" in record.data:
                written = fold(agency(text(record.data, "number")))
                found.setdefault(written, set()).add(text(record.data, "outside_issuer"))
        found.pop("", None)
        return found
