"""Rules on ids: each names one thing permanently, and whatever is referred to exists."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import count

from hopthu.diagnostics.file_rules import DUPLICATE_KEY
from hopthu.diagnostics.problem import Mark, shown
from hopthu.i18n.message import Message
from hopthu.i18n.terms import some_id
from hopthu.i18n.vietnamese import same, spelling
from hopthu.model.timeline import Steps, text, texts
from hopthu.rules.book import Found, check
from hopthu.rules.context import RuleContext
from hopthu.schema.formats import LONGEST_ID
from hopthu.schema.registry import EACH, Tree, reference_tree
from hopthu.source.records import Record
from hopthu.source.values import Value

_Given = tuple[Record, Steps, Hashable, str]
"""A record, where it gives what is to be given once, by what that is compared, and as written."""
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
    """Report ids and numbers given before, and what the policy gives twice.

    Units and people share one space of ids, documents have their own.
    """
    source, policy = facts.source, facts.source.policy
    id_of_its_own = Message("give it an id of its own, or delete the second record")
    one = Message("keep one of the two")
    for broken, given, fix in (
        ("", _ids((*source.units, *source.people)), id_of_its_own),
        ("", _ids(source.documents), id_of_its_own),
        ("", _numbers(facts), Message("cite the other one, or check number, issuer and date")),
        (DUPLICATE_KEY.id, ((r, (key,), key, key) for r in policy for key in r.data), one),
        ("policy-consistent", _listed(policy, ("former_domains", EACH, "domain")), one),
        ("policy-consistent", _listed(policy, ("outside_authorities", EACH)), one),
    ):
        is_key = broken == DUPLICATE_KEY.id
        first: dict[Hashable, tuple[Record, Steps]] = {}
        for record, steps, compared, written in given:
            place = record, steps
            other = first.setdefault(compared, place)
            if other is not place and compared:  # no id is reported for its shape
                at = other[0].at(*other[1], key=is_key)
                what = Message("{value} was given before, in {file}:{line}",
                               value=shown(written), file=at.file, line=at.line)  # fmt: skip
                yield Found(record.at(*steps, key=is_key), what, fix, broken)


def _ids(records: Iterable[Record]) -> Iterator[_Given]:
    return ((record, ("id",), record.id, record.id) for record in records)


def _listed(records: Iterable[Record], path: tuple[str, ...]) -> Iterator[_Given]:
    """Yield names of a list, which are the same however they are spelt."""
    for record in records:
        yield from ((record, at, spelling(name), name) for at, name in texts(record, path))


def _numbers(facts: RuleContext) -> Iterator[_Given]:
    """Yield the numbers of documents, by what they are compared by: with issuer and year."""
    for key, paper in facts.papers.items():
        record, year = facts.documents[key], paper.date[:4]
        number = text(record.data, "number")
        if paper.issuer and number and year:
            plain = number if record.plain else same(number)
            short = plain.replace(f"/{year}/", "/").lstrip("0").casefold()
            yield record, ("number",), (paper.issuer, year, short), number


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
        for record in records:
            for steps, named, target in _unknown(record.data, tree, known, ()):
                if not known[target]:
                    emptied[target] += 1
                else:
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


def _unknown(
    value: Value, tree: Tree, known: Mapping[str, set[str]], above: Steps
) -> Iterator[tuple[Steps, str, str]]:
    """Yield the ids that `value` names and no record has: where, which, and of which kind."""
    if isinstance(tree, str):
        if isinstance(value, str) and value not in known.get(tree, (value,)):
            yield above, value, tree
    elif EACH in tree:
        items = enumerate(value) if isinstance(value, list) else ()
        for step, item in value.items() if isinstance(value, dict) else items:
            yield from _unknown(item, tree[EACH], known, (*above, step))
    elif isinstance(value, dict):
        for name, inner in tree.items():
            if name in value:
                yield from _unknown(value[name], inner, known, (*above, name))


def _dangling(
    record: Record, steps: Steps, named: str, target: str, candidates: Sequence[str]
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
