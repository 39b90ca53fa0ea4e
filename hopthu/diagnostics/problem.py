"""Problems of the data: what is wrong, where, why, and how to fix it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import Literal

import click

from hopthu.diagnostics.regulation import Regulation
from hopthu.i18n.catalogue import plural, translate
from hopthu.i18n.message import Message

Severity = Literal["error", "warning"]


ERRORS = ("{number} error", "{number} errors")
WARNINGS = ("{number} warning", "{number} warnings")
MORE = (
    "{number} more problem is not shown; `hopthu check --format json` lists all.",
    "{number} more problems are not shown; `hopthu check --format json` lists all.",
)
MAX_PER_RECORD = 20
"""The most problems of one record that are printed as text."""
MAX_ALIKE = 3
"""The most problems that are printed as text of those that one rule has from one cause."""
MAX_NAMED = 10
"""So many of the other records with the same problem are named."""
MAX_SHOWN = 200
"""The most problems that are printed as text."""
_NOTHING_DONE = Message("Nothing was planned or applied.")
_COLOURS: Mapping[Severity, str] = {"error": "red", "warning": "yellow"}
_SEVERITIES: Mapping[Severity, Message] = {"error": Message("error"), "warning": Message("warning")}


Place = tuple[str, str, tuple[str | int, ...]]
NOWHERE: Place = ("", "", ())


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file: its path relative to the root, line and column counted from 1.

    `place` is the same in the data: the kind and id of the record, and the steps within it.
    """

    file: str
    line: int = 1
    column: int = 1
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem; problems sort by place. `rule` and `article` name the rule it violates.

    `follows` is the place of the problem that it may follow from, which is to be fixed first.
    """

    file: str
    line: int
    column: int
    severity: Severity
    rule: str
    article: str
    subject: str
    what: str
    why: str
    fix: str
    place: Place = field(default=NOWHERE, compare=False, repr=False)
    follows: str = field(default="", compare=False)

    @property
    def position(self) -> str:
        """Return its place in a file, as it is printed."""
        return f"{self.file}:{self.line}:{self.column}"


_NAMES = tuple(field.name for field in fields(Problem) if field.compare)
_FIELDS = attrgetter(*_NAMES)


def shown(value: object, limit: int = 60) -> str:
    """Return a value of the data for use in a message: on one line, quoted and shortened."""
    if value is None:
        return Message("nothing")
    if isinstance(value, (bool, int)):
        return str(value).lower()
    if isinstance(value, (list, dict)):
        return Message("a list") if isinstance(value, list) else Message("a mapping")
    return f'"{printable(cut(str(value), limit))}"'


def cut(text: str, limit: int = 64) -> str:
    """Return `text`, shortened if it is longer than `limit`; ids never are."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def printable(text: str) -> str:
    """Return `text` with control characters escaped, so that none can affect a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(ord(c)) for c in text)


def _escaped(code: int) -> str:
    """Return a character by its number, as Python writes it: its digits are never fewer or more."""
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems sorted by place, each once; tuples compare much faster than problems."""
    return sorted(set(problems), key=_FIELDS)


def count(problems: Iterable[Problem]) -> dict[str, int]:
    """Return the number of errors and of warnings."""
    severities = [p.severity for p in problems]
    return {"errors": severities.count("error"), "warnings": severities.count("warning")}


def translated(problem: Problem, language: str, regulation: Regulation) -> Problem:
    """Return `problem` with its messages in `language`, and its article as `regulation` has it."""
    return replace(
        problem,
        article=printable(translate(regulation.cite(problem.article), language)),
        what=printable(translate(problem.what, language)),
        why=printable(translate(problem.why, language)),
        fix=printable(translate(problem.fix, language)),
    )


def as_text(
    problems: Sequence[Problem],
    language: str = "en",
    *,
    regulation: Regulation,
    outcome: Message | None = _NOTHING_DONE,
    colour: bool = False,
) -> str:
    """Return the problems as text: a line with place and problem, then the reason and the fix.

    `outcome` says at the end what errors led to. With `colour` severities contain colour codes;
    `click.echo` removes them if the output is not a terminal. Of problems that may follow from
    another one only the number is told, beside that. The number of others is limited, by cause, by
    record and in total; JSON has all of them.
    """
    causes = [problem for problem in problems if not problem.follows]
    following: dict[str, list[Problem]] = {}
    for problem in problems:
        following.setdefault(problem.follows, []).append(problem)
    alike = _alike(causes)
    folded = {id(each) for group in alike.values() for each in group[MAX_ALIKE:]}
    single = [problem for problem in causes if id(problem) not in folded]
    shown = _first(single)
    left = Counter(map(_record, single))
    left.subtract(map(_record, shown))
    last = {_record(problem): problem for problem in shown}
    lines = []
    for problem in shown:
        lines.append(_text(translated(problem, language, regulation), language, colour=colour))
        if consequences := following.pop(problem.position, None):
            lines.append(_consequences(consequences, language))
        group = alike[_cause(problem)]
        if group[MAX_ALIKE:] and problem is group[MAX_ALIKE - 1]:
            lines.append(_others(group[MAX_ALIKE:], language))
        of = _record(problem)
        if problem is last[of] and left[of]:
            more = translate(Message("and {number} more", number=left[of]), language)
            lines.append(f"{printable(': '.join(filter(None, of)))}: {more}\n")
    if hidden := len(problems) - len(shown):
        lines.append(f"{plural(*MORE, hidden, language)}\n")
    return "".join(lines) + _summary(causes, language, outcome)


def _cause(problem: Problem) -> tuple[str, str, str]:
    """Return what problems share that one mistake brings about: a rule says the same of all."""
    return problem.severity, problem.rule, problem.what


def _alike(problems: Sequence[Problem]) -> Mapping[tuple[str, str, str], Sequence[Problem]]:
    """Return the problems by their cause, in order."""
    found: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in problems:
        found.setdefault(_cause(problem), []).append(problem)
    return found


def _others(problems: Sequence[Problem], language: str) -> str:
    """Return the line about the other problems of one cause."""
    more = Message("and {number} more with the same problem: {names}", number=len(problems),
                   names=_names(problems))  # fmt: skip
    return f"  {translate(more, language)}\n"


def _consequences(problems: Sequence[Problem], language: str) -> str:
    """Return the line about the problems that may follow from one."""
    rules = ", ".join(dict.fromkeys(each.rule for each in problems))
    more = Message("and {number} more that may follow from it [{rules}]: {names}",
                   number=len(problems), rules=rules, names=_names(problems))  # fmt: skip
    return f"  {translate(more, language)}\n"


def _names(problems: Sequence[Problem]) -> str:
    names = list(dict.fromkeys(printable(each.subject or each.file) for each in problems))
    return ", ".join(names[:MAX_NAMED]) + (", …" if len(names) > MAX_NAMED else "")


def _record(problem: Problem) -> tuple[str, str]:
    return problem.file, problem.subject


def _first(problems: Sequence[Problem]) -> list[Problem]:
    """Return the problems to print, in order; errors are preferred to warnings."""
    of: Counter[tuple[str, str]] = Counter()
    chosen: list[int] = []
    for number in sorted(range(len(problems)), key=lambda n: problems[n].severity):
        record = _record(problems[number])
        if len(chosen) < MAX_SHOWN and of[record] < MAX_PER_RECORD:
            of[record] += 1
            chosen.append(number)
    return [problems[number] for number in sorted(chosen)]


def as_json(
    problems: Sequence[Problem],
    counts: Mapping[str, int],
    language: str = "en",
    *,
    regulation: Regulation,
) -> str:
    """Return the output of `check --format json`; `counts` are the numbers of records read."""
    found = {**counts, **count(problems)}
    shown = (translated(problem, language, regulation) for problem in problems)
    report = {"problems": [_plain(problem) for problem in shown], "counts": found}
    return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


def _plain(problem: Problem) -> dict[str, object]:
    follows = {"follows": problem.follows} if problem.follows else {}
    return dict(zip(_NAMES, _FIELDS(problem), strict=True)) | follows


def _text(problem: Problem, language: str, *, colour: bool) -> str:
    p = problem
    subject = f"{p.subject}: " if p.subject else ""
    severity = translate(_SEVERITIES[p.severity], language)
    if colour:
        severity = click.style(severity, fg=_COLOURS[p.severity], bold=True)
    head = f"{printable(p.file)}:{p.line}:{p.column}: {severity}: {subject}{p.what}"
    why, fix = translate(Message("why"), language), translate(Message("fix"), language)
    return f"{head} [{p.rule}, {p.article}]\n  {why}: {p.why}\n  {fix}: {p.fix}\n"


def _summary(problems: Sequence[Problem], language: str, outcome: Message | None) -> str:
    found = count(problems)
    parts = [
        plural(one, many, number, language)
        for number, (one, many) in (
            (found["errors"], ERRORS),
            (found["warnings"], WARNINGS),
        )
        if number
    ]
    if not parts:
        return translate(Message("No problem found."), language) + "\n"
    consequence = f" {translate(outcome, language)}" if outcome and found["errors"] else ""
    return f"{', '.join(parts)}.{consequence}\n"
