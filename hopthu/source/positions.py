"""YAML text → nodes that know their position.

PyYAML's C parser composes the nodes; `values` decides the meaning of plain words, not the resolver
of YAML 1.1, which reads `no` as false, `010` as 8 and `12:30` as 750.
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
    """Composes nodes without resolving their types: one constant tag for all."""

    # The parser calls these for every node. PyYAML's own methods find a tag by regular expression
    # and walk path resolvers that are not registered; both are slow and not needed.
    def resolve(self, *_node: object) -> str:
        return _ANY_TAG

    def descend_resolver(self, *_position: object) -> None:
        return

    def ascend_resolver(self) -> None:
        return


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Disable the garbage collector, which would walk millions of new nodes and free none.

    Reading 60,000 people takes 2 to 3 s instead of 9 (PyYAML 6.0.4, measured). The new objects are
    excluded from later collections too, or the first one would walk them; they are freed when
    nothing refers to them any more.
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
    """Return the root node of `text`, or None if it is empty; raise `yaml.YAMLError`."""
    loader = _Composer(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
        return node
    finally:
        loader.dispose()


def place(file: str, mark: Position | None, first: int = 1) -> Mark:
    """Return a parser's mark as a position in `file`, counted from 1; without a mark its start.

    `first` is the line on which the parsed text begins.
    """
    if mark is None:
        return Mark(file, first)
    return Mark(file, mark.line + first, mark.column + 1)


class Tree:
    """The nodes of a text; the keys of a mapping are indexed at the first look-up."""

    def __init__(self, file: str, text: str, first: int = 1) -> None:
        """Parse `text`, which begins on line `first` of `file`."""
        self._file = file
        self._first = first
        self._keys: dict[int, dict[str, tuple[yaml.Node, yaml.Node]]] = {}
        with no_garbage_collection():
            self._root = compose(text)

    def at(self, steps: Steps, *, key: bool = False) -> Mark:
        """Return the position of the value at `steps`, or of the nearest parent that exists.

        With `key` it is the position of the last key instead of its value.
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
    """The positions of the values of one file; it is parsed again only when one is needed."""

    def __init__(self, file: str, text: str) -> None:
        """Store the `text` of `file`: most files have no problem and need no positions."""
        self._file = file
        self._text = text
        self._tree: Tree | None = None

    def at(self, steps: Steps, *, key: bool = False) -> Mark:
        """Return the position of the value (or `key`) at `steps`, or of its nearest parent."""
        if self._tree is None:
            self._tree = Tree(self._file, self._text)
        return self._tree.at(steps, key=key)
