"""The rule that the symbol of a document is that of its issuer (Art. 5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import Spelling, fold, spelling, words
from hopthu.model.document_numbers import LOOKED_AT, agency
from hopthu.rules.book import check
from hopthu.rules.context import RuleContext
from hopthu.rules.records.unit_kinds import kind_of
from hopthu.rules.rows import day, text

SYMBOL = Rule(
    "issuer-symbol",
    "Art. 5.2",
    "the symbol says who issued a document; recorded under another issuer, it would decide what "
    "only that one may",
)
_COMMITTEES = frozenset(("ubnd", "ub"))
_COUNCIL = "hdnd"
_LOCAL = frozenset(("district", "commune", "ward", "township", "special_zone"))
_OUTSIDE = frozenset(("cp", "ttg", "ctn", "qh", "ubtvqh", "tw"))
"""The Government, its Prime Minister, the President, the National Assembly and its committee, the
Party's centre; the number of a legislature may follow, as in UBTVQH15."""
_DIGITS = "0123456789"
_COMMITTEE = spelling("Ủy ban nhân dân")
_IN_FULL = {
    spelling("UBND")[0]: _COMMITTEE,
    spelling("HĐND")[0]: spelling("Hội đồng nhân dân"),
}
"""What is abbreviated in the names of issuers."""
_MOST = 3
"""So many units are named in a fix."""


@check
def our_issuer(facts: RuleContext) -> Iterator[Problem]:
    """Report units of ours as authorities outside: these may decide what the units may not."""
    outside = [each for each in facts.source.documents if "outside_issuer" in each.data]
    ours: dict[Spelling, list[str]] = {}
    for unit, each in facts.units.items() if outside else ():
        ours.setdefault(_written_out(text(each.data, "name")), []).append(unit)
    for record in outside:
        written, on = text(record.data, "outside_issuer"), text(record.data, "date")
        if not written or len(written) > LOOKED_AT or not day(on):
            continue
        named = ours.get(_written_out(written), ())
        if unit := next((each for each in named if facts.lives(each, on)), ""):
            yield SYMBOL.violation(
                record.at("outside_issuer"),
                Message("{issuer} is {unit}, which is not outside", issuer=shown(written),
                        unit=unit),
                subject=record.id,
                fix=Message("write `issuer: {unit}`; of a namesake elsewhere write where it is",
                            unit=unit),
            )  # fmt: skip


def units_named(facts: RuleContext, name: str) -> list[str]:
    """Return the units that a name means, as documents write it: UBND xã Thọ Xuân for a commune."""
    wanted = _written_out(name)
    found = ((u, text(record.data, "name")) for u, record in facts.units.items())
    return [unit for unit, own in found if _written_out(own) == wanted]


def _written_out(name: str) -> Spelling:
    """Return how a name is spelt in full, without the committee by which a commune acts."""
    full: Spelling = ()
    for word in spelling(name):
        full += _IN_FULL.get(word, (word,))
    own = full[len(_COMMITTEE) :]
    return own if full[: len(_COMMITTEE)] == _COMMITTEE and own else full


@check
def issuer_symbol(facts: RuleContext) -> Iterator[Problem]:
    """Report documents whose symbol is certainly not that of their issuer."""
    symbols = _Symbols(facts)
    right: dict[tuple[str, str], bool] = {}  # few symbols, on very many documents
    for record in facts.source.documents:
        number, issuer = text(record.data, "number"), text(record.data, "issuer")
        if issuer not in facts.units or len(number) > LOOKED_AT:
            continue
        key = number.lstrip(_DIGITS), issuer
        if key not in right:
            right[key] = symbols.fit(agency(f"1{key[0]}"), issuer)
        if not right[key]:
            written = agency(number)
            yield SYMBOL.violation(
                record.at("issuer"),
                Message(
                    "the symbol of {number} is that of {agency}, not of {unit}",
                    number=shown(number),
                    agency=written,
                    unit=issuer,
                ),
                subject=record.id,
                fix=symbols.fix(written, issuer),
            )


@dataclass(frozen=True)
class _Symbols:
    """The abbreviations in symbols, folded, and the units that they stand for."""

    facts: RuleContext

    def fit(self, written: str, issuer: str) -> bool:
        """Tell whether a document with this abbreviation may be of the issuer, for all we know."""
        named = self.units(fold(written)) if written else None
        if named is None or issuer in named:
            return True
        return not self._is_abbreviated(issuer) and self._may_abbreviate(fold(written), issuer)

    def units(self, folded: str) -> frozenset[str] | None:
        """Return the units an abbreviation stands for, None where that is not known."""
        found = set(self._shorts.get(folded, ()))
        if folded in _COMMITTEES:
            found |= self._of_kind(_LOCAL | {"province"})
        if folded == _COUNCIL:
            councils = self._of_kind(frozenset(("council",)))
            found |= councils | self._of_kind(_LOCAL if councils else _LOCAL | {"province"})
        outside = folded.rstrip(_DIGITS) in _OUTSIDE
        return frozenset(found) if found or outside else None

    def fix(self, written: str, issuer: str) -> Message:
        """Return what to do about an abbreviation that is not that of the issuer."""
        units = sorted(self.units(fold(written)) or ())
        if not units:
            return Message("check the document; name an authority outside as `outside_issuer`")
        if len(units) > _MOST:
            return Message("check number and issuer against the document")
        asked = Message("check the document: is it of {units}?", units=some(units, _MOST))
        if self._is_abbreviated(issuer):
            return asked
        return Message(
            "{fix} if it is not, write what {unit} is abbreviated to as its `short`",
            fix=asked,
            unit=issuer,
        )

    def _is_abbreviated(self, unit: str) -> bool:
        """Tell whether it is known what a unit writes in its symbols."""
        data = self.facts.units[unit].data
        return bool(text(data, "short")) or kind_of(self.facts, data) in _LOCAL | {"province"}

    def _may_abbreviate(self, folded: str, unit: str) -> bool:
        """Tell whether a unit without a short name may write so: initials of its name, in order."""
        initials = iter(fold(word)[:1] for word in words(text(self.facts.units[unit].data, "name")))
        return all(letter in initials for letter in folded)

    def _of_kind(self, kinds: frozenset[str]) -> set[str]:
        return {unit for kind in kinds for unit in self._by_kind.get(kind, ())}

    @cached_property
    def _by_kind(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for unit, record in self.facts.units.items():
            found.setdefault(kind_of(self.facts, record.data), []).append(unit)
        return found

    @cached_property
    def _shorts(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for unit, record in self.facts.units.items():
            for _, data in self.facts.past.held(record):
                if short := fold(text(data, "short")):
                    found.setdefault(short, set()).add(unit)
        return found
