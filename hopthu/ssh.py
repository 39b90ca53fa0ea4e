"""Commands on hosts over SSH, each host reached by one connection that all of them share."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from hopthu.errors import HostFailed

_OPTIONS = (
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "ConnectTimeout=10",
    "LogLevel=ERROR",
    # A cut cable says nothing by itself.
    "ServerAliveInterval=5",
    "ServerAliveCountMax=4",
)
_SHORT = 80
"""A command of so many characters is named where it fails; a longer one would hide the reason."""

_OPEN_WITHIN = 20.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Target:
    """A host that can be reached over SSH; an empty value leaves it to the user's ssh_config."""

    name: str
    hostname: str
    user: str = ""
    key: str = ""
    known_hosts: str = ""

    @classmethod
    def of(cls, name: str, data: Mapping[str, Any]) -> Target:
        """Read the keys pyinfra uses (`ssh_hostname`, `ssh_user` …) from a host's data."""
        return cls(
            name,
            str(data.get("ssh_hostname", name)),
            str(data.get("ssh_user", "")),
            str(data.get("ssh_key", "")),
            str(data.get("ssh_known_hosts_file", "")),
        )

    @property
    def options(self) -> list[str]:
        """The options of ssh(1) that reach this host and no other."""
        options = [item for option in _OPTIONS for item in ("-o", option)]
        if self.user:
            options += ["-l", self.user]
        if self.key:
            options += ["-i", self.key, "-o", "IdentitiesOnly=yes"]
        if self.known_hosts:
            options += ["-o", f"UserKnownHostsFile={self.known_hosts}"]
            options += ["-o", "GlobalKnownHostsFile=/dev/null"]
        return options


class Ssh:
    """Connections kept for the time of a `with` block, opened when first needed.

    They live in a session of their own: Ctrl-C at the terminal ends this program, which may still
    have to start what it stopped, and only then the connections.
    """

    def __init__(self) -> None:
        """Have no connection yet."""
        # Socket paths may be 107 bytes long, so not below the checkout.
        self._folder = tempfile.TemporaryDirectory(prefix="hopthu-ssh-")
        self._masters: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._opening: dict[str, threading.Lock] = {}

    def __enter__(self) -> Ssh:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for master in self._masters.values():
            master.terminate()
        for master in self._masters.values():
            master.wait()
        self._folder.cleanup()

    def run(
        self, target: Target, script: str, *, stdin: bytes = b"", timeout: float = 60
    ) -> Outcome:
        """Run a shell script as root on a host; raise `HostFailed` when it cannot be reached.

        `stdin` is what the script reads: the place for secrets, which never belong in a command.
        """
        return finished(self.argv(target, script), target.name, stdin, timeout)

    def argv(self, target: Target, script: str) -> list[str]:
        """Return the command that runs a shell script as root on a host."""
        if target.user not in ("", "root"):
            script = f"sudo -n sh -c {shlex.quote(script)}"
        return [*self.command(target), target.hostname, script]

    def output(self, target: Target, script: str, *, stdin: bytes = b"") -> str:
        """Return what a script writes; raise `HostFailed` when it does not end well."""
        outcome = self.run(target, script, stdin=stdin)
        if outcome.code != 0:
            said = outcome.err.strip() or outcome.out.strip() or "nothing said"
            what = script if len(script) <= _SHORT and "\n" not in script else "a script"
            raise HostFailed(f"{target.name}: {what} ended with {outcome.code}: {said}")
        return outcome.out

    def connect(self, target: Target) -> None:
        """Open the connection to `target` unless it is open; raise `HostFailed`."""
        with self._lock:
            lock = self._opening.setdefault(target.name, threading.Lock())
        with lock:
            if target.name not in self._masters:
                self._masters[target.name] = self._open(target)

    def command(self, target: Target) -> list[str]:
        """Return the ssh command that shares the connection to `target`, opening it if need be."""
        self.connect(target)
        return ["ssh", "-S", str(self._socket(target)), *target.options]

    def _socket(self, target: Target) -> Path:
        return Path(self._folder.name) / target.name

    def _open(self, target: Target) -> subprocess.Popen[bytes]:
        socket = self._socket(target)
        # `cat` ends when this program does, however it ends, and the connection with it.
        argv = ["ssh", "-M", "-S", str(socket), *target.options, target.hostname, "cat"]
        master = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        deadline = time.monotonic() + _OPEN_WITHIN
        while not socket.exists():
            if master.poll() is not None or time.monotonic() > deadline:
                master.kill()
                said = master.communicate()[1].decode(errors="replace").strip()
                where = f"{target.name} ({target.hostname})"
                raise HostFailed(f"cannot reach {where} over SSH: {said or 'no answer'}")
            time.sleep(0.02)
        return master


def finished(argv: list[str], where: str, stdin: bytes, timeout: float) -> Outcome:
    """Run `argv` on this machine to its end; raise `HostFailed` when it takes too long."""
    try:
        done = subprocess.run(
            argv,
            input=stdin,
            capture_output=True,
            check=False,
            timeout=timeout,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired as error:
        raise HostFailed(f"{where}: a command took longer than {timeout:.0f} s") from error
    return Outcome(done.returncode, _text(done.stdout), _text(done.stderr))


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")
