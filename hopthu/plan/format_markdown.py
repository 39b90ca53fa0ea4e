"""Format a plan as a comment on a pull request: a summary, then the details folded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

from hopthu.diagnostics.problem import printable
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.organisation import Organisation
from hopthu.plan.comment_parts import Part, Size, cut, files_in_short, left_out, parts
from hopthu.plan.diff import Change
from hopthu.plan.findings import allowance, findings, verdict
from hopthu.plan.host_changes import Servers
from hopthu.plan.plan import Plan
from hopthu.plan.summary import (
    compared_with,
    groups,
    heading,
    line_of,
    on_host,
    strangers,
    summary,
)

LONGEST = 60_000
"""Forges refuse longer comments (GitHub: 65,536 characters)."""
_OF_NOTE, _OF_PART = 600, 200
"""Room for what is said of lines left out; and of each part, and for its title."""
_MOST_OF_SERVERS = 200
"""So many lines about hosts are kept where lines have to be left out."""
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~:$^=])")
_BREAK = "<!-- -->"


def as_markdown(
    plan: Plan, organisation: Organisation, language: str = "en", *, details: bool = False
) -> str:
    """Return the plan in Markdown; no text of the data can act as markup, link or mention.

    Changes alike are one line unless `details` are wanted. What does not fit into a comment is
    left out, and said to be at its top.
    """
    files = files_in_short(plan.code, lambda change: len(_line(change, language)))
    found = parts(plan, details=details, in_full=files == [*plan.code])
    listed = partial(_folded, organisation=organisation, language=language, details=details)
    head = [*_summary(plan, files, organisation, language)]
    tail = [*_servers(plan.servers, language)]
    lines = [*head, *(line for part in found for line in listed(part)), *tail]
    if _length(lines) > LONGEST:
        tail = tail[:_MOST_OF_SERVERS]
        room = LONGEST - _length([*head, *tail]) - _OF_NOTE - _OF_PART * len(found)
        kept = cut(found, room, partial(_size, organisation=organisation, language=language))
        left = left_out(found, kept)
        note = [f"**{plain(translate(left, language))}**", ""] if left else []
        lines = [*head[:2], *note, *head[2:], *(line for part in kept for line in listed(part))]
        lines += [*tail, *_closing(tail)]
    return "\n".join([*lines, ""])


def plain(text: str) -> str:
    """Escape `text` so that Markdown and HTML show it literally."""
    shown = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = _MARKUP.sub(r"\\\1", shown)
    # Forges look for mentions and bare links in the rendered text; only a break prevents them.
    return shown.replace("@", f"@{_BREAK}").replace("www.", f"www{_BREAK}.")


def _line(change: Change, language: str) -> str:
    return plain(line_of(change, language))


def _summary(
    plan: Plan, files: Sequence[Change], organisation: Organisation, language: str
) -> Iterator[str]:
    yield f"### {plain(translate(heading(plan), language))}"
    yield ""
    for what, number in summary(plan.changes):
        yield f"- {plain(translate(what, language))}: **{number}**"
    for change in files:
        yield f"- **{_line(change, language)}**"
    for refusal in plan.servers.refusals if plan.servers else ():
        refused = translate(Message("refused"), language)
        yield f"- **{refused}**: {plain(translate(refusal, language))}"
    for guard, sentence in findings(plan.guards, organisation):
        word = translate(verdict(guard), language)
        yield f"- **{word}**: {plain(translate(sentence, language))}"
    if plan.refused:
        yield ""
        yield f"**{plain(translate(Message('The plan is refused.'), language))}**"
        if fix := allowance(plan.guards, plan.on):
            yield ""
            yield f"{translate(Message('fix'), language)}: {plain(translate(fix, language))}"
    yield ""
    yield plain(translate(compared_with(plan), language))


def _folded(part: Part, organisation: Organisation, language: str, *, details: bool) -> list[str]:
    named = f"{plain(translate(part.title, language))} ({part.number})"
    lines = ["", f"<details><summary>{named}</summary>", ""]
    documents: Sequence[str] | None = None
    for group in groups(part.changes, organisation, later=part.later, details=details):
        if group.documents != documents:
            documents = group.documents
            lines += [_heading(documents, language), ""]
        lines += [f"**{plain(group.unit)}**", ""] if group.unit else []
        lines += [f"- {_line(change, language)}" for change in group.changes]
        if group.more:
            more = Message("… and {number} similar", number=group.more)
            lines.append(f"- {plain(translate(more, language))}")
        lines.append("")
    return [*lines, "</details>"]


def _heading(documents: Sequence[str], language: str) -> str:
    cited = ", ".join(translate(each, language) for each in documents)
    return f"#### {plain(cited or translate(Message('no supporting document'), language))}"


def _size(change: Change, organisation: Organisation, language: str) -> Size:
    (group,) = groups([change], organisation, details=True)
    lines = [_heading(group.documents, language), f"**{plain(group.unit)}**", "", "", ""]
    return _length([f"- {_line(change, language)}"]), _length(lines)


def _servers(servers: Servers | None, language: str) -> Iterator[str]:
    for host in servers.hosts if servers else ():
        title = plain(translate(Message("On host {name}", name=host.host), language))
        yield from ("", f"<details><summary>{title} ({len(host.files)})</summary>", "")
        yield from (f"- {plain(translate(line, language))}" for _, line in on_host(host))
        yield from ("", "</details>")
    if servers and servers.strangers:
        yield from ("", f"**{plain(translate(strangers(servers), language))}**", "")
        yield from (f"- {plain(name)}" for name in servers.strangers)


def _length(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _closing(lines: Sequence[str]) -> list[str]:
    opened = sum(line.startswith("<details>") for line in lines)
    return ["</details>"] if opened > lines.count("</details>") else []
