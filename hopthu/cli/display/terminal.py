"""Show a run on a terminal: one line that rewrites itself, and what people need afterwards."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.text import Text

from hopthu.cli.display.face import filled, lasting
from hopthu.events.event import (
    Event,
    HostFinished,
    HostUp,
    MailboxesFilled,
    PhaseStarted,
    ProbesDone,
    RunStarted,
    StepStarted,
)
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message

_BESIDE_TEXT = 5
"""The columns of the spinner, of the ^C that a terminal echoes behind it, and one free: no wrap."""
_COLOURS = {"✗": "red", "!": "yellow"}


class Terminal:
    """Draws the current phase and step; results and warnings stay above it."""

    def __init__(self, language: str) -> None:
        """Draw in `language` on standard error."""
        self._language = language
        self._console = Console(file=sys.stderr, highlight=False, soft_wrap=True)
        self._status = self._console.status("")
        self._phase = ""
        self._hosts, self._settled = 0, set[str]()

    def show(self, event: Event) -> None:
        """Draw or write an event."""
        match event:
            case PhaseStarted(text=text):
                self._phase = translate(text, self._language)
                self._draw(self._phase)
            case StepStarted(operation=operation):
                self._draw(f"{self._phase}: {translate(operation, self._language)}")
            case ProbesDone(number=number, total=total, running=running):
                probes = Message(
                    "{number} of {total} probes done; {running}",
                    number=number,
                    total=total,
                    running=", ".join(running),
                )
                self._draw(translate(probes, self._language))
            case MailboxesFilled():
                self._draw(translate(filled(event), self._language))
            case RunStarted(hosts=hosts):
                self._hosts = len(hosts)
            case HostFinished(host=host):
                self._settled.add(host)
            case HostUp(host=host):
                self._settled.add(host)
                self._draw(self._phase)
        if line := lasting(event, self._language):
            self._console.print(Text(line, style=_COLOURS.get(line.strip()[0], "")))

    def pause(self) -> None:
        """Take the line away."""
        self._status.stop()

    def _draw(self, text: str) -> None:
        if number := len(self._settled):
            done = Message("({number} of {total} hosts done)", number=number, total=self._hosts)
            text = f"{translate(done, self._language)} {text}"
        line = Text(text)
        line.truncate(max(1, self._console.width - _BESIDE_TEXT), overflow="ellipsis")
        self._status.update(line)
        self._status.start()
