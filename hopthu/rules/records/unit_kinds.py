"""The rule that a kind of unit is one that hopthu or the policy knows (Art. 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, words
from hopthu.model.address_naming import KIND_WORDS
from hopthu.model.timeline import Steps, text, texts
from hopthu.rules.book import Found, check
from hopthu.rules.context import RuleContext
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
