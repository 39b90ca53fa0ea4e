"""Format a plan for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from hopthu.diagnostics.problem import printable
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.organisation import Organisation
from hopthu.plan.findings import allowance
from hopthu.plan.lines import Line, headed, sign
from hopthu.plan.plan import Plan
from hopthu.plan.summary import footer, heading, parts, results

_COLOURS = {"+": "green", "-": "red", "~": "yellow"}


def as_text(
    plan: Plan, organisation: Organisation, language: str = "en", *, details: bool = False
) -> str:
    """Return the parts of a plan, and the guards' results.

    Lines alike are folded unless `details` are wanted. Signs have colour codes; `click.echo`
    removes them if the output is not a terminal.
    """
    lines: list[str] = []
    for part in parts(plan, organisation, details=details):
        lines.append(f"{printable(translate(part.title, language))}:")
        lines += text_lines(part.lines, language)
    lines += _results(plan, organisation, language)
    return "".join(f"{line}\n" for line in lines)


def _results(plan: Plan, organisation: Organisation, language: str) -> Iterator[str]:
    """Yield the lines about guards, and what the plan comes to."""
    yield from guard_lines(plan, organisation, language)
    yield translate(heading(plan), language)
    if plan.changes or plan.later or plan.edits or plan.code or plan.servers:
        yield from (printable(translate(each, language)) for each in footer(plan))
    if plan.is_refused:
        yield translate(Message("The plan is refused."), language)
        if fix := allowance(plan.guards, plan.on):
            yield _fix(fix, language)


def _fix(fix: Message, language: str) -> str:
    return f"  {translate(Message('fix'), language)}: {printable(translate(fix, language))}"


def guard_lines(plan: Plan, organisation: Organisation, language: str) -> Iterator[str]:
    """Yield what the guards say, and what else refuses the plan."""
    for each in results(plan, organisation):
        found = printable(translate(each.sentence, language))
        yield click.style(f"{translate(each.label, language)}: {found}", fg=each.colour)
        if each.fix:
            yield _fix(each.fix, language)


def text_lines(lines: Iterable[Line], language: str) -> Iterator[str]:
    """Yield the lines below their headings."""
    for documents, about, line in headed(lines):
        yield from (f"  {printable(translate(each, language))}" for each in documents)
        if about:
            yield f"    {printable(translate(about, language))}"
        if line.text:
            yield f"      {_coloured(line.action)} {printable(translate(line.text, language))}"


def _coloured(action: str) -> str:
    return click.style(sign(action), fg=_COLOURS.get(sign(action)))
