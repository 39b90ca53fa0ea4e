"""Format a plan as a comment on a pull request: a summary, then the details folded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

from hopthu.diagnostics.problem import printable
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.organisation import Organisation
from hopthu.plan.diff import Change
from hopthu.plan.findings import allowance, findings
from hopthu.plan.host_changes import Servers
from hopthu.plan.phrases import describe_day
from hopthu.plan.plan import Plan
from hopthu.plan.summary import (
    compared_with,
    due_anyway,
    groups,
    heading,
    line_of,
    on_host,
    strangers,
    summary,
)

LONGEST = 60_000
"""Forges refuse longer comments (GitHub: 65,536 characters)."""
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~:$^=])")
_BREAK = "<!-- -->"


def as_markdown(
    plan: Plan, organisation: Organisation, language: str = "en", *, details: bool = False
) -> str:
    """Return the plan in Markdown; no text of the data can act as markup, link or mention.

    Changes alike are one line unless `details` are wanted.
    """
    lines = [*_summary(plan, organisation, language)]
    listed = partial(_folded, organisation=organisation, language=language, details=details)
    lines += listed(Message("All changes"), plan.changes)
    coming = [each.line() for each in plan.later]
    lines += listed(Message("Later, because of this edit"), coming, later=True)
    lines += listed(Message("In the records only"), plan.record)
    for day in due_anyway(plan):
        title = Message("Due on {day} without further edits", day=describe_day(day.on))
        lines += listed(title, day.changes)
    if plan.servers:
        lines += _servers(plan.servers, language)
    return "\n".join([*_fitting(lines, language), ""])


def plain(text: str) -> str:
    """Escape `text` so that Markdown and HTML show it literally."""
    shown = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = _MARKUP.sub(r"\\\1", shown)
    # Forges look for mentions and bare links in the rendered text; only a break prevents them.
    return shown.replace("@", f"@{_BREAK}").replace("www.", f"www{_BREAK}.")


def _summary(plan: Plan, organisation: Organisation, language: str) -> Iterator[str]:
    yield f"### {plain(translate(heading(plan), language))}"
    yield ""
    for what, number in summary(plan.changes):
        yield f"- {plain(translate(what, language))}: **{number}**"
    yield from (f"- **{plain(line_of(change, language))}**" for change in plan.code)
    for refusal in plan.servers.refusals if plan.servers else ():
        refused = translate(Message("refused"), language)
        yield f"- **{refused}**: {plain(translate(refusal, language))}"
    for guard, sentence in findings(plan.guards, organisation):
        verdict = translate(Message("allowed") if guard.passed else Message("refused"), language)
        yield f"- **{verdict}**: {plain(translate(sentence, language))}"
    if plan.refused:
        yield ""
        yield f"**{plain(translate(Message('The plan is refused.'), language))}**"
        if fix := allowance(plan.guards, plan.on):
            yield ""
            yield f"{translate(Message('fix'), language)}: {plain(translate(fix, language))}"
    yield ""
    yield plain(translate(compared_with(plan), language))


def _folded(
    title: Message,
    changes: Sequence[Change],
    organisation: Organisation,
    language: str,
    *,
    details: bool,
    later: bool = False,
) -> list[str]:
    if not changes:
        return []
    named = f"{plain(translate(title, language))} ({len(changes)})"
    lines = ["", f"<details><summary>{named}</summary>", ""]
    documents: Sequence[str] | None = None
    for group in groups(changes, organisation, later=later, details=details):
        if group.documents != documents:
            documents = group.documents
            cited = ", ".join(translate(each, language) for each in documents)
            lines += [
                f"#### {plain(cited or translate(Message('no supporting document'), language))}",
                "",
            ]
        lines += [f"**{plain(group.unit)}**", ""] if group.unit else []
        lines += [f"- {plain(line_of(change, language))}" for change in group.changes]
        if group.more:
            more = Message("… and {number} similar", number=group.more)
            lines.append(f"- {plain(translate(more, language))}")
        lines.append("")
    return [*lines, "</details>"]


def _servers(servers: Servers, language: str) -> Iterator[str]:
    for host in servers.hosts:
        title = plain(translate(Message("On host {name}", name=host.host), language))
        yield from ("", f"<details><summary>{title} ({len(host.files)})</summary>", "")
        yield from (f"- {plain(translate(line, language))}" for _, line in on_host(host))
        yield from ("", "</details>")
    if servers.strangers:
        yield from ("", f"**{plain(translate(strangers(servers), language))}**", "")
        yield from (f"- {plain(name)}" for name in servers.strangers)


def _fitting(lines: Sequence[str], language: str) -> list[str]:
    """Return as many lines as fit into a comment, and a note if lines were left out."""
    kept: list[str] = []
    room = LONGEST
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            note = Message("The comment is too long; run `hopthu plan` for the rest.")
            return [*kept, "", *_closing(kept), translate(note, language)]
        kept.append(line)
    return kept


def _closing(lines: Sequence[str]) -> list[str]:
    opened = sum(line.startswith("<details>") for line in lines)
    return ["</details>"] if opened > lines.count("</details>") else []
