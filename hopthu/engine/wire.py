"""What the operator's process and the engine say to each other, over two pipes.

The operator's process gives orders, the first with a `Request` in a file; the engine reports. Both
write JSON, an object a line. A sentence is sent with its template and values, for the language is
known to the operator's process alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from hopthu import errors
from hopthu.daemons.site import Site
from hopthu.directory.ldif import Entries
from hopthu.errors import HopthuError
from hopthu.events.event import Event, StepDone, StepFailed, StepStarted, Warned
from hopthu.events.step import Step
from hopthu.i18n.message import Message
from hopthu.operations.answers import Answers, Compared

Line = dict[str, Any]
_EVENTS: tuple[type[Event], ...] = (StepStarted, StepDone, StepFailed, Warned)


@dataclass(frozen=True, slots=True)
class Request:
    """What a run needs: the repository, the inventory file, what is wanted, and on which hosts."""

    root: Path
    inventory: Path
    site: Site
    hosts: Sequence[str]


def of_answers(answers: Answers) -> Line:
    """Return what hosts have answered, as part of a line."""
    return asdict(answers)


def answers_of(told: Mapping[str, Any]) -> Answers:
    """Return what hosts have answered."""
    if compared := told["compared"]:
        both = {name: _entries(compared[name]) for name in ("there", "meant")}
        told = {**told, "compared": Compared(**{**compared, **both})}
    return Answers(**told)


def _entries(told: Mapping[str, Mapping[str, Sequence[str]]]) -> Entries:
    return {dn: {name: tuple(each) for name, each in told[dn].items()} for dn in told}


def of_event(event: Event) -> Line:
    """Return the line of an event of a step, or of a warning."""
    told = {each.name: getattr(event, each.name) for each in fields(event)}
    return {"event": type(event).__name__, **{k: _packed(v) for k, v in told.items()}}


def event_of(line: Mapping[str, Any]) -> Event:
    """Return the event of a line."""
    (kind,) = (each for each in _EVENTS if each.__name__ == line["event"])
    return kind(**{each.name: _unpacked(line[each.name]) for each in fields(kind)})


def of_steps(
    steps: Mapping[str, Sequence[Step]],
    operations: int,
    files: Mapping[str, Mapping[str, str]],
) -> Line:
    """Return the line of the steps that would change hosts, of so many operations.

    `files` are the facts of the files that each host is meant to have, by path.
    """
    packed = {host: [*map(_packed, each)] for host, each in steps.items()}
    return {"steps": packed, "of": operations, "files": files}


def steps_of(line: Mapping[str, Any]) -> Mapping[str, Sequence[Step]]:
    """Return the steps of a line, by host."""
    return {host: [*map(_unpacked, each)] for host, each in line["steps"].items()}


def of_error(error: HopthuError) -> Line:
    """Return the line of a failure."""
    fix = None if error.fix is None else _packed(error.fix)
    return {"failed": type(error).__name__, "what": _packed(error.what), "fix": fix}


def error_of(line: Mapping[str, Any]) -> HopthuError:
    """Return the failure of a line."""
    kind: type[HopthuError] = getattr(errors, line["failed"])
    fix = None if line["fix"] is None else _unpacked(line["fix"])
    return kind(_unpacked(line["what"]), fix=fix)


def as_bytes(line: Line) -> bytes:
    """Return a line as it is sent."""
    return json.dumps(line).encode() + b"\n"


def _packed(value: object) -> object:
    if isinstance(value, Step):
        return {"step": _packed(value.values["name"]), "effect": value.effect}
    if isinstance(value, Message):
        values = {name: _packed(each) for name, each in value.values.items()}
        return {"template": value.template, "values": values}
    return value


def _unpacked(part: Any) -> Any:
    if isinstance(part, dict) and "step" in part:
        return Step(_unpacked(part["step"]), part["effect"])
    if isinstance(part, dict):
        return Message(part["template"], **{k: _unpacked(v) for k, v in part["values"].items()})
    return part
