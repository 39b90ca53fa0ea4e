"""The events of a run: every command that works on hosts reports its progress by these alone.

Texts that are `Message`s can be translated. docs/operations.md documents the events as JSON.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hopthu.events.step import Step

Result = Literal["applied", "rolled back", "returned", "failed"]
"""How a host ends: with what is wanted, with an earlier run, as before this run, or unknown."""


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins, which may change these hosts."""

    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """A part of the run begins, described in a few words."""

    text: str


@dataclass(frozen=True, slots=True)
class HostStarted:
    """The first change of a host comes next."""

    host: str


@dataclass(frozen=True, slots=True)
class StepStarted:
    """An operation begins, on all hosts that are being changed."""

    operation: Step


@dataclass(frozen=True, slots=True)
class StepDone:
    """An operation succeeded on a host."""

    host: str
    operation: Step
    changed: bool


@dataclass(frozen=True, slots=True)
class StepFailed:
    """An operation failed on a host."""

    host: str
    operation: Step


@dataclass(frozen=True, slots=True)
class HostFinished:
    """A host has its result; one that is rolled back later has another."""

    host: str
    result: Result
    text: str


@dataclass(frozen=True, slots=True)
class HostUp:
    """A host of a lab has booted and answers."""

    host: str


@dataclass(frozen=True, slots=True)
class MailboxesMoved:
    """So many mailboxes were moved to a host."""

    host: str
    number: int


@dataclass(frozen=True, slots=True)
class MailboxesFilled:
    """So many of all mailboxes were filled from an old server, with so many messages by now."""

    number: int
    total: int
    messages: int


@dataclass(frozen=True, slots=True)
class ProbesDone:
    """So many of all probes have ended; those named are running."""

    number: int
    total: int
    running: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Warned:
    """Something needs attention although nothing failed."""

    text: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing else has happened for so many seconds."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over: so many of all its steps changed something."""

    changed: int
    total: int


Event = (
    RunStarted
    | PhaseStarted
    | HostStarted
    | StepStarted
    | StepDone
    | StepFailed
    | HostFinished
    | HostUp
    | MailboxesMoved
    | MailboxesFilled
    | ProbesDone
    | Warned
    | Waiting
    | Finished
)
Emit = Callable[[Event], None]
"""Receives the events of a run."""
