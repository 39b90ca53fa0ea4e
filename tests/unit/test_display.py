"""The faces of a run: plain lines and JSON, on standard error, in both languages."""

import json
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import click
import pytest

from hopthu.cli.display import HEARTBEAT, NAMES, Json, Plain, Stream, accounted
from hopthu.errors import HostFailed, Interrupted
from hopthu.events.event import (
    Event,
    HostFinished,
    HostStarted,
    HostUp,
    MailboxesFilled,
    MailboxesMoved,
    PhaseStarted,
    ProbesDone,
    RunStarted,
    StepDone,
    StepFailed,
    StepStarted,
    Waiting,
    Warned,
)
from hopthu.events.outcome import Outcome
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message

Said = pytest.CaptureFixture[str]
DOCUMENTED = Path(__file__).parents[2] / "docs" / "operations.md"
RUN: tuple[Event, ...] = (
    RunStarted(("dir1", "edge1", "store1")),
    PhaseStarted(Message("checking hosts")),
    StepStarted("Configure"),
    StepDone("store1", "Configure", changed=True),
    StepDone("dir1", "Configure", changed=True),
    StepDone("edge1", "Configure", changed=False),
    StepStarted("Reload"),
    StepDone("dir1", "Reload", changed=False),
    StepFailed("edge1", "Reload"),
    Warned("late"),
    HostFinished("dir1", "applied", Message("applied; health checks passed")),
    MailboxesMoved("store1", 3),
    MailboxesFilled(0, 2, 17),
)
PLAIN = """\
checking hosts …
  ✓ Configure: dir1, store1
  ✗ Reload: edge1
  ! late
dir1: applied; health checks passed
store1: mailboxes moved here: 3
"""


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.now = 0.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


def test_plain_lines_tell_what_changed(capsys: Said) -> None:
    """An operation is told once for all hosts, and not where it changed nothing."""
    face = Plain("en")
    for event in RUN:
        face.show(event)
    told = capsys.readouterr()
    assert ("", PLAIN) == (told.out, told.err)


def test_plain_lines_count_the_probes_that_have_ended(capsys: Said) -> None:
    """A line for each more, not for each that begins."""
    face = Plain("en")
    for number, running in ((0, ("a",)), (0, ("a", "b")), (1, ("b",)), (1, ("b", "c")), (3, ())):
        face.show(ProbesDone(number, 3, running))
    assert "  1 of 3 probes done\n  3 of 3 probes done\n" == capsys.readouterr().err


def test_plain_lines_count_the_mailboxes_that_are_filled(capsys: Said) -> None:
    """A line for each more, with the messages that have come by then."""
    face = Plain("en")
    for number, messages in ((0, 5), (0, 10), (1, 20), (1, 30), (2, 40)):
        face.show(MailboxesFilled(number, 2, messages))
    assert capsys.readouterr().err == (
        "  1 of 2 mailboxes done, 20 messages\n  2 of 2 mailboxes done, 40 messages\n"
    )


def test_plain_lines_come_in_vietnamese(capsys: Said) -> None:
    """As every sentence does."""
    face = Plain("vi")
    face.show(PhaseStarted(Message("checking hosts")))
    face.show(Waiting(60))
    told = capsys.readouterr().err
    assert "checking" not in told
    assert "waiting" not in told
    assert "60" in told


def test_json_has_an_object_for_each_event(capsys: Said) -> None:
    """Each with its name, the time and its fields."""
    face = Json("en", now=lambda: datetime(2026, 11, 25, 3, 0, tzinfo=UTC))
    for event in RUN:
        face.show(event)
    told = capsys.readouterr()
    assert "" == told.out
    lines = [json.loads(line) for line in told.err.splitlines()]
    assert [NAMES[type(event)] for event in RUN] == [line["event"] for line in lines]
    assert {
        "time": lines[0]["time"],
        "event": "step_done",
        "host": "store1",
        "operation": "Configure",
        "changed": True,
    } == lines[3]
    assert lines[0]["time"].startswith("2026-11-25T03:00")


def test_a_lab_comes_up_in_plain_lines_and_json(capsys: Said) -> None:
    """As any run does: its hosts one by one, in both languages."""
    booting = PhaseStarted(Message("booting {number} hosts: {names}", number=1, names="dir1"))
    for language, line in (("en", "dir1 is up"), ("vi", "dir1 đã chạy")):
        face = Plain(language)
        for event in (RunStarted(("dir1",)), booting, HostUp("dir1")):
            face.show(event)
        assert line == capsys.readouterr().err.splitlines()[-1]
    Json("en").show(HostUp("dir1"))
    told = json.loads(capsys.readouterr().err)
    assert ("host_up", "dir1") == (told["event"], told["host"])


def test_every_event_and_key_of_json_is_documented() -> None:
    """A reader of the stream needs all of them."""
    page = DOCUMENTED.read_text(encoding="utf-8")
    assert set(NAMES) == set(get_args(Event))
    for kind, name in NAMES.items():
        (row,) = (line for line in page.splitlines() if line.startswith(f"| `{name}`"))
        for key in fields(kind):
            assert f"`{key.name}`" in row, row


def test_long_steps_have_a_heartbeat(capsys: Said) -> None:
    """At most one each 30 s, counted from the last event; none while a question is open."""
    clock = Clock()
    events = Stream(Plain("en"), clock)
    events(PhaseStarted("moving"))
    for clock.now in (29.0, 30.0, 31.0, 59.0, 60.0, 61.0):
        events.tick()
    events(PhaseStarted("next"))
    clock.now += HEARTBEAT - 1
    events.tick()
    events.pause()
    clock.now += 10 * HEARTBEAT
    events.tick()
    assert [
        "moving …",
        "  … still waiting after 30 s",
        "  … still waiting after 60 s",
        "next …",
    ] == capsys.readouterr().err.splitlines()


def test_an_outcome_names_every_host_once() -> None:
    """The last result of a host counts; one that was begun and has none may be anything."""
    outcome = Outcome()
    assert "Nothing was changed." == outcome.sentence()
    outcome.add(RunStarted(("access1", "dir1", "edge1", "store1")))
    assert "Nothing was changed." == outcome.sentence()
    for host in ("dir1", "store1", "access1"):
        outcome.add(HostStarted(host))
    outcome.add(HostFinished("dir1", "applied", "applied"))
    outcome.add(HostFinished("store1", "applied", "applied"))
    outcome.add(HostFinished("store1", "returned", "rolled back"))
    assert (
        "Applied: dir1. As before this run: store1. Neither applied nor known to be as before: "
        "access1. Not changed: edge1."
    ) == outcome.sentence()


def ended(events: Stream, *before: Event, by: BaseException) -> None:
    """Let a run end by an error after some events."""
    with accounted(events, "en"):
        for event in before:
            events(event)
        raise by


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interruption_tells_what_is_done(error: BaseException) -> None:
    """In one paragraph, in both languages; before the first change it says that nothing was."""
    events = Stream(Plain("en"), Clock())
    with pytest.raises(Interrupted) as nothing:
        ended(events, RunStarted(("dir1", "edge1")), by=error)
    assert "Interrupted. Nothing was changed." == nothing.value.what
    applied = HostFinished("dir1", "applied", "applied")
    with pytest.raises(Interrupted) as some:
        ended(events, HostStarted("dir1"), applied, by=error)
    assert (
        "Interrupted. Applied: dir1. Not changed: edge1. Run it again to finish what it began."
    ) == some.value.what
    assert 130 == some.value.exit_code
    vietnamese = translate(some.value.what, "vi")
    assert not [word for word in ("Applied", "Not changed", "Run it") if word in vietnamese]


def test_a_failure_tells_what_is_done_before_the_error(capsys: Said) -> None:
    """Unless nothing was begun: then the error says so."""
    events = Stream(Plain("en"), Clock())
    failure = HostFailed(Message("edge1 is gone"))
    with pytest.raises(HostFailed):
        ended(events, RunStarted(("dir1", "edge1")), by=failure)
    assert "" == capsys.readouterr().err
    returned = HostFinished("edge1", "returned", "rolled back")
    with pytest.raises(HostFailed):
        ended(events, HostStarted("edge1"), returned, by=failure)
    assert capsys.readouterr().err.endswith("As before this run: edge1. Not changed: dir1.\n")
