"""The parts of a plan as a comment on a pull request, which must not be too long.

In a long plan stands first what decides who may do what. Where lines have to be left out, these
are kept, and some of each kind; the others are counted. No other file is left out: where they are
many, those of a folder are one line, with a digest of them all.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from hopthu.diagnostics.problem import cut as cut_name
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.plan.diff import KINDS, Change, Documents
from hopthu.plan.folding import FOLD, folded, later_lines
from hopthu.plan.phrases import describe_day, describe_number
from hopthu.plan.plan import Plan
from hopthu.plan.summary import MAX_SHOWN, due_anyway

MANY = 50
"""A plan with more lines begins with those that matter most."""
_OF_FOLDER, _OF_FILES = 1_000, 20_000
"""So long may the lines of the files of one folder be, and those of all, to stand in a summary."""
_NAME = 64
"""So much of a name stands in a line about several files."""
_FILES = {
    "add": Message("file: {folder}: files added: {number}, such as {path} ({digest})"),
    "change": Message("file: {folder}: files changed: {number}, such as {path} ({digest})"),
    "remove": Message("file: {folder}: files removed: {number}, such as {path} ({digest})"),
}
_OTHERS = Message(
    "file: more folders: {folders}, files in them: {number}, such as {path} ({digest})"
)
FIRST_OF_KIND = 5
"""So many lines of each kind in each part are kept, if any."""
_SHORTEST = 100
"""No line needs less room."""
_FIRST = Message("First of all: units and their heads, access, policy, expectations")
_FIRST_KINDS = ("unit", "access", "policy", "expectation")
Size = tuple[int, int]
"""How many characters a line takes, and the headings of its documents and its unit."""


@dataclass(frozen=True, slots=True)
class Part:
    """The lines of one part; `number` counts them before some were left out.

    `later` tells that they are of later days, `due` that they follow from no edit.
    """

    title: Message
    changes: Sequence[Change]
    number: int
    later: bool = False
    due: bool = False


def files_in_short(files: Sequence[Change], size: Callable[[Change], int]) -> list[Change]:
    """Return the lines of other files, or one for those of a top-level folder if these are long.

    What is added comes last: it can be any number of files.
    """
    groups = [[*same] for _, same in groupby(sorted(files, key=_folder), key=_folder)]
    found: list[Change] = []
    room = _OF_FILES
    for number, group in enumerate(groups):
        whole = sum(map(size, group)) <= _OF_FOLDER
        lines = group if whole else [_several(_FILES[group[0].action], group)]
        room -= sum(map(size, lines))
        if room < 0:
            rest = [change for group in groups[number:] for change in group]
            return [*found, _several(_OTHERS, rest)]
        found += lines
    return found


def _folder(change: Change) -> tuple[bool, str, str]:
    top, below, _ = change.id.partition("/")
    return change.action == "add", top if below else "", change.action


def _several(text: Message, files: Sequence[Change]) -> Change:
    """Return one line for several files; its digest changes with any of them."""
    content = json.dumps([change.as_dict() for change in files])
    folders = {_folder(change)[1] for change in files}
    summary = Message(
        text.template, folder=cut_name(f"{min(folders) or '.'}/", _NAME),
        folders=describe_number(len(folders)), number=describe_number(len(files)),
        path=cut_name(files[0].id, _NAME), digest=hashlib.sha256(content.encode()).hexdigest()[:12],
    )  # fmt: skip
    return Change("code", "", FOLD, None, None, (), summary)


def parts(plan: Plan, *, details: bool, in_full: bool) -> list[Part]:
    """Return the parts that have lines; of a long plan those lines first that matter most.

    Other files are one, unless they stand `in_full` in the summary.
    """
    found = [*_parts(plan, details=details, in_full=in_full)]
    if sum(len(part.changes) for part in found) <= MANY:
        return found
    edited = [part for part in found if not part.due]
    first = [c for part in edited for c in part.changes if c.kind in _FIRST_KINDS]
    rest = [
        _with(part, [c for c in part.changes if part.due or c.kind not in _FIRST_KINDS])
        for part in found
    ]
    # In the order given: lines of later days are told apart by their days.
    beginning = Part(_FIRST, first, len(first), later=True)
    return [part for part in (beginning, *rest) if part.changes]


def _parts(plan: Plan, *, details: bool, in_full: bool) -> Iterator[Part]:
    coming = later_lines(plan.later, details=details)
    named: tuple[tuple[Message, Sequence[Change]], ...] = (
        (Message("All changes"), plan.changes),
        (Message("Later, because of this edit"), coming),
        (Message("In the records only"), plan.record),
        (Message("Other files"), () if in_full else plan.code),
    )
    for title, changes in named:
        if changes:
            alone = details or changes is coming
            lines = changes if alone else folded(changes, MAX_SHOWN)
            yield Part(title, lines, len(changes), later=changes is coming)
    for day in due_anyway(plan):
        title = Message("Due on {day} without further edits", day=describe_day(day.on))
        yield Part(title, day.changes, len(day.changes), due=True)


def cut(found: Sequence[Part], room: int, size: Callable[[Change], Size]) -> list[Part]:
    """Return the parts with as many lines as there is room for; `size` gives that of a line."""
    headed = set[tuple[int, Documents, str]]()
    kept: list[set[int]] = [set() for _ in found]
    for _, (part, line) in sorted(_places(found), key=lambda each: each[0]):
        if room < _SHORTEST:
            break
        change = found[part].changes[line]
        heading = (part, change.basis, change.unit)
        own, above = size(change)
        needed = own if heading in headed else own + above
        if needed <= room:
            room -= needed
            kept[part].add(line)
            headed.add(heading)
    return [
        replace(part, changes=[c for n, c in enumerate(part.changes) if n in lines])
        for part, lines in zip(found, kept, strict=True)
    ]


def _places(found: Sequence[Part]) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield how soon each line is to be kept, with its part and its place there."""
    for number, part in enumerate(found):
        seen: Counter[str] = Counter()
        for place, change in enumerate(part.changes):
            seen[change.kind] += 1
            rank = 1 if change.kind in _FIRST_KINDS else 2
            few = seen[change.kind] <= FIRST_OF_KIND
            yield 3 if part.due else 0 if few else rank, (number, place)


def left_out(whole: Sequence[Part], kept: Sequence[Part]) -> Message | None:
    """Return how many lines are missing, and from which parts; None if all are there."""
    missing: list[Message] = []
    total = 0
    for old, new in zip(whole, kept, strict=True):
        number = Counter(c.kind for c in old.changes) - Counter(c.kind for c in new.changes)
        if not number:
            continue
        total += number.total()
        kinds = joined(
            (f"{kind} {describe_number(number[kind])}" for kind in KINDS if number[kind]), ", "
        )
        missing.append(Message("{part} ({kinds})", part=old.title, kinds=kinds))
    if not missing:
        return None
    return Message(
        "Too long for a comment. Lines left out: {number}, of {parts}. `hopthu plan` shows them.",
        number=describe_number(total), parts=joined(missing, ", "),
    )  # fmt: skip


def _with(part: Part, changes: Sequence[Change]) -> Part:
    return replace(part, changes=changes, number=len(changes))
