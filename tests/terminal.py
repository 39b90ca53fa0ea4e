"""A program on a pseudo-terminal, and what its screen shows in the end."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyte

COLUMNS, ROWS = 80, 24
SILENCE = 180
"""Seconds without a word after which a program is taken to wait for an answer that nobody gives."""


@dataclass(frozen=True)
class Shown:
    """How a program ended, all it wrote, and the lines somebody sees who scrolls up."""

    code: int
    raw: bytes
    lines: tuple[str, ...]


def run(
    argv: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    answers: Sequence[tuple[str, str]] = (),
    before: Callable[[], object] = lambda: None,
) -> Shown:
    """Run a program to its end on a terminal of 80 columns; answer each question it asks.

    `before` is called while the program waits for each answer.

    It is ended, which its exit code shows, if it waits for more. It uses no pager but one that the
    environment names.
    """
    environment = {"HOPTHU_PAGER": "cat", **environment, "TERM": "xterm-256color"}
    child, terminal = pty.fork()
    if child == 0:
        # Tests that run in the background may ignore Ctrl-C, and their children with them.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.chdir(cwd)
        os.execvpe(argv[0], list(argv), environment)  # noqa: S606
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    written, waiting = b"", list(answers)
    while said := _more(child, terminal):
        written += said
        if waiting and waiting[0][0].encode() in written:
            _until_it_waits(child)
            before()
            os.write(terminal, waiting.pop(0)[1].encode())
    os.close(terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return Shown(code, written, _seen(written))


def _until_it_waits(child: int) -> None:
    """Return once a program sleeps: a Ctrl-C between its question and its read() would be lost.

    Python notes a signal and looks at it when read() is interrupted, which has not begun by then.
    """
    while Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "R":
        time.sleep(0.001)


def _more(child: int, terminal: int) -> bytes:
    if not select.select([terminal], [], [], SILENCE)[0]:
        os.kill(child, signal.SIGKILL)
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux tells that the other end is closed
        return b""


def _seen(written: bytes) -> tuple[str, ...]:
    screen = pyte.HistoryScreen(COLUMNS, ROWS, history=100_000)
    pyte.ByteStream(screen).feed(written)
    above = ("".join(row[column].data for column in range(COLUMNS)) for row in screen.history.top)
    lines = [line.rstrip() for line in (*above, *screen.display)]
    while lines and not lines[-1]:
        lines.pop()
    return tuple(lines)
