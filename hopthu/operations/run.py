"""What the operations of a run know of each other: what they change, and what hosts have answered.

hopthu's engine gives its run to every host as data. pyinfra's own command line gives none: then an
operation asks its host each time.
"""

from __future__ import annotations

import base64
import threading
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast

from pyinfra import host
from pyinfra.api import FactBase, Host, StringCommand

from hopthu import remote
from hopthu.answers import answers as answers_of
from hopthu.daemons import registry
from hopthu.errors import HostFailed
from hopthu.events.step import CONTENT, Effect
from hopthu.i18n.message import Message
from hopthu.operations.answers import Answers
from hopthu.remote import Question, question
from hopthu.remote.host.survey import Survey, survey
from hopthu.render.files import Files

_P = ParamSpec("_P")
_T = TypeVar("_T")
_WHO = ("_sudo", "_sudo_user", "_su_user", "_doas", "_doas_user", "_chdir", "_env")
"""pyinfra's arguments that determine as which user, and in which folder, a fact is read."""


class Run:
    """One run on all hosts: the effects of its operations by their hash, and what is known.

    `questions` are by host, which is asked all of them at once when the run begins to check it.
    `files` has by host the file sets that were rendered before, `meant` the facts of those files
    that its operations install.
    """

    def __init__(self, questions: Mapping[str, Sequence[Question]] | None = None) -> None:
        """Begin with no answer; those that the plan has read come with the first order."""
        self.answers = Answers()
        self.files: Mapping[str, Mapping[str, Files]] = {}
        self.effects: dict[str, Effect] = {}
        self.meant: dict[str, dict[str, str]] = {name: {} for name in questions or ()}
        self.questions = questions or {}
        self._known: dict[str, dict[str, tuple[tuple[bool, int], Any]]] = {}
        self._asking: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._made: dict[str, Any] = {}
        self._making = threading.Lock()

    def __copy__(self) -> Run:
        """Return the run itself: pyinfra copies data of hosts that it hands out."""
        return self

    def answer(self, host: Host, asked: Question, *, still: bool) -> Any:
        """Return what a host answers: asked once while it is checked, and once while it is changed.

        Operations of other hosts ask it, too, and wait for the answer. Somebody may have changed it
        while the operator was asked. What is `still` but for
        operations is asked again after each that has changed the host; data that daemons serve are
        no change.
        """
        who = _other_user(host)
        where = f"{host.name} {who}"
        known = self._known.setdefault(where, {})
        when = host.state.is_executing, self._changes(host) if still else 0
        with self._asking[where]:
            if known.get(repr(asked), (None,))[0] != when:
                beside = () if known or who else self.questions.get(host.name, ())
                every = [asked, *(each for each in beside if each != asked)]
                answers = zip(every, _ask(host, *every), strict=True)
                known.update({repr(each): (when, found) for each, found in answers})
            return known[repr(asked)][1]

    def once(self, name: str, make: Callable[[], _T]) -> _T:
        """Return what all hosts of the run share, made for the first that asks."""
        with self._making:
            if name not in self._made:
                self._made[name] = make()
            return self._made[name]  # type: ignore[no-any-return]

    def _changes(self, host: Host) -> int:
        """Return how many operations have changed more than content on a host."""
        return sum(
            data.operation_meta.is_complete()
            and data.operation_meta.did_change()
            and self.effects.get(op_hash, "") not in CONTENT
            for op_hash, data in host.state.ops[host].items()
        )


class Result(FactBase[str]):
    """The result of a call (hopthu/remote/__init__.py), which is in the input of the command."""

    def command(self) -> str:
        """Unpack the input: pyinfra sends text."""
        return f"base64 -d | {remote.CALL}"

    def process(self, output: list[str]) -> str:
        """Return the result as it was said."""
        return "\n".join(output)


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


def mean(files: Mapping[str, str]) -> None:
    """Declare the facts of files that the running operation installs; called from its body."""
    if run := current():
        run.meant[host.name].update(files)


@dataclass(frozen=True, slots=True)
class Call:
    """Calls functions of `hopthu.remote.host` on the host of the operation, or on another one.

    A host is asked when operations are checked and again when they are run: it may change by
    itself. What is `still` is changed by operations alone, such as packages, files, accounts and
    services: it is not asked again before one has changed the host. With `again` a host that is
    being changed is asked whatever it has answered.
    """

    still: bool = False
    again: bool = False
    of: Host | None = None

    def __call__(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return the result; raise `HostFailed` if there is none."""
        there = host if self.of is None else self.of
        run, asked = current(), question(function, *args, **kwargs)
        if run is None or (self.again and there.state.is_executing):
            return _ask(there, asked)[0]  # type: ignore[no-any-return]
        return run.answer(there, asked, still=self.still)  # type: ignore[no-any-return]


call, ask, call_again = Call(), Call(still=True), Call(again=True)


def surveyed() -> Survey:
    """Return what the host of the operation has, with all units and places that hopthu knows."""
    return ask(survey, [*registry.units()], [*registry.places()])


def calling(asked: Callable[[], bytes], user: str = "") -> Generator[StringCommand, None, None]:
    """Yield the command that makes a call (`remote.call`), as a Unix user other than root if given.

    `asked` returns the input. It is not called while a run is checked: there may be nothing yet to
    make it of.
    """
    program = f"runuser -u {user} -- {remote.CALL}" if user else remote.CALL
    given = asked() if host.state.is_executing else b""
    yield StringCommand(f"base64 -d | {program}", _stdin=_text(given))


def _ask(host: Host, *questions: Question) -> list[Any]:
    """Ask a host; raise `HostFailed` if it does not answer."""
    asked = remote.call_all(questions)
    said: str | None = host.get_fact(Result, _stdin=_text(asked))
    if not said:
        names = ", ".join(name for _, name, _, _ in questions)
        raise HostFailed(Message("{host}: no answer to {question}", host=host.name, question=names))
    return answers_of(host.name, said, *questions)


def _other_user(host: Host) -> str:
    """Return as which user the running operation reads facts, and where; empty if as usual."""
    whole = cast("Mapping[str, Any]", host.current_op_global_arguments or {})
    return " ".join(f"{key}={whole[key]}" for key in _WHO if whole.get(key))


def _text(given: bytes) -> str:
    """Return the input of a command: pyinfra sends text."""
    return base64.b64encode(given).decode()
