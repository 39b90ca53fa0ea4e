"""Whether a plan that was kept is still true when it is applied: what no server need be asked.

`hopthu.apply.authorise` goes on from here with what the servers hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hopthu.desired.state import desired
from hopthu.errors import Refused
from hopthu.plan.baseline import load_baseline
from hopthu.plan.diff import diff
from hopthu.plan.file import OF_TOOL, PlanFile, digests, load_saved
from hopthu.plan.guards.result import Guard
from hopthu.plan.plan import Plan, Snapshot, compare
from hopthu.validate import Loaded

_TOLD = 5
"""Of what moved a reader is told so many."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A plan that was reviewed and, as far as the data says it, is still true.

    `before` is the revision it was made against and `plan` the same plan, made again; both are None
    for a plan against servers, which only they can confirm.
    """

    saved: PlanFile
    before: Snapshot | None = None
    plan: Plan | None = None


def review(path: Path, root: Path, loaded: Loaded, on: date) -> Reviewed:
    """Return the plan kept in the file `path`; ask no server.

    Raises `UsageError` where the file is no plan, and `Refused` when data, policy or code differ
    from what was reviewed, something has come due since, or a guard stops it on the day `on`.
    """
    saved = load_saved(path)
    after = Snapshot(loaded.organisation, loaded.policy, loaded.source)
    if saved.servers is not None:
        refuse([*_inputs(saved, after, root), *_due(saved, after, on)])
        return Reviewed(saved)
    before, _ = load_baseline(root, saved.base, loaded)
    plan = confirm(saved, before, after, on, root)
    return Reviewed(saved, before, plan)


def confirm(saved: PlanFile, before: Snapshot, after: Snapshot, on: date, root: Path) -> Plan:
    """Return the plan from the revision `before`, made again, so that no file has to be believed.

    Raises `Refused` unless it is still what would happen on the day `on`, and its guards pass.
    """
    changes, guards = compare(before, after, saved.on, judged=on)
    stop(guards)
    plan = Plan(saved.on, saved.base, "", changes, guards)
    told = [*_data(saved, plan)]
    if not told and saved.reviewed["desired"] != digests(after, saved.on, root)["desired"]:
        told = ["data: what should exist is not as it was reviewed"]
    refuse([*_inputs(saved, after, root), *told, *_due(saved, after, on)])
    return plan


def stop(guards: Iterable[Guard]) -> None:
    """Raise `Refused` where a guard does not pass."""
    stopped = [
        f"{guard.id} in {guard.scope} ({guard.actual}, at most {guard.limit})"
        for guard in guards
        if not guard.passed
    ]
    if stopped:
        raise Refused(
            f"guards stop the plan: {', '.join(stopped)}",
            fix="see `hopthu plan`; plan less at once",
        )


def refuse(moved: Sequence[str], fix: str = "plan and review again") -> None:
    """Raise `Refused` where anything moved, naming the first of it."""
    if moved:
        more = [f"and {len(moved) - _TOLD} more"] if len(moved) > _TOLD else []
        listed = "".join(f"\n  {line}" for line in (*moved[:_TOLD], *more))
        raise Refused(f"the plan is no longer what was reviewed:{listed}", fix=fix)


def _inputs(saved: PlanFile, after: Snapshot, root: Path) -> Iterator[str]:
    now = digests(after, saved.on, root)
    was, here = saved.reviewed["tool"], now["tool"]
    other_code = any(saved.reviewed["code"].get(part) != now["code"][part] for part in OF_TOOL)
    # Another commit with the very same code is the same tool.
    if was["version"] != here["version"] or (other_code and was["name"] != here["name"]):
        yield f"tool: it was reviewed with hopthu {was['name']}, this is hopthu {here['name']}"
    for name in ("code", "policy"):
        was, here = saved.reviewed[name], now[name]
        yield from (
            f"{name}: {key} is not as it was reviewed"
            for key in sorted(was.keys() | here.keys())
            if was.get(key) != here.get(key)
        )


def _due(saved: PlanFile, after: Snapshot, on: date) -> Iterator[str]:
    if on != saved.on:
        then = desired(after.organisation, after.policy, saved.on)
        for change in diff(then, desired(after.organisation, after.policy, on)):
            yield f"due since {saved.on}: {change.summary}"


def _data(saved: PlanFile, plan: Plan) -> Iterator[str]:
    """Yield what would be done and was not reviewed, and the reverse."""
    if saved.checksum == plan.checksum:
        return
    was, now = (
        {json.dumps(change, sort_keys=True): change for change in changes}
        for changes in (saved.changes, [change.as_dict() for change in plan.changes])
    )
    for told, changes in (
        ("not reviewed", [now[key] for key in now if key not in was]),
        ("no longer planned", [was[key] for key in was if key not in now]),
    ):
        # Keys of the policy are named by their digests.
        yield from (f"data: {told}: {c['summary']}" for c in changes if c["kind"] != "policy")
    if was == now:
        yield "the file: its checksum is not that of its changes"
