"""pyinfra's engine, driven host by host: the only module that touches it.

The run is the very one of `pyinfra INVENTORY deploys/site.py`; what is added is that a host which
cannot be reached stops it before the first change anywhere, that hosts are changed in the order
asked for, that the first failure stops it, and that every step is told to an `Observer`.

Importing this module patches the standard library for gevent, so import it only to run deploys.
"""

from __future__ import annotations

# isort: off
import pyinfra_cli  # noqa: F401  (patches the standard library, so it comes before the rest)

# isort: on
import inspect
import logging
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import gevent
import pyinfra
from paramiko import SSHException
from pyinfra.api import Config, State, util
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.operations import run_ops
from pyinfra.api.output import set_echo
from pyinfra.api.state import StateStage
from pyinfra.context import ctx_config, ctx_inventory, ctx_state
from pyinfra_cli.exceptions import CliError, UnexpectedExternalError
from pyinfra_cli.inventory import make_inventory
from pyinfra_cli.util import load_deploy_file

from hopthu.apply import spawning
from hopthu.apply.deploy_files import laid_over
from hopthu.errors import HostFailed
from hopthu.operations.answers import Answers
from hopthu.operations.effects import Step, effect_of
from hopthu.operations.fact_cache import cache_facts
from hopthu.operations.observer import Callbacks, Observer, name_of
from hopthu.source.positions import no_garbage_collection

# pyinfra looks up the source of whoever calls an operation, at every operation, only to know lines
# and files: most of what it takes to look at a host. With no lines of context nothing is read.
util.stack = partial(inspect.stack, 0)
util.getframeinfo = partial(inspect.getframeinfo, context=0)
spawning.install()
# pyinfra draws a spinner of its own on terminals. It knows nothing of ours, and each of its frames
# would stay as a line.
os.environ["PYINFRA_PROGRESS"] = "off"


class Engine:
    """One pyinfra run under way; made by `opened`."""

    def __init__(self, state: State, root: Path, output: list[str]) -> None:
        """Drive `state`; what pyinfra prints is found in `output`."""
        self._state, self._root, self._output = state, root, output

    @property
    def operations(self) -> int:
        """How many operations were looked at, over all hosts."""
        return sum(len(self._state.ops[host]) for host in self._state.activated_hosts)

    def dry_run(self) -> Mapping[str, Sequence[Step]]:
        """Look at every host; return the names of the operations that would change it, in order.

        Raises `HostFailed` when a host cannot be looked at.
        """
        self._state.set_stage(StateStage.Prepare)
        try:
            with no_garbage_collection():
                load_deploy_file(self._state, str(laid_over(self._root)))
        except UnexpectedExternalError as error:
            raise error.exception from error
        except (PyinfraError, CliError) as error:
            said = _tail(self._output)
            raise HostFailed(f"could not look at the hosts: {error}\n{said}") from error
        return self._by_host(lambda meta: bool(meta.will_change))

    def change(self, hosts: Collection[str]) -> None:
        """Run every operation of `hosts`, each on all of them before the next.

        Raises `HostFailed` naming host, operation and the host's own words at the first failure.
        """
        state = self._state
        if state.current_stage < StateStage.Execute:
            state.set_stage(StateStage.Execute)
        del self._output[:]
        state.active_hosts = {h for h in state.activated_hosts if h.name in hosts}
        try:
            run_ops(state)
        except (PyinfraError, SSHException, OSError, EOFError) as error:
            what = "; ".join(f"{host}: {operation}" for host, operation in self._broken())
            raise HostFailed(
                f"{what or error} failed; nothing after it was run\n{_tail(self._output)}",
                fix="mend it and apply again: what is done is not done twice",
            ) from error

    def changed(self) -> Mapping[str, Sequence[Step]]:
        """Return the names of the operations that have changed each host, in order."""
        return self._by_host(lambda meta: bool(meta.is_complete() and meta.did_change()))

    def _by_host(self, counts: Callable[[Any], bool]) -> Mapping[str, Sequence[Step]]:
        state, order = self._state, self._state.get_op_order()
        return {
            host.name: [
                Step(name_of(state, op_hash), effect_of(state, op_hash))
                for op_hash in order
                if op_hash in state.ops[host] and counts(state.ops[host][op_hash].operation_meta)
            ]
            for host in sorted(state.activated_hosts, key=lambda h: str(h.name))
        }

    def _broken(self) -> list[tuple[str, str]]:
        return [
            (host.name, name_of(self._state, op_hash))
            for host in sorted(self._state.failed_hosts, key=lambda h: str(h.name))
            for op_hash, data in self._state.ops[host].items()
            if data.operation_meta.is_complete() and data.operation_meta.did_error()
        ]


@contextmanager
def opened(
    root: Path,
    inventory: Path,
    observer: Observer,
    *,
    on: str,
    hosts: Collection[str],
    before_each: Callable[[], None],
    shell: str,
    answers: Answers | None = None,
) -> Iterator[Engine]:
    """Connect to `hosts` of an inventory for the time of a `with` block.

    Commands there are run by `shell`; `before_each` operation is called, and may raise. What hosts
    have answered already is not asked again (`answers`).
    Raises `HostFailed` when a host cannot be reached.
    """
    pyinfra.is_cli = True  # operations are told apart by their place in the deploy files
    answers, output = answers or Answers(), list[str]()
    set_echo(lambda message="", **_: output.append(str(message)))
    _quiet(output, observer)
    state = State(check_for_changes=True)
    state.cwd = str(root)
    config = Config(FAIL_PERCENT=0, SHELL=shell)
    with told_once(), ctx_state.use(state), ctx_config.use(config):
        known = make_inventory(str(inventory), cwd=str(root), override_data={"on": on})
        with ctx_inventory.use(known):
            unreachable: dict[str, str] = {}
            state.init(known, config, initial_limit=[h for h in known if h.name in hosts])
            for host in known:
                cache_facts(state, host, answers)
            state.add_callback_handler(Callbacks(observer, unreachable, before_each))
            try:
                _connect(state, unreachable)
                yield Engine(state, root, output)
            finally:
                disconnect_all(state)


@contextmanager
def told_once() -> Iterator[None]:
    """Keep gevent from printing what fails in a greenlet: pyinfra raises it for its caller."""
    hub = gevent.get_hub()
    before = hub.NOT_ERROR
    hub.NOT_ERROR = (BaseException,)
    try:
        yield
    finally:
        hub.NOT_ERROR = before


def _quiet(output: list[str], observer: Observer) -> None:
    """Keep pyinfra's own lines for a failure's report; only warnings are told at once."""

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            output.append(record.getMessage())
            if record.levelno == logging.WARNING:
                observer.warned(record.getMessage())

    pyinfra.logger.handlers = [Keep(logging.WARNING)]
    pyinfra.logger.propagate = False


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


def _tail(output: Sequence[str], lines: int = 12) -> str:
    return "\n".join(f"  {line}" for line in list(output)[-lines:] if line.strip())
