"""A plan as a comment on a pull request: the short of it first, the rest folded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hopthu.diagnostics.problem import printable
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.organisation import Organisation
from hopthu.plan.diff import Change
from hopthu.plan.host_changes import Servers
from hopthu.plan.phrases import describe_day
from hopthu.plan.plan import Plan
from hopthu.plan.summary import against, finding, groups, heading, on_host, strangers, summary

LONGEST = 60_000
"""Forges refuse longer comments (GitHub: 65,536 characters)."""
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~:$^=])")
_BREAK = "<!-- -->"


def as_markdown(plan: Plan, organisation: Organisation, language: str = "en") -> str:
    """Return the plan in Markdown; nothing in the data can be markup, a link or a mention."""
    lines = [*_summary(plan, organisation, language)]
    lines += _folded(Message("All changes"), list(plan.changes), organisation, language)
    for day in plan.due:
        title = Message("Due on {day}, without any edit", day=describe_day(day.on))
        lines += _folded(title, day.changes, organisation, language)
    if plan.servers:
        lines += _servers(plan.servers, language)
    return "\n".join([*_fitting(lines, language), ""])


def plain(text: str) -> str:
    """Return `text` so that Markdown and HTML show it as it is."""
    shown = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = _MARKUP.sub(r"\\\1", shown)
    # A mention or a bare link is found in the text as rendered: only a break keeps them off.
    return shown.replace("@", f"@{_BREAK}").replace("www.", f"www{_BREAK}.")


def _summary(plan: Plan, organisation: Organisation, language: str) -> Iterator[str]:
    yield f"### {plain(translate(heading(plan), language))}"
    yield ""
    for what, number in summary(plan.changes):
        yield f"- {plain(translate(what, language))}: **{number}**"
    for refusal in plan.servers.refusals if plan.servers else ():
        refused = translate(Message("refused"), language)
        yield f"- **{refused}**: {plain(translate(refusal, language))}"
    for guard in plan.guards:
        if guard.actual > guard.limit:
            verdict = translate(
                Message("allowed") if guard.passed else Message("refused"), language
            )
            told = plain(translate(finding(guard, organisation), language))
            yield f"- **{verdict}**: {told} (`{guard.id}`)"
    if plan.refused:
        yield ""
        yield f"**{plain(translate(Message('The plan is refused.'), language))}**"
    yield ""
    yield plain(translate(against(plan), language))


def _folded(
    title: Message, changes: Sequence[Change], organisation: Organisation, language: str
) -> list[str]:
    if not changes:
        return []
    named = f"{plain(translate(title, language))} ({len(changes)})"
    lines = ["", f"<details><summary>{named}</summary>", ""]
    documents: Sequence[str] | None = None
    for group in groups(changes, organisation):
        if group.documents != documents:
            documents = group.documents
            cited = ", ".join(translate(each, language) for each in documents)
            lines += [
                f"#### {plain(cited or translate(Message('without a document'), language))}",
                "",
            ]
        lines += [f"**{plain(group.unit)}**", ""] if group.unit else []
        lines += [f"- {plain(translate(change.summary, language))}" for change in group.changes]
        if group.more:
            more = Message("… and {number} more like these", number=group.more)
            lines.append(f"- {plain(translate(more, language))}")
        lines.append("")
    return [*lines, "</details>"]


def _servers(servers: Servers, language: str) -> Iterator[str]:
    for host in servers.hosts:
        title = plain(translate(Message("On host {name}", name=host.host), language))
        yield from ("", f"<details><summary>{title} ({len(host.files)})</summary>", "")
        yield from (f"- {plain(translate(told, language))}" for _, told in on_host(host))
        yield from ("", "</details>")
    if servers.strangers:
        yield from ("", f"**{plain(translate(strangers(servers), language))}**", "")
        yield from (f"- {plain(name)}" for name in servers.strangers)


def _fitting(lines: Sequence[str], language: str) -> list[str]:
    """Return as many lines as a comment holds, and that there were more."""
    kept: list[str] = []
    room = LONGEST
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            told = Message("The rest does not fit here; see `hopthu plan`.")
            return [*kept, "", *_closing(kept), translate(told, language)]
        kept.append(line)
    return kept


def _closing(lines: Sequence[str]) -> list[str]:
    opened = sum(line.startswith("<details>") for line in lines)
    return ["</details>"] if opened > lines.count("</details>") else []
