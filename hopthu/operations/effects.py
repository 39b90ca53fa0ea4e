"""What the operations of a run change on a host: each declares it, for records and facts."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from pyinfra import host
from pyinfra.api import State

from hopthu.events.step import Effect

_noted: WeakKeyDictionary[State, dict[str, Effect]] = WeakKeyDictionary()


def note(effect: Effect) -> None:
    """Declare the effect of the running operation; called from its body."""
    if host.current_op_hash:
        _noted.setdefault(host.state, {})[host.current_op_hash] = effect


def effect_of(state: State, op_hash: str) -> Effect:
    """Return the effect of an operation; empty if it declared none."""
    return _noted.get(state, {}).get(op_hash, "")
