"""What a rule is: a stable id, the article it serves, how grave a breach is, and why it exists."""

from __future__ import annotations

from dataclasses import dataclass

from hopthu.diagnostics.problem import Mark, Problem, Severity, cut, printable
from hopthu.i18n.message import Message


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `why` is the sentence every problem it finds carries."""

    id: str
    article: str
    why: str
    severity: Severity = "error"

    def violation(
        self,
        at: Mark,
        what: Message,
        *,
        fix: Message,
        subject: str = "",
        article: str = "",
        why: Message | None = None,
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
            why=_on_one_line(why or Message(self.why)),
            fix=_on_one_line(fix),
        )


def _on_one_line(text: str) -> str:
    if text.isprintable():
        return text
    if isinstance(text, Message):
        return Message(text.template, **{k: _on_one_line(v) for k, v in text.values.items()})
    return printable(text)
