"""What operations ask hosts again, and what they remember."""

import base64
import json
from collections.abc import Iterator
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from pyinfra.context import ctx_host

from deploys.daemon import rendered
from hopthu.daemons.registry import places, units
from hopthu.errors import HostFailed
from hopthu.events.step import CONTENT
from hopthu.operations import run as runs
from hopthu.operations.run import Run, ask, call, note, surveyed
from hopthu.remote import question
from hopthu.remote.host.moves import unsettled
from hopthu.remote.host.sessions import signed_in
from hopthu.remote.host.units import services
from hopthu.render.files import File, Files
from host_calls import asked


class Host:
    """A host of a run, which answers each question with the number of the call."""

    def __init__(self, run: Run | None = None, name: str = "host1") -> None:
        self.name, self.data = name, {"run": run} if run else {}
        self.state = SimpleNamespace(ops={self: {}}, is_executing=False)
        self.current_op_global_arguments: dict[str, object] | None = None
        self.current_op_hash: str | None = None
        self.reads: list[Any] = []

    def get_fact(self, fact: type, _stdin: str) -> Any:
        """Answer."""
        assert fact is runs.Result
        module, name, (questions,), options = asked(base64.b64decode(_stdin))
        assert ("main", "answers", {}) == (module, name, options)
        self.reads.append(questions)
        return json.dumps([len(self.reads)] * len(questions))

    def done(self, op: str, *, changes: bool, complete: bool = True) -> None:
        """Finish an operation, or leave it to be run."""
        meta = SimpleNamespace(is_complete=lambda: complete, did_change=lambda: changes)
        self.state.ops[self][op] = SimpleNamespace(operation_meta=meta)


@pytest.fixture(autouse=True)
def numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What these hosts answer is not of the type of the question."""
    monkeypatch.setattr(runs, "answers_of", lambda _host, said, *_: json.loads(said))


@pytest.fixture
def run() -> Run:
    return Run()


@pytest.fixture
def host(run: Run) -> Iterator[Host]:
    found = Host(run)
    with ctx_host.use(found):
        yield found


def test_a_host_is_asked_once_for_what_only_operations_change(host: Host, run: Run) -> None:
    """Each host, each question."""
    assert [1, 1, 2, 1] == [
        ask(services, ["a"]),
        ask(services, ["a"]),
        ask(services, ["b"]),
        ask(services, ["a"]),
    ]
    other = Host(run, "host2")
    with ctx_host.use(other):
        assert 1 == ask(services, ["b"])
    assert [[["units", "services", [["b"]], {}]]] == other.reads


def test_who_asks_meanwhile_waits_for_the_answer(host: Host, run: Run) -> None:
    """Operations of several hosts may ask one of them."""
    second = Thread(
        target=run.answer, args=(host, question(services, ["a"])), kwargs={"still": True}
    )
    read = host.get_fact

    def asked_twice(fact: type, _stdin: str) -> Any:
        if second.ident is None:
            second.start()
            second.join(timeout=0.2)
            assert second.is_alive(), "it has asked by itself"
        return read(fact, _stdin)

    host.get_fact = asked_twice  # type: ignore[method-assign]
    assert 1 == ask(services, ["a"])
    second.join()
    assert 1 == len(host.reads)


def test_all_services_are_asked_for_at_once(host: Host) -> None:
    """With files, packages and accounts."""
    assert [1, 1] == [surveyed(), surveyed()]
    assert [[["survey", "survey", [[*units()], [*places()]], {}]]] == host.reads


def test_a_change_ends_what_is_known(host: Host) -> None:
    """Any answer may then differ; it is asked for again, once."""
    host.state.is_executing = True
    assert 1 == surveyed()
    host.done("a", changes=False)
    host.done("b", changes=True, complete=False)
    assert 1 == surveyed()
    host.done("b", changes=True)
    assert [2, 2] == [surveyed(), surveyed()]
    host.done("c", changes=True)
    assert 3 == surveyed()


def test_what_changed_while_the_operator_was_asked_is_seen(host: Host) -> None:
    """The answers of the check may be minutes old when the host is changed."""
    assert [1, 1] == [surveyed(), surveyed()]
    host.state.is_executing = True
    assert [2, 2] == [surveyed(), surveyed()]


def test_new_content_is_no_change(host: Host, run: Run) -> None:
    """Data that daemons serve, such as a table, does not affect other operations."""
    assert 1 == surveyed()
    for effect in CONTENT:
        host.current_op_hash = effect
        note(effect)
        host.done(effect, changes=True)
    assert {effect: effect for effect in CONTENT} == run.effects
    assert 1 == surveyed()


def test_what_changes_by_itself_is_asked_for_again_when_it_is_run(host: Host) -> None:
    """Somebody may have signed in since; operations that are run one after another see the same."""
    assert [1, 1] == [call(unsettled), call(unsettled)]
    host.state.is_executing = True
    assert [2, 2] == [call(unsettled), call(unsettled)]


def test_a_host_is_asked_for_all_at_once() -> None:
    """By the first operation that is checked; once it is changed, for what is needed."""
    every = [question(unsettled), question(signed_in)]
    host = Host(Run({"host1": every}))
    with ctx_host.use(host):
        assert [1, 1, 1] == [surveyed(), call(unsettled), call(signed_in)]
        host.done("a", changes=True)
        host.state.is_executing = True
        assert 2 == surveyed()
    assert [3, 1] == [len(each) for each in host.reads]


def test_what_another_user_sees_is_another_answer(host: Host) -> None:
    """Root's differs from others'; the name of an operation does not matter."""
    assert 1 == surveyed()
    host.current_op_global_arguments = {"_su_user": "vmail"}
    assert 2 == surveyed()
    host.current_op_global_arguments = {"name": "Install Postfix"}
    assert 1 == surveyed()


def test_a_host_without_an_answer_is_an_error(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not one that has nothing; the next attempt may succeed."""
    with monkeypatch.context() as broken:
        broken.setattr(host, "get_fact", lambda *_, **__: None)
        with pytest.raises(HostFailed, match="host1: no answer to survey"):
            surveyed()
    assert 1 == surveyed()


def test_plain_pyinfra_asks_each_time() -> None:
    """It gives hosts no run; operations do the same."""
    host = Host()
    with ctx_host.use(host):
        note("tables")
        assert [1, 2] == [surveyed(), surveyed()]


def test_what_all_hosts_share_is_made_once(run: Run) -> None:
    """A copy of the provider's database takes seconds."""
    made: list[int] = []
    assert [None, None] == [run.once("dir1", lambda: made.append(1)) for _ in range(2)]
    assert [1] == made


def test_the_input_of_a_call_is_made_when_it_is_run(host: Host) -> None:
    """While a run is checked there may be nothing to make it of yet."""
    made: list[str] = []

    def input_() -> bytes:
        made.append("")
        return b"secret"

    [*runs.calling(input_, "vmail")]
    assert [] == made
    host.state.is_executing = True
    (command,) = runs.calling(input_, "vmail")
    assert "secret" not in str(command)
    assert str(command).startswith("base64 -d | runuser -u vmail -- python3 ")
    assert b"secret" == base64.b64decode(command.connector_arguments["_stdin"])


def test_files_that_were_rendered_before_are_used(host: Host, run: Run) -> None:
    """While the apply was planned; those of other hosts are not."""
    made: Files = {"/etc/x": File.text("x")}
    run.files = {"host1": {"x": made}, "host2": {"x": {}}}
    assert made is rendered("x")
