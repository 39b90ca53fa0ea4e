"""A plan as a comment on a pull request: the short of it first, the rest folded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hopthu.changes import Change
from hopthu.language import say
from hopthu.organisation import Organisation
from hopthu.plan import Plan
from hopthu.problems import printable
from hopthu.servers import Servers
from hopthu.text import Text
from hopthu.told import against, finding, groups, heading, on_host, strangers, summary
from hopthu.wording import day_words

LONGEST = 60_000
"""Forges refuse longer comments (GitHub: 65,536 characters)."""
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~:$^=])")
_BREAK = "<!-- -->"


def as_markdown(plan: Plan, organisation: Organisation, language: str = "en") -> str:
    """Return the plan in Markdown; nothing in the data can be markup, a link or a mention."""
    lines = [*_summary(plan, organisation, language)]
    lines += _folded(Text("All changes"), list(plan.changes), organisation, language)
    for day in plan.due:
        title = Text("Due on {day}, without any edit", day=day_words(day.on))
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
    yield f"### {plain(say(heading(plan), language))}"
    yield ""
    for what, number in summary(plan.changes):
        yield f"- {plain(say(what, language))}: **{number}**"
    for guard in plan.guards:
        if guard.actual > guard.limit:
            verdict = say(Text("allowed") if guard.passed else Text("refused"), language)
            told = plain(say(finding(guard, organisation), language))
            yield f"- **{verdict}**: {told} (`{guard.id}`)"
    if plan.refused:
        yield ""
        yield f"**{plain(say(Text('The plan is refused.'), language))}**"
    yield ""
    yield plain(say(against(plan), language))


def _folded(
    title: Text, changes: Sequence[Change], organisation: Organisation, language: str
) -> list[str]:
    if not changes:
        return []
    named = f"{plain(say(title, language))} ({len(changes)})"
    lines = ["", f"<details><summary>{named}</summary>", ""]
    documents: Sequence[str] | None = None
    for group in groups(changes, organisation):
        if group.documents != documents:
            documents = group.documents
            cited = ", ".join(say(each, language) for each in documents)
            lines += [f"#### {plain(cited or say(Text('without a document'), language))}", ""]
        lines += [f"**{plain(group.unit)}**", ""] if group.unit else []
        lines += [f"- {plain(say(change.summary, language))}" for change in group.changes]
        if group.more:
            more = Text("… and {number} more like these", number=group.more)
            lines.append(f"- {plain(say(more, language))}")
        lines.append("")
    return [*lines, "</details>"]


def _servers(servers: Servers, language: str) -> Iterator[str]:
    for host in servers.hosts:
        title = plain(say(Text("On host {name}", name=host.host), language))
        yield from ("", f"<details><summary>{title} ({len(host.files)})</summary>", "")
        yield from (f"- {plain(say(told, language))}" for _, told in on_host(host))
        yield from ("", "</details>")
    if servers.strangers:
        yield from ("", f"**{plain(say(strangers(servers), language))}**", "")
        yield from (f"- {plain(name)}" for name in servers.strangers)


def _fitting(lines: Sequence[str], language: str) -> list[str]:
    """Return as many lines as a comment holds, and that there were more."""
    kept: list[str] = []
    room = LONGEST
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            told = Text("The rest does not fit here; see `hopthu plan`.")
            return [*kept, "", *_closing(kept), say(told, language)]
        kept.append(line)
    return kept


def _closing(lines: Sequence[str]) -> list[str]:
    opened = sum(line.startswith("<details>") for line in lines)
    return ["</details>"] if opened > lines.count("</details>") else []
