"""Read a YAML text as a whole: its value, or all problems in it."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from hopthu.diagnostics.file_rules import SYNTAX
from hopthu.diagnostics.problem import Mark, Problem, shown
from hopthu.i18n.message import Message
from hopthu.source import files, mistakes
from hopthu.source.parser_messages import as_message
from hopthu.source.positions import compose, place
from hopthu.source.values import Value, Values


def read(raw: bytes, name: str, first: int = 1) -> tuple[Value, list[Problem]]:
    """Return the value of a file's text, or of its lines from `first` on, and the problems.

    The value is None if the text cannot be read.
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
    """Return whether two texts have the same value."""
    return read(one, "") == read(other, "")


def _constructs(text: str, name: str) -> Iterator[Problem]:
    """Report anchors, aliases and tags; the text is parsed only if it has a sign of one."""
    if not any(sign in text for sign in "&*!%"):
        return
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.NodeEvent) and event.anchor and _defines(event):
            what = Message(
                "anchor &{anchor} and its aliases *{anchor} are not supported", anchor=event.anchor
            )
            fix = Message("write out the value in each place")
        elif tag := getattr(event, "tag", None):
            short = str(tag).replace("tag:yaml.org,2002:", "!!", 1)
            what, fix = (
                Message("tag {tag} is not supported", tag=shown(short)),
                Message("remove the tag"),
            )
        else:
            continue
        yield SYNTAX.violation(place(name, event.start_mark), what, fix=fix)


def _defines(event: yaml.NodeEvent) -> bool:
    """Return whether the event is an anchor, not an alias: one report for each name is enough."""
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
        Message("not valid YAML: {reason}{error}", reason=as_message(reason), error=_since(error)),
        fix=Message(
            "look at this line and the one above: indentation, a missing colon, quote or bracket"
        ),
    )


def _since(error: yaml.YAMLError) -> str:
    context, mark = getattr(error, "context", None), getattr(error, "context_mark", None)
    if not context:
        return ""
    return (
        Message(" ({context}, from line {line})", context=as_message(context), line=mark.line + 1)
        if mark
        else f" ({context})"
    )
