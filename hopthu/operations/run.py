"""What the operations of a run know of each other: what they change, and what hosts have answered.

hopthu's engine gives its run to every host as data. pyinfra's own command line gives none: then an
operation asks its host each time.
"""

from __future__ import annotations

import base64
import io
import json
import shlex
import threading
from collections.abc import Callable, Generator, Mapping
from functools import partial
from typing import Any, ParamSpec, TypeVar, cast

from pyinfra import host
from pyinfra.api import FactBase, FileUploadCommand, Host, StringCommand

from hopthu import remote
from hopthu.daemons import registry
from hopthu.errors import HostFailed
from hopthu.events.step import CONTENT, Effect
from hopthu.i18n.message import Message
from hopthu.operations.answers import Answers
from hopthu.operations.host_state import MAKE_STAGING, STAGING
from hopthu.remote.host.survey import Survey, survey

_P = ParamSpec("_P")
_T = TypeVar("_T")
_WHO = ("_sudo", "_sudo_user", "_su_user", "_doas", "_doas_user", "_chdir", "_env")
"""pyinfra's arguments that determine as which user, and in which folder, a fact is read."""
_INPUT = f"{STAGING}/call"


class Run:
    """One run on all hosts: the effects of its operations by their hash, and what is known."""

    def __init__(self) -> None:
        """Begin with no answer; those that the plan has read come with the first order."""
        self.answers = Answers()
        self.effects: dict[str, Effect] = {}
        self._known: dict[tuple[str, str], tuple[int, Any]] = {}
        self._made: dict[str, Any] = {}
        self._making = threading.Lock()

    def __copy__(self) -> Run:
        """Return the run itself: pyinfra copies data of hosts that it hands out."""
        return self

    def still(self, question: str, ask: Callable[[], _T]) -> _T:
        """Return what the host of the running operation answers, asked again after a change.

        Data that daemons serve are no change.
        """
        changes, key = self._changes(), (host.name, question)
        if key not in self._known or self._known[key][0] != changes:
            self._known[key] = changes, ask()
        return self._known[key][1]  # type: ignore[no-any-return]

    def once(self, name: str, make: Callable[[], _T]) -> _T:
        """Return what all hosts of the run share, made for the first that asks."""
        with self._making:
            if name not in self._made:
                self._made[name] = make()
            return self._made[name]  # type: ignore[no-any-return]

    def _changes(self) -> int:
        """Return how many operations have changed more than content on the host."""
        return sum(
            data.operation_meta.is_complete()
            and data.operation_meta.did_change()
            and self.effects.get(op_hash, "") not in CONTENT
            for op_hash, data in host.state.ops[host].items()
        )


class Result(FactBase[Any]):
    """The result of a call (hopthu/remote/__init__.py), which is in the input of the command."""

    def command(self) -> str:
        """Unpack the input: pyinfra sends text."""
        return f"base64 -d | {remote.CALL}"

    def process(self, output: list[str]) -> Any:
        """Parse the result."""
        return json.loads("\n".join(output))


def current() -> Run | None:
    """Return the run, if hopthu's engine runs it."""
    run: Run | None = host.data.get("run")
    return run


def answers() -> Answers:
    """Return what the plan has read of hosts."""
    run = current()
    return run.answers if run else Answers()


def note(effect: Effect) -> None:
    """Declare the effect of the running operation; called from its body."""
    run = current()
    if run and host.current_op_hash:
        run.effects[host.current_op_hash] = effect


def call(function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Return the result of a function of `hopthu.remote.host` on the host of the operation."""
    return call_on(host, function, *args, **kwargs)


def call_on(host: Host, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Return the result of a function of `hopthu.remote.host` on some host."""
    asked = base64.b64encode(remote.call(function, *args, **kwargs)).decode()
    result: _T | None = host.get_fact(Result, _stdin=io.StringIO(asked))
    if result is None:
        raise HostFailed(
            Message("{host}: no answer to {question}", host=host.name, question=function.__name__)
        )
    return result


def calling(
    asked: Callable[[], bytes], user: str = ""
) -> Generator[StringCommand | FileUploadCommand, None, None]:
    """Yield the commands that make a call (`remote.call`), as a Unix user other than root if given.

    `asked` returns the input, which is not left behind. It is not called while a run is checked:
    then pyinfra takes the first command alone.
    """
    program = f"runuser -u {user} -- {remote.CALL}" if user else remote.CALL
    yield StringCommand(MAKE_STAGING)
    yield FileUploadCommand(io.BytesIO(asked()), _INPUT)
    script = f"""
trap 'rm -f {_INPUT}; rmdir {STAGING} 2>/dev/null' EXIT
{program} <{_INPUT}
"""
    yield StringCommand("sh", "-c", shlex.quote(script))


def ask(function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Return what `call` does, if only operations change it: packages, files, accounts, services.

    What changes by itself is asked by `call`, whenever an operation is checked and again when it is
    run.
    """
    run = current()
    read = partial(call, function, *args, **kwargs)
    whole = cast("Mapping[str, Any]", host.current_op_global_arguments or {})
    who = [(key, whole[key]) for key in _WHO if whole.get(key)]
    return run.still(repr((function, args, kwargs, who)), read) if run else read()


def surveyed() -> Survey:
    """Return what the host of the operation has, with the state of all units that hopthu knows."""
    return ask(survey, [*registry.units()])
