"""The rule that the symbol of a document is that of its issuer (Art. 5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold
from hopthu.model.document_numbers import LOOKED_AT, agency
from hopthu.rules.context import RuleContext
from hopthu.rules.rows import text

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
_MOST = 3
"""So many units are named in a fix."""


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
                fix=_fix(sorted(symbols.units(fold(written)) or ())),
            )


@dataclass(frozen=True)
class _Symbols:
    """The abbreviations in symbols, folded, and the units that they stand for."""

    facts: RuleContext

    def fit(self, written: str, issuer: str) -> bool:
        """Tell whether a document with this abbreviation may be of the issuer, for all we know."""
        named = self.units(fold(written)) if written else None
        return named is None or issuer in named or not self._is_abbreviated(issuer)

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

    def _is_abbreviated(self, unit: str) -> bool:
        """Tell whether it is known what a unit writes in its symbols."""
        data = self.facts.units[unit].data
        return bool(text(data, "short")) or text(data, "kind") in _LOCAL | {"province"}

    def _of_kind(self, kinds: frozenset[str]) -> set[str]:
        units = self.facts.units.items()
        return {unit for unit, record in units if text(record.data, "kind") in kinds}

    @cached_property
    def _shorts(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for unit, record in self.facts.units.items():
            if short := fold(text(record.data, "short")):
                found.setdefault(short, set()).add(unit)
        return found


def _fix(units: list[str]) -> Message:
    if not units:
        return Message("check the document; name an authority outside as `outside_issuer`")
    if len(units) > _MOST:
        return Message("check number and issuer against the document")
    return Message("check the document: is it of {units}?", units=some(units, _MOST))


RULES = (SYMBOL,)
CHECKS = (issuer_symbol,)
