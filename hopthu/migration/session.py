"""A remote script with line-based input and output while it runs."""

from __future__ import annotations

import os
import select
import subprocess
import time
from types import TracebackType

from hopthu.errors import HostFailed
from hopthu.i18n.message import Message
from hopthu.ssh import Ssh, Target


class RemoteSession:
    """A remote script with line-based I/O; leaving the `with` block closes its input.

    The script decides what to do then; it is not waited for.
    """

    def __init__(self, ssh: Ssh, target: Target, script: str, stdin: str) -> None:
        """Start `script` and send it `stdin`; raise `HostFailed`."""
        self._name, self._buffer = target.name, b""
        self._process = subprocess.Popen(
            ssh.argv(target, script),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for this program, which then ends the session
        )
        self.send(stdin)

    def __enter__(self) -> RemoteSession:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.hang_up()

    def send(self, text: str) -> None:
        """Send `text` to the script; raise `HostFailed` if the connection was lost."""
        if self._process.stdin is None:
            raise TypeError("ssh without stdin")
        try:
            self._process.stdin.write(text.encode())
            self._process.stdin.flush()
        except OSError as error:
            what = Message(
                "{host}: {reason}",
                host=self._name,
                reason=Message("the connection was lost"),
            )
            raise HostFailed(what) from error

    def end_of_input(self) -> None:
        """Close the input of the script."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def line(self, patience: float) -> str:
        """Return the next line of output, empty at the end of the script.

        Raises `HostFailed` if it takes longer than `patience` seconds.
        """
        if self._process.stdout is None:
            raise TypeError("ssh without stdout")
        pipe, deadline = self._process.stdout.fileno(), time.monotonic() + patience
        while b"\n" not in self._buffer:
            if not select.select([pipe], [], [], max(0, deadline - time.monotonic()))[0]:
                raise HostFailed(
                    Message(
                        "{host}: no answer within {seconds} s",
                        host=self._name,
                        seconds=f"{patience:.0f}",
                    )
                )
            more = os.read(pipe, 65536)
            if not more:
                break
            self._buffer += more
        line, _, self._buffer = self._buffer.partition(b"\n")
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
