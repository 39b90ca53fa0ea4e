"""One text of YAML, read as a whole: its value, or everything that is to be said of it."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from hopthu.diagnostics.file_rules import CONSTRUCT, SYNTAX
from hopthu.diagnostics.problem import Mark, Problem, shown
from hopthu.i18n.message import Message
from hopthu.source import files, mistakes
from hopthu.source.positions import compose, place
from hopthu.source.values import Value, Values


def read(raw: bytes, name: str, first: int = 1) -> tuple[Value, list[Problem]]:
    """Return the value of the text of a file, or of its lines from `first` on, and the problems.

    The value is None where a problem keeps the text from being read.
    """
    try:
        text = files.decode(raw, name)
        if problems := list(files.hidden_characters(text, name)):
            return None, problems
        if problems := list(_constructs(text, name)):
            return None, problems
        root = compose(text)
    except files.FileProblem as unusable:
        return None, [unusable.problem]
    except yaml.YAMLError as error:
        return None, [_syntax(error, name, raw.decode())]
    values = Values(name, first)
    return (values.of(root) if root else None), values.problems


def alike(one: bytes, other: bytes) -> bool:
    """Tell whether two texts say the same."""
    return read(one, "") == read(other, "")


def _constructs(text: str, name: str) -> Iterator[Problem]:
    """Report anchors, aliases and tags; the events are read only where a sign of one stands."""
    if not any(sign in text for sign in "&*!%"):
        return
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.NodeEvent) and event.anchor and _defines(event):
            what = Message(
                "anchor &{anchor} is not read, nor is any alias *{anchor}", anchor=event.anchor
            )
            fix = Message("write the value out wherever it is meant")
        elif tag := getattr(event, "tag", None):
            short = str(tag).replace("tag:yaml.org,2002:", "!!", 1)
            what, fix = (
                Message("tag {tag} is not read", tag=shown(short)),
                Message("leave the tag out"),
            )
        else:
            continue
        yield CONSTRUCT.violation(place(name, event.start_mark), what, fix=fix)


def _defines(event: yaml.NodeEvent) -> bool:
    """Tell an anchor from its aliases: they share the name, and one report of it is enough."""
    return not isinstance(event, yaml.AliasEvent)


def _syntax(error: yaml.YAMLError, name: str, text: str) -> Problem:
    if unmerged := mistakes.conflict(text):
        line, what, fix = unmerged
        return SYNTAX.violation(Mark(name, line), what, fix=fix)
    mark = getattr(error, "problem_mark", None)
    if mark and (advice := mistakes.unreadable(text, mark.line, mark.column)):
        return SYNTAX.violation(place(name, mark), advice[0], fix=advice[1])
    at = place(name, mark) if mark else Mark(name)
    reason = " ".join(str(getattr(error, "problem", None) or error).split())
    return SYNTAX.violation(
        at,
        Message("not YAML: {reason}{error}", reason=reason, error=_since(error)),
        fix=Message(
            "look at this line and the one above: indentation, a missing colon, quote or bracket"
        ),
    )


def _since(error: yaml.YAMLError) -> str:
    context, mark = getattr(error, "context", None), getattr(error, "context_mark", None)
    if not context:
        return ""
    return (
        Message(" ({context}, from line {line})", context=context, line=mark.line + 1)
        if mark
        else f" ({context})"
    )
