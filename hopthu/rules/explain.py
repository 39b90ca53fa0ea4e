"""What `hopthu check --explain RULE` prints: why the rule exists, then its page (tests/rules)."""

from __future__ import annotations

import click

from hopthu.diagnostics.nearest import suggestion
from hopthu.diagnostics.problem import printable
from hopthu.diagnostics.regulation import Regulation
from hopthu.diagnostics.rule import Rule
from hopthu.errors import UsageError
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.rules.book import RULES
from hopthu.tool.resources import resource

PAGES = "tests/rules"


def explain(name: str, language: str, regulation: Regulation) -> str:
    """Return why the rule called `name` exists, in `language`, and its page, in English.

    Raises UsageError where there is no such rule.
    """
    rule = RULES.get(name)
    if rule is None:
        otherwise = Message(
            "rules are listed in docs/regulation.md, and named in [brackets] by check"
        )
        named = [each for each in RULES if name and name.lower() in each]
        raise UsageError(
            Message("there is no rule {name}", name=name),
            fix=suggestion(name, RULES, otherwise, named),
        )
    page = (resource(PAGES) / f"{rule.id}.md").read_text(encoding="utf-8")
    _, _, below_title = page.partition("\n\n")
    cases = _headings_bold(regulation.cite_in(below_title))
    return f"{_head(rule, language, regulation)}\n{cases}"


def _head(rule: Rule, language: str, regulation: Regulation) -> str:
    severity = translate(Message(rule.severity), language)
    why = translate(Message("why"), language)
    cited = translate(regulation.name(), language)
    lines = [
        f"{rule.id}: {severity} [{translate(regulation.cite(rule.article), language)}]\n",
        f"  {why}: {translate(Message(rule.why), language)}\n",
        f"  {translate(Message('regulation'), language)}: {printable(cited)}\n",
    ]
    if language != "en":
        lines += ["\n", translate(Message("The rest of this page is in English."), language), "\n"]
    return "".join(lines)


def _headings_bold(page: str) -> str:
    """Return a page with its headings in bold, but for what only looks like one in a block."""
    lines = []
    fenced = False
    for line in page.split("\n"):
        fenced ^= line.startswith("```")
        lines.append(click.style(line, bold=True) if line.startswith("#") and not fenced else line)
    return "\n".join(lines)
