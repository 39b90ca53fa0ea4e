"""Format a plan as a comment on a pull request: a summary, then its parts, each closed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape

from hopthu.diagnostics.problem import printable
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.organisation import Organisation
from hopthu.plan.findings import allowance
from hopthu.plan.lines import Line, Part, headed, shortened, sign
from hopthu.plan.plan import Plan
from hopthu.plan.summary import compared_with, heading, parts, results, summary

LONGEST = 60_000
"""Forges refuse longer comments (GitHub: 65,536 characters)."""
_OF_PART = 300
"""Room for the title of each part."""


def as_markdown(
    plan: Plan, organisation: Organisation, language: str = "en", *, details: bool = False
) -> str:
    """Return the plan in Markdown; all that has text of the data in it is code.

    Lines alike are folded unless `details` are wanted. Of a part that does not fit into a comment
    the last line says how many more there are, with the first and a digest of them.
    """
    found = parts(plan, organisation, details=details)
    head = [*_summary(plan, organisation, language)]
    body = [line for part in found for line in _part(part, language)]
    if _length([*head, *body]) > LONGEST:
        room = LONGEST - _length(head) - _OF_PART * len(found)
        found = shortened(found, room, lambda line: _size(line, language))
        body = [line for part in found for line in _part(part, language)]
    return "\n".join([*head, *body, ""])


def code(text: str, language: str = "en") -> str:
    """Return a text as code, in which forges look for no markup, link, mention or reference.

    >>> code("#12 @all"), code("a `b`")
    ('`#12 @all`', '`` a `b` ``')
    """
    shown = printable(translate(text, language))
    ticks = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    space = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{ticks}{space}{shown}{space}{ticks}"


def _summary(plan: Plan, organisation: Organisation, language: str) -> Iterator[str]:
    yield f"### {translate(heading(plan), language)}"
    yield ""
    for what, number in summary(plan.changes):
        yield f"- {translate(what, language)}: **{number}**"
    for _, label, sentence in results(plan, organisation):
        yield f"- **{translate(label, language)}**: {code(sentence, language)}"
    if plan.refused:
        yield ""
        yield f"**{translate(Message('The plan is refused.'), language)}**"
        if fix := allowance(plan.guards, plan.on):
            yield ""
            yield f"{translate(Message('fix'), language)}: {code(fix, language)}"
    yield ""
    yield code(compared_with(plan), language)


def _part(part: Part, language: str) -> Iterator[str]:
    title = escape(printable(translate(part.title, language)))
    if part.open:
        yield from ("", f"**{title}** ({part.number})", "", *_listed(part.lines, language))
        return
    yield from ("", f"<details><summary>{title} ({part.number})</summary>")
    yield from (*_listed(part.lines, language), "", "</details>")


def _listed(lines: Iterable[Line], language: str) -> Iterator[str]:
    """Yield the lines below their headings."""
    yield ""
    for documents, about, line in headed(lines):
        for each in documents:
            yield from ("", f"#### {code(each, language)}")
        if about:
            yield from ("", f"**{code(about, language)}**", "")
        if line.text:
            shown = f"{sign(line.action)} {translate(line.text, language)}"
            yield f"- {code(shown.strip())}"


def _size(line: Line, language: str) -> int:
    """Return how much room a line takes at most, with its headings."""
    return _length([*_listed([line], language)])


def _length(lines: Iterable[str]) -> int:
    return sum(len(line) + 1 for line in lines)
