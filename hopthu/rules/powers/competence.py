"""The rule that the issuer of a document may decide what rests on it (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import spelling
from hopthu.model.competence import FIXED, GRANTED, OF_UNITS, Act
from hopthu.model.document_numbers import LOOKED_AT
from hopthu.rules.book import check
from hopthu.rules.context import DEEPEST, RuleContext
from hopthu.rules.powers import own_rows, predecessors
from hopthu.rules.powers.uses import (
    ACTS,
    Use,
    beside_rows,
    of_row,
    on_facts,
    on_people,
    regulations,
)
from hopthu.rules.records.unit_kinds import kind_of
from hopthu.rules.rows import text, texts
from hopthu.schema.formats import ID, ISSUERS

COMPETENT = Rule(
    "issuer-competent",
    "Art. 5.1",
    "a change rests on the decision of an authority that may make it; policy says which, act by "
    "act, in `competence`",
)
_AT_THE_TOP = ("province", "council", "party")
LOCAL = ("district", "commune", "ward", "township", "special_zone")
Days = tuple[str, ...]
OUTSIDE = ""
"""Stands for an issuer that is not one of our units, ..."""
UNLISTED = "?"
"""... and for one that policy does not list as an authority over them."""


@check
def issuer_competent(facts: RuleContext) -> Iterator[Problem]:
    """Report documents whose issuer may not decide on what rests on them."""
    power, above = Competent(facts), facts.above
    issuers = power.issuers
    usual = {act for act, line in power.line.items() if line == (True, True)}
    doubtful = {
        (kind, issuers.get(cited), unit)
        for kind, unit, cited, _ in facts.cases
        if kind != "change"
        and unit
        and unit not in facts.moved
        and cited not in facts.adoptions
        and (kind not in usual or issuers.get(cited, unit) not in above.get(unit, ()))
    }
    wrong = {
        (kind, issuer, unit)
        for kind, issuer, unit in doubtful
        if issuer is not None and not power.may(kind, issuer, (unit,))
    }
    for row in facts.changes if wrong or facts.moved else ():
        adopted = row.decision in facts.adoptions  # `hopthu.rules.powers.adoption` says by whom
        if row.kind == "change" or adopted:
            continue
        known = row.unit in facts.moved and row.decision in issuers
        if known or (row.kind, issuers.get(row.decision), row.unit) in wrong:
            use = of_row(facts, row, "decision", row.kind, (row.unit,))
            if not (known and power.permits(use)):
                yield incompetent(power, use)
    for use in (*on_people(facts), *on_facts(facts), *beside_rows(facts), *regulations(facts)):
        if use.document in issuers and not power.permits(use):
            yield incompetent(power, use)


@check
def issuers_exist(facts: RuleContext) -> Iterator[Problem]:
    """Report units that policy names as issuers and that do not exist."""
    if not facts.source.complete("units"):
        return
    for record in facts.source.policy:
        for steps, issuer in texts(record, ("competence", "*", "*")):
            if ID.match(issuer) and issuer not in facts.units:
                yield COMPETENT.violation(
                    record.at(*steps),
                    Message("there is no unit {unit}", unit=shown(issuer)),
                    fix=Message(
                        "write the id of a unit, or one of: {words}", words=", ".join(ISSUERS)
                    ),
                )


@dataclass(frozen=True)
class Competent:
    """Who may decide on what in the organisation, as policy says."""

    facts: RuleContext

    def permits(self, use: Use, but: Act | None = None) -> bool:
        """Tell whether the issuer, which must be known, may decide on a use, by acts but `but`."""
        issuer, judged = self.issuers[use.document], _apart(use)
        ways = ((act, units) for act, units in own_rows.ways(self.facts, use) if act != but)
        return any(
            all(self.may(act, issuer, units, days) for days in judged) for act, units in ways
        )

    def may(self, act: Act, issuer: str, units: tuple[str, ...], days: Days = ()) -> bool:
        """Tell whether an issuer may decide on an act that concerns `units`.

        It may if it may on one of `days`, by default today. Where no unit can be read, it may: that
        is reported elsewhere.
        """
        if not (units or act in GRANTED):
            return True
        days = days or (self.facts.today,)
        for unit in units:
            if issuer in self._near(act, unit, days):
                return True
        if issuer in self.heirs and any(self._was_near(act, issuer, u, days) for u in units):
            return True
        if any(self._was_above(act, issuer, unit, days) for unit in units):
            return True
        able = self.able(act, units, days)
        return issuer in able or any(heir in able for heir in self.heirs.get(issuer, ()))

    def able(self, act: Act, units: tuple[str, ...], days: Days = ()) -> tuple[str, ...]:
        """Return the units that may decide on an act, nearest first; `OUTSIDE` for others."""
        words, days = self.facts.policy.competence.of(act), days or (self.facts.today,)
        found = (each for word in words for each in self._meant(act, word, units, days))
        return tuple(dict.fromkeys(found))

    def _near(self, act: Act, unit: str, days: Days) -> frozenset[str]:
        """Return those of a unit and the units above it that may decide, which nearly all do."""
        line = self.facts.above_on(unit, days)
        own, superior = self.line[act]
        if own:
            return line if superior else frozenset((unit,))
        return line - {unit} if superior else frozenset()

    def _was_near(self, act: Act, issuer: str, unit: str, days: Days) -> bool:
        """Tell whether an issuer acted for one of those near, or stood in its place.

        A predecessor acted for its successors. Which unit was above another before a reform the
        data does not say: it ended before the one of today began, was of the same level, local or
        not, and below the same unit.
        """
        facts, near = self.facts, self._near(act, unit, days)
        if not near.isdisjoint(self.heirs[issuer]):
            return True
        ended, level = facts.ended[issuer].start, self._level(issuer)
        return any(
            ended <= facts.created[each].start and level == self._level(each)
            for each in near
            if each in facts.created
        )

    def _was_above(self, act: Act, issuer: str, unit: str, days: Days) -> bool:
        """Tell whether a unit goes, with one whose end lies ahead, below the successor of that.

        It is below the successor from the edit on, and its documents are of the unit that ends.
        """
        heirs = predecessors.coming(self.facts, issuer, self.top)
        return unit not in heirs and not self._near(act, unit, days).isdisjoint(heirs)

    @cached_property
    def line(self) -> Mapping[Act, tuple[bool, bool]]:
        """For each act, whether the unit itself and those above it may decide."""
        acts: tuple[Act, ...] = get_args(Act)
        words = {act: self.facts.policy.competence.of(act) for act in acts}
        return {act: ("unit" in words[act], "superior" in words[act]) for act in acts}

    @cached_property
    def heirs(self) -> Mapping[str, Sequence[str]]:
        """The successors for which a unit that is over acted while it was there."""
        return predecessors.heirs(self.facts, self.top)

    @cached_property
    def issuers(self) -> Mapping[str, str]:
        """The issuers of documents, as in `RuleContext`; `UNLISTED` if policy does not list it."""
        found = dict(self.facts.issuers)
        listed = {spelling(name) for name in self.facts.policy.outside_authorities}
        for key in (key for key, issuer in found.items() if issuer == OUTSIDE):
            if spelling(outside_issuer(self.facts, key)) not in listed:
                found[key] = UNLISTED
        return found

    def _meant(self, act: Act, word: str, units: tuple[str, ...], days: Days) -> list[str]:
        if word == "unit":
            return [*units, *(heir for unit in units for heir in self.heirs.get(unit, ()))]
        if word == "superior":
            return [each for unit in units for day in days for each in self._superiors(unit, day)]
        if word == "province":
            return [unit for unit in self.top if unit not in units]
        if word == "inspectorate":
            return self._inspectorates
        if word == "outside":
            return [OUTSIDE] if act in OF_UNITS else [OUTSIDE, UNLISTED]
        return [self.facts.policy.operator if word == "operator" else word]

    def _superiors(self, unit: str, day: str) -> list[str]:
        """Return the units above one, the nearest first; above the top is an outside authority."""
        facts = self.facts
        found: list[str] = []
        while unit in facts.units and len(found) < DEEPEST:
            record = facts.units[unit]
            unit = text(
                facts.past.on(record, day) if unit in facts.moved else record.data, "parent"
            )
            found.append(unit or OUTSIDE)
        return found[:-1] if found[1:] and found[-1] == OUTSIDE else found

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

    def _level(self, unit: str) -> tuple[str, bool]:
        data = self.facts.units[unit].data
        return text(data, "parent"), kind_of(self.facts, data) in LOCAL


def outside_issuer(facts: RuleContext, document: str) -> str:
    """Return the authority outside that issued a document, as it is written."""
    return text(facts.documents[document].data, "outside_issuer")[:LOOKED_AT]


def _apart(use: Use) -> list[Days]:
    """Return the days of a use, each alone where the issuer must be competent on every one."""
    return [(day,) for day in use.days] if use.every else [use.days]


def incompetent(power: Competent, use: Use) -> Problem:
    """Report a use of a document whose issuer, which must be known, may not decide on it."""
    issuer, act = power.issuers[use.document], ACTS[use.act]
    if issuer == UNLISTED and OUTSIDE in power.able(use.act, use.units, _apart(use)[0]):
        return _unlisted(power, use)
    return COMPETENT.violation(
        use.record.at(*use.steps),
        Message(
            "{document} is by {unit}, which may not decide on {act}",
            document=use.document,
            unit=issuer,
            act=act,
        )
        if issuer not in (OUTSIDE, UNLISTED)
        else Message(
            "{document} was not issued by one of our units, and only they may decide on {act}",
            document=use.document,
            act=act,
        ),
        subject=use.record.id,
        fix=power.facts.past.unless_right_before(use.units, ("parent",), instead(power, use)),
    )


def _unlisted(power: Competent, use: Use) -> Problem:
    """Report an authority outside that may not decide, where one that policy lists may."""
    listed = power.facts.policy.outside_authorities
    add = Message("add the issuer to `outside_authorities` in data/policy.yaml")
    return COMPETENT.violation(
        use.record.at(*use.steps),
        Message(
            "{document} is by {authority}, which policy does not list among the authorities "
            "outside that decide on {act}",
            document=use.document,
            authority=shown(outside_issuer(power.facts, use.document)),
            act=ACTS[use.act],
        ),
        subject=use.record.id,
        fix=Message("write one of: {names}; or {fix}", names=", ".join(listed), fix=add)
        if listed
        else add,
    )


def instead(power: Competent, use: Use) -> Message:
    """Return whose document to cite for a use, instead of one whose issuer may not decide."""
    first, *others = [power.able(use.act, use.units, days) for days in _apart(use)]
    able = [issuer for issuer in first if all(issuer in each for each in others)]
    outside = Message("an authority outside the province")
    named = list(dict.fromkeys(outside if each in (OUTSIDE, UNLISTED) else each for each in able))
    if not named:
        return Message("name somebody who may in `competence.{key}` of the policy", key=use.act)
    issuers = joined(named, ", ")
    if use.act in FIXED:
        return Message("cite a document of: {issuers}", issuers=issuers)
    return Message(
        "cite a document of: {issuers}; policy may name others in `competence.{key}`",
        issuers=issuers,
        key=use.act,
    )
