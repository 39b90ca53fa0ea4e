"""Rules on units: the tree, and what a unit that takes part must have (Art. 3, 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.i18n.terms import some_id
from hopthu.model.timeline import text
from hopthu.rules.book import Found, check
from hopthu.rules.context import DEEPEST, RuleContext
from hopthu.rules.records.unit_kinds import kind_of

_TOP = ("council", "mass_organisation", "party", "province")
_BELOW: Mapping[str, Sequence[str]] = {
    "province": (),
    "department": ("province",),
    "district": ("province",),
    **dict.fromkeys(("commune", "ward", "township", "special_zone"), ("province", "district")),
}
"""The kinds a unit may be below, where not any will do."""


def above_themselves(facts: RuleContext) -> set[str]:
    """Return the units that are above themselves, directly or through others, on any day."""
    past = facts.past
    return {unit for on in past.moves for unit in facts.units if past.is_above_itself(unit, on)}


@check("unit-parent")
def unit_parent(facts: RuleContext) -> Iterator[Found]:
    """Report units above themselves, without a parent, too far down, or below a wrong kind."""
    in_circles = above_themselves(facts)
    for record in facts.source.units:
        kind, above = text(record.data, "kind"), facts.units.get(text(record.data, "parent"))
        able = _BELOW.get(kind_of(facts, record.data))
        if record.id in in_circles:
            what = Message("the unit is its own parent, directly or through others")
            fix = Message("check this unit and those it names; one of them names the wrong unit")
        elif "parent" not in record.data and kind_of(facts, record.data) not in (*_TOP, ""):
            what = Message("the unit has no parent")
            fix = Message("add `parent: {unit}`", unit=some_id("units"))
        elif len(facts.past.above(record.id, facts.today)) == DEEPEST + 1:
            what = Message("more than {number} units are above it", number=DEEPEST - 1)
            fix = Message("name its parent; a province has few levels")
        elif above is not None and able is not None and kind_of(facts, above.data) not in able:
            what = Message(
                "a unit of kind {kind} cannot be below one of kind {above}",
                kind=kind,
                above=shown(text(above.data, "kind")),
            )
            fix = Message("leave `parent` out, or check `kind`")
            if kinds := " / ".join(able):
                fix = Message("name a unit of kind {kinds}, or check `kind`", kinds=kinds)
        else:
            continue
        yield Found(record.at("parent"), what, fix)


@check("unit-parent")
def second_province(facts: RuleContext) -> Iterator[Found]:
    """Report a second unit of the province's kind at a time."""
    found = (r for r in facts.units.values() if text(r.data, "kind") == "province")
    provinces = sorted(found, key=lambda record: (facts.since(record), record.id))
    for record in provinces[1:]:
        day = max(facts.today, facts.since(record))
        other = next((p for p in provinces if p is not record and facts.lives(p.id, day)), None)
        if other is not None and facts.lives(record.id, day):
            what = Message("{unit} is the province already", unit=other.id)
            fix = Message("a province has one unit of this kind at a time; check `kind`")
            yield Found(record.at("kind"), what, fix)


@check("has-mailbox")
def unit_mailbox(facts: RuleContext) -> Iterator[Found]:
    """Report units that must have a mailbox and have none."""
    for record in facts.source.units:
        kind = text(record.data, "kind")
        takes_part = facts.policy.named_kind(kind, facts.policy.participating)
        if takes_part and "mailbox" not in record.data:
            what = Message("a unit of kind {kind} has no mailbox", kind=kind)
            fix = Message(
                "add `mailbox`; `hopthu address` gives the address of the profile; a part of a "
                "department is `kind: division`"
            )
            yield Found(record.at(), what, fix)


@check("has-mailbox")
def person_has_mailbox(facts: RuleContext) -> Iterator[Found]:
    """Report people who hold a post today and have no mailbox."""
    for person, record in facts.people.items():
        if "mailbox" in record.data:
            continue
        if any(row.holds_on(facts.today) for row in facts.posts[person]):
            what = Message("an official in service has no mailbox")
            fix = Message("add `mailbox`; `hopthu address` gives the free address for a name")
            yield Found(record.at(), what, fix, severity="warning")


@check("unit-regulation")
def unit_regulation(facts: RuleContext) -> Iterator[Found]:
    """Report units with a mailbox and no document on its use."""
    for unit, record in facts.units.items():
        mailbox = "mailbox" in record.data and facts.lives(unit, facts.today)
        if mailbox and "regulation" not in record.data:
            what = Message("no document regulates the use of the unit's mailbox")
            fix = Message("have the head issue one, and name it as `regulation`")
            yield Found(record.at("mailbox", key=True), what, fix)
