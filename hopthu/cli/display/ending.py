"""Say what was done and what was not when a run ends early."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from hopthu.cli.display.stream import Stream, stream
from hopthu.errors import HostFailed, Interrupted
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.ssh import Ssh
from hopthu.tool.signals import ended_by_signals


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
        if not events.outcome.begun:
            raise Interrupted(Message("Interrupted. {done}", done=done)) from error
        raise Interrupted(
            Message("Interrupted. {done} Run it again to finish what it began.", done=done)
        ) from error
    except HostFailed:
        events.pause()
        if events.outcome.begun:
            click.echo(translate(events.outcome.sentence(), language), err=True)
        raise
