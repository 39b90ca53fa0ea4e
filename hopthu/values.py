"""YAML nodes → plain values, meaning only what their writer meant.

Plain `true`, `false`, `null`, `~`, an empty value and whole numbers without leading zeros mean
what they look like. Everything else is text: `no`, `010`, `12:30`, `1.10`, dates.
"""

from __future__ import annotations

import re
from typing import TypeAlias

import yaml

from hopthu.marks import place
from hopthu.problems import Problem
from hopthu.rules import files as rules

Value: TypeAlias = bool | int | str | list["Value"] | dict[str, "Value"] | None
Map: TypeAlias = dict[str, Value]

_INTEGER = re.compile(r"(?:0|-?[1-9][0-9]{0,17})\Z")
_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None, "~": None, "": None}
# Controls, zero-width and direction marks: a reader does not see them, a comparison does.
HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb]"
)


class Values:
    """Turns the nodes of one file into values, gathering the problems met on the way."""

    def __init__(self, file: str) -> None:
        """Work for `file`, the name problems are reported under."""
        self.file = file
        self.problems: list[Problem] = []

    def of(self, node: yaml.Node) -> Value:
        """Return the value of `node`."""
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.of(child) for child in node.value]
        return self._mapping(node)

    def _scalar(self, node: yaml.ScalarNode) -> Value:
        text: str = node.value
        if node.style:
            # Only an escape such as "\u202e" gets here: the file's own text was looked at before.
            if node.style == '"' and HIDDEN.search(text):
                self._hidden(node, text)
            return text
        if text in _WORDS:
            return _WORDS[text]
        return int(text) if _INTEGER.match(text) else text

    def _mapping(self, node: yaml.Node) -> Map:
        result: Map = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key is None:
                continue
            if key in result:
                self._duplicate(key_node, key, node)
                continue
            result[key] = self.of(value_node)
        return result

    def _key(self, node: yaml.Node) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self.problems.append(
                rules.CONSTRUCT.broken(
                    place(self.file, node.start_mark),
                    "a key must be a plain word, not a list or mapping",
                    fix="write `name: value`; put a value with brackets or braces in quotes",
                )
            )
            return None
        if node.value == "<<" and not node.style:
            self.problems.append(
                rules.CONSTRUCT.broken(
                    place(self.file, node.start_mark),
                    "merge keys (`<<`) are not read",
                    fix="write the fields out where they belong",
                )
            )
            return None
        key: str = node.value
        return key

    def _duplicate(self, node: yaml.Node, key: str, mapping: yaml.Node) -> None:
        first = next(k for k, _ in mapping.value if k.value == key)
        line = first.start_mark.line + 1
        self.problems.append(
            rules.DUPLICATE_KEY.broken(
                place(self.file, node.start_mark),
                f'key "{key}" was given before, on line {line}',
                fix="keep one of the two, or give the second its right name",
            )
        )

    def _hidden(self, node: yaml.Node, text: str) -> None:
        found = HIDDEN.search(text)
        code = f"U+{ord(found.group()):04X}" if found else ""
        self.problems.append(
            rules.ENCODING.broken(
                place(self.file, node.start_mark),
                f"the value hides the character {code}",
                fix="take the escape out",
            )
        )
