"""A plan kept in a file, and whether it is still true when it is applied (Art. 5.1).

Beside the plan the file says what it was made from: a digest of what should exist, of each key of
the policy, and of the code, its templates, schemas and deploys.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from hopthu.changes import diff
from hopthu.desired import Desired, desired
from hopthu.errors import Refused, UsageError
from hopthu.plan import Plan, Side, compare
from hopthu.policy import Policy

_CODE = ("deploys", "templates", "schemas")
_TOLD = 5
"""Of what moved a reader is told so many."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What a file of `hopthu plan --out` says."""

    on: date
    base: str
    checksum: str
    changes: tuple[Mapping[str, Any], ...]
    reviewed: Mapping[str, Any]


def as_saved(plan: Plan, side: Side, root: Path) -> str:
    """Return the text of the file: the contract of `plan --format json`, and what was reviewed."""
    kept = plan.as_dict() | {"reviewed": _reviewed(side, plan.on, root)}
    return json.dumps(kept, ensure_ascii=False, indent=2) + "\n"


def load_saved(path: Path) -> Saved:
    """Read a saved plan; raise `UsageError` where the file is none."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Saved(
            on=date.fromisoformat(kept["on"]),
            base=kept["base"],
            checksum=kept["checksum"],
            changes=tuple(kept["changes"]),
            reviewed={name: kept["reviewed"][name] for name in ("desired", "policy", "code")},
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} is not a plan kept by `hopthu plan --out`", fix="make the plan again"
        ) from error


def confirm(saved: Saved, before: Side, after: Side, on: date, root: Path) -> None:
    """Raise `Refused` unless the plan is still what would happen on the day `on`.

    `before` is the revision it was made against. It is made again from there, with its guards, so
    that nothing in the file has to be believed.
    """
    changes, guards = compare(before, after, saved.on, judged=on)
    if stopped := [guard for guard in guards if not guard.passed]:
        named = ", ".join(f"{guard.id} in {guard.scope}" for guard in stopped)
        raise Refused(f"guards stop the plan: {named}", fix="see `hopthu plan`; plan less at once")
    plan = Plan(saved.on, saved.base, "", changes)
    moved = [*_moved(saved, plan, after, on, root)]
    if moved:
        more = [f"and {len(moved) - _TOLD} more"] if len(moved) > _TOLD else []
        listed = "".join(f"\n  {line}" for line in (*moved[:_TOLD], *more))
        raise Refused(
            f"the plan is no longer what was reviewed:{listed}", fix="plan and review again"
        )


def _moved(saved: Saved, plan: Plan, after: Side, on: date, root: Path) -> Iterator[str]:
    now = _reviewed(after, saved.on, root)
    for name in ("code", "policy"):
        was, here = saved.reviewed[name], now[name]
        yield from (
            f"{name}: {key} is not as it was reviewed"
            for key in sorted(was.keys() | here.keys())
            if was.get(key) != here.get(key)
        )
    told = [*_data(saved, plan)]
    yield from told
    if not told and saved.reviewed["desired"] != now["desired"]:
        yield "data: what should exist is not as it was reviewed"
    if on != saved.on:
        then = desired(after.organisation, after.policy, saved.on)
        for change in diff(then, desired(after.organisation, after.policy, on)):
            yield f"due since {saved.on}: {change.summary}"


def _data(saved: Saved, plan: Plan) -> Iterator[str]:
    """Yield what would be done and was not reviewed, and the reverse."""
    if saved.checksum == plan.checksum:
        return
    was, now = (
        {json.dumps(change, sort_keys=True): change["summary"] for change in changes}
        for changes in (saved.changes, [change.as_dict() for change in plan.changes])
    )
    yield from (f"data: not reviewed: {now[key]}" for key in now if key not in was)
    yield from (f"data: no longer planned: {was[key]}" for key in was if key not in now)
    if was == now:
        yield "the file: its checksum is not that of its changes"


def _reviewed(side: Side, on: date, root: Path) -> dict[str, Any]:
    return {
        "desired": _digest(_told(desired(side.organisation, side.policy, on))),
        "policy": _policy(side.policy),
        "code": _code(root),
    }


def _told(state: Desired) -> str:
    return repr((state.mailboxes, state.access, state.reserved, state.domain))


def _policy(policy: Policy) -> dict[str, str]:
    return {f.name: _digest(repr(getattr(policy, f.name))) for f in fields(policy)}


def _code(root: Path) -> dict[str, str]:
    """Return a digest of each part of the code that decides what servers get."""
    package = Path(__file__).parent
    parts = {"hopthu": package} | {name: root / name for name in _CODE}
    return {name: _tree(folder) for name, folder in parts.items()}


def _tree(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and _counts(p)):
        name, content = path.relative_to(folder).as_posix(), path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _counts(path: Path) -> bool:
    return "__pycache__" not in path.parts and not path.name.startswith(".")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
