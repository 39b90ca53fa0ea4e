"""Fill several mailboxes at once; each by a program on its store, which ends with this one."""

from __future__ import annotations

import json
import shlex
import subprocess
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field

from hopthu.errors import HostFailed
from hopthu.inventory.loader import Inventory
from hopthu.mail_import.chosen import Chosen
from hopthu.mail_import.outcome import Outcome, broken_off, of_answer
from hopthu.mail_import.source import Source, command, question
from hopthu.ssh import Ssh, Target

Progress = Callable[[int, int, int], None]
"""Receives how many mailboxes are done, of how many, and how many messages were copied or known."""


@dataclass
class Run:
    """One run: fills mailboxes from `source`; `copy` is false to count only."""

    ssh: Ssh
    inventory: Inventory
    source: Source
    copy: bool
    progress: Progress
    _programs: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    _messages: dict[str, int] = field(default_factory=dict)
    _done: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: bool = False

    def all(self, chosen: Sequence[Chosen], jobs: int) -> tuple[Outcome, ...]:
        """Fill the mailboxes, so many at once; return what became of each, in the same order.

        An interruption ends the programs on the stores before it goes on.
        """
        pool = ThreadPoolExecutor(jobs)
        try:
            under_way = [pool.submit(self._one, each, len(chosen)) for each in chosen]
            wait(under_way)
            return tuple(each.result() for each in under_way)
        finally:
            with self._lock:
                self._over = True
                for program in self._programs.values():
                    program.terminate()
            pool.shutdown(cancel_futures=True)

    def _one(self, chosen: Chosen, total: int) -> Outcome:
        try:
            outcome = self._ask(chosen, total)
        except HostFailed as error:
            outcome = Outcome(chosen, reason=error.what, fix=error.fix)
        with self._lock:
            self._done += 1
            self._messages[chosen.mailbox.id] = outcome.here
        self._tell(total)
        return outcome

    def _ask(self, chosen: Chosen, total: int) -> Outcome:
        """Run the program on the store of a mailbox; raise `HostFailed` if it is unreachable."""
        key, store = chosen.mailbox.id, chosen.store.name
        target = Target.of(store, self.inventory.data[store])
        argv = self.ssh.argv(target, shlex.join(command(key)))
        with self._lock:
            if self._over:
                return broken_off(chosen, "")
            program = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                text=True, errors="replace", start_new_session=True,
            )  # fmt: skip
            self._programs[key] = program
        answer: dict[str, object] = {}
        try:
            with program:
                errors = _Errors(program)
                _send(program, question(self.source, chosen.account, key, chosen.mailbox.kind,
                                        copy=self.copy))  # fmt: skip
                for line in program.stdout or ():
                    answer = json.loads(line) if line.startswith("{") else answer
                    if "done" in answer:
                        self._messages[key] = int(str(answer["done"]))
                        self._tell(total)
                last_words = errors.last()
        finally:
            with self._lock:
                del self._programs[key]
        if "failed" in answer or "there" in answer:
            return of_answer(chosen, answer, self.source)
        return broken_off(chosen, last_words)

    def _tell(self, total: int) -> None:
        with self._lock:
            self.progress(self._done, total, sum(self._messages.values()))


class _Errors(threading.Thread):
    """Reads the standard error of a program, so that it never waits; keeps the last line."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        super().__init__(daemon=True)
        self._program, self._last = program, ""
        self.start()

    def run(self) -> None:
        """Read to the end."""
        for line in self._program.stderr or ():
            self._last = line.strip() or self._last

    def last(self) -> str:
        """Wait for the end; return the last line."""
        self.join()
        return self._last[:200]


def _send(program: subprocess.Popen[str], text: str) -> None:
    """Give a program its input, which stays open; one that has ended says why by itself."""
    if program.stdin is None:
        raise TypeError("a program without standard input")
    try:
        program.stdin.write(text)
        program.stdin.flush()
    except BrokenPipeError:
        with suppress(BrokenPipeError):
            program.stdin.close()  # else the text is tried once more at its end
