"""A call on a host that asks and answers while it runs."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress

from hopthu.answers import Lines
from hopthu.errors import HostFailed
from hopthu.i18n.message import Message
from hopthu.remote import CALL
from hopthu.ssh import Ssh, Target

_LASTING = 600.0
"""Seconds after which any call of ours has ended: one of a host that was taken over need not."""


class RemoteSession(AbstractContextManager["RemoteSession"]):
    """A call that reads requests and gives answers; leaving the `with` block ends its input.

    The host decides what to do then; it is not waited for.
    """

    def __init__(self, ssh: Ssh, target: Target, asked: bytes) -> None:
        """Start a call (`hopthu.remote.call`); raise `HostFailed`."""
        self._name, self._until = target.name, time.monotonic() + _LASTING
        argv = ssh.argv(target, CALL)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - `hang_up` closes it
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            start_new_session=True,  # Ctrl-C is for this program, which then ends the session
        )
        self._lines = Lines(self._process.stdout) if self._process.stdout else None
        try:
            self._write(asked)
        except HostFailed:
            self.hang_up()
            raise

    def __exit__(self, *_: object) -> None:
        self.hang_up()

    def send(self, *words: str) -> None:
        """Send a request; raise `HostFailed` if the connection was lost."""
        self._write(f"{json.dumps(words)}\n".encode())

    def _write(self, data: bytes) -> None:
        if self._process.stdin is None:
            raise TypeError("ssh without stdin")
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except OSError as error:
            lost = Message("the connection was lost")
            if said := self.reason:
                lost = Message("the connection was lost: {reason}", reason=said)
            raise HostFailed(Message("{host}: {reason}", host=self._name, reason=lost)) from error

    def answer(self, patience: float) -> Sequence[str]:
        """Return the words of the next answer, none at the end of the call.

        Raises `HostFailed` if it takes longer than `patience` seconds.
        """
        if self._lines is None:
            raise TypeError("ssh without stdout")
        try:
            words = self._lines.words(min(patience, self._until - time.monotonic()))
        except TimeoutError as error:
            raise HostFailed(
                Message(
                    "{host}: no answer within {seconds} s",
                    host=self._name,
                    seconds=f"{patience:.0f}",
                )
            ) from error
        except OverflowError as error:
            raise HostFailed(Message("{host}: an answer without end", host=self._name)) from error
        return words[1:] if words[:1] == [""] else words

    @property
    def reason(self) -> str:
        """Return the last line that the call wrote to standard error, if any, until `hang_up`."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        said = os.pread(self._said.fileno(), 1 << 20, 0).decode(errors="replace")
        return "".join(said.strip().splitlines()[-1:])

    def hang_up(self) -> None:
        """End the connection."""
        for pipe in (self._process.stdin, self._process.stdout, self._said):
            if pipe is not None:
                with suppress(OSError):  # the other end was gone first
                    pipe.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
