"""A plan kept in a file (Art. 5.1); `hopthu.plan.review` tells whether it is still true.

Beside the plan the file says what it was made from: a digest of what should exist, of each key of
the policy, and of the code that is used: hopthu's own, and what the repository lays over it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from types import UnionType
from typing import Any

from hopthu.daemons.registry import packages
from hopthu.desired.state import Desired, desired
from hopthu.errors import UsageError
from hopthu.model.policy import Policy
from hopthu.plan.plan import Plan, Snapshot
from hopthu.tool import resources
from hopthu.tool.version import tool

_BESIDE = ("deploys", "templates", "schemas")
OF_TOOL = ("hopthu", *_BESIDE)
"""The parts of the code that are hopthu's own."""
_LAID_OVER = ("deploys", "templates")
_SERVERS = ("hosts", "strangers")
_KEPT = {"on": str, "base": str, "checksum": str, "changes": list, "reviewed": dict}
_CHANGE = {"kind": str, "id": str, "action": str, "before": object, "after": object, "summary": str}
_REVIEWED = {"desired": str, "policy": dict, "code": dict, "tool": dict}
_USED = {"version": str, "name": str}
_OF_SERVERS = {"hosts": list, "strangers": list}
_HOST = {"host": str, "files": dict, "services": list, "new_mailboxes": int}
_SERVICE = {"set": str, "summary": str}


@dataclass(frozen=True, slots=True)
class PlanFile:
    """What a file of `hopthu plan --out` says.

    `servers` is what `--live` read there, None for a plan against a revision.
    """

    on: date
    base: str
    checksum: str
    changes: tuple[Mapping[str, Any], ...]
    reviewed: Mapping[str, Any]
    servers: Mapping[str, Any] | None = None


def as_saved(plan: Plan, side: Snapshot, root: Path) -> str:
    """Return the text of the file: the contract of `plan --format json`, and what was reviewed."""
    kept = plan.as_dict() | {"reviewed": digests(side, plan.on, root)}
    return json.dumps(kept, ensure_ascii=False, indent=2) + "\n"


def load_saved(path: Path) -> PlanFile:
    """Read a saved plan; raise `UsageError` where the file is none."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        _shape(kept, _KEPT)
        for change in kept["changes"]:
            _shape(change, _CHANGE)
        _shape(kept["reviewed"], _REVIEWED)
        _shape(kept["reviewed"]["tool"], _USED)
        servers = {name: kept[name] for name in _SERVERS} if _SERVERS[0] in kept else None
        for host in _shape(servers, _OF_SERVERS)["hosts"] if servers else ():
            for service in _shape(host, _HOST)["services"]:
                _shape(service, _SERVICE)
        return PlanFile(
            on=date.fromisoformat(kept["on"]),
            base=kept["base"],
            checksum=kept["checksum"],
            changes=tuple(kept["changes"]),
            reviewed={name: kept["reviewed"][name] for name in _REVIEWED},
            servers=servers,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} is not a plan kept by `hopthu plan --out`", fix="make the plan again"
        ) from error


def _shape(held: Any, wanted: Mapping[str, type | UnionType]) -> Any:
    """Return `held`; raise `TypeError` or `KeyError` unless it has such values under such keys."""
    if not isinstance(held, dict):
        raise TypeError(f"{held!r} is no mapping")
    for name, kind in wanted.items():
        if not isinstance(held[name], kind):
            raise TypeError(f"{name} is {held[name]!r}")
    return held


def digests(side: Snapshot, on: date, root: Path) -> dict[str, Any]:
    """Return what tells whether data, policy and code are still what was reviewed."""
    used = tool()
    return {
        "desired": _digest(_told(desired(side.organisation, side.policy, on))),
        "policy": _policy(side.policy),
        "code": _code(root),
        "tool": {"version": used.version, "name": str(used)},
    }


def _told(state: Desired) -> str:
    return repr((state.mailboxes, state.access, state.reserved, state.domain))


def _policy(policy: Policy) -> dict[str, str]:
    return {f.name: _digest(repr(getattr(policy, f.name))) for f in fields(policy)}


def _code(root: Path) -> dict[str, str]:
    """Return a digest of each part of the code that decides what servers get.

    Packages that bring daemons or roles count by their version. Of a repository's own only what is
    laid over hopthu's counts, each file by its name.
    """
    parts = {"hopthu": resources.PACKAGE, "inventory": root / "inventory"}
    parts |= {name: resources.resource(name) for name in _BESIDE}
    found = {name: _tree(folder) for name, folder in parts.items()}
    found |= {f"package {name}": version for name, version in packages().items()}
    for name in _LAID_OVER:
        for folder in resources.layers(name, root)[:-1]:
            for path in _files(folder):
                content = path.read_bytes()
                key = f"{name}/{path.relative_to(folder).as_posix()}"
                found[key] = hashlib.sha256(content).hexdigest()
    return found


def _tree(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in _files(folder):
        name, content = path.relative_to(folder).as_posix(), path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    # What a wheel carries inside the package are parts of their own.
    carried = resources.CARRIED if folder == resources.PACKAGE else None
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and _counts(path) and not (carried and path.is_relative_to(carried))
    )


def _counts(path: Path) -> bool:
    return "__pycache__" not in path.parts and not path.name.startswith(".")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
