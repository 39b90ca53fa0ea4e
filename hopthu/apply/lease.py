"""A host held for one run: by a live connection, so that it is free when the run is dead.

`lease.sh` runs on the host for as long as this end says that it is there. When it stops saying so,
killed or cut off, the host that was being changed returns to its last record by itself.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shlex
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from gevent.monkey import get_original

from hopthu.errors import HostFailed, Refused
from hopthu.remote import script
from hopthu.ssh import Ssh, Target

PATIENCE = 30
"""Seconds after which a host takes a silent run for dead."""
_BEAT = 4.0
_ANSWER = 900
"""Seconds for the longest answer: a host that returns restarts every daemon it has."""
_SCRIPTS = ("baseline.sh", "merge-baseline.sh", "keep.sh", "restore.sh")

# This end must be heard even while Python works on 60,000 people without pause, and pyinfra's
# patches turn threads into turns taken: so a thread of the operating system, and its own lock.
_thread: Callable[..., int] = get_original("_thread", "start_new_thread")
_lock: Callable[[], Any] = get_original("_thread", "allocate_lock")
_sleep: Callable[[float], None] = get_original("time", "sleep")


class Lease:
    """One host, held from `__init__` until `end`."""

    def __init__(
        self, ssh: Ssh, target: Target, run: str, holder: Mapping[str, str], sets: Sequence[str]
    ) -> None:
        """Take the host; `holder` says who does, to whoever comes meanwhile.

        `sets` are the sets of files in the order daemons take them up. Raises `Refused` when it is
        held by another run, and `HostFailed` when it cannot be reached.
        """
        self._target, self._over = target, False
        self.changing = False
        # One at a time, to the end of its answer: whoever asks next may do so after Ctrl-C.
        self._talking = threading.Lock()
        self._record = "was told to record nothing"
        words = shlex.join(["bash", "-c", script("lease.sh"), "lease", run, str(PATIENCE), *sets])
        self._ssh = subprocess.Popen(
            ssh.argv(target, words),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for this program, which then ends the lease
        )
        self._writing = _lock()
        first = (json.dumps(holder, ensure_ascii=False), *map(script, _SCRIPTS))
        with suppress(HostFailed):  # what ssh says of it is read next
            self._write(*map(_encoded, first))
        word, text = self._read()
        if word != "ready":
            self.end()
        if word == "held":
            raise Refused(_held(target.name, text), fix="wait until it is done, and plan again")
        if not word:
            raise HostFailed(
                f"cannot reach {target.name}: {text or 'no answer'}. Nothing was changed anywhere",
                fix="see that the host is up and its SSH key is the one in known_hosts",
            )
        self._expect(word, text, "ready")
        if self._ssh.stdin is not None:
            _thread(self._beat, (self._ssh.stdin.fileno(),))

    @property
    def alive(self) -> bool:
        """Tell whether the host still hears us."""
        return not self._over and self._ssh.poll() is None

    def look(self, parts: Sequence[str] = ()) -> None:
        """Have the host see what it is before the run; its record tells what became otherwise.

        Of all but `parts`, if any are named, the record before it goes on to hold; who is let into
        unit mailboxes is looked at after a change in any case.
        """
        self._write(shlex.join(["look", *parts]))

    def begin(self, record: str) -> None:
        """Say that the host is changed from here on, and by what; raise `HostFailed`."""
        with self._talking:
            self.changing = True
            self._write(f"begin {_encoded(record)}")
            self._expect(*self._read(), "begun")

    def keep(self, record_id: str, record: str) -> None:
        """Have what the host holds now recorded as complete; `kept` waits until it is."""
        self._write(f"keep {record_id} {_encoded(record)}")
        self._record, self.changing = "", False

    def kept(self) -> None:
        """Wait for the record; raise `HostFailed` when there is none, however often it is asked."""
        with self._talking:
            if not self._record:
                word, text = self._read()
                self._record = word if word == "kept" else text or word or "the connection was lost"
        if self._record != "kept":
            raise HostFailed(f"{self._target.name}: {self._record}")

    def roll_back(self) -> bool:
        """Return the host to its last record and end the lease.

        Return whether it had one; raise `HostFailed` when it cannot go back.
        """
        with self._talking:
            self.changing = False
            self._write("return")
            word, text = self._read()
            self.end()
            if word != "nothing":
                self._expect(word, text, "returned")
            return word == "returned"

    def end(self) -> None:
        """Let go of the host; if it is being changed, it returns to its last record."""
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
            text = f"the connection was lost; {text}" if text else "the connection was lost"
        raise HostFailed(f"{self._target.name}: {text or word}")

    def _write(self, *lines: str) -> None:
        data = memoryview("".join(f"{line}\n" for line in lines).encode())
        if self._ssh.stdin is None:
            raise TypeError("ssh without stdin")
        with self._writing:
            try:
                self._ssh.stdin.write(data)
                self._ssh.stdin.flush()
            except OSError as error:
                raise HostFailed(f"{self._target.name}: the connection was lost") from error

    def _read(self) -> tuple[str, str]:
        """Return the word of the next answer and its text; no word when there is none."""
        if self._ssh.stdout is None or self._ssh.stderr is None:
            raise TypeError("ssh without stdout")
        ready, _, _ = select.select([self._ssh.stdout], [], [], _ANSWER)
        line = self._ssh.stdout.readline() if ready else b""
        if not line:
            said = self._ssh.stderr.read() if self._gone() else b"no answer"
            return "", said.decode(errors="replace").strip()
        word, _, text = line.decode().strip().partition(" ")
        return word, base64.b64decode(text).decode(errors="replace").strip()

    def _gone(self) -> bool:
        try:
            return self._ssh.wait(timeout=5) is not None
        except subprocess.TimeoutExpired:
            return False

    def _beat(self, pipe: int) -> None:
        """Say every few seconds that we are there, until nobody listens."""
        while not self._over:
            with self._writing:
                if self._over:
                    return
                try:
                    os.write(pipe, b"beat\n")
                except BlockingIOError:  # ssh is busy: the pipe is full of what we say
                    pass
                except OSError:
                    self._over = True
                    return
            _sleep(_BEAT)


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _held(host: str, text: str) -> str:
    try:
        holder = json.loads(text)
        return f"{holder['who']} applies since {holder['started']}, from {holder['from']} ({host})"
    except (ValueError, KeyError, TypeError):
        return f"another apply is under way ({host})"
