"""Write each event of a run as a line of JSON; docs/operations.md documents the keys."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

import click

from hopthu.events import event as events
from hopthu.events.event import Event
from hopthu.history.record import moment
from hopthu.i18n.catalogue import translate

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


class Json:
    """Writes an object a line: `time`, `event`, and the fields of the event."""

    def __init__(
        self, language: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Write texts in `language`, with the time that `now` returns."""
        self._language, self._now = language, now

    def show(self, event: Event) -> None:
        """Write an event."""
        fields = asdict(event)
        if "text" in fields:
            fields["text"] = translate(fields["text"], self._language)
        if "operation" in fields:
            fields["operation"] = translate(fields["operation"], self._language)
        head = {"time": moment(self._now()), "event": NAMES[type(event)]}
        click.echo(json.dumps(head | fields, ensure_ascii=False), err=True)

    def pause(self) -> None:
        """Do nothing: nothing is drawn."""
