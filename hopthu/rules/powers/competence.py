"""Who may decide and ask: whoever the table of acts names, by the organisation of that day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from hopthu.model.competence import OF_UNITS, TABLE, Act
from hopthu.rules.context import OUTSIDE, RuleContext, outside
from hopthu.rules.powers.uses import Use, days_of
from hopthu.rules.records.units import kind_of

_AT_THE_TOP = ("province", "council", "party")
LISTED = OUTSIDE + "listed"
"""Stands for the authorities outside that policy lists, `OUTSIDE` itself for any."""
Days = tuple[str, ...]


@dataclass(frozen=True)
class Competent:
    """Who may decide on what in the organisation, as policy says."""

    facts: RuleContext

    def permits(self, use: Use) -> bool:
        """Tell whether the issuer of a use, or of the other document, may decide on it in a way.

        Whoever has ended may not decide on what begins later. A document whose issuer is unknown
        is reported elsewhere.
        """
        papers = self.facts.papers
        cited = [papers[key] for key in (use.document, use.other or "") if key in papers]
        return not papers[use.document].issuer or any(
            use.effect <= paper.last
            and all(self.may(act, paper.issuer, units, days) for days in judged)
            for paper in cited
            for judged in (days_of(self.facts, use, paper),)
            for act, units in use.ways
        )

    def may(self, act: Act, issuer: str, units: tuple[str, ...], days: Days = ()) -> bool:
        """Tell whether an issuer may decide on an act that concerns `units`.

        It may if it may on one of `days`, by default today. Where no unit can be read, it may: that
        is reported elsewhere.
        """
        known = any(unit in self.facts.units or unit.startswith(OUTSIDE) for unit in units)
        if not (known or TABLE[act].named):
            return True
        return self._is_among(issuer, self.able(act, units, days))

    def able(self, act: Act, units: tuple[str, ...], days: Days = ()) -> Iterator[str]:
        """Yield those who may decide on an act, the nearest first, some of them twice."""
        for word in self.facts.policy.competence.of(act):
            yield from self._meant(word, act, units, days or (self.facts.today,))
            for unit in units if word == "unit" else ():
                yield from self._successors(unit)

    def _is_among(self, issuer: str, able: Iterable[str]) -> bool:
        means = {issuer}
        if issuer.startswith(OUTSIDE):
            means |= {OUTSIDE, LISTED} if issuer in self._listed else {OUTSIDE}
        return any(each in means for each in able)

    def _successors(self, unit: str) -> Iterator[str]:
        """Yield who stands today in the place of a unit, if it is over.

        Those are its successors of which whoever ended it could have ended them as well: by its
        superior alone, a unit would come to act for any other. On that day all were there, and
        none stood in the place of another.
        """
        end = self.facts.ended.get(unit)
        if end is None or end.start > self.facts.today:
            return
        issuer, words = self.facts.issuers.get(end.decision, ""), self.facts.policy.competence.ended
        for heir in self.facts.heirs[unit]:
            each = (self._meant(word, "ended", (heir,), (end.start,)) for word in words)
            if self._is_among(issuer, chain.from_iterable(each)):
                yield heir

    @cached_property
    def _listed(self) -> frozenset[str]:
        return frozenset(outside(name) for name in self.facts.policy.outside_authorities)

    def _meant(self, word: str, act: Act, units: tuple[str, ...], days: Days) -> Iterable[str]:
        if word == "unit":
            return units
        if word == "superior":
            return [each for unit in units for day in days for each in self._superiors(unit, day)]
        if word == "province":
            return [unit for unit in self.top if unit not in units]
        if word == "inspectorate":
            return self._inspectorates
        if word == "outside":
            return [LISTED if act in OF_UNITS else OUTSIDE]
        return [self.facts.policy.operator if word == "operator" else word]

    def _superiors(self, unit: str, day: str) -> list[str]:
        """Return the units above one, the nearest first; above the top are those policy lists."""
        above = list(self.facts.past.above(unit, day))[1:]
        return above or [LISTED] * (unit in self.facts.units)

    @cached_property
    def top(self) -> list[str]:
        """The council, the People's Committee and the party committee of the province."""
        return [
            key
            for key, record in self.facts.units.items()
            if "parent" not in record.data and kind_of(self.facts, record.data) in _AT_THE_TOP
        ]

    @cached_property
    def _inspectorates(self) -> list[str]:
        units = self.facts.units.items()
        return [key for key, record in units if kind_of(self.facts, record.data) == "inspectorate"]
