"""Start the engine and drive it: leases, terminal and prompts stay in this process."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from hopthu.engine.wire import (
    Line,
    Request,
    as_bytes,
    error_of,
    event_of,
    of_answers,
    steps_of,
)
from hopthu.errors import HostFailed
from hopthu.events.event import Emit, StepDone
from hopthu.events.step import Step
from hopthu.i18n.message import Message
from hopthu.operations.answers import Answers

_ARGV = (sys.executable, "-P", "-m", "hopthu.engine")
_SHOWN = 12
"""So many lines of what an engine wrote before it ended are shown."""


class Engine:
    """A pyinfra run in another process; created by `started`.

    `operations` is the number of operations that were checked, over all hosts. `files` are the
    facts of the files that each host is meant to have, by path (`hopthu.operations.host_state`).
    """

    def __init__(
        self, process: subprocess.Popen[bytes], file: IO[bytes], said: IO[bytes], emit: Emit
    ) -> None:
        """Drive `process`, which can read `file`; its standard error goes to the file `said`."""
        self._process, self._file, self._said, self._emit = process, file, said, emit
        self._changed: dict[str, list[Step]] = {}
        self.operations = 0
        self.files: Mapping[str, Mapping[str, str]] = {}

    def connect(self, request: Request) -> None:
        """Hand over what the run needs, and go on: why hosts cannot be reached `prepare` raises."""
        self._changed = {host: [] for host in request.hosts}
        pickle.dump(request, self._file, pickle.HIGHEST_PROTOCOL)
        self._file.flush()
        self._send(as_bytes({"do": "connect"}))

    def prepare(self, shell: str, answers: Answers) -> Mapping[str, Sequence[Step]]:
        """Check every host; return by host the operations that would change it, in order.

        Commands are run by `shell` on the hosts; `answers` need not be asked for again. Raises
        `HostFailed` if a host cannot be reached or checked.
        """
        answer = self._ordered({"do": "prepare", "shell": shell, "answers": of_answers(answers)})
        self.operations, self.files = answer["of"], answer["files"]
        return steps_of(answer)

    def change(self, hosts: Collection[str], before_each: Callable[[], None]) -> None:
        """Run every operation on `hosts`, each on all of them before the next.

        Before each, `before_each` is called and may raise: then none is run any more. Raises
        `HostFailed` with host, operation and the output of the host at the first failure.
        """
        try:
            self._ordered({"do": "change", "hosts": sorted(hosts)}, before_each)
        except BaseException:  # also Ctrl-C: whoever rolls back hosts must be alone there
            self.end()
            raise

    def changed(self) -> Mapping[str, Sequence[Step]]:
        """Return by host the operations that have changed it, in order."""
        return self._changed

    def end(self) -> None:
        """End the process, whatever it is doing, and wait until it is gone."""
        self._process.kill()
        self._process.wait()

    def _ordered(self, order: Line, before_each: Callable[[], None] = lambda: None) -> Line:
        """Send an order; report what happens until it is carried out, or raise why it is not."""
        self._send(as_bytes(order))
        while True:
            line = self._next()
            if "asks" in line:
                before_each()
                self._send(as_bytes({"do": "step"}))
            elif "event" in line:
                self._take(line)
            elif "failed" in line:
                raise error_of(line)
            else:
                return line

    def _take(self, line: Line) -> None:
        event = event_of(line)
        if isinstance(event, StepDone) and event.changed:
            self._changed[event.host].append(event.operation)
        self._emit(event)

    def _send(self, data: bytes) -> None:
        pipe = self._process.stdin
        if pipe is None:
            raise TypeError("an engine without stdin")
        with suppress(BrokenPipeError):  # why it has ended is read next
            pipe.write(data)
            pipe.flush()

    def _next(self) -> Line:
        pipe = self._process.stdout
        if pipe is None:
            raise TypeError("an engine without stdout")
        text = pipe.readline()
        if not text.endswith(b"\n"):
            raise self._gone()
        line: Line = json.loads(text)
        return line

    def _gone(self) -> HostFailed:
        """Return that the process has ended by itself, with the last that it wrote."""
        code = self._process.wait()
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").splitlines()[-_SHOWN:]
        return HostFailed(
            Message(
                "the process that runs pyinfra has ended with exit code {code}\n{output}",
                code=code,
                output="\n".join(f"  {line}" for line in lines),
            ),
            fix=Message("apply again; completed steps are not repeated"),
        )


@contextmanager
def started(root: Path, emit: Emit) -> Iterator[Engine]:
    """Start an engine in the folder `root` for a `with` block; it is gone afterwards.

    Loading pyinfra takes it a second; this process goes on meanwhile.
    """
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as file:
        process = subprocess.Popen(
            [*_ARGV, str(file.fileno())],
            pass_fds=[file.fileno()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            cwd=root,
            start_new_session=True,  # Ctrl-C is for this process, which then ends the other one
        )
        engine = Engine(process, file, said, emit)
        try:
            yield engine
        finally:
            engine.end()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    # What it did not take is of no use any more.
                    with suppress(BrokenPipeError):
                        pipe.close()
