"""Format a plan as a comment on a pull request: a summary, then its parts, each closed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hopthu.diagnostics.problem import printable
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.organisation import Organisation
from hopthu.plan.findings import allowance, findings, verdict
from hopthu.plan.host_changes import Servers
from hopthu.plan.lines import SIGNS, Line, Part, shortened
from hopthu.plan.plan import Plan
from hopthu.plan.summary import compared_with, heading, on_host, parts, strangers, summary

LONGEST = 60_000
"""Forges refuse longer comments (GitHub: 65,536 characters)."""
_OF_PART = 300
"""Room for the title of each part."""
_MOST_OF_SERVERS = 200
"""So many lines about hosts are kept where lines have to be left out."""
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~:$^=])")
_BREAK = "<!-- -->"


def as_markdown(
    plan: Plan, organisation: Organisation, language: str = "en", *, details: bool = False
) -> str:
    """Return the plan in Markdown; no text of the data can act as markup, link or mention.

    Lines alike are folded unless `details` are wanted. Of a part that does not fit into a comment
    the last line says how many more there are, with the first and a digest of them.
    """
    found = parts(plan, organisation, details=details)
    head = [*_summary(plan, organisation, language)]
    tail = [*_servers(plan.servers, language)]
    body = [line for part in found for line in _part(part, language)]
    if _length([*head, *body, *tail]) > LONGEST:
        tail = tail[:_MOST_OF_SERVERS]
        tail += _closing(tail)
        room = LONGEST - _length([*head, *tail]) - _OF_PART * len(found)
        found = shortened(found, room, lambda line: _size(line, language))
        body = [line for part in found for line in _part(part, language)]
    return "\n".join([*head, *body, *tail, ""])


def plain(text: str) -> str:
    """Escape `text` so that Markdown and HTML show it literally."""
    shown = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = _MARKUP.sub(r"\\\1", shown)
    # Forges look for mentions and bare links in the rendered text; only a break prevents them.
    return shown.replace("@", f"@{_BREAK}").replace("www.", f"www{_BREAK}.")


def _said(text: str, language: str) -> str:
    return plain(translate(text, language))


def _summary(plan: Plan, organisation: Organisation, language: str) -> Iterator[str]:
    yield f"### {_said(heading(plan), language)}"
    yield ""
    for what, number in summary(plan.changes):
        yield f"- {_said(what, language)}: **{number}**"
    for refusal in plan.servers.refusals if plan.servers else ():
        yield f"- **{_said(Message('refused'), language)}**: {_said(refusal, language)}"
    for guard, sentence in findings(plan.guards, organisation):
        yield f"- **{_said(verdict(guard), language)}**: {_said(sentence, language)}"
    if plan.refused:
        yield ""
        yield f"**{_said(Message('The plan is refused.'), language)}**"
        if fix := allowance(plan.guards, plan.on):
            yield ""
            yield f"{_said(Message('fix'), language)}: {_said(fix, language)}"
    yield ""
    yield _said(compared_with(plan), language)


def _part(part: Part, language: str) -> Iterator[str]:
    if part.open:
        yield from ("", f"**{_said(part.title, language)}** ({part.number})", "")
        yield from _listed(part.lines, language)
        return
    yield from ("", f"<details><summary>{_said(part.title, language)} ({part.number})</summary>")
    yield from _listed(part.lines, language)
    yield from ("", "</details>")


def _listed(lines: Iterable[Line], language: str) -> Iterator[str]:
    """Yield the lines below their headings, each of which stands once."""
    documents: tuple[str, ...] | None = None
    about = ""
    for line in lines:
        if line.documents != documents:
            documents, about = line.documents, ""
            yield ""
            for each in documents:
                yield from (f"#### {_said(each, language)}", "")
        if line.about != about:
            about = line.about
            yield from ("", f"**{_said(about, language)}**", "")
        if line.text:
            yield f"- `{SIGNS.get(line.action, '~')}` {_said(line.text, language)}"


def _size(line: Line, language: str) -> int:
    """Return how much room a line takes at most, with its headings."""
    return _length([*_listed([line], language)])


def _servers(servers: Servers | None, language: str) -> Iterator[str]:
    for host in servers.hosts if servers else ():
        title = _said(Message("On host {name}", name=host.host), language)
        yield from ("", f"<details><summary>{title} ({len(host.files)})</summary>", "")
        yield from (f"- {_said(line, language)}" for _, line in on_host(host))
        yield from ("", "</details>")
    if servers and servers.strangers:
        yield from ("", f"**{_said(strangers(servers), language)}**", "")
        yield from (f"- {plain(name)}" for name in servers.strangers)


def _length(lines: Iterable[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _closing(lines: list[str]) -> list[str]:
    opened = sum(line.startswith("<details>") for line in lines)
    return ["</details>"] if opened > lines.count("</details>") else []
