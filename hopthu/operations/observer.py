"""The events of a pyinfra run, from its callbacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyinfra.api import Host, State
from pyinfra.api.state import BaseStateCallback

from hopthu.events.event import Emit, StepDone, StepFailed, StepStarted
from hopthu.events.step import Effect, Step
from hopthu.i18n.joining import joined
from hopthu.operations.names import named


def step_of(state: State, op_hash: str, effects: Mapping[str, Effect]) -> Step:
    """Return the name of an operation, with the effect that it has declared so far."""
    name = joined(map(named, sorted(state.get_op_meta(op_hash).names)), ", ")
    return Step(name, effects.get(op_hash, ""))


class Callbacks(BaseStateCallback):
    """Reports pyinfra's callbacks as events; pyinfra aborts a run if one raises."""

    def __init__(
        self,
        emit: Emit,
        unreachable: dict[str, str],
        before_each: Callable[[], None],
        effects: Mapping[str, Effect],
    ) -> None:
        """Report to `emit`; add hosts that cannot be reached to `unreachable`, with reason."""
        self._emit, self._unreachable, self._before_each = emit, unreachable, before_each
        self._effects = effects

    def host_connect_error(self, state: State, host: Host, error: Exception) -> None:  # type: ignore[override]  # noqa: ARG002
        """Store the reason."""
        self._unreachable[host.name] = str(error)

    def operation_start(self, state: State, op_hash: str) -> None:  # type: ignore[override]
        """Report it, unless the run must end here."""
        self._before_each()
        self._emit(StepStarted(step_of(state, op_hash, self._effects)))

    def operation_end(self, state: State, op_hash: str) -> None:  # type: ignore[override]
        """Report every host on which it succeeded."""
        for host in state.active_hosts:
            data = state.ops[host].get(op_hash)
            meta = data.operation_meta if data else None
            if meta is not None and meta.is_complete() and meta.did_succeed():
                self._emit(
                    StepDone(
                        host.name, step_of(state, op_hash, self._effects), bool(meta.did_change())
                    )
                )

    def operation_host_error(  # type: ignore[override]
        self,
        state: State,
        host: Host,
        op_hash: str,
        retry_count: int = 0,  # noqa: ARG002
        max_retries: int = 0,  # noqa: ARG002
    ) -> None:
        """Report it."""
        self._emit(StepFailed(host.name, step_of(state, op_hash, self._effects)))
