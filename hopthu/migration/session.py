"""A script on a host that is spoken with while it runs, a line at a time."""

from __future__ import annotations

import os
import select
import subprocess
import time
from types import TracebackType

from hopthu.errors import HostFailed
from hopthu.ssh import Ssh, Target


class RemoteSession:
    """A script that runs on a host from `__init__` on; at the end of a `with` block it is told so.

    It decides by itself what to do then, and is not waited for.
    """

    def __init__(self, ssh: Ssh, target: Target, script: str, stdin: str) -> None:
        """Start `script` and give it what it reads first; raise `HostFailed`."""
        self._name, self._said = target.name, b""
        self._process = subprocess.Popen(
            ssh.argv(target, script),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for this program, which then ends the talk
        )
        self.say(stdin)

    def __enter__(self) -> RemoteSession:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.hang_up()

    def say(self, text: str) -> None:
        """Hand `text` to the script; raise `HostFailed` where it is gone."""
        if self._process.stdin is None:
            raise TypeError("ssh without stdin")
        try:
            self._process.stdin.write(text.encode())
            self._process.stdin.flush()
        except OSError as error:
            raise HostFailed(f"{self._name}: the connection was lost") from error

    def end_of_input(self) -> None:
        """Tell the script that it will hear nothing more."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def line(self, patience: float) -> str:
        """Return the next line the script says, nothing at its end.

        Raises `HostFailed` if it takes longer than `patience` seconds.
        """
        if self._process.stdout is None:
            raise TypeError("ssh without stdout")
        pipe, deadline = self._process.stdout.fileno(), time.monotonic() + patience
        while b"\n" not in self._said:
            if not select.select([pipe], [], [], max(0, deadline - time.monotonic()))[0]:
                raise HostFailed(f"{self._name}: no answer within {patience:.0f} s")
            more = os.read(pipe, 65536)
            if not more:
                break
            self._said += more
        line, _, self._said = self._said.partition(b"\n")
        return line.decode(errors="replace")

    def hang_up(self) -> None:
        """End the connection."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
