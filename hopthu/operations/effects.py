"""What the operations of a run change of a host: each says so itself, for records and facts.

An operation that says nothing may change anything.
"""

from __future__ import annotations

from typing import Literal
from weakref import WeakKeyDictionary

from pyinfra import host
from pyinfra.api import State

Effect = Literal["", "packages", "entries", "mailboxes", "access", "sessions", "tables"]

CONTENT: frozenset[Effect] = frozenset({"entries", "mailboxes", "access", "sessions", "tables"})
"""What daemons serve: no package, service, account or port is touched."""

_noted: WeakKeyDictionary[State, dict[str, Effect]] = WeakKeyDictionary()


class Step(str):
    """The name of an operation that changes a host, and what it changes there."""

    __slots__ = ("effect",)

    effect: Effect

    def __new__(cls, name: str, effect: Effect = "") -> Step:
        """Return the step called `name`."""
        step = super().__new__(cls, name)
        step.effect = effect
        return step


def note(effect: Effect) -> None:
    """Say what the operation under way changes; called from its body."""
    if host.current_op_hash:
        _noted.setdefault(host.state, {})[host.current_op_hash] = effect


def effect_of(state: State, op_hash: str) -> Effect:
    """Return what an operation changes; empty if it did not say."""
    return _noted.get(state, {}).get(op_hash, "")
