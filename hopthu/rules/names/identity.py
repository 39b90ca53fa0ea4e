"""Rules on ids: each names one thing permanently, and whatever is referred to exists."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import count

from hopthu.diagnostics.file_rules import DUPLICATE_KEY
from hopthu.diagnostics.problem import Mark, shown
from hopthu.i18n.message import Message
from hopthu.i18n.terms import some_id
from hopthu.i18n.vietnamese import same
from hopthu.model.timeline import text
from hopthu.rules.book import Found, check
from hopthu.rules.context import RuleContext
from hopthu.schema.formats import LONGEST_ID
from hopthu.schema.registry import EACH, Tree, reference_tree
from hopthu.source.records import Record
from hopthu.source.values import Value

_Given = tuple[Record, Hashable, str]
"""A record, what it gives that no other one may, and how that is written."""
_GUESSES = 20
_ALIKE = 0.75
_NUMBERS = re.compile("[0-9]+")
_SINGULAR = {
    "units": Message("unit"),
    "people": Message("person"),
    "documents": Message("document"),
}


@check("recorded-twice")
def recorded_twice(facts: RuleContext) -> Iterator[Found]:
    """Report ids and numbers given before, and settings that two files of the policy give.

    Units and people share one space of ids, documents have their own.
    """
    source = facts.source
    id_of_its_own = Message("give it an id of its own, or delete the second record")
    for broken, field, given, fix in (
        ("", "id", ((r, r.id, r.id) for r in (*source.units, *source.people)), id_of_its_own),
        ("", "id", ((r, r.id, r.id) for r in source.documents), id_of_its_own),
        ("", "number", _numbers(facts),
         Message("cite the other one, or check number, issuer and date")),
        (DUPLICATE_KEY.id, "", ((r, key, key) for r in source.policy for key in r.data),
         Message("keep one of the two")),
    ):  # fmt: skip
        first: dict[Hashable, Record] = {}
        for record, key, shown_as in given:
            other = first.setdefault(key, record)
            if other is not record and key:  # no id is reported for its shape
                at = other.at(field or shown_as, key=not field)
                what = Message("{value} was given before, in {file}:{line}",
                               value=shown(shown_as), file=at.file, line=at.line)  # fmt: skip
                yield Found(record.at(field or shown_as, key=not field), what, fix, broken)


def _numbers(facts: RuleContext) -> Iterator[_Given]:
    """Yield the numbers of documents, by what they are compared by: with issuer and year."""
    for key, paper in facts.papers.items():
        record, year = facts.documents[key], paper.date[:4]
        number = text(record.data, "number")
        if paper.issuer and number and year:
            plain = number if record.plain else same(number)
            short = plain.replace(f"/{year}/", "/").lstrip("0").casefold()
            yield record, (paper.issuer, year, short), number


@check("dangling-reference")
def dangling_reference(facts: RuleContext) -> Iterator[Found]:
    """Report ids that no record has, wherever a schema expects the id of one.

    A kind of which a file could not be read is left out: its records may well be there.
    """
    source = facts.source
    known = {k: {r.id for r in source.records[k]} for k in _SINGULAR if source.complete(k)}
    emptied: Counter[str] = Counter()
    guesses = count()
    for kind, records in source.records.items():
        tree = reference_tree(kind)
        all_known = _all_known(tree, known)
        for record in records:
            if all_known(record.data):
                continue
            for steps, named, target in _references(record.data, tree, ()):
                if target in known and not known[target]:
                    emptied[target] += 1
                elif target in known and named not in known[target]:
                    # Near ids take a while to find among 60,000: the first faults get them.
                    look = len(named) <= LONGEST_ID and next(guesses) < _GUESSES
                    near = sorted(k for k in known[target] if len(k) <= LONGEST_ID) if look else ()
                    yield _dangling(record, steps, named, target, near)
    for target, number in emptied.items():
        what = Message("it has no record, and {number} references name one", number=number)
        fix = Message("restore its records, such as from the last commit")
        yield Found(Mark(f"data/{target}.yaml"), what, fix)
    named_there = any("operator" in record.data for record in source.policy)
    if not named_there and facts.policy.operator not in known.get("units", {facts.policy.operator}):
        what = Message(
            "the default operator, {unit}, does not exist", unit=shown(facts.policy.operator)
        )
        fix = Message(
            "name the operator in data/policy.yaml: `operator: {unit}`", unit=some_id("units")
        )
        yield Found(facts.setting("operator"), what, fix)


def _all_known(tree: Tree, known: Mapping[str, set[str]]) -> Callable[[Value], bool]:
    """Return a test that a value names only what is known: fast, as that is true of most."""
    if isinstance(tree, str):
        ids = known.get(tree, set())
        return lambda value: isinstance(value, str) and value in ids
    if EACH in tree:
        each = _all_known(tree[EACH], known)
        return lambda value: isinstance(value, list) and all(map(each, value))
    fields = [(name, _all_known(inner, known)) for name, inner in tree.items()]

    def test(value: Value) -> bool:
        if not isinstance(value, dict):
            return False
        for name, names_known in fields:
            if name in value and not names_known(value[name]):
                return False
        return True

    return test


def _references(
    value: Value, tree: Tree, above: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Yield every id that `value` names: where, which, and the kind of record it must be of."""
    if isinstance(tree, str):
        if isinstance(value, str):
            yield above, value, tree
    elif EACH in tree:
        items = enumerate(value) if isinstance(value, list) else ()
        for step, item in value.items() if isinstance(value, dict) else items:
            yield from _references(item, tree[EACH], (*above, step))
    elif isinstance(value, dict):
        for name in value.keys() & tree.keys():
            yield from _references(value[name], tree[name], (*above, name))


def _dangling(
    record: Record, steps: tuple[str | int, ...], named: str, target: str, candidates: Sequence[str]
) -> Found:
    # Ids of documents are all alike but for their numbers: another number is another document.
    numbers = _NUMBERS.findall(named)
    alike = [each for each in candidates if _NUMBERS.findall(each) == numbers]
    near = get_close_matches(named, alike, n=1, cutoff=_ALIKE)
    there = f"data/{target}.yaml"
    what = Message("there is no {kind} {field}", kind=_SINGULAR[target], field=shown(named))
    fix = Message("add it to {there}", there=there)
    if near:
        fix = Message("did you mean {near}? else add it to {there}", near=near[0], there=there)
    return Found(record.at(*steps), what, fix)
