"""Rules on units: the tree, and what a unit that takes part must have (Art. 3, 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.terms import some_id
from hopthu.model.timeline import NEVER, day_before, facts_of, text, texts, was
from hopthu.rules.book import check
from hopthu.rules.context import DEEPEST, RuleContext
from hopthu.rules.records.circles import in_circles
from hopthu.rules.records.unit_kinds import kind_of
from hopthu.rules.successors import INTO
from hopthu.source.records import Record

CIRCLE = Rule(
    "unit-circle",
    "Art. 3",
    "units form a tree: none is above itself, and none is its own successor",
)
PARENT = Rule(
    "unit-parent",
    "Art. 3",
    "every unit has a parent that answers for it, except those at the top of the province",
)
MAILBOX = Rule(
    "unit-mailbox",
    "Art. 7.1",
    "units of the kinds that policy lists take part, each with exactly one mailbox",
)
REGULATION = Rule(
    "unit-regulation",
    "Art. 7.3",
    "the head lays down in writing how the unit's mailbox is used",
    "warning",
)
LEVEL = Rule(
    "unit-level",
    "Art. 3",
    "departments are below the province, communes and wards below it or a former district; there "
    "is one province",
)
_TOP = ("council", "mass_organisation", "party", "province")
_BELOW: Mapping[str, Sequence[str]] = {
    "province": (),
    "department": ("province",),
    "district": ("province",),
    **dict.fromkeys(("commune", "ward", "township", "special_zone"), ("province", "district")),
}
"""The kinds a unit may be below, where not any will do."""


@check
def unit_circle(facts: RuleContext) -> Iterator[Problem]:
    """Report units that are above themselves or merged into themselves, however indirectly."""
    up = Message("the unit is its own parent, directly or through others")
    on = Message("the unit is its own successor, directly or through others")
    went = [
        u for u in facts.units if any("parent" in was(r) for r in facts.fact_changes.get(u, ()))
    ]
    days = {day_before(row.start) for unit in went for row in facts.fact_changes[unit]}
    looping = {u for u in went if any(facts.past.is_above_itself(u, day) for day in days)}
    for ways, what in (((("parent",),), up), (INTO, on)):
        named = [
            (r, [each for path in ways for each in texts(r, path)]) for r in facts.source.units
        ]
        onward: dict[str, list[str]] = {}
        for record, found in named:
            onward.setdefault(record.id, []).extend(key for _, key in found)
        circles = in_circles(onward) | (looping if what is up else set())
        for record, found in named:
            if found and record.id in circles:
                yield CIRCLE.violation(
                    record.at(*found[0][0]),
                    what,
                    fix=Message(
                        "check this unit and those it names; one of them names the wrong unit"
                    ),
                )


@check
def unit_parent(facts: RuleContext) -> Iterator[Problem]:
    """Report units without a parent, or with more units above them than a province has levels."""
    for record in facts.source.units:
        if "parent" not in record.data and kind_of(facts, record.data) not in (*_TOP, ""):
            yield PARENT.violation(
                record.at(),
                Message("the unit has no parent"),
                fix=Message("add `parent: {unit}`", unit=some_id("units")),
            )
        if len(facts.above.get(record.id, ())) > DEEPEST:
            yield PARENT.violation(
                record.at("parent"),
                Message("more than {number} units are above it", number=DEEPEST - 1),
                fix=Message("name its parent; a province has few levels"),
            )


@check
def parent_begins_later(facts: RuleContext) -> Iterator[Problem]:
    """Report units below one that does not exist yet.

    A unit without `created` is older than what is on record: its parent must exist today.
    """
    for unit, record in facts.units.items():
        begin = facts.created.get(text(record.data, "parent"))
        if begin and _below_since(facts, unit) < begin.start:
            yield PARENT.violation(
                record.at("parent"),
                Message(
                    "{unit} begins on {day}, but this unit is below it earlier",
                    unit=begin.record.id,
                    day=begin.start,
                ),
                subject=unit,
                fix=Message("check both dates, or name the unit that it is below until then"),
            )


def _below_since(facts: RuleContext, unit: str) -> str:
    """Return the first day on which a unit is below its parent, NEVER if it cannot be read."""
    moved = [row.start for row in facts.fact_changes.get(unit, ()) if "parent" in facts_of(row)]
    if moved:
        return max(moved)
    if unit in facts.created:
        return facts.created[unit].start
    return NEVER if "created" in facts.units[unit].data else facts.today


@check
def unit_level(facts: RuleContext) -> Iterator[Problem]:
    """Report units below a kind of unit that has none such below it, and a second province."""
    for record in facts.source.units:
        kind = text(record.data, "kind")
        above = facts.units.get(text(record.data, "parent"))
        able = _BELOW.get(kind_of(facts, record.data))
        if above is not None and able is not None and kind_of(facts, above.data) not in able:
            yield LEVEL.violation(
                record.at("parent"),
                Message(
                    "a unit of kind {kind} cannot be below one of kind {above}",
                    kind=kind,
                    above=shown(text(above.data, "kind")),
                ),
                fix=Message("name a unit of kind {kinds}, or check `kind`", kinds=" / ".join(able))
                if able
                else Message("leave `parent` out, or check `kind`"),
            )
    yield from _second_province(facts)


def _second_province(facts: RuleContext) -> Iterator[Problem]:
    found = (r for r in facts.units.values() if text(r.data, "kind") == "province")
    provinces = sorted(found, key=lambda record: (facts.since(record), record.id))
    for record in provinces[1:]:
        day = max(facts.today, facts.created[record.id].start if record.id in facts.created else "")
        other = next((p for p in provinces if p is not record and facts.lives(p.id, day)), None)
        if other is not None and facts.lives(record.id, day):
            yield LEVEL.violation(
                record.at("kind"),
                Message("{unit} is the province already", unit=other.id),
                fix=Message("a province has one unit of this kind at a time; check `kind`"),
            )


@check
def unit_mailbox(facts: RuleContext) -> Iterator[Problem]:
    """Report units that must have a mailbox and have none."""
    for record in facts.source.units:
        kind = text(record.data, "kind")
        takes_part = facts.policy.named_kind(kind, facts.policy.participating)
        if takes_part and "mailbox" not in record.data:
            yield MAILBOX.violation(
                record.at(),
                Message("a unit of kind {kind} has no mailbox", kind=kind),
                fix=_mailbox_or_division(facts, record),
            )


def _mailbox_or_division(facts: RuleContext, record: Record) -> Message:
    """Return what to do about a unit without a mailbox; one within a department may be a part."""
    above = facts.units.get(text(record.data, "parent"))
    add = Message("add `mailbox`; `hopthu address` gives the address of the profile")
    if above is None or kind_of(facts, above.data) == "province":
        return add
    return Message("write `kind: division` for a part of {unit}; else {fix}",
                   unit=above.id, fix=add)  # fmt: skip


@check
def unit_regulation(facts: RuleContext) -> Iterator[Problem]:
    """Report units with a mailbox and no document on its use."""
    for unit, record in facts.units.items():
        mailbox = "mailbox" in record.data and facts.lives(unit, facts.today)
        if mailbox and "regulation" not in record.data:
            yield REGULATION.violation(
                record.at("mailbox", key=True),
                Message("no document regulates the use of the unit's mailbox"),
                subject=unit,
                fix=Message("have the head issue one, and name it as `regulation`"),
            )
