"""The rule that nobody calls a unit below it by the name of another authority (Art. 5.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from hopthu.diagnostics.problem import Problem, shown
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold
from hopthu.rules.book import check
from hopthu.rules.claims import primary
from hopthu.rules.context import RuleContext
from hopthu.rules.names.authority_names import alike, authority, called, meant
from hopthu.rules.powers.competence import COMPETENT, LOCAL, Competent
from hopthu.rules.records.unit_kinds import kind_of
from hopthu.rules.rows import Row, facts_of, text
from hopthu.source.records import Record
from hopthu.source.values import Map

_NAMES = ("name", "short")


@check
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
        facts, near = self.facts, self.facts.above_on(record.id, (day,))
        parent = facts.units.get(text(facts.past.on(record, day), "parent"))
        local = parent is not None and kind_of(facts, parent.data) in LOCAL
        province = fold(facts.policy.domain.partition(".")[0])
        for key in dict.fromkeys((fold(name), *meant(name, province))):
            for unit in self._units.get(key, ()):
                names = self._called(facts.past.on(facts.units[unit], day), below_place=local)
                if unit not in near and facts.lives(unit, day) and key in names:
                    return unit
            if key in self._outside:
                return self._outside[key]
        if parent is None:
            return ""
        return authority(name, text(facts.past.on(parent, day), "name"), local=local)

    @cached_property
    def _units(self) -> dict[str, list[str]]:
        facts, found = self.facts, dict[str, list[str]]()
        for key, record in facts.units.items():
            above = facts.units.get(text(record.data, "parent"))
            high = above is None or "parent" not in above.data
            if high or kind_of(facts, record.data) in LOCAL:
                for each in self._called(record.data):
                    found.setdefault(each, []).append(key)
        return found

    def _called(self, data: Map, *, below_place: bool = False) -> frozenset[str]:
        """Return what a unit is called: by its name, its short name and its address.

        Those two of a place many share. Where a commune is above, which has a Văn phòng UBND of
        its own, VPUBND is not written out.
        """
        name = called(text(data, "name"))
        if kind_of(self.facts, data) in LOCAL:
            return name
        others = (text(data, "short"), primary(data))
        read = (fold,) if below_place else (fold, alike)
        return name | {each(other) for other in others if other for each in read}

    @cached_property
    def _outside(self) -> dict[str, str]:
        names = self.facts.policy.outside_authorities
        return {each: name for name in names for each in called(name)}


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
