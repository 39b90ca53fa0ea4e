"""The rule that nobody calls a unit below it by the name of another authority (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, words
from hopthu.rules.aliases import ABBREVIATED
from hopthu.rules.competence import COMPETENT, LOCAL, Competent
from hopthu.rules.context import RuleContext
from hopthu.rules.rows import Row, facts_of, text
from hopthu.rules.unit_kinds import kind_of
from hopthu.source.records import Record

_NAMES = ("name", "short")
_AUTHORITIES = (
    "Bộ đội Biên phòng", "Công an", "Hội đồng nhân dân", "Kho bạc Nhà nước", "Tỉnh ủy", "Tòa án",
    "Ủy ban nhân dân", "Viện kiểm sát",
)  # fmt: skip
"""How names of authorities begin, whether they are on record or not."""


def _alike(name: str) -> str:
    folded = fold(name)
    for whole, short in ABBREVIATED:
        folded = folded.replace(whole, short)
    return folded


_BEGINNINGS = {_alike(name): name for name in _AUTHORITIES}
_WORDS = max(len(name.split()) for name in _AUTHORITIES)


def name_permitted(facts: RuleContext) -> Iterator[Problem]:
    """Report units that the one above them named as another authority is named, or alike.

    It decides on a unit below it, but a name that is known elsewhere takes a document of one above
    both, or of the province.
    """
    names = _Names(facts)
    power = Competent(facts)
    for key, record in facts.units.items():
        if record.data.keys().isdisjoint(("created", "changes")) or facts.is_over(record):
            continue
        for field in _NAMES:
            row = _named_by(facts, record, field)
            if row is None or power.issuers.get(row.decision) is None:
                continue
            name = text(record.data, field)
            known = names.of_another(record, name, row.start) if name else ""
            if known and not _is_by_one_above(power, record, row):
                yield COMPETENT.violation(
                    record.at(field),
                    Message(
                        "{name} is a name of {authority}, and {document} is not by a unit above "
                        "both",
                        name=shown(name),
                        authority=known,
                        document=row.decision,
                    ),
                    subject=key,
                    fix=Message(
                        "give it a name of its own, or cite a decision of a unit above {parent}, "
                        "or of the province",
                        parent=text(record.data, "parent"),
                    ),
                )


@dataclass(frozen=True)
class _Names:
    """The names that one authority alone has.

    Those are the units at the top, right below it, and of places, the authorities outside that
    policy lists, and the branches of the state. Further down many share a name, such as Văn phòng
    or Phòng Kế toán.
    """

    facts: RuleContext

    def of_another(self, record: Record, name: str, day: str) -> str:
        """Return the authority that had a name on a day, and is not above the record; else ""."""
        key, near = _alike(name), self.facts.above_on(record.id, (day,))
        for unit in self._units.get(key, ()):
            other = self.facts.units[unit]
            called = text(self.facts.past.on(other, day), "name")
            if unit not in near and self.facts.lives(unit, day) and _alike(called) == key:
                return unit
        begins = (_alike("".join(words(name)[:number])) for number in range(1, _WORDS + 1))
        beginning = next((each for each in begins if each in _BEGINNINGS), "")
        return self._outside.get(key) or _BEGINNINGS.get(beginning, "")

    @cached_property
    def _units(self) -> dict[str, list[str]]:
        facts, found = self.facts, dict[str, list[str]]()
        for key, record in facts.units.items():
            above = facts.units.get(text(record.data, "parent"))
            high = above is None or "parent" not in above.data
            if high or kind_of(facts, record.data) in LOCAL:
                found.setdefault(_alike(text(record.data, "name")), []).append(key)
        return found

    @cached_property
    def _outside(self) -> dict[str, str]:
        return {_alike(name): name for name in self.facts.policy.outside_authorities}


def _named_by(facts: RuleContext, record: Record, field: str) -> Row | None:
    """Return the row by which a unit got its name, None if it has always had it."""
    rows = facts.fact_changes.get(record.id, ())
    changed = [row for row in rows if field in facts_of(row)]
    return max(changed, key=lambda row: row.start, default=facts.created.get(record.id))


def _is_by_one_above(power: Competent, record: Record, row: Row) -> bool:
    """Tell whether a row is decided by a unit above the parent, the province, or one outside."""
    facts, issuer = power.facts, power.issuers[row.decision]
    parent = text(facts.past.on(record, row.start), "parent")
    line = facts.above_on(record.id, (row.start,)) - {record.id, parent}
    able = {*line, *power.top}
    return issuer not in facts.units or not able.isdisjoint((issuer, *power.heirs.get(issuer, ())))


RULES: tuple[Rule, ...] = ()
"""It is part of `hopthu.rules.competence`."""
CHECKS = (name_permitted,)
