"""Exclusive lock on a host, tied to a live SSH connection and released when it drops.

`hopthu/remote/host/lease.py` runs on the host as long as this end sends heartbeats. If they stop,
because this program was killed or cut off, a host that was being changed rolls itself back to its
last record.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from hopthu.answers import Lines, answer, parsed
from hopthu.errors import HostFailed, Refused
from hopthu.i18n.message import Message
from hopthu.remote import CALL, call
from hopthu.remote.host.lease import lease
from hopthu.remote.host.preflight import Facts, facts
from hopthu.ssh import CHECK_HOST, Ssh, Target

PATIENCE = 30
"""Seconds without a heartbeat after which a host treats the run as dead."""
_BEAT = 4.0
"""Seconds between two heartbeats."""
_ANSWER = 900
"""Seconds to wait for an answer: a host that rolls back restarts every daemon it has."""
_LOST = Message("the connection was lost")
_KEPT = "kept"
NO_RECORD = Message("no record was requested")


class Lease:
    """The lock on one host, from `__init__` until `end`."""

    def __init__(
        self, ssh: Ssh, target: Target, run: str, holder: Mapping[str, str], sets: Sequence[str]
    ) -> None:
        """Lock the host; `holder` identifies this run to others that try to lock it meanwhile.

        `sets` are the names of file sets in the order in which daemons load them. Raises `Refused`
        if another run has locked the host, and `HostFailed` if it cannot be reached.
        """
        self._target, self._over = target, False
        self.changing = False
        # One request at a time, up to its answer: after Ctrl-C another thread may send the next.
        self._talking = threading.Lock()
        self._record: str = NO_RECORD
        self._ssh = subprocess.Popen(
            ssh.argv(target, CALL),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for this program, which then ends the lease
        )
        self._said = Lines(self._ssh.stdout) if self._ssh.stdout else None
        self._writing = threading.Lock()
        who = json.dumps(holder, ensure_ascii=False)
        with suppress(HostFailed):  # the reason that ssh gives is read next
            self._write(call(lease, run, PATIENCE, [*sets], who))
        word, text = self._read()
        if word != "ready":
            self.end()
        if word == "held":
            fix = Message("wait until it has finished, then plan again")
            raise Refused(_locked_by(target.name, text), fix=fix)
        if not word:
            raise HostFailed(
                Message(
                    "cannot reach {host}: {reason}. Nothing was changed on any host",
                    host=target.name,
                    reason=text or Message("no answer"),
                ),
                fix=CHECK_HOST,
            )
        self._expect(word, text, "ready")
        if self._ssh.stdin is not None:
            pipe = self._ssh.stdin.fileno()
            threading.Thread(target=self._beat, args=(pipe,), daemon=True).start()

    @property
    def alive(self) -> bool:
        """Return whether the connection to the host still exists."""
        return not self._over and self._ssh.poll() is None

    @property
    def recorded(self) -> bool:
        """Return whether the requested record has been written, as far as has been waited for."""
        return self._record == _KEPT

    def facts(self, packages: Sequence[str]) -> Facts:
        """Return the facts of the host, with the state of some packages; raise `HostFailed`."""
        with self._talking:
            self._ask("facts", *packages)
            word, text = self._read()
        self._expect(word, text, "facts")
        found: Facts = answer(self._target.name, text, facts)
        return found

    def read_baseline(self, parts: Sequence[str] = ()) -> None:
        """Have the host note its state before the run; its record will contain what changes.

        If `parts` are given only these are read, and for the others the last record stays valid.
        Access to unit mailboxes is always read again after a change.
        """
        self._ask("look", *parts)

    def begin(self, record: str) -> None:
        """Announce that the host is changed from now on, by `record`; raise `HostFailed`."""
        with self._talking:
            self.changing = True
            self._ask("begin", record)
            self._expect(*self._read(), "begun")

    def request_record(self, record_id: str, record: str, files: Mapping[str, str]) -> None:
        """Have the host record its present state as complete; see `wait_recorded`.

        `files` are the facts of every file as it is meant to be, by path; others are a failure.
        """
        self._ask("keep", record_id, record, json.dumps(files))
        self._record, self.changing = "", False

    def wait_recorded(self) -> None:
        """Wait for the requested record; raise `HostFailed` if it fails, at every call."""
        with self._talking:
            if not self._record:
                word, text = self._read()
                self._record = word if word == _KEPT else text or word or _LOST
        if not self.recorded:
            raise self._failure(self._record)

    def roll_back(self) -> bool:
        """Roll the host back to its last record and end the lease.

        Return whether it had one; raise `HostFailed` if it cannot be rolled back.
        """
        with self._talking:
            self.changing = False
            self._ask("return")
            word, text = self._read()
            self.end()
            if word != "nothing":
                self._expect(word, text, "returned")
            return word == "returned"

    def end(self) -> None:
        """Release the host; if it is being changed, it rolls itself back to its last record."""
        self._over = True
        for pipe in (self._ssh.stdin, self._ssh.stdout, self._ssh.stderr):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # the other end was gone first
                    continue
        try:
            self._ssh.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._ssh.kill()
            self._ssh.wait()

    def _expect(self, word: str, text: str, wanted: str) -> None:
        if word == wanted:
            return
        if not word:
            text = Message("the connection was lost: {reason}", reason=text) if text else _LOST
        raise self._failure(text or word)

    def _failure(self, reason: str) -> HostFailed:
        return HostFailed(Message("{host}: {reason}", host=self._target.name, reason=reason))

    def _ask(self, *words: str) -> None:
        self._write(f"{json.dumps(words)}\n".encode())

    def _write(self, data: bytes) -> None:
        if self._ssh.stdin is None:
            raise TypeError("ssh without stdin")
        with self._writing:
            try:
                self._ssh.stdin.write(data)
                self._ssh.stdin.flush()
            except OSError as error:
                raise self._failure(_LOST) from error

    def _read(self) -> tuple[str, str]:
        """Return the word and the text of the next answer; the word is empty if none comes."""
        if self._said is None or self._ssh.stderr is None:
            raise TypeError("ssh without stdout")
        try:
            words = self._said.words(_ANSWER)
        except OverflowError:
            return "", Message("an answer without end")
        except TimeoutError:
            words = []
        if not words:
            if not self._gone():
                return "", Message("no answer")
            return "", self._ssh.stderr.read().decode(errors="replace").strip()
        word, *texts = words
        return word, "".join(texts).strip()

    def _gone(self) -> bool:
        try:
            return self._ssh.wait(timeout=5) is not None
        except subprocess.TimeoutExpired:
            return False

    def _beat(self, pipe: int) -> None:
        """Send a heartbeat every few seconds until the connection closes."""
        while not self._over:
            with self._writing:
                if self._over:
                    return
                try:
                    os.write(pipe, b'["beat"]\n')
                except BlockingIOError:  # ssh is busy and the pipe is full of our data
                    pass
                except OSError:
                    self._over = True
                    return
            time.sleep(_BEAT)


def _locked_by(host: str, text: str) -> Message:
    try:
        holder = parsed(text)
        started = datetime.fromisoformat(holder["started"]).astimezone(UTC)
        return Message(
            "{who} has been running an apply since {time} UTC, from {machine} (lock on {host})",
            who=holder["who"],
            time=started.strftime("%Y-%m-%d %H:%M"),
            machine=holder["from"],
            host=host,
        )
    except (ValueError, KeyError, TypeError):
        return Message("another apply is in progress (lock on {host})", host=host)
