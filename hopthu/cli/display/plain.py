"""Show a run line by line: for pipelines and files."""

from __future__ import annotations

import click

from hopthu.cli.display.face import filled, lasting
from hopthu.events.event import (
    Event,
    MailboxesFilled,
    PhaseStarted,
    ProbesDone,
    StepDone,
    Waiting,
)
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message


class Plain:
    """Writes a line for each phase, each operation that changed hosts, and each result."""

    def __init__(self, language: str) -> None:
        """Write in `language`."""
        self._language = language
        self._operation, self._hosts = "", list[str]()
        self._probes = self._mailboxes = 0

    def show(self, event: Event) -> None:
        """Write the line of an event, if it has one; an operation is told once for all hosts."""
        if isinstance(event, StepDone):
            if event.operation != self._operation:
                self.pause()
            self._operation = event.operation
            self._hosts += [event.host] if event.changed else []
            return
        self.pause()
        match event:
            case PhaseStarted(text=text):
                self._write(f"{translate(text, self._language)} …")
            case ProbesDone(number=number, total=total) if number > self._probes:
                self._probes = number
                done = Message("{number} of {total} probes done", number=number, total=total)
                self._write(f"  {translate(done, self._language)}")
            case MailboxesFilled(number=number) if number > self._mailboxes:
                self._mailboxes = number
                self._write(f"  {translate(filled(event), self._language)}")
            case Waiting(seconds=seconds):
                text = Message("still waiting after {seconds} s", seconds=seconds)
                self._write(f"  … {translate(text, self._language)}")
            case _ if line := lasting(event, self._language):
                self._write(line)

    def pause(self) -> None:
        """Write the operation that was done on hosts."""
        if self._hosts:
            name = translate(self._operation, self._language)
            self._write(f"  ✓ {name}: {', '.join(sorted(self._hosts))}")
        self._operation, self._hosts = "", []

    def _write(self, line: str) -> None:
        click.echo(line, err=True)
