"""Run the deploys with pyinfra: the only module that touches its engine.

The run is the very one of `pyinfra INVENTORY deploys/site.py`; what is added is that a host which
cannot be reached stops it before the first change anywhere, that the first failure stops it, and
that every step is told to an `Observer` instead of being printed.

Importing this module patches the standard library for gevent, so import it only to run deploys.
"""

from __future__ import annotations

# isort: off
import pyinfra_cli  # noqa: F401  (patches the standard library, so it comes before the rest)

# isort: on
import logging
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pyinfra
from pyinfra.api import Config, State
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.operations import run_ops
from pyinfra.api.output import set_echo
from pyinfra.api.state import BaseStateCallback, StateStage
from pyinfra.context import ctx_config, ctx_inventory, ctx_state
from pyinfra_cli.exceptions import CliError, UnexpectedExternalError
from pyinfra_cli.inventory import make_inventory
from pyinfra_cli.util import load_deploy_file

from hopthu.errors import HostFailed, UsageError

SITE = "deploys/site.py"


class Observer(Protocol):
    """Who is told how a run goes."""

    def connected(self, host: str) -> None:
        """Say that `host` answered."""

    def step(self, operation: str) -> None:
        """Say that an operation begins on all hosts that have it."""

    def done(self, host: str, operation: str, changed: bool) -> None:
        """Say that an operation ended well on `host`."""

    def failed(self, host: str, operation: str) -> None:
        """Say that an operation failed on `host`."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did, or with `dry_run` would do.

    `changes` maps each host to the names of the operations that change it, in order; `operations`
    counts all that were looked at.
    """

    changes: Mapping[str, Sequence[str]]
    operations: int


@dataclass
class _Watch(BaseStateCallback):  # type: ignore[misc]  # pyinfra's base class has no types
    """Hands pyinfra's callbacks on; pyinfra aborts a run when one raises, so none may."""

    observer: Observer
    unreachable: dict[str, str] = field(default_factory=dict)

    def host_connect(self, state: Any, host: Any) -> None:  # noqa: ARG002
        transport = host.connector.client.get_transport()
        # paramiko leaves Nagle's algorithm on: 44 ms a command instead of 5.
        transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.observer.connected(host.name)

    def host_connect_error(self, state: Any, host: Any, error: Exception) -> None:  # noqa: ARG002
        self.unreachable[host.name] = str(error)

    def operation_start(self, state: Any, op_hash: str) -> None:
        self.observer.step(_name(state, op_hash))

    def operation_end(self, state: Any, op_hash: str) -> None:
        name = _name(state, op_hash)
        for host, operations in state.ops.items():
            meta = operations[op_hash].operation_meta if op_hash in operations else None
            if meta is not None and meta.is_complete() and meta.did_succeed():
                self.observer.done(host.name, name, changed=meta.did_change())

    def operation_host_error(self, state: Any, host: Any, op_hash: str, *_: int, **__: int) -> None:
        self.observer.failed(host.name, _name(state, op_hash))


def run(
    root: Path,
    inventory: Path,
    observer: Observer,
    *,
    on: str,
    limit: Sequence[str] = (),
    dry_run: bool = False,
    confirm: Callable[[Report], bool] | None = None,
) -> Report:
    """Apply `deploys/site.py` of `root` (the working folder) to `inventory`.

    `confirm` is asked before the first change, with what would change. Raises `UsageError` for a
    host in `limit` that does not exist, and `HostFailed` naming host, operation and the host's own
    words when one cannot be reached or an operation fails; nothing after it is run.
    """
    pyinfra.is_cli = True  # operations are told apart by their place in the deploy files
    output: list[str] = []
    set_echo(lambda message="", **_: output.append(str(message)))
    _quiet(output)
    foresee = dry_run or confirm is not None
    state = State(check_for_changes=foresee)
    state.cwd = str(root)
    config = Config(FAIL_PERCENT=0)
    with ctx_state.use(state), ctx_config.use(config):
        hosts = make_inventory(str(inventory), cwd=str(root), override_data={"on": on})
        with ctx_inventory.use(hosts):
            watch = _Watch(observer)
            state.init(hosts, config, initial_limit=_limited(hosts, limit))
            state.add_callback_handler(watch)
            try:
                _connect(state, watch)
                state.set_stage(StateStage.Prepare)
                _prepare(state, output)
                if dry_run or (confirm and not confirm(_foreseen(state))):
                    return _foreseen(state)
                state.set_stage(StateStage.Execute)
                _execute(state, output)
                return _achieved(state)
            finally:
                disconnect_all(state)


def _quiet(output: list[str]) -> None:
    """Keep pyinfra's own lines for a failure's report instead of printing them."""

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            output.append(record.getMessage())

    pyinfra.logger.handlers = [Keep(logging.WARNING)]
    pyinfra.logger.propagate = False


def _limited(hosts: Any, limit: Sequence[str]) -> list[Any] | None:
    if not limit:
        return None
    known = {host.name for host in hosts}
    unknown = sorted(set(limit) - known)
    if unknown:
        raise UsageError(
            f"--limit names no host of this inventory: {', '.join(unknown)}",
            fix=f"one of: {', '.join(sorted(known))}",
        )
    return [host for host in hosts if host.name in limit]


def _connect(state: Any, watch: _Watch) -> None:
    state.set_stage(StateStage.Connect)
    try:
        connect_all(state)
    except PyinfraError as error:
        lines = "; ".join(f"{h}: {why}" for h, why in sorted(watch.unreachable.items()))
        raise HostFailed(
            f"cannot reach {lines or error}. Nothing was changed anywhere",
            fix="see that the host is up and its SSH key is the one in known_hosts",
        ) from error


def _prepare(state: Any, output: Sequence[str]) -> None:
    try:
        load_deploy_file(state, str(Path(state.cwd) / SITE))
    except UnexpectedExternalError as error:
        raise error.exception from error
    except (PyinfraError, CliError) as error:
        raise HostFailed(f"could not look at the hosts: {error}\n{_tail(output)}") from error


def _execute(state: Any, output: list[str]) -> None:
    del output[:]
    try:
        run_ops(state)
    except PyinfraError as error:
        broken = _broken(state)
        what = "; ".join(f"{host}: {operation}" for host, operation in broken)
        raise HostFailed(
            f"{what or error} failed; nothing after it was run\n{_tail(output)}",
            fix="what the host refused is not in effect; mend it and apply again",
        ) from error


def _broken(state: Any) -> list[tuple[str, str]]:
    return [
        (host.name, _name(state, op_hash))
        for host in sorted(state.failed_hosts, key=lambda h: str(h.name))
        for op_hash, data in state.ops[host].items()
        if data.operation_meta.is_complete() and data.operation_meta.did_error()
    ]


def _foreseen(state: Any) -> Report:
    return _report(state, lambda meta: bool(meta.will_change))


def _achieved(state: Any) -> Report:
    return _report(state, lambda meta: bool(meta.is_complete() and meta.did_change()))


def _report(state: Any, changes: Callable[[Any], bool]) -> Report:
    order = state.get_op_order()
    return Report(
        {
            host.name: [
                _name(state, op_hash)
                for op_hash in order
                if op_hash in state.ops[host] and changes(state.ops[host][op_hash].operation_meta)
            ]
            for host in sorted(state.activated_hosts, key=lambda h: str(h.name))
        },
        sum(len(state.ops[host]) for host in state.activated_hosts),
    )


def _name(state: Any, op_hash: str) -> str:
    return ", ".join(sorted(state.get_op_meta(op_hash).names))


def _tail(output: Sequence[str], lines: int = 12) -> str:
    return "\n".join(f"  {line}" for line in list(output)[-lines:] if line.strip())
