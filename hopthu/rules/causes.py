"""Which problems follow from others: one slip is one message, its cause.

A rule judges a row by what the row says, by the rest of its record, by the records that the row
names, and by keys of the policy. Where one of these has an error itself, what is said of the row
may mean nothing. So each problem knows its place, and the schema knows what each place refers to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from hopthu.diagnostics.problem import Problem, in_order
from hopthu.i18n.message import Message
from hopthu.model.timeline import texts
from hopthu.rules.book import LINES, TABLE
from hopthu.schema.registry import references
from hopthu.source.records import Source

_FIRST = TABLE["first"]
_ORDER = (*_FIRST, "", *TABLE["last"])
_OWN = frozenset(
    ("id", "kind", "parent", "created", "ended", "left", "issuer", "outside_issuer", "number",
     "date")
)  # fmt: skip
"""The fields by which all parts of a record are judged, and rows that name it, ..."""
_NAMES = frozenset(("name", "short"))
"""... and those by which its mailbox is, and documents of the unit."""


class Part(NamedTuple):
    """A part of a record: a row of a list, a field, or one address of a mailbox.

    Each key of the policy is a record of its own, and so is what cannot be read of it.
    """

    kind: str
    key: str
    steps: tuple[str | int, ...] = ()

    @classmethod
    def of(cls, problem: Problem) -> Part:
        """Return the part at which a problem is."""
        kind, key, steps = problem.place
        if problem.file.startswith(("data/policy.", "data/policy/")):
            return cls("policy", str(steps[0]) if steps else "", steps[1:2])
        in_list = len(steps) > 1 and isinstance(steps[1], int)
        return cls(kind, key, steps if steps[:1] == ("mailbox",) else steps[: 1 + in_list])

    @property
    def field(self) -> str:
        """The field of the record that it is, or is in."""
        return str(self.steps[0]) if self.steps else ""


class _Told(NamedTuple):
    """A problem of a part: its rank, and the one that it follows from, or itself."""

    rank: tuple[bool, int]
    root: Problem


def with_causes(source: Source, problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems; one that may follow from another says where that one is."""
    found = list(problems)
    if len(found) < 2:
        return found
    judged_by = _References(source).judged_by
    told: dict[tuple[str, str], dict[Part, _Told]] = {}
    alike: dict[tuple[object, ...], Problem] = {}
    made = []
    for problem in sorted(found, key=_rank):
        part, rank = Part.of(problem), _rank(problem)
        others = judged_by(part, problem.rule)
        near = told.get(part[:2], {}) if part.key else {}
        before = [each for there, each in near.items() if _is_beside(part, there)]
        for record in others:
            before += [each for there, each in told.get(record, {}).items() if _is_judged_by(there)]
        worse = (each for each in before if each.root.severity <= problem.severity)
        causes = [each for each in worse if each.rank < rank]
        said = (problem.severity, problem.rule, problem.what)
        same = [(*said, each) for each in others if each[1] in _named_in(problem.what)]
        root = min(causes).root if causes else next((alike[k] for k in same if k in alike), problem)
        alike.update((key, root) for key in same if key not in alike)
        if problem.severity == "error" or problem.rule in _FIRST:
            told.setdefault(part[:2], {}).setdefault(part, _Told(rank, root))
        made.append(problem if root is problem else replace(problem, follows=root.position))
    return in_order(made)


def _named_in(what: str) -> frozenset[str]:
    """Return the values in a message, such as the document that it is about."""
    return frozenset(map(str, what.values.values())) if isinstance(what, Message) else frozenset()


def _is_beside(part: Part, other: Part) -> bool:
    """Tell whether a part of a record is judged by another part of it, or is within that."""
    names = part.field == "mailbox" and other.field in _NAMES
    within = part.steps[: len(other.steps)] == other.steps
    return within or other.field in _OWN or names


def _is_judged_by(part: Part) -> bool:
    """Tell whether rows that name a record are judged by a part: not by others' offices."""
    of_person = part.kind == "people" and part.field != "mailbox"
    return not part.steps or part.field in _OWN | _NAMES or part.kind == "policy" or of_person


def _rank(problem: Problem) -> tuple[bool, int]:
    """Return the rank of a problem: those of the policy, by which all is judged, come first."""
    at = _ORDER.index(problem.rule) if problem.rule in _ORDER else len(_FIRST)
    return Part.of(problem).kind != "policy", at


class _References:
    """What each part of the records refers to."""

    def __init__(self, source: Source) -> None:
        """Find the records by kind and id; a key of the policy is one."""
        kinds = ("units", "people", "documents")
        self._records = {(r.kind, r.id): r for kind in kinds for r in source.records[kind]}
        self._records |= {("policy", key): r for r in source.policy for key in r.data}

    def judged_by(self, part: Part, rule: str) -> list[tuple[str, str]]:
        """Return the records that a rule judges a part by: those named, and those they name."""
        keys = LINES.get(rule, {}).get("policy", ()) if part.kind != "policy" else ()
        near = [*self._named(part), *(("policy", key) for key in (*keys, *([""] if keys else ())))]
        return [*near, *(each for key in near for each in self._named(Part(*key)))]

    def _named(self, part: Part) -> Iterator[tuple[str, str]]:
        """Yield the records that a part names; for a whole record, those that its fields do."""
        record = self._records.get(part[:2])
        first = part.key if part.kind == "policy" else part.field
        row = next((step for step in part.steps if isinstance(step, int)), None)
        for path, target in references(part.kind) if record else ():
            if record and (path[0] == first or (not first and len(path) == 1)):
                for steps, named in texts(record, path):
                    if row is None or row in steps:
                        yield target, named
