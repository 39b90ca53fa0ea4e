"""Edits of the text of one record, at places its parser knows: all else stays as it is written.

Each function takes the lines of a record, from its dash on, and returns them edited. Raises
`UsageError` where the record is written in a way that does not allow it.
"""

from __future__ import annotations

import yaml

from hopthu.editing.yaml_text import Plain, field, flow
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.schema.registry import schema
from hopthu.source.positions import Steps, compose


def with_field(kind: str, text: str, steps: Steps, value: Plain) -> str:
    """Return a record with one more field, where the schema of `kind` has it."""
    *above, key = steps
    mapping = _mapping(text, above)
    known = list(schema(kind).field(above)["schema"])
    before = known[: known.index(str(key))]
    places = [n for n, (name, _) in enumerate(mapping.value) if name.value in before]
    last = mapping.value[places[-1] if places else 0][1]
    end = _end(last)
    if mapping.flow_style:
        return f"{text[:end]}, {key}: {flow(value)}{text[end:]}"
    column = mapping.start_mark.column
    at = _below(text, end, column)
    return text[:at] + field(str(key), value, column) + text[at:]


def with_row(kind: str, text: str, steps: Steps, row: Plain) -> str:
    """Return a record with one more row of a list, above those that begin later.

    The list is made if need be; what has no day goes to its end.
    """
    value = _find(text, steps)
    if value is None:
        return with_field(kind, text, steps, [row])
    if not isinstance(value, yaml.SequenceNode):
        raise _odd(str(steps[-1]))
    new = _day(yaml.compose(flow(row)))
    above = [each for each in value.value if _day(each) <= new or not new]
    rest = value.value[len(above) :]
    if value.flow_style:
        if rest:
            at = rest[0].start_mark.index
            return f"{text[:at]}{flow(row)}, {text[at:]}"
        end = _end(above[-1]) if above else value.start_mark.index + 1
        comma = ", " if above else ""
        return f"{text[:end]}{comma}{flow(row)}{text[end:]}"
    column = value.start_mark.column
    at = _below(text, _end(above[-1]), column) if above else _above(text, value.start_mark.index)
    return f"{text[:at]}{' ' * column}- {flow(row)}\n{text[at:]}"


def with_value(text: str, steps: Steps, value: Plain) -> str:
    """Return a record with another value of a field it has."""
    node = _find(text, steps)
    if not isinstance(node, yaml.ScalarNode) or node.style in ("|", ">"):
        raise _odd(str(steps[-1]))
    return text[: node.start_mark.index] + flow(value) + text[node.end_mark.index :]


def last_line(text: str) -> int:
    """Return how many lines a record has, without empty lines and comments at the margin below."""
    root = compose(text)
    if root is None:
        return text.count("\n")
    return text.count("\n", 0, _below(text, _end(root), 0))


def _mapping(text: str, steps: Steps) -> yaml.MappingNode:
    node = _find(text, steps)
    if not isinstance(node, yaml.MappingNode) or not node.value:
        raise _odd(str(steps[-1]) if steps else "id")
    return node


def _find(text: str, steps: Steps) -> yaml.Node | None:
    """Return the node at `steps` of a record, None if it has none."""
    node = compose(text)
    for step in (0, *steps):
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step] if step < len(node.value) else None
        elif isinstance(node, yaml.MappingNode):
            node = next((each for key, each in node.value if key.value == step), None)
        else:
            return None
    return node


def _end(node: yaml.Node) -> int:
    """Return where the text of a node ends: a block ends with its last value, not below it."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return int(node.end_mark.index)


def _day(row: yaml.Node | None) -> str:
    """Return the day on which a row begins, as it is written, empty if it has none."""
    fields = row.value if isinstance(row, yaml.MappingNode) else ()
    return next((str(day.value) for key, day in fields if key.value in ("from", "on")), "")


def _above(text: str, start: int) -> int:
    """Return the start of the line of `start`, or of the comments right above it."""
    at = text.rfind("\n", 0, start) + 1
    while text[(line := text.rfind("\n", 0, at - 1) + 1) : at].lstrip(" ").startswith("#"):
        at = line
    return at


def _below(text: str, end: int, column: int) -> int:
    """Return the start of the line below `end`, and below comments that are further in."""
    at = text.find("\n", max(end - 1, 0)) + 1 or len(text)
    while (line_end := text.find("\n", at) + 1) > 0:
        line = text[at:line_end]
        if not line.lstrip(" ").startswith("#") or len(line) - len(line.lstrip(" ")) <= column:
            break
        at = line_end
    return at


def _odd(key: str) -> UsageError:
    return UsageError(
        Message("`{field}` is written in a way that cannot be edited here", field=key),
        fix=Message("make this change in an editor"),
    )
