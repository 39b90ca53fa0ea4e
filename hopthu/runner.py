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
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyinfra
from pyinfra.api import Config, Host, State
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

    def warned(self, text: str) -> None:
        """Say what somebody should know though nothing failed."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did, or with `dry_run` would do.

    `changes` maps each host to the names of the operations that change it, in order; `operations`
    counts all that were looked at.
    """

    changes: Mapping[str, Sequence[str]]
    operations: int


def _callbacks(observer: Observer, unreachable: dict[str, str]) -> BaseStateCallback:
    """Hand pyinfra's callbacks on to `observer`; pyinfra aborts a run when one raises."""

    class Callbacks(BaseStateCallback):
        @staticmethod
        def host_connect(state: State, host: Host) -> None:  # noqa: ARG004
            # paramiko leaves Nagle's algorithm on: 44 ms a command instead of 5.
            client = getattr(host.connector, "client", None)
            if client is not None:
                client.get_transport().sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            observer.connected(host.name)

        @staticmethod
        def host_connect_error(state: State, host: Host, error: Exception) -> None:  # noqa: ARG004
            unreachable[host.name] = str(error)

        @staticmethod
        def operation_start(state: State, op_hash: str) -> None:
            observer.step(_name(state, op_hash))

        @staticmethod
        def operation_end(state: State, op_hash: str) -> None:
            name = _name(state, op_hash)
            for host, operations in state.ops.items():
                meta = operations[op_hash].operation_meta if op_hash in operations else None
                if meta is not None and meta.is_complete() and meta.did_succeed():
                    observer.done(host.name, name, changed=meta.did_change())

        @staticmethod
        def operation_host_error(
            state: State,
            host: Host,
            op_hash: str,
            retry_count: int = 0,  # noqa: ARG004
            max_retries: int = 0,  # noqa: ARG004
        ) -> None:
            observer.failed(host.name, _name(state, op_hash))

    return Callbacks()


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
    _quiet(output, observer)
    foresee = dry_run or confirm is not None
    state = State(check_for_changes=foresee)
    state.cwd = str(root)
    config = Config(FAIL_PERCENT=0)
    with ctx_state.use(state), ctx_config.use(config):
        hosts = make_inventory(str(inventory), cwd=str(root), override_data={"on": on})
        with ctx_inventory.use(hosts):
            unreachable: dict[str, str] = {}
            state.init(hosts, config, initial_limit=_limited(hosts, limit))
            state.add_callback_handler(_callbacks(observer, unreachable))
            try:
                _connect(state, unreachable)
                state.set_stage(StateStage.Prepare)
                _prepare(state, root / SITE, output)
                if dry_run:
                    return _foreseen(state)
                if confirm and not confirm(_foreseen(state)):
                    return Report({}, 0)
                state.set_stage(StateStage.Execute)
                _execute(state, output)
                return _achieved(state)
            finally:
                disconnect_all(state)


def _quiet(output: list[str], observer: Observer) -> None:
    """Keep pyinfra's own lines for a failure's report; only warnings are told at once."""

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            output.append(record.getMessage())
            if record.levelno == logging.WARNING:
                observer.warned(record.getMessage())

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


def _connect(state: State, unreachable: Mapping[str, str]) -> None:
    state.set_stage(StateStage.Connect)
    try:
        connect_all(state)
    except PyinfraError as error:
        lines = "; ".join(f"{h}: {why}" for h, why in sorted(unreachable.items()))
        raise HostFailed(
            f"cannot reach {lines or error}. Nothing was changed anywhere",
            fix="see that the host is up and its SSH key is the one in known_hosts",
        ) from error


def _prepare(state: State, site: Path, output: Sequence[str]) -> None:
    try:
        load_deploy_file(state, str(site))
    except UnexpectedExternalError as error:
        raise error.exception from error
    except (PyinfraError, CliError) as error:
        raise HostFailed(f"could not look at the hosts: {error}\n{_tail(output)}") from error


def _execute(state: State, output: list[str]) -> None:
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


def _broken(state: State) -> list[tuple[str, str]]:
    return [
        (host.name, _name(state, op_hash))
        for host in sorted(state.failed_hosts, key=lambda h: str(h.name))
        for op_hash, data in state.ops[host].items()
        if data.operation_meta.is_complete() and data.operation_meta.did_error()
    ]


def _foreseen(state: State) -> Report:
    return _report(state, lambda meta: bool(meta.will_change))


def _achieved(state: State) -> Report:
    return _report(state, lambda meta: bool(meta.is_complete() and meta.did_change()))


def _report(state: State, changes: Callable[[Any], bool]) -> Report:
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


def _name(state: State, op_hash: str) -> str:
    return ", ".join(sorted(state.get_op_meta(op_hash).names))


def _tail(output: Sequence[str], lines: int = 12) -> str:
    return "\n".join(f"  {line}" for line in list(output)[-lines:] if line.strip())
