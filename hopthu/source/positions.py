"""YAML text → nodes that know their place.

PyYAML's C parser composes the nodes; what a plain word means is decided in `values`, not by
YAML 1.1's resolver, which reads `no` as false, `010` as 8 and `12:30` as 750.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import yaml

from hopthu.diagnostics.problem import Mark

Steps = Sequence[str | int]
_ANY_TAG = "tag:yaml.org,2002:str"


class Position(Protocol):
    """A parser's mark: PyYAML has one class in Python and another in C."""

    @property
    def line(self) -> int:
        """The line, from 0."""

    @property
    def column(self) -> int:
        """The column, from 0."""


class _Composer(yaml.CSafeLoader):
    """Composes nodes without asking what their values mean: one constant tag for all."""

    # The parser calls these for every node. PyYAML's own work out a tag by regular expression
    # and walk path resolvers nobody has registered; both are costly and not wanted.
    def resolve(self, *_node: object) -> str:
        return _ANY_TAG

    def descend_resolver(self, *_position: object) -> None:
        return

    def ascend_resolver(self) -> None:
        return


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Hold the collector back: it walks millions of new nodes and finds none to free.

    Reading 60,000 people takes 2 to 3 s instead of 9 (PyYAML 6.0.4, measured). What was made
    meanwhile is left out of later collections, too, or the first one would walk it after all; it
    goes when nothing refers to it any more, as nearly everything does.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.freeze()
            gc.enable()


def compose(text: str) -> yaml.Node | None:
    """Return the root node of `text`, None when it is empty; raise `yaml.YAMLError`."""
    loader = _Composer(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
        return node
    finally:
        loader.dispose()


def place(file: str, mark: Position | None, first: int = 1) -> Mark:
    """Return a parser's mark as a place in `file`, counted from 1; its start without a mark.

    `first` is the line on which the text that was parsed begins.
    """
    if mark is None:
        return Mark(file, first)
    return Mark(file, mark.line + first, mark.column + 1)


class Tree:
    """The nodes of a text. The keys of a mapping are looked up, not searched, once it was asked."""

    def __init__(self, file: str, text: str, first: int = 1) -> None:
        """Parse `text`, which begins on line `first` of `file`."""
        self._file = file
        self._first = first
        self._keys: dict[int, dict[str, tuple[yaml.Node, yaml.Node]]] = {}
        with no_garbage_collection():
            self._root = compose(text)

    def at(self, steps: Steps, *, key: bool = False) -> Mark:
        """Return the place of the value (or `key`) at the end of `steps`, or of what holds it.

        With `key` the last step answers with the key's node: where a field is named, not its value.
        """
        node = self._root
        if node is None:
            return Mark(self._file, self._first)
        for depth, step in enumerate(steps):
            found = self._step(node, step, want_key=key and depth == len(steps) - 1)
            if found is None:
                break
            node = found
        return place(self._file, node.start_mark, self._first)

    def _step(self, node: yaml.Node, step: str | int, *, want_key: bool) -> yaml.Node | None:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            child: yaml.Node = node.value[step]
            return child
        if isinstance(node, yaml.MappingNode) and isinstance(step, str):
            if id(node) not in self._keys:
                named = ((k.value, (k, v)) for k, v in reversed(node.value) if _is_plain(k))
                self._keys[id(node)] = dict(named)
            if found := self._keys[id(node)].get(step):
                return found[0] if want_key else found[1]
        return None


def _is_plain(key: yaml.Node) -> bool:
    return isinstance(key, yaml.ScalarNode)


class Positions:
    """Where the values of one file stand; parsed again only when somebody asks."""

    def __init__(self, file: str, text: str) -> None:
        """Keep the `text` of `file`: most files have no problem and are never asked about."""
        self._file = file
        self._text = text
        self._tree: Tree | None = None

    def at(self, steps: Steps, *, key: bool = False) -> Mark:
        """Return the place of the value (or `key`) at the end of `steps`, or of what holds it."""
        if self._tree is None:
            self._tree = Tree(self._file, self._text)
        return self._tree.at(steps, key=key)
