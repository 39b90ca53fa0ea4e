"""The rule that the symbol of a document is that of its issuer (Art. 5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, words
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
        return bool(text(data, "short")) or text(data, "kind") in _LOCAL | {"province"}

    def _may_abbreviate(self, folded: str, unit: str) -> bool:
        """Tell whether a unit without a short name may write so: initials of its name, in order."""
        initials = iter(fold(word)[:1] for word in words(text(self.facts.units[unit].data, "name")))
        return all(letter in initials for letter in folded)

    def _of_kind(self, kinds: frozenset[str]) -> set[str]:
        units = self.facts.units.items()
        return {unit for unit, record in units if text(record.data, "kind") in kinds}

    @cached_property
    def _shorts(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for unit, record in self.facts.units.items():
            for _, data in self.facts.past.states(record):
                if short := fold(text(data, "short")):
                    found.setdefault(short, set()).add(unit)
        return found


RULES = (SYMBOL,)
CHECKS = (issuer_symbol,)
