"""Pass the events of a run to the face that shows them, and say what an early end leaves."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from hopthu.cli.display.faces import Face, Json, Plain, Terminal
from hopthu.errors import HostFailed, Interrupted
from hopthu.events.event import Event, Waiting
from hopthu.events.outcome import Outcome
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.ssh import Ssh
from hopthu.tool.signals import ended_by_signals

HEARTBEAT = 30
"""Seconds without an event after which, and as often as which, a run says that it still waits."""


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
