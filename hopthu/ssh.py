"""Run commands on hosts over SSH; all commands to a host share one connection."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, ParamSpec, TypeVar

from hopthu.answers import answer, answers
from hopthu.errors import HostFailed, HostRefused
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Host
from hopthu.remote import CALL, Question, call, call_all
from hopthu.remote.host import main

_P = ParamSpec("_P")
_T = TypeVar("_T")

CHECK_HOST = Message("check that the host is up and that known_hosts has its SSH key")
_OPTIONS = (
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "LogLevel=ERROR",
    # Without keep-alives a cut cable would go unnoticed.
    "ServerAliveInterval=5",
    "ServerAliveCountMax=4",
)
_SHORT = 80
"""Error messages quote commands up to this length; a longer one would hide the reason."""

_OPEN_WITHIN = 20.0
_MIB = 128
"""MiB that a command may say: 60,000 entries, packed, are 2."""
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Outcome:
    """The exit code and output of a command."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Target:
    """How to reach a host over SSH; empty values are left to the user's ssh_config.

    It is waited for that many seconds (`patience`).
    """

    name: str
    hostname: str
    user: str = ""
    key: str = ""
    known_hosts: str = ""
    patience: int = 10

    @classmethod
    def of(cls, name: str, data: Mapping[str, Any]) -> Target:
        """Make a target from pyinfra's keys (`ssh_hostname`, `ssh_user` …) in a host's data."""
        return cls(
            name,
            str(data.get("ssh_hostname", name)),
            str(data.get("ssh_user", "")),
            str(data.get("ssh_key", "")),
            str(data.get("ssh_known_hosts_file", "")),
        )

    @property
    def options(self) -> list[str]:
        """Return the options of ssh(1) that reach this host and no other."""
        given = (f"ConnectTimeout={self.patience}", *_OPTIONS)
        options = [item for option in given for item in ("-o", option)]
        if self.user:
            options += ["-l", self.user]
        if self.key:
            options += ["-i", self.key, "-o", "IdentitiesOnly=yes"]
        if self.known_hosts:
            options += ["-o", f"UserKnownHostsFile={self.known_hosts}"]
            options += ["-o", "GlobalKnownHostsFile=/dev/null"]
        return options


class Ssh(AbstractContextManager["Ssh"]):
    """SSH connections that are opened on first use and closed at the end of a `with` block.

    They run in a session of their own, so that Ctrl-C does not reach them: after it this program
    may still have to clean up on hosts before it closes them.
    """

    def __init__(self) -> None:
        """Start without any connection."""
        # Socket paths are limited to 107 bytes, hence not below the checkout.
        self._folder = tempfile.TemporaryDirectory(prefix="hopthu-ssh-")
        self._masters: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._opening: dict[str, threading.Lock] = {}
        self._started = list[subprocess.Popen[bytes]]()
        self._closed = False

    def __exit__(self, *_: object) -> None:
        self.close()
        self._folder.cleanup()

    def close(self) -> None:
        """End all connections and open no other: whoever waits for a host gets `HostFailed`."""
        with self._lock:
            self._closed = True
        for master in self._started:
            master.terminate()
        for master in self._started:
            master.wait()

    def run(
        self, target: Target, script: str, *, stdin: bytes = b"", timeout: float = 60
    ) -> Outcome:
        """Run a shell script as root on a host; raise `HostFailed` if it cannot be reached.

        `stdin` is passed to the script: secrets belong there, never in the command. `timeout` is
        in seconds.
        """
        return finished(self.argv(target, script), target.name, stdin, timeout)

    def argv(self, target: Target, script: str) -> list[str]:
        """Return the command that runs a shell script as root on a host."""
        if target.user not in ("", "root"):
            # sudo removes it, and a host learns from it where a run comes from.
            kept = 'SSH_CONNECTION="$SSH_CONNECTION"'
            script = f"sudo -n env {kept} sh -c {shlex.quote(script)}"
        return [*self.command(target), target.hostname, script]

    def output(
        self, target: Target, script: str, *, stdin: bytes = b"", timeout: float = 60
    ) -> str:
        """Return the output of a script; raise `HostFailed` if it fails."""
        outcome = self.run(target, script, stdin=stdin, timeout=timeout)
        if outcome.code != 0:
            short = len(script) <= _SHORT and "\n" not in script
            raise HostFailed(
                Message(
                    "{host}: {command} failed with exit code {code}: {reason}",
                    host=target.name,
                    command=script if short else Message("a script"),
                    code=outcome.code,
                    reason=outcome.err.strip() or outcome.out.strip() or Message("no output"),
                )
            )
        return outcome.out

    def require_new(self, target: Target) -> None:
        """Raise `HostFailed` unless `target` admits a new connection beside the shared one."""
        argv = ["ssh", "-S", "none", *target.options, target.hostname, "true"]
        done = finished(argv, target.name, b"", _OPEN_WITHIN)
        if done.code:
            raise HostFailed(
                Message(
                    "{host} admits no new SSH connection: {reason}",
                    host=target.name,
                    reason=done.err.strip() or Message("no answer"),
                )
            )

    def connect(self, target: Target) -> None:
        """Open the connection to `target` unless it is open; raise `HostFailed`."""
        with self._lock:
            lock = self._opening.setdefault(target.name, threading.Lock())
        with lock:
            if target.name not in self._masters:
                self._masters[target.name] = self._opened(target, self._start(target))

    def command(self, target: Target) -> list[str]:
        """Return an ssh command that shares the connection to `target`, opening it if needed."""
        self.connect(target)
        return ["ssh", "-S", str(self._socket(target)), *target.options]

    def _socket(self, target: Target) -> Path:
        return Path(self._folder.name) / target.name

    def _start(self, target: Target) -> subprocess.Popen[bytes]:
        # `cat` ends when this program does, whatever the reason, and closes the connection.
        socket = str(self._socket(target))
        argv = ["ssh", "-M", "-S", socket, *target.options, target.hostname, "cat"]
        with self._lock:
            if self._closed:
                reason = Message("the connection was lost")
                raise HostFailed(Message("{host}: {reason}", host=target.name, reason=reason))
            master = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            self._started.append(master)
        return master

    def _opened(self, target: Target, master: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
        """Return the master once the connection is open; raise `HostFailed`."""
        socket = self._socket(target)
        deadline = time.monotonic() + _OPEN_WITHIN
        while not socket.exists():
            if master.poll() is not None or time.monotonic() > deadline:
                master.kill()
                error = master.communicate()[1].decode(errors="replace").strip()
                raise HostFailed(
                    Message(
                        "cannot reach {host} ({address}) over SSH: {reason}",
                        host=target.name,
                        address=target.hostname,
                        reason=error or Message("no answer"),
                    ),
                    fix=CHECK_HOST,
                )
            time.sleep(0.02)
        return master


@dataclass(frozen=True, slots=True)
class OnHost:
    """Calls functions of `hopthu.remote.host` as root on a host; arguments and results are JSON.

    With a `shell` of the host the call goes through that.
    """

    ssh: Ssh
    target: Target
    timeout: float = 60
    shell: str = ""

    def __call__(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return the result; raise `HostFailed` with the reason if there is none.

        It is `HostRefused` if that is the function's own word. Otherwise it may still go on there.
        """
        asked = call(function, *args, **kwargs)
        result: _T = answer(self.target.name, self._said(asked), function)
        return result

    def all(self, *questions: Question) -> list[Any]:
        """Return the results of several calls, made by one program; raise `HostFailed`."""
        return answers(self.target.name, self._said(call_all(questions)), *questions)

    def _said(self, asked: bytes) -> str:
        done = self.ssh.run(self.target, self._command, stdin=asked, timeout=self.timeout)
        self._require(done)
        return done.out

    @contextmanager
    def streaming(
        self, function: Callable[_P, object], *args: _P.args, **kwargs: _P.kwargs
    ) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
        """Yield where the function reads bytes behind its call, and those that it answers.

        Raises as a call does, at the end of the `with` block, and what the block does. After
        `timeout` seconds the connection ends, whoever still waits for bytes.
        """
        process = subprocess.Popen(
            self.ssh.argv(self.target, self._command), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise TypeError("ssh without pipes")
        lost: OSError | HostFailed | None = None
        late = threading.Timer(self.timeout, process.kill)
        late.start()
        with ThreadPoolExecutor(1) as pool:
            said = pool.submit(_take, process.stderr)
            said.add_done_callback(lambda each: process.kill() if each.exception() else None)
            try:
                process.stdin.write(call(function, *args, **kwargs))
                process.stdin.flush()
                yield process.stdin, process.stdout
                process.stdin.close()
                while process.stdout.read(_CHUNK):
                    pass
            except (OSError, HostFailed) as error:
                lost = error
            finally:
                with suppress(OSError):
                    process.stdin.close()
                process.stdout.close()
                process.wait()
                late.cancel()
        if isinstance(said.exception(), OverflowError):
            raise _too_much(self.target.name) from lost
        if process.returncode == -signal.SIGKILL:
            raise _late(self.target.name, self.timeout) from lost
        if isinstance(lost, HostFailed):
            raise lost
        # Of a connection that was lost the host may say why.
        self._require(Outcome(process.returncode, "", _text(said.result())))
        if lost:
            raise self._failed(str(lost)) from lost

    def _require(self, done: Outcome) -> None:
        """Raise unless a call was answered."""
        if done.code:
            failed = self._failed(done.err.strip() or Message("no output"))
            raise HostRefused(failed.what) if done.code == main.REFUSED else failed

    @property
    def _command(self) -> str:
        return shlex.join([self.shell, "-c", f"exec {CALL}"]) if self.shell else CALL

    def _failed(self, reason: str) -> HostFailed:
        return HostFailed(Message("{host}: {reason}", host=self.target.name, reason=reason))


def on_host(inventory: Inventory, ssh: Ssh, host: Host | str, timeout: float = 60) -> OnHost:
    """Return what calls functions on a host of an inventory."""
    name = host if isinstance(host, str) else host.name
    return OnHost(ssh, Target.of(name, inventory.data[name]), timeout)


def finished(argv: list[str], where: str, stdin: bytes, timeout: float) -> Outcome:
    """Run `argv` on this machine and wait for it; raise `HostFailed` after `timeout` seconds.

    `where` is named in the error.
    """
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            out, err = _said(process, stdin, time.monotonic() + timeout)
        except (TimeoutError, subprocess.TimeoutExpired) as error:
            raise _late(where, timeout) from error
        except OverflowError as error:
            raise _too_much(where) from error
    return Outcome(process.returncode, _text(out), _text(err))


def _said(process: subprocess.Popen[bytes], stdin: bytes, until: float) -> tuple[bytes, bytes]:
    """Return what a program says before it ends; end it with all that it began if that fails."""
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise TypeError("a program without pipes")
    with ThreadPoolExecutor(3) as pool:
        giving = pool.submit(_give, process.stdin, stdin)
        taking = [pool.submit(_take, pipe) for pipe in (process.stdout, process.stderr)]
        try:
            out, err = (each.result(until - time.monotonic()) for each in taking)
            giving.result(until - time.monotonic())
            process.wait(until - time.monotonic())
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return out, err


def _give(pipe: IO[bytes], text: bytes) -> None:
    with suppress(BrokenPipeError), pipe:  # it may end without having read all
        pipe.write(text)


def _take(pipe: IO[bytes]) -> bytes:
    """Return all that a program says; raise `OverflowError` if that is more than there is room."""
    found, size = list[bytes](), 0
    while part := os.read(pipe.fileno(), _CHUNK):
        found.append(part)
        size += len(part)
        if size > _MIB << 20:
            raise OverflowError
    return b"".join(found)


def _too_much(where: str) -> HostFailed:
    return HostFailed(Message("{host}: a command says more than {size} MiB", host=where, size=_MIB))


def _late(where: str, timeout: float) -> HostFailed:
    return HostFailed(
        Message(
            "{host}: a command did not finish within {seconds} s",
            host=where, seconds=f"{timeout:.0f}",
        )
    )  # fmt: skip


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")
