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
from hopthu.plan.summary import footer, heading, parts, results, summary

LONGEST = 60_000
"""Forges refuse longer comments (GitHub: 65,536 characters)."""
_OF_FOLD = 500
"""So much room a line for several takes, with its part's title."""


def as_markdown(
    plan: Plan, organisation: Organisation, language: str = "en", *, details: bool = False
) -> str:
    """Return the plan in Markdown; all that has text of the data in it is code.

    Lines alike are folded unless `details` are wanted. Where a comment has no room for all, each
    part has as many of each kind as there is room for, and a line for the rest of a kind.
    """
    found = parts(plan, organisation, details=details)
    head = [*_summary(plan, organisation, language)]

    def text(most: int) -> str:
        shown = (shortened(part, most) for part in found)
        return "\n".join([*head, *(line for part in shown for line in _part(part, language)), ""])

    shown = text(max((part.number for part in found), default=0))
    if len(shown) > LONGEST:
        kinds = {(part.title, line.kind, line.action) for part in found for line in part.lines}
        lines = sum(len(part.lines) for part in found)
        room = max(LONGEST - len("\n".join(head)) - _OF_FOLD * len(kinds), 0)
        most = lines * room // (len(shown) * len(kinds))
        while len(shown := text(most)) > LONGEST and most:
            most = most * 9 // 10
    return shown


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
    for each in results(plan, organisation):
        yield f"- **{translate(each.label, language)}**: {code(each.sentence, language)}"
        if each.fix:
            yield f"  - {translate(Message('fix'), language)}: {code(each.fix, language)}"
    if plan.is_refused:
        yield ""
        yield f"**{translate(Message('The plan is refused.'), language)}**"
        if fix := allowance(plan.guards, plan.on):
            yield ""
            yield f"{translate(Message('fix'), language)}: {code(fix, language)}"
    for said in footer(plan):
        yield from ("", code(said, language))


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
