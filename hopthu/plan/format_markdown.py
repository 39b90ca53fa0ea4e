"""Format a plan as a comment on a pull request: a summary, then its parts, each closed."""

from __future__ import annotations

import re
from collections import Counter
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
_FIX = Message("fix")


def as_markdown(
    plan: Plan, organisation: Organisation, language: str = "en", *, details: bool = False
) -> str:
    """Return the plan in Markdown; all that has text of the data in it is code.

    Lines alike are folded unless `details` are wanted. Where a comment has no room for all, each
    part has as many of each kind as there is room for, and a line for the rest of a kind.
    """
    refused = Part(heading(plan), [*_results(plan, organisation)])
    found = [refused, *parts(plan, organisation, details=details)]

    def text(most: int) -> str:
        head, *shown = (shortened(part, most) for part in found)
        below = (line for part in shown for line in _part(part, language))
        return "\n".join([*_summary(plan, head, language), *below, ""])

    shown = text(max(part.number for part in found))
    if len(shown) > LONGEST:
        kinds = Counter((p.title, each.kind, each.action) for p in found for each in p.lines)
        left = kinds.total() * max(LONGEST - _OF_FOLD * len(kinds), 0) // len(shown)
        for number, size in enumerate(sorted(kinds.values())):
            most = left // (len(kinds) - number)
            left -= min(size, most)
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


def _results(plan: Plan, organisation: Organisation) -> Iterator[Line]:
    """Yield what refuses a plan, each with the fix below it."""
    for each in results(plan, organisation):
        yield Line(each.sentence, each.label, "result")
        if each.fix:
            yield Line(each.fix, _FIX, "result")


def _summary(plan: Plan, head: Part, language: str) -> Iterator[str]:
    yield f"### {translate(heading(plan), language)}"
    yield ""
    for what, number in summary(plan.changes):
        yield f"- {translate(what, language)}: **{number}**"
    for line in head.lines:
        label, said = translate(line.action, language), code(line.text, language)
        yield f"  - {label}: {said}" if line.action == _FIX else f"- **{label}**: {said}"
    if plan.is_refused:
        yield ""
        yield f"**{translate(Message('The plan is refused.'), language)}**"
        if fix := allowance(plan.guards, plan.on):
            yield ""
            yield f"{translate(_FIX, language)}: {code(fix, language)}"
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
