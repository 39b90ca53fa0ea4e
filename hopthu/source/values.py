"""YAML nodes → plain values, without the surprises of YAML 1.1.

Only plain `true`, `false`, `null`, `~`, an empty value and whole numbers without leading zeros are
converted. Everything else is text: `no`, `010`, `12:30`, `1.10`, dates.
"""

from __future__ import annotations

import re
from typing import TypeAlias

import yaml

from hopthu.diagnostics import file_rules as rules
from hopthu.diagnostics.problem import Mark, Problem, shown
from hopthu.i18n.message import Message
from hopthu.source.positions import place

Value: TypeAlias = bool | int | str | list["Value"] | dict[str, "Value"] | None
Map: TypeAlias = dict[str, Value]

_INTEGER = re.compile(r"(?:0|-?[1-9][0-9]{0,17})\Z")
# A post within a person within the list is five deep; YAML allows a thousand.
_DEEPEST = 20
_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None, "~": None, "": None}
# Control characters, and those without a visible glyph (Default_Ignorable_Code_Point, the blank of
# Braille): a reader does not see them, but a comparison does.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


class Values:
    """Converts the nodes of one file to values, and collects the problems."""

    def __init__(self, file: str, first: int = 1) -> None:
        """Convert nodes of `file`, the name in reports, whose text begins on line `first`."""
        self.file = file
        self.first = first
        self.problems: list[Problem] = []

    def of(self, node: yaml.Node, depth: int = 0) -> Value:
        """Return the value of `node`, which is inside `depth` lists and mappings."""
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if depth == _DEEPEST:
            self._refuse(
                node,
                Message("nested more than {depth} deep", depth=_DEEPEST),
                Message("no field is nested so deep"),
            )
            return None
        if isinstance(node, yaml.SequenceNode):
            return [self.of(child, depth + 1) for child in node.value]
        return self._mapping(node, depth)

    def _scalar(self, node: yaml.ScalarNode) -> Value:
        text: str = node.value
        if node.style:
            # Only an escape such as "\u202e" gets here: the text of the file was checked before.
            if node.style == '"' and (found := HIDDEN.search(text)):
                self._hidden(node, ord(found.group()))
            return text
        if text in _WORDS:
            return _WORDS[text]
        return int(text) if _INTEGER.match(text) else text

    def _mapping(self, node: yaml.Node, depth: int) -> Map:
        result: Map = {}
        again: list[yaml.Node] = []
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key is None:
                continue
            if key in result:
                again.append(key_node)
            else:
                result[key] = self.of(value_node, depth + 1)
        if again:
            self._duplicates(again, node)
        return result

    def _key(self, node: yaml.Node) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            what = Message("a key must be a plain word, not a list or mapping")
            fix = Message("write `name: value`; put a value with brackets or braces in quotes")
            self._refuse(node, what, fix)
            return None
        if node.value == "<<" and not node.style:
            fix = Message("write out the fields where they belong")
            self._refuse(node, Message("merge keys (`<<`) are not supported"), fix)
            return None
        key: str = node.value
        return key

    def _at(self, node: yaml.Node) -> Mark:
        return place(self.file, node.start_mark, self.first)

    def _refuse(self, node: yaml.Node, what: Message, fix: Message) -> None:
        self.problems.append(rules.SYNTAX.violation(self._at(node), what, fix=fix))

    def _duplicates(self, again: list[yaml.Node], mapping: yaml.Node) -> None:
        first = {key.value: self._at(key) for key, _ in reversed(mapping.value)}
        self.problems += [
            rules.DUPLICATE_KEY.violation(
                self._at(node),
                Message(
                    "key {key} is already on line {line}",
                    key=shown(node.value),
                    line=first[node.value].line,
                ),
                fix=Message("keep one of the two, or give the second its right name"),
            )
            for node in again
        ]

    def _hidden(self, node: yaml.Node, code: int) -> None:
        self.problems.append(
            rules.FILE.violation(
                self._at(node),
                Message("the value contains the hidden character U+{code}", code=f"{code:04X}"),
                fix=Message("remove the escape"),
            )
        )
