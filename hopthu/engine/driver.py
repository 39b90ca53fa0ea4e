"""Drive pyinfra host by host; no other module uses its engine.

A run does what `pyinfra INVENTORY deploys/site.py` does. In addition, a host that cannot be reached
stops the run before the first change anywhere, hosts are changed in the given order, the first
failure stops the run, and every step is reported.
"""

from __future__ import annotations

# isort: off
import pyinfra_cli  # noqa: F401  (patches the standard library, so it comes before the rest)

# isort: on
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyinfra
from paramiko import SSHException
from pyinfra.api import Config, Host, State
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.operations import run_ops
from pyinfra.api.output import set_echo
from pyinfra.api.state import StateStage
from pyinfra.connectors.ssh import SSHConnector
from pyinfra.context import ctx_config, ctx_inventory, ctx_state
from pyinfra_cli.exceptions import CliError, UnexpectedExternalError
from pyinfra_cli.inventory import make_inventory
from pyinfra_cli.util import load_deploy_file

from hopthu.daemons import registry
from hopthu.daemons.site import Site
from hopthu.engine import connection
from hopthu.engine.deploy_files import laid_over
from hopthu.engine.wire import Request
from hopthu.errors import HostFailed
from hopthu.events.event import Emit, Warned
from hopthu.events.step import Step
from hopthu.fan_out import on_all_hosts
from hopthu.i18n.message import Message
from hopthu.operations.answers import Answers
from hopthu.operations.observer import Callbacks, step_of
from hopthu.operations.questions import of_host
from hopthu.operations.run import Run
from hopthu.source.positions import no_garbage_collection
from hopthu.ssh import CHECK_HOST


class Driver:
    """A pyinfra run in progress; created by `connected`."""

    def __init__(self, state: State, root: Path, run: Run, output: list[str]) -> None:
        """Drive `state` by the deploys of `root`; pyinfra's own output is collected in `output`."""
        self._state, self._root, self._run, self._output = state, root, run, output

    @property
    def operations(self) -> int:
        """Return the number of operations that were checked, over all hosts."""
        return sum(len(self._state.ops[host]) for host in self._state.activated_hosts)

    @property
    def files(self) -> Mapping[str, Mapping[str, str]]:
        """Return by host the facts of the files that its operations mean it to have, by path."""
        return self._run.meant

    def prepare(self, shell: str, answers: Answers) -> Mapping[str, Sequence[Step]]:
        """Check every host; return by host the operations that would change it, in order.

        Commands are run by `shell` on the hosts; `answers` need not be asked for again. Raises
        `HostFailed` if a host cannot be checked.
        """
        self._state.config.SHELL, self._run.answers = shell, answers
        self._state.set_stage(StateStage.Prepare)
        try:
            with no_garbage_collection():
                load_deploy_file(self._state, str(laid_over(self._root)))
        except UnexpectedExternalError as error:
            raise error.exception from error
        except (PyinfraError, CliError) as error:
            what = Message(
                "cannot check the hosts: {reason}\n{output}",
                reason=str(error),
                output=_tail(self._output),
            )
            raise HostFailed(what) from error
        return self._foreseen()

    def change(self, hosts: Collection[str]) -> None:
        """Run every operation on `hosts`, each on all of them before the next.

        Raises `HostFailed` with host, operation and the output of the host at the first failure.
        """
        state = self._state
        if state.current_stage < StateStage.Execute:
            state.set_stage(StateStage.Execute)
        del self._output[:]
        state.active_hosts = {h for h in state.activated_hosts if h.name in hosts}
        try:
            run_ops(state)
        except (PyinfraError, SSHException, OSError, EOFError) as error:
            failed = "; ".join(f"{host}: {operation}" for host, operation in self._failed())
            what = Message(
                "{failed} failed; nothing after it was run\n{output}",
                failed=failed or str(error),
                output=_tail(self._output),
            )
            fix = Message("fix it and apply again; completed steps are not repeated")
            raise HostFailed(what, fix=fix) from error

    def _foreseen(self) -> Mapping[str, Sequence[Step]]:
        state, order = self._state, self._state.get_op_order()
        return {
            host.name: [
                step_of(state, op_hash, self._run.effects)
                for op_hash in order
                if op_hash in state.ops[host]
                and state.ops[host][op_hash].operation_meta.will_change
            ]
            for host in sorted(state.activated_hosts, key=lambda h: str(h.name))
        }

    def _failed(self) -> list[tuple[str, str]]:
        return [
            (host.name, step_of(self._state, op_hash, self._run.effects))
            for host in sorted(self._state.failed_hosts, key=lambda h: str(h.name))
            for op_hash, data in self._state.ops[host].items()
            if data.operation_meta.is_complete() and data.operation_meta.did_error()
        ]


@contextmanager
def connected(request: Request, emit: Emit, before_each: Callable[[], None]) -> Iterator[Driver]:
    """Stay connected to the hosts of a request during a `with` block.

    `before_each` is called before every operation and may raise.
    Raises `HostFailed` if a host cannot be reached.
    """
    pyinfra.is_cli = True  # operations are identified by their place in the deploy files
    output: list[str] = []
    _quiet(output, emit)
    state = State(check_for_changes=True)
    state.cwd = str(request.root)
    config, site, run = Config(FAIL_PERCENT=0), request.site, _run_of(request)
    data = {"on": site.on.isoformat(), "site": site, "run": run}
    with ctx_state.use(state), ctx_config.use(config):
        known = make_inventory(str(request.inventory), cwd=state.cwd, override_data=data)
        with ctx_inventory.use(known):
            unreachable: dict[str, str] = {}
            hosts = [host for host in known if host.name in request.hosts]
            on_all_hosts(hosts, _give_connection)
            state.init(known, config, initial_limit=hosts)
            state.add_callback_handler(Callbacks(emit, unreachable, before_each, run.effects))
            try:
                _connect(state, unreachable)
                _render(run, site)
                yield Driver(state, request.root, run, output)
            finally:
                disconnect_all(state)


def _run_of(request: Request) -> Run:
    site = request.site
    ours = (host.name for host in site.centre.hosts if host.name in request.hosts)
    return Run({name: of_host(site, name) for name in ours})


def _render(run: Run, site: Site) -> None:
    """Render the files of all hosts: before the first order there is nothing else to do."""
    with no_garbage_collection():
        run.files = {name: registry.render(site.context(name)) for name in run.questions}


def _give_connection(host: Host) -> None:
    """Have pyinfra use a connection as we want it; raise `HostFailed` if there is none."""
    if host.connector_cls is not SSHConnector:
        return
    try:
        found = connection.arguments(host.name, host.data.dict())
    except OSError as error:
        raise _unreachable(f"{host.name}: {error}") from error
    host.data.ssh_paramiko_connect_kwargs = found


def _unreachable(hosts: str) -> HostFailed:
    what = Message("cannot reach {hosts}. Nothing was changed on any host", hosts=hosts)
    return HostFailed(what, fix=CHECK_HOST)


def _quiet(output: list[str], emit: Emit) -> None:
    """Collect pyinfra's own lines for the report of a failure; show only warnings at once."""

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            output.append(record.getMessage())
            if record.levelno == logging.WARNING:
                # A message logged as it is can still be translated.
                message = isinstance(record.msg, Message) and not record.args
                emit(Warned(record.msg if message else record.getMessage()))

    set_echo(lambda message="", **_: output.append(str(message)))
    pyinfra.logger.addHandler(Keep(logging.WARNING))


def _connect(state: State, unreachable: Mapping[str, str]) -> None:
    state.set_stage(StateStage.Connect)
    try:
        connect_all(state)
    except PyinfraError as error:
        hosts = "; ".join(f"{h}: {why}" for h, why in sorted(unreachable.items()))
        raise _unreachable(hosts or str(error)) from error


def _tail(output: Sequence[str], lines: int = 12) -> str:
    return "\n".join(f"  {line}" for line in list(output)[-lines:] if line.strip())
