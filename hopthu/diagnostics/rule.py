"""A rule: its stable id, the article it serves, the severity of a violation, and its reason."""

from __future__ import annotations

from dataclasses import dataclass

from hopthu.diagnostics.problem import Mark, Problem, Severity, cut, printable
from hopthu.i18n.message import Message


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `why` is the reason given with every problem it finds."""

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
        subject: str | None = None,
        article: str = "",
        why: Message | None = None,
        severity: Severity | None = None,
    ) -> Problem:
        """Return the problem that `subject`, or the record at `at`, violates this rule there.

        `article`, `why` and `severity` replace the rule's own. The texts may contain parts of the
        data; line breaks in them are escaped.
        """
        return Problem(
            file=at.file,
            line=at.line,
            column=at.column,
            severity=severity or self.severity,
            rule=self.id,
            article=article or self.article,
            subject=printable(cut(at.place[1] if subject is None else subject)),
            what=_on_one_line(what),
            why=_on_one_line(why or Message(self.why)),
            fix=_on_one_line(fix),
            place=at.place,
        )


def _on_one_line(text: str) -> str:
    if text.isprintable():
        return text
    if isinstance(text, Message):
        return Message(text.template, **{k: _on_one_line(v) for k, v in text.values.items()})
    return printable(text)
