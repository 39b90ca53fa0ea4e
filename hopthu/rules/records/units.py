"""Rules on units: kinds, the tree, and what a unit that takes part must have (Art. 3, 4, 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.i18n.terms import some_id
from hopthu.i18n.vietnamese import fold, words
from hopthu.model.address_naming import KIND_WORDS
from hopthu.model.timeline import Steps, text, texts
from hopthu.rules.book import Found, check
from hopthu.rules.context import DEEPEST, RuleContext
from hopthu.schema.formats import ID
from hopthu.schema.messages import nearest
from hopthu.schema.registry import schema
from hopthu.source.records import Record
from hopthu.source.values import Map, Value

BUILT_IN: tuple[str, ...] = tuple(schema("units").field(("kind",))["allowed"])
"""The kinds that hopthu knows by itself; none has a hyphen, which those of the policy have."""
_Paths = Sequence[tuple[str, ...]]
_OF_UNITS: _Paths = (("kind",), ("changes", "*", "was", "kind"))
_OF_POLICY: _Paths = (
    ("participating", "*"), ("review", "kinds", "*"),
    ("lists", "*", "kinds", "*"), ("lists", "*", "among", "*"),
)  # fmt: skip
_SETTINGS: _Paths = (("naming", "unit"), ("stores", "by_kind"))
"""The settings of the policy by kind of unit."""
_TOP = ("council", "mass_organisation", "party", "province")
_BELOW: Mapping[str, Sequence[str]] = {
    "province": (),
    "department": ("province",),
    "district": ("province",),
    **dict.fromkeys(("commune", "ward", "township", "special_zone"), ("province", "district")),
}
"""The kinds a unit may be below, where not any will do."""


def kind_of(facts: RuleContext, unit: Map) -> str:
    """Return the built-in kind whose rules apply to a unit."""
    return facts.policy.like(text(unit, "kind"))


@check("unit-kind")
def unit_kind(facts: RuleContext) -> Iterator[Found]:
    """Report kinds of units that policy does not name."""
    known = {*BUILT_IN}
    for record in facts.source.policy:
        # As written, even where their shape is wrong, which is reported there.
        known |= _keys(record.data, ("unit_kinds",))
    for record, steps, kind in _named(facts):
        if kind not in known and ID.match(kind):
            what = Message("there is no kind of unit {kind}", kind=shown(kind))
            fix = Message(
                "{near}; or add it under `unit_kinds` in data/policy.yaml: {example}",
                near=nearest(kind, (*BUILT_IN, *sorted(known.difference(BUILT_IN)))),
                example=f"{kind}: {{name: …, like: …}}",
            )
            yield Found(record.at(*steps, key=steps[-1] == kind), what, fix)


@check("unit-kind")
def own_kinds(facts: RuleContext) -> Iterator[Found]:
    """Report kinds of the policy that are called as another kind is."""
    keys = {fold(kind): kind for kind in BUILT_IN}
    names = {_words(name): name for name in KIND_WORDS}
    for kind, own in facts.policy.unit_kinds.items():
        if known := keys.get(fold(kind)):
            what = Message("{kind} is a kind that hopthu knows", kind=shown(known))
            fix = Message("remove it, and write {kind} for it", kind=known)
            yield Found(facts.setting("unit_kinds", kind, key=True), what, fix)
        elif other := names.get(_words(own.name)):
            what = Message(
                "names of units of another kind begin with {name} already", name=shown(other)
            )
            fix = Message(
                "write all the words with which names of such units begin, as in: {example}",
                example="Ban quản lý khu dự trữ sinh quyển",
            )
            yield Found(facts.setting("unit_kinds", kind, "name"), what, fix)
        names.setdefault(_words(own.name), own.name)


def _words(name: str) -> tuple[str, ...]:
    return tuple(map(fold, words(name)))


def _named(facts: RuleContext) -> Iterator[tuple[Record, Steps, str]]:
    """Yield every place that names a kind of unit; the steps to a key end in the kind."""
    for record in facts.source.units:
        for path in _OF_UNITS if "changes" in record.data else _OF_UNITS[:1]:
            yield from ((record, *found) for found in texts(record, path))
    for record in facts.source.policy:
        for path in _OF_POLICY:
            yield from ((record, *found) for found in texts(record, path))
        for path in _SETTINGS:
            for kind in sorted(_keys(record.data, path)):
                yield record, (*path, kind), kind


def _keys(data: Value, path: Sequence[str]) -> set[str]:
    """Return the keys of the mapping at `path`, none where there is no mapping."""
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return set(data) if isinstance(data, dict) else set()


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
