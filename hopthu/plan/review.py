"""Check whether a saved plan is still current when it is applied, as far as the data tells.

`hopthu.apply.authorise` then compares it with the servers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from hopthu.desired.state import desired
from hopthu.errors import Refused
from hopthu.git.baseline import load_baseline
from hopthu.git.repository import Repository
from hopthu.i18n.joining import joined, some_lines
from hopthu.i18n.message import Message
from hopthu.model.organisation import Organisation
from hopthu.model.phrases import describe_day
from hopthu.plan.code_changes import code_changes
from hopthu.plan.diff import diff
from hopthu.plan.edit_words import Words
from hopthu.plan.edits import Edit
from hopthu.plan.file import PARTS, PlanFile, digests, load_saved
from hopthu.plan.findings import allowance, findings
from hopthu.plan.guards.result import Guard
from hopthu.plan.plan import Plan, between
from hopthu.tool.version import tool
from hopthu.validate import Loaded

_FIX = Message("plan and review again")
_key = partial(json.dumps, sort_keys=True)
_MAX_SHOWN = 5
"""The most differences that an error lists."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A plan that was reviewed and, by the data, is still current.

    `before` is the revision it was made against and `plan` the same plan, computed again. Both are
    None for a plan against servers, which only the servers can confirm.
    """

    saved: PlanFile
    before: Loaded | None = None
    plan: Plan | None = None


def review(path: Path, repository: Repository, loaded: Loaded, on: date) -> Reviewed:
    """Return the plan saved in the file `path`, without contacting a server.

    Raises `UsageError` if the file is not a saved plan, and `Refused` if data, policy or code
    differ from what was reviewed, if changes have come due since, or if a guard refuses the plan
    on the day `on`.
    """
    saved = load_saved(path)
    if saved.of_servers:
        refuse([*_inputs(saved, loaded, repository.root), *_due(saved, loaded, on)])
        return Reviewed(saved)
    before, _ = load_baseline(repository, saved.base, loaded)
    plan = confirm(saved, before, loaded, on, repository)
    return Reviewed(saved, before, plan)


def confirm(
    saved: PlanFile, before: Loaded, after: Loaded, on: date, repository: Repository
) -> Plan:
    """Compute the plan from the revision `before` again; the saved file is not trusted.

    Raises `Refused` unless the saved plan is still what would happen on the day `on`, and its
    guards accept it.
    """
    plan = between(before, after, saved.on, saved.base, on)
    files = code_changes(repository, saved.base, (*before.source.files, *after.source.files))
    plan = replace(plan, code=files)
    stop(plan.guards, after.organisation, on)
    # What an edit writes is all by which its data differs from the base.
    differences = [*_differing(saved, plan)] or [*_inputs(saved, after, repository.root)]
    refuse([*differences, *_due(saved, after, on)])
    return plan


def stop(guards: Sequence[Guard], organisation: Organisation, on: date) -> None:
    """Raise `Refused` if a guard does not accept the plan."""
    stopped = [sentence for guard, sentence in findings(guards, organisation) if not guard.passed]
    if stopped:
        head = Message("the plan exceeds its guards:")
        raise Refused(
            joined([head, *stopped], "\n  "),
            fix=allowance(guards, on) or Message("see `hopthu plan`; change less at once"),
        )


def refuse(differences: Sequence[str], fix: Message = _FIX) -> None:
    """Raise `Refused` if there are differences; the error lists the first ones."""
    if differences:
        head = Message("the plan no longer matches what was reviewed:")
        raise Refused(some_lines([head, *differences], 1 + _MAX_SHOWN, "\n  "), fix=fix)


def _inputs(saved: PlanFile, after: Loaded, root: Path) -> Iterator[Message]:
    """Yield what differs of code, files that override it, and policy."""
    was, now = saved.content["reviewed"], digests(after.policy, root)
    differing = [key for key in sorted(was.keys() | now.keys()) if was.get(key) != now.get(key)]
    # Another commit with the same code is the same tool.
    if differing and saved.content["tool"] != str(tool()):
        yield Message(
            "tool: the plan was reviewed with hopthu {reviewed}, this is hopthu {current}",
            reviewed=saved.content["tool"], current=tool(),
        )  # fmt: skip
    yield from (Message("{what} differs from what was reviewed", what=key) for key in differing)


def _due(saved: PlanFile, after: Loaded, on: date) -> Iterator[Message]:
    """Yield the changes that have come due since the day of the plan."""
    if on != saved.on:
        then = desired(after.organisation, after.policy, saved.on)
        for change in diff(then, desired(after.organisation, after.policy, on)):
            day = describe_day(saved.on)
            yield Message("due since {day}: {change}", day=day, change=change.summary)


def _differing(saved: PlanFile, plan: Plan) -> Iterator[Message]:
    """Yield what was not reviewed of rows, changes and files, and what is no longer planned."""
    if saved.checksum == plan.checksum:
        return
    was = {_key(each): each for part in PARTS for each in saved.content[part]}
    entries = (each for part in PARTS for each in plan.as_dict()[part])
    texts = (*plan.written(), *(change.summary for change in (*plan.lines(), *plan.code)))
    now = dict(zip(map(_key, entries), texts, strict=True))
    for key, text in now.items():
        if key not in was:
            yield Message("not reviewed: {change}", change=text)
    for key, each in was.items():
        if key not in now:
            yield Message("no longer planned: {change}", change=_said(each, plan.words))
    if was.keys() == now.keys():
        yield Message("file: the checksum does not match the changes")


def _said(each: Mapping[str, Any], words: Words | None) -> str:
    """Return the line of an entry of a saved plan: of a change as saved, of a row in words."""
    if words and "list" in each:
        return words.sentence(Edit(**{**each, "basis": tuple(each["basis"])}))
    text: str = each["summary"]
    return text
