"""A call on a host that asks and answers while it runs."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from typing import Self

from hopthu.answers import LastWords, Lines
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

    def __init__(self, host: str, argv: Sequence[str], lasting: float = _LASTING) -> None:
        """Start a call on a host, which has ended after so many seconds."""
        self._name, self._until = host, time.monotonic() + lasting
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for this program, which then ends the session
        )
        if self._process.stdout is None or self._process.stderr is None:
            raise TypeError("ssh without pipes")
        self._lines, self._errors = Lines(self._process.stdout), LastWords(self._process.stderr)

    @classmethod
    def calling(cls, ssh: Ssh, target: Target, asked: bytes) -> Self:
        """Start a call of one of our functions (`hopthu.remote.call`); raise `HostFailed`."""
        session = cls(target.name, ssh.argv(target, CALL))
        try:
            session.write(asked)
        except HostFailed:
            session.hang_up()
            raise
        return session

    def __exit__(self, *_: object) -> None:
        self.hang_up()

    def send(self, *words: str) -> None:
        """Send a request; raise `HostFailed` if the connection was lost."""
        self.write(f"{json.dumps(words)}\n".encode())

    def write(self, data: bytes) -> None:
        """Give it input; raise `HostFailed` if the connection was lost."""
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
        """Return the last line that the call wrote to standard error, if any."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        return "".join(self._errors.text(5).splitlines()[-1:])

    def end(self) -> None:
        """End the call, whoever still waits for an answer."""
        self._process.terminate()

    def hang_up(self) -> None:
        """End the connection."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # the other end was gone first
                    pipe.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
