"""How the events of a run are shown, on standard error: the result alone goes to standard output.

A face shows events: on a terminal as one line that rewrites itself, elsewhere as plain lines, or as
JSON. A stream passes the events of a run to the face that was chosen, and says what an early end
leaves.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import get_args

import click
from rich.console import Console
from rich.text import Text

from hopthu.cli.clock import now
from hopthu.errors import HostFailed, Interrupted
from hopthu.events import event as events
from hopthu.events.event import Event, Waiting
from hopthu.events.outcome import Outcome
from hopthu.history.record import moment
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.ssh import Ssh
from hopthu.tool.signals import ended_by_signals

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
NAMES: dict[type[Event], str] = {
    **{kind: _CAPITAL.sub("_", kind.__name__).lower() for kind in get_args(Event)},
    events.Warned: "warning",
}
"""What JSON calls each event; a contract."""
_BESIDE_TEXT = 5
"""The columns of the spinner, of the ^C that a terminal echoes behind it, and one free: no wrap."""
_COLOURS = {"✗": "red", "!": "yellow"}
HEARTBEAT = 30
"""Seconds without an event after which, and as often as which, a run says that it still waits."""


@dataclass
class Face:
    """Shows the events of a run in a language."""

    language: str

    def show(self, event: Event) -> None:
        """Show an event."""
        raise NotImplementedError

    def pause(self) -> None:
        """Stop drawing until the next event, so that others can print or ask."""

    def _said(self, text: str) -> str:
        return translate(text, self.language)

    def _filled(self, event: events.MailboxesFilled) -> str:
        """Return how far the mailboxes are filled from an old server."""
        return self._said(
            Message("{number} of {total} mailboxes done, {messages} messages", **asdict(event))
        )

    def _lasting(self, event: Event) -> str:
        """Return the line that people need after the run too; empty if there is none."""
        match event:
            case events.HostFinished(host=host, text=text):
                return f"{host}: {self._said(text)}"
            case events.HostUp(host=host):
                return self._said(Message("{host} is up", host=host))
            case events.MailboxesMoved(host=host, number=number):
                moved = Message("mailboxes moved here: {number}", number=number)
                return f"{host}: {self._said(moved)}"
            case events.StepFailed(host=host, operation=operation):
                return f"  ✗ {self._said(operation)}: {host}"
            case events.Warned(text=text):
                return f"  ! {self._said(text)}"
        return ""


@dataclass
class Json(Face):
    """Writes an object a line: `time`, which is `now`, `event`, and the fields of the event."""

    now: Callable[[], datetime] = now

    def show(self, event: Event) -> None:
        """Write an event; docs/operations.md documents the keys."""
        fields = asdict(event)
        fields |= {key: self._said(fields[key]) for key in ("text", "operation") if key in fields}
        head = {"time": moment(self.now()), "event": NAMES[type(event)]}
        click.echo(json.dumps(head | fields, ensure_ascii=False), err=True)


@dataclass
class Plain(Face):
    """Writes a line for each phase, each operation that changed hosts, and each result."""

    _operation: str = ""
    _hosts: list[str] = field(default_factory=list)
    _number: int = 0

    def show(self, event: Event) -> None:
        """Write the line of an event, if it has one; an operation is told once for all hosts."""
        if isinstance(event, events.StepDone):
            if event.operation != self._operation:
                self.pause()
            self._operation = event.operation
            self._hosts += [event.host] if event.changed else []
            return
        self.pause()
        if line := self._line(event):
            click.echo(line, err=True)

    def _line(self, event: Event) -> str:
        match event:
            case events.PhaseStarted(text=text):
                return f"{self._said(text)} …"
            case events.ProbesDone(number=number, total=total) if number > self._number:
                self._number = number
                done = Message("{number} of {total} probes done", number=number, total=total)
                return f"  {self._said(done)}"
            case events.MailboxesFilled(number=number) if number > self._number:
                self._number = number
                return f"  {self._filled(event)}"
            case events.Waiting(seconds=seconds):
                waiting = Message("still waiting after {seconds} s", seconds=seconds)
                return f"  … {self._said(waiting)}"
        return self._lasting(event)

    def pause(self) -> None:
        """Write the operation that was done on hosts."""
        if self._hosts:
            hosts = ", ".join(sorted(self._hosts))
            click.echo(f"  ✓ {self._said(self._operation)}: {hosts}", err=True)
        self._operation, self._hosts = "", []


class Terminal(Face):
    """Draws the current phase and step in a line; results and warnings stay above it."""

    def __init__(self, language: str) -> None:
        """Draw in `language` on standard error."""
        super().__init__(language)
        self._console = Console(file=sys.stderr, highlight=False, soft_wrap=True)
        self._status = self._console.status("")
        self._phase = ""
        self._hosts, self._settled = 0, set[str]()

    def show(self, event: Event) -> None:
        """Draw or write an event."""
        match event:
            case events.PhaseStarted(text=text):
                self._phase = self._said(text)
                self._draw(self._phase)
            case events.StepStarted(operation=operation):
                self._draw(f"{self._phase}: {self._said(operation)}")
            case events.ProbesDone(number=number, total=total, running=running):
                self._draw(self._said(Message("{number} of {total} probes done; {running}",
                    number=number, total=total, running=", ".join(running))))  # fmt: skip
            case events.MailboxesFilled():
                self._draw(self._filled(event))
            case events.RunStarted(hosts=hosts):
                self._hosts = len(hosts)
            case events.HostFinished(host=host):
                self._settled.add(host)
            case events.HostUp(host=host):
                self._settled.add(host)
                self._draw(self._phase)
        if line := self._lasting(event):
            self._console.print(Text(line, style=_COLOURS.get(line.strip()[0], "")))

    def pause(self) -> None:
        """Take the line away."""
        self._status.stop()

    def _draw(self, text: str) -> None:
        if number := len(self._settled):
            done = Message("({number} of {total} hosts done)", number=number, total=self._hosts)
            text = f"{self._said(done)} {text}"
        line = Text(text)
        line.truncate(max(1, self._console.width - _BESIDE_TEXT), overflow="ellipsis")
        self._status.update(line)
        self._status.start()


class Stream:
    """Receives the events of a run during a `with` block: an `Emit`.

    `outcome` has what they come to so far.
    """

    def __init__(self, face: Face, clock: Callable[[], float] = time.monotonic) -> None:
        """Show events by `face`; `clock` returns seconds."""
        self.outcome = Outcome()
        self._face, self._clock = face, clock
        self._lock, self._over = threading.RLock(), threading.Event()
        self._last = self._told = clock()
        self._paused = False

    def __enter__(self) -> Stream:
        threading.Thread(target=self._beat, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.pause()

    def __call__(self, event: Event) -> None:
        """Show an event."""
        with self._lock:
            self._last = self._told = self._clock()
            self._paused = False
            self.outcome.add(event)
            self._face.show(event)

    def pause(self) -> None:
        """Stop drawing until the next event, so that others can print or ask."""
        with self._lock:
            self._paused = True
            self._face.pause()

    def tick(self) -> None:
        """Show that the run still waits, if nothing was shown for `HEARTBEAT` seconds."""
        with self._lock:
            now = self._clock()
            if not self._paused and now - self._told >= HEARTBEAT:
                self._told = now
                self._face.show(Waiting(round(now - self._last)))

    def _beat(self) -> None:
        while not self._over.wait(1):
            self.tick()


def stream(progress: str, language: str) -> Stream:
    """Return a stream with the face that the option `--progress` names."""
    if progress == "json":
        return Stream(Json(language))
    if progress == "auto" and sys.stderr.isatty():
        return Stream(Terminal(language))
    return Stream(Plain(language))


@contextmanager
def changing(progress: str, language: str) -> Iterator[tuple[Ssh, Stream]]:
    """Open what a command that changes hosts works with: connections, and what shows its events."""
    with (
        Ssh() as ssh,
        ended_by_signals(),
        stream(progress, language) as events,
        accounted(events, language),
    ):
        yield ssh, events


@contextmanager
def accounted(events: Stream, language: str) -> Iterator[None]:
    """Turn Ctrl-C into `Interrupted`, which says what was done; say it of a failure on hosts too.

    A failure before the first change says by itself that nothing was changed.
    """
    try:
        yield
    except (KeyboardInterrupt, click.Abort) as error:
        events.pause()
        if isinstance(error, click.Abort):  # the cursor stands behind a question
            click.echo(err=True)
        done = events.outcome.sentence()
        again = Message("Interrupted. {done} Run it again to finish what it began.", done=done)
        said = Message("Interrupted. {done}", done=done)
        raise Interrupted(again if events.outcome.begun else said) from error
    except HostFailed:
        events.pause()
        if events.outcome.begun:
            click.echo(translate(events.outcome.sentence(), language), err=True)
        raise
