"""YAML files → plain records, each value with its file, line and column.

Reading never raises on bad data: what is wrong becomes a problem of the source.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from hopthu import files
from hopthu.marks import Marks, compose, no_garbage_collection, place
from hopthu.problems import Mark, Problem, shown
from hopthu.rules.files import CONSTRUCT, SYNTAX
from hopthu.rules.shape import SHAPE
from hopthu.source import Record, Source
from hopthu.text import Text
from hopthu.values import Value, Values


def load(root: Path) -> Source:
    """Read policy, units, people and documents from the files below `root/data`."""
    found, problems = files.listing(root)
    records: dict[str, tuple[Record, ...]] = {}
    with no_garbage_collection():
        for kind, paths in found.items():
            read: list[Record] = []
            for path in paths:
                read += _file(kind, path, files.name_of(root, path), problems)
            records[kind] = tuple(read)
    return Source(root, records, tuple(sorted(problems)))


def _file(kind: str, path: Path, name: str, problems: list[Problem]) -> list[Record]:
    try:
        text = files.read_text(path, name)
    except files.FileProblem as unusable:
        problems.append(unusable.problem)
        return []
    hidden = list(files.hidden_characters(text, name))
    if hidden:
        problems += hidden
        return []
    try:
        constructs = list(_constructs(text, name))
        root = None if constructs else compose(text)
    except yaml.YAMLError as error:
        problems.append(_syntax(error, name))
        return []
    problems += constructs
    if root is None:
        return []
    values = Values(name)
    value = values.of(root)
    problems += values.problems
    return list(_records(kind, name, value, Marks(name, text), problems))


def _constructs(text: str, name: str) -> Iterator[Problem]:
    """Report anchors, aliases and tags; the events are read only where a sign of one stands."""
    if not any(sign in text for sign in "&*!%"):
        return
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.NodeEvent) and event.anchor and _defines(event):
            what = Text(
                "anchor &{anchor} is not read, nor is any alias *{anchor}", anchor=event.anchor
            )
            fix = Text("write the value out wherever it is meant")
        elif tag := getattr(event, "tag", None):
            short = str(tag).replace("tag:yaml.org,2002:", "!!", 1)
            what, fix = Text("tag {tag} is not read", tag=shown(short)), Text("leave the tag out")
        else:
            continue
        yield CONSTRUCT.broken(place(name, event.start_mark), what, fix=fix)


def _defines(event: yaml.NodeEvent) -> bool:
    """Tell an anchor from its aliases: they share the name, and one report of it is enough."""
    return not isinstance(event, yaml.AliasEvent)


def _syntax(error: yaml.YAMLError, name: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    at = place(name, mark) if mark else Mark(name)
    reason = " ".join(str(getattr(error, "problem", None) or error).split())
    return SYNTAX.broken(
        at,
        Text("not YAML: {reason}{error}", reason=reason, error=_since(error)),
        fix=Text(
            "look at this line and the one above: indentation, a missing colon, quote or bracket"
        ),
    )


def _since(error: yaml.YAMLError) -> str:
    context, mark = getattr(error, "context", None), getattr(error, "context_mark", None)
    if not context:
        return ""
    return (
        Text(" ({context}, from line {line})", context=context, line=mark.line + 1)
        if mark
        else f" ({context})"
    )


def _records(
    kind: str, name: str, value: Value, marks: Marks, problems: list[Problem]
) -> Iterator[Record]:
    if value is None:
        return
    if kind == "policy":
        if isinstance(value, dict):
            yield Record(kind, name, (), value, marks)
        else:
            problems.append(_not_a(Text("mapping of settings"), "key: value", marks.at(())))
        return
    if not isinstance(value, list):
        problems.append(_not_a(Text("list of {kind}", kind=kind), "- id: …", marks.at(())))
        return
    for index, item in enumerate(value):
        if isinstance(item, dict):
            yield Record(kind, name, (index,), item, marks)
        else:
            problems.append(_not_a(Text("mapping of fields"), "- id: …", marks.at((index,))))


def _not_a(what: str, example: str, at: Mark) -> Problem:
    return SHAPE.broken(
        at,
        Text("a {what} is expected here", what=what),
        fix=Text("write `{example}`", example=example),
    )
