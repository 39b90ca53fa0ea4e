"""The faces: each shows the events of a run in its way, on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.text import Text

from hopthu.events import event as events
from hopthu.events.event import Event
from hopthu.history.record import moment
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message

NAMES: dict[type[Event], str] = {
    events.RunStarted: "run_started",
    events.PhaseStarted: "phase_started",
    events.HostStarted: "host_started",
    events.StepStarted: "step_started",
    events.StepDone: "step_done",
    events.StepFailed: "step_failed",
    events.HostFinished: "host_finished",
    events.HostUp: "host_up",
    events.MailboxesMoved: "mailboxes_moved",
    events.MailboxesFilled: "mailboxes_filled",
    events.ProbesDone: "probes_done",
    events.Warned: "warning",
    events.Waiting: "waiting",
    events.Finished: "finished",
}
"""What JSON calls each event; a contract."""
_BESIDE_TEXT = 5
"""The columns of the spinner, of the ^C that a terminal echoes behind it, and one free: no wrap."""
_COLOURS = {"✗": "red", "!": "yellow"}


class Face:
    """Shows the events of a run in a language."""

    def __init__(self, language: str) -> None:
        """Write texts in `language`."""
        self._language = language

    def show(self, event: Event) -> None:
        """Show an event."""
        raise NotImplementedError

    def pause(self) -> None:
        """Stop drawing until the next event, so that others can print or ask."""

    def _said(self, text: str) -> str:
        return translate(text, self._language)

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


class Json(Face):
    """Writes an object a line: `time`, `event`, and the fields of the event."""

    def __init__(
        self, language: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Write texts in `language`, with the time that `now` returns."""
        super().__init__(language)
        self._now = now

    def show(self, event: Event) -> None:
        """Write an event; docs/operations.md documents the keys."""
        fields = asdict(event)
        fields |= {key: self._said(fields[key]) for key in ("text", "operation") if key in fields}
        head = {"time": moment(self._now()), "event": NAMES[type(event)]}
        click.echo(json.dumps(head | fields, ensure_ascii=False), err=True)


class Plain(Face):
    """Writes a line for each phase, each operation that changed hosts, and each result."""

    def __init__(self, language: str) -> None:
        """Write in `language`."""
        super().__init__(language)
        self._operation, self._hosts = "", list[str]()
        self._probes = self._mailboxes = 0

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
            case events.ProbesDone(number=number, total=total) if number > self._probes:
                self._probes = number
                done = Message("{number} of {total} probes done", number=number, total=total)
                return f"  {self._said(done)}"
            case events.MailboxesFilled(number=number) if number > self._mailboxes:
                self._mailboxes = number
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
