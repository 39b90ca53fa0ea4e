"""The process that runs pyinfra: driven over pipes, and never longer than by whoever started it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engines import LOCAL, engine, prepare, repository
from hopthu.engine import client, connection, wire
from hopthu.errors import HostFailed, Refused, UsageError
from hopthu.events.event import Event, StepDone, StepFailed, StepStarted, Warned
from hopthu.events.step import Step
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message

ROOT = Path(__file__).parents[2]
SHELL = "from pyinfra.operations import server\n"
pytestmark = pytest.mark.slow


def step(name: str, command: str) -> str:
    return f"server.shell(name={name!r}, commands=[{command!r}])\n"


def test_steps_are_foreseen_run_and_told(tmp_path: Path) -> None:
    """What a deploy prints, and what it reads, is nothing that passes between the processes."""
    marks = tmp_path / "marks"
    root = repository(
        tmp_path / "root",
        f"{SHELL}import sys\nprint('{{}}')\nprint(sys.stdin.read())\n"
        + step("one", f"echo one >>{marks}; cat >>{marks}")
        + step("two", f"echo two >>{marks}"),
    )
    events: list[Event] = []
    with engine(root, events.append) as run:
        assert {LOCAL: ["one", "two"]} == prepare(run)
        assert (2, {LOCAL: []}) == (run.operations, run.changed())
        run.change([LOCAL], lambda: None)
        assert {LOCAL: ["one", "two"]} == run.changed()
    assert "one\ntwo\n" == marks.read_text()
    one, two = Step("one"), Step("two")
    done = [StepDone(LOCAL, one, True), StepStarted(two), StepDone(LOCAL, two, True)]
    assert [StepStarted(one), *done] == events


def test_no_step_runs_without_leave(tmp_path: Path) -> None:
    """The first step for which there is none is not begun, and none after it."""
    marks = tmp_path / "marks"
    deploy = SHELL + step("one", f"echo one >>{marks}") + step("two", f"echo two >>{marks}")
    root = repository(tmp_path / "root", deploy)
    asked: list[str] = []

    def leave() -> None:
        asked.append("step")
        if len(asked) == 2:
            raise Refused(Message("no more"))

    with engine(root, print) as run:
        prepare(run)
        with pytest.raises(Refused, match="no more"):
            run.change([LOCAL], leave)
        assert {LOCAL: ["one"]} == run.changed()
    assert "one\n" == marks.read_text()


def test_a_failed_step_is_told_with_its_output(tmp_path: Path) -> None:
    """And nothing after it is run."""
    marks = tmp_path / "marks"
    deploy = SHELL + step("one", "echo no such luck >&2; false") + step("two", f"touch {marks}")
    events: list[Event] = []
    with engine(repository(tmp_path / "root", deploy), events.append) as run:
        prepare(run)
        with pytest.raises(HostFailed, match="@local: one failed; nothing after it was run"):
            run.change([LOCAL], lambda: None)
    assert [StepStarted(Step("one")), StepFailed(LOCAL, Step("one"))] == events
    assert not marks.exists()


def test_a_host_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    """With the reason; nothing was changed."""
    host = "('edge1', {'ssh_hostname': '127.0.0.1', 'ssh_port': 1})"
    root = repository(tmp_path / "root", SHELL, f"edge = [{host}]\n")
    with engine(root, print, ["edge1"]) as run:
        wait_until(lambda: run._process.poll() is not None)
        with pytest.raises(HostFailed, match="cannot reach edge1"):
            prepare(run)


def test_a_connection_sends_at_once_and_ends_when_nobody_answers() -> None:
    """A command of 30 bytes does not wait for the answer to the one before; nor for a cut cable."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        data = {"ssh_hostname": "127.0.0.1", "ssh_port": server.getsockname()[1]}
        with connection.arguments("edge1", data)["sock"] as sock:
            assert sock.getpeername() == server.getsockname()
            tcp = (socket.TCP_NODELAY, socket.TCP_KEEPIDLE, socket.TCP_USER_TIMEOUT)
            options = [sock.getsockopt(socket.IPPROTO_TCP, option) for option in tcp]
            assert [1, 5, 20_000] == options
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


def test_a_host_behind_another_is_left_to_pyinfra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names and ports are those of the user's ssh_config."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as server:
        config = f"Host near\n Hostname 127.0.0.1\n Port {server.getsockname()[1]}\n"
        (tmp_path / ".ssh" / "config").write_text(f"{config}Host far\n ProxyJump near\n")
        with connection.arguments("near", {})["sock"] as sock:
            assert sock.getpeername() == server.getsockname()
        assert {} == connection.arguments("far", {})


SURVEY = """
from pyinfra.api import operation
from pyinfra import host
from hopthu.operations import accounts, services
from hopthu.operations.run import surveyed

services.stopped(name="service", service="no-such.service")
accounts.member(name="member", user="root", group="root")

kept = []  # so that no two answers are at one address

@operation()
def seen(after):
    kept.append(surveyed())
    (after / str(id(kept[-1]))).touch()
    yield "true"

from pathlib import Path
seen(name="one", after=Path({marks!r}))
seen(name="two", after=Path({marks!r}))
"""


def test_a_host_is_asked_once_until_it_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the package that runs there; what is as it should be is no step."""
    systemctl = tmp_path / "systemctl"
    unit = {"unit": "no-such.service", "sub": "dead"}
    file = {"unit_file": "no-such.service", "state": "disabled"}
    systemctl.write_text(f"#!/bin/sh\necho '{json.dumps([unit | file])}'\n")
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    marks = tmp_path / "marks"
    marks.mkdir()
    root = repository(tmp_path / "root", SURVEY.format(marks=str(marks)))
    with engine(root, print) as run:
        assert {LOCAL: ["one", "two"]} == prepare(run)
        assert 1 == len([*marks.iterdir()])
        run.change([LOCAL], lambda: None)
        assert 3 == len([*marks.iterdir()])  # as it began to be changed, and once it was


@pytest.mark.parametrize(
    ("deploy", "said"),
    [
        ("raise ZeroDivisionError('of its own')", "ZeroDivisionError: of its own"),
        ("import getpass\ngetpass.getpass()", "EOFError"),
        ("import os\nos._exit(7)", "exit code 7"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "exit code -9"),
    ],
)
def test_an_engine_that_ends_says_why(tmp_path: Path, deploy: str, said: str) -> None:
    """A fault of a deploy, a question that nobody can answer, or a process that was killed."""
    with engine(repository(tmp_path / "root", deploy), print) as run:
        with pytest.raises(HostFailed) as found:
            prepare(run)
        assert said in str(found.value)


@pytest.mark.parametrize("hosts", [(LOCAL,), (LOCAL,) * 100_000], ids=["small", "large"])
def test_an_engine_that_ends_at_once_says_why(
    tmp_path: Path, hosts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it took the request or not."""
    monkeypatch.setattr(client, "_ARGV", (sys.executable, "-c", "raise SystemExit('no pyinfra')"))
    found = pytest.raises(HostFailed, match="no pyinfra")
    with found, engine(repository(tmp_path / "root", SHELL), print, hosts) as run:
        wait_until(lambda: run._process.poll() is not None)
        prepare(run)


def test_our_own_errors_keep_their_kind(tmp_path: Path) -> None:
    """What a deploy refuses on purpose is told as such, with its fix."""
    deploy = (
        "from hopthu.errors import UsageError\nfrom hopthu.i18n.message import Message\n"
        "raise UsageError(Message('no key {name}', name='dkim'), fix=Message('make one'))\n"
    )
    with engine(repository(tmp_path / "root", deploy), print) as run:
        with pytest.raises(UsageError) as found:
            prepare(run)
        assert ("no key dkim", "make one") == (found.value.what, found.value.fix)


OPERATOR = """
import sys
from pathlib import Path
from engines import LOCAL, engine, prepare

with engine(Path(sys.argv[1]), lambda _event: None) as run:
    prepare(run)
    print(run._process.pid, flush=True)
    run.change([LOCAL], lambda: None)
"""


@contextmanager
def operator(root: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start a process that drives an engine; yield it, and the pid of the engine."""
    with subprocess.Popen(
        [sys.executable, "-c", OPERATOR, str(root)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        yield process, int(process.stdout.readline())
        process.kill()


def is_running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(true: object) -> None:
    assert callable(true)
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    return tmp_path / "marks"


@pytest.fixture
def held(tmp_path: Path, marks: Path) -> Path:
    """Return a repository with two steps; the first goes on until a file exists."""
    go_on = tmp_path / "go-on"
    first = f"touch {marks}.first; while [ ! -e {go_on} ]; do sleep 0.02; done; echo one >>{marks}"
    return repository(
        tmp_path / "root", SHELL + step("one", first) + step("two", f"echo two >>{marks}")
    )


def test_it_ends_with_whoever_started_it(tmp_path: Path, held: Path, marks: Path) -> None:
    """Killed at whatever moment, the operator's process leaves none behind that would go on."""
    with operator(held) as (process, engine_):
        wait_until(marks.with_suffix(".first").exists)
        process.send_signal(signal.SIGKILL)
        wait_until(lambda: not is_running(engine_))
    (tmp_path / "go-on").touch()
    assert not marks.exists() or "one\n" == marks.read_text()


def test_it_waits_while_whoever_started_it_is_stopped(
    tmp_path: Path, held: Path, marks: Path
) -> None:
    """A step that has begun ends; the next does not begin, for nobody might hold the leases."""
    with operator(held) as (process, engine_):
        wait_until(marks.with_suffix(".first").exists)
        process.send_signal(signal.SIGSTOP)
        (tmp_path / "go-on").touch()
        wait_until(marks.exists)
        wait_until(lambda: "S" == state_of(engine_))
        time.sleep(1)
        assert "one\n" == marks.read_text()
        process.send_signal(signal.SIGCONT)
        process.wait(60)
    assert "one\ntwo\n" == marks.read_text()


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_an_interrupted_change_leaves_no_engine(tmp_path: Path, held: Path, marks: Path) -> None:
    """Ctrl-C: whoever rolls back a host afterwards is alone there."""
    with operator(held) as (process, engine_):
        wait_until(marks.with_suffix(".first").exists)
        process.send_signal(signal.SIGINT)
        wait_until(lambda: not is_running(engine_))
        process.wait(60)
    (tmp_path / "go-on").touch()
    wait_until(marks.exists)


def test_sentences_pass_as_they_were() -> None:
    """With template and values, so that the operator reads them in any language."""
    text = Message("lost the connection to {hosts}", hosts=Message("no answer"))
    back = wire.event_of(wire.of_event(Warned(text)))
    assert isinstance(back, Warned)
    assert translate(text, "vi") == translate(back.text, "vi") != str(text)
    done = StepDone("a", Step(Message("no answer"), "entries"), True)
    again = wire.event_of(wire.of_event(done))
    assert isinstance(again, StepDone)
    assert ("entries", translate(done.operation, "vi")) == (
        again.operation.effect,
        translate(again.operation, "vi"),
    )
