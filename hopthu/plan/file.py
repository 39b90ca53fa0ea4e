"""A plan kept in a file (Art. 5.1); `hopthu.plan.review` tells whether it is still true.

Beside the plan the file says what it was made from: a digest of what should exist, of each key of
the policy, and of the code: its templates, schemas, deploys and inventories.
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

from hopthu.desired.state import Desired, desired
from hopthu.errors import UsageError
from hopthu.model.policy import Policy
from hopthu.plan.plan import Plan, Snapshot

_CODE = ("deploys", "templates", "schemas", "inventory")
_SERVERS = ("hosts", "strangers")
_KEPT = {"on": str, "base": str, "checksum": str, "changes": list, "reviewed": dict}
_CHANGE = {"kind": str, "id": str, "action": str, "before": object, "after": object, "summary": str}
_REVIEWED = {"desired": str, "policy": dict, "code": dict}
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
    package = Path(__file__).parents[1]
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
