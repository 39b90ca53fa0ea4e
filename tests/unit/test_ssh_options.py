"""How ssh(1) is called."""

import io
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hopthu import ssh as ssh_module
from hopthu.errors import HostFailed, HostRefused
from hopthu.i18n.message import Message
from hopthu.remote import question
from hopthu.remote.host import archived, main
from hopthu.servers import survey
from hopthu.ssh import OnHost, Ssh, Target, finished


def test_warnings_of_ssh_are_not_printed_into_reports() -> None:
    """Such as of a key exchange; errors are, since they say why a host cannot be reached."""
    options = Target.of("edge1", {}).options
    assert ["-o", "LogLevel=ERROR"] == options[options.index("LogLevel=ERROR") - 1 :][:2]


def test_a_connection_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is closed at the end."""
    program = tmp_path / "ssh"
    program.write_text(f'#!/bin/sh\necho $3 >>{tmp_path}/began\ntouch "$3"\nexec cat\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with Ssh() as ssh:
        ssh.connect(Target("dir1", "dir1"))
        ssh.connect(Target("dir1", "dir1"))
        master = ssh._masters["dir1"]
    assert 1 == (tmp_path / "began").read_text().count("dir1")
    assert master.returncode is not None


def test_who_cannot_be_reached_is_told_with_what_to_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever command asks: each has a host looked at first."""
    program = tmp_path / "ssh"
    program.write_text("#!/bin/sh\necho 'no route' >&2; exit 255\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with Ssh() as ssh, pytest.raises(HostFailed, match=r"cannot reach dir1 .*no route") as failed:
        ssh.connect(Target("dir1", "dir1"))
    assert failed.value.fix
    assert "check that the host is up" in failed.value.fix


class Local(Ssh):
    """This machine, instead of a host."""

    def argv(self, _target: Target, script: str) -> list[str]:
        """Run it here."""
        return ["sh", "-c", script]


def stream(host: OnHost, call: Callable[[str, str], object]) -> None:
    """Send much, and read all that comes back."""
    with host.streaming(call, "nobody", "0" * 64) as (there, back):
        there.write(b"x" * 1_000_000)
        assert b"" == back.read()


def test_what_a_host_says_is_the_reason_why_a_stream_ends() -> None:
    """Not that a pipe broke: on the way there, and on the way back."""
    with Local() as ssh:
        host = OnHost(ssh, Target("backup1", "backup1"))
        for call in (archived.receive, archived.content):
            with pytest.raises(
                HostRefused, match=r"backup1: nobody .* is no object of the archive"
            ):
                stream(host, call)


class Silent(Ssh):
    """A host that takes a call and never answers."""

    def argv(self, _target: Target, _script: str) -> list[str]:
        """Wait for long."""
        return ["sleep", "300"]


def test_a_stream_ends_after_its_time() -> None:
    """Whoever still waits for bytes, and whatever they make of the end."""
    with Silent() as ssh:
        host = OnHost(ssh, Target("backup1", "backup1"), timeout=0.2)
        with pytest.raises(HostFailed, match="backup1: a command did not finish within 0 s"):
            cut_off(host)


def cut_off(host: OnHost) -> None:
    """Miss the end of what a host sends."""
    with host.streaming(archived.content, "nobody", "0" * 64) as (_, back):
        assert b"" == back.read()
        raise HostFailed(Message("the end is missing"))


def test_bytes_are_answered_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing behind them, such as a result in JSON."""
    (tmp_path / "people" / "an").mkdir(parents=True)
    (tmp_path / "people" / "an" / f"{'0' * 64}.age").write_bytes(b"\x00\xff" * 3)
    monkeypatch.setattr(archived, "TOP", tmp_path)
    asked = json.dumps(question(archived.content, "people/an", "0" * 64)).encode()
    out = io.BytesIO()
    for lasting in ("os.umask", "signal.signal"):
        monkeypatch.setattr(lasting, lambda *_: None)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(asked + b"\n")))
    monkeypatch.setattr("sys.stdout", SimpleNamespace(buffer=out))
    main.main()
    assert b"\x00\xff" * 3 == out.getvalue()


class Endless(Ssh):
    """A host that says more than anybody has room for."""

    def argv(self, _target: Target, _script: str) -> list[str]:
        """Say it, as far as it is heard."""
        return ["sh", "-c", "cat /dev/zero & cat /dev/zero"]


def test_a_host_has_no_more_room_than_an_answer_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever still runs there then is left to the host, and here nothing is left."""
    monkeypatch.setattr(ssh_module, "_MIB", 2)
    with (
        Endless() as ssh,
        pytest.raises(HostFailed, match="edge1: a command says more than 2 MiB"),
    ):
        OnHost(ssh, Target("edge1", "edge1"))(archived.notes)


class Complaining(Ssh):
    """A host that says more than anybody has room for, where it may say why it fails."""

    def argv(self, _target: Target, _script: str) -> list[str]:
        """Say it, as far as it is heard."""
        return ["sh", "-c", "exec cat /dev/zero >&2"]


def test_errors_of_a_stream_have_no_more_room_than_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither in memory nor on the disk, and nobody waits for the end of the stream's time."""
    monkeypatch.setattr(ssh_module, "_MIB", 2)
    with (
        Complaining() as ssh,
        pytest.raises(HostFailed, match="backup1: a command says more than 2 MiB"),
    ):
        stream(OnHost(ssh, Target("backup1", "backup1")), archived.receive)


def test_a_command_is_given_and_says_much_at_once() -> None:
    """And whoever does not read what it is given has not failed."""
    given = b"x" * 3_000_000
    done = finished(["sh", "-c", "cat; cat /dev/null >&2"], "here", given, 60)
    assert (0, given.decode(), "") == (done.code, done.out, done.err)
    assert 3 == finished(["sh", "-c", "exit 3"], "here", given, 60).code


def test_a_command_that_goes_on_is_ended_with_all_that_it_began() -> None:
    """Or what holds its output would be waited for."""
    began = time.monotonic()
    with pytest.raises(HostFailed, match="here: a command did not finish within 0 s"):
        finished(["sh", "-c", "sleep 60 & sleep 60"], "here", b"", 0.2)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("hangs", ["connection", "call"])
def test_who_leaves_waits_for_no_host_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hangs: str
) -> None:
    """Such as by Ctrl-C while servers are read; a call ends with the connection that it shares."""
    program, asked = tmp_path / "ssh", tmp_path / "asked"
    program.write_text(
        f"""#!/bin/sh
        case $1,{hangs} in
        -M,connection) touch {asked}; exec sleep 300;;
        -M,call) trap 'rm "$3"; exit' TERM; touch "$3"; while :; do sleep 0.05; done;;
        *) touch {asked}; while [ -e "$2" ]; do sleep 0.05; done; exit 255;;
        esac
        """
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(
        survey, "read_server_state", lambda _i, ssh, *_: ssh.run(Target("dir1", "dir1"), "true")
    )
    deployment: Any = SimpleNamespace(inventory=None, limit=(), silent=())
    with Ssh() as ssh:
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            leave_once(survey.Reading(deployment, ssh), asked)
        assert time.monotonic() - began < 10
        with pytest.raises(HostFailed, match="dir2: the connection was lost"):
            ssh.connect(Target("dir2", "dir2"))


def leave_once(reading: survey.Reading, asked: Path) -> None:
    """Be interrupted as soon as that file shows that a host is asked."""
    with reading:
        while not asked.exists():
            time.sleep(0.01)
        raise KeyboardInterrupt
