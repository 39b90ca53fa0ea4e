"""What the operations of a run change on a host: each declares it, for records and facts.

An operation without a declared effect may change anything.
"""

from __future__ import annotations

from typing import Literal
from weakref import WeakKeyDictionary

from pyinfra import host
from pyinfra.api import State

Effect = Literal["", "packages", "entries", "mailboxes", "access", "sessions", "tables"]

CONTENT: frozenset[Effect] = frozenset({"entries", "mailboxes", "access", "sessions", "tables"})
"""Effects on data that daemons serve: no package, service, account or port is touched."""

_noted: WeakKeyDictionary[State, dict[str, Effect]] = WeakKeyDictionary()


class Step(str):
    """The name of an operation that changes a host, and its effect."""

    __slots__ = ("effect",)

    effect: Effect

    def __new__(cls, name: str, effect: Effect = "") -> Step:
        """Return the step called `name`."""
        step = super().__new__(cls, name)
        step.effect = effect
        return step


def note(effect: Effect) -> None:
    """Declare the effect of the running operation; called from its body."""
    if host.current_op_hash:
        _noted.setdefault(host.state, {})[host.current_op_hash] = effect


def effect_of(state: State, op_hash: str) -> Effect:
    """Return the effect of an operation; empty if it declared none."""
    return _noted.get(state, {}).get(op_hash, "")
