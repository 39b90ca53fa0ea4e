"""What a rule is: a stable id, the article it serves, how grave a breach is, and why it exists."""

from __future__ import annotations

from dataclasses import dataclass

from hopthu.problems import Mark, Problem, Severity, cut, printable
from hopthu.text import Text


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `why` is the sentence every problem it finds carries."""

    id: str
    article: str
    why: str
    severity: Severity = "error"

    def broken(
        self,
        at: Mark,
        what: Text,
        *,
        fix: Text,
        subject: str = "",
        article: str = "",
        why: Text | None = None,
    ) -> Problem:
        """Return the problem of `subject` breaking this rule at `at`.

        `article` and `why` replace the rule's own where the field broken has better ones. Parts of
        the data may stand in any of the texts: none can break out of its line.
        """
        return Problem(
            file=at.file,
            line=at.line,
            column=at.column,
            severity=self.severity,
            rule=self.id,
            article=article or self.article,
            subject=printable(cut(subject)),
            what=_on_one_line(what),
            why=_on_one_line(why or Text(self.why)),
            fix=_on_one_line(fix),
        )


def _on_one_line(text: str) -> str:
    if text.isprintable():
        return text
    if isinstance(text, Text):
        return Text(text.template, **{k: _on_one_line(v) for k, v in text.values.items()})
    return printable(text)
