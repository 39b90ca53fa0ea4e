"""Save a plan to a file and load it (Art. 5.1); `hopthu.plan.review` checks that it is current.

Besides the plan the file has digests of what the plan was made with: each key of the policy, and
the code, both hopthu's own and the repository's files that override it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from hopthu.daemons.registry import packages
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.model.policy import Policy
from hopthu.plan.plan import Plan
from hopthu.tool import code, resources
from hopthu.tool.version import tool

_OUTSIDE_PACKAGE = ("deploys", "templates", "schemas")
_OVERRIDABLE = ("deploys", "templates")
_CHANGE = {"kind": str, "id": str, "action": str, "before": object, "after": object, "summary": str}
_EDIT = {"kind": str, "id": str, "list": str, "day": str, "place": int, "action": str,
         "before": dict, "after": dict, "basis": list}  # fmt: skip
_PLAN = {
    "on": str, "base": str, "checksum": str, "tool": str, "reviewed": dict, "changes": [_CHANGE],
    "edits": [_EDIT], "later": [_CHANGE | {"on": str}], "code": [_CHANGE],
}  # fmt: skip
_SERVICE = {"set": str, "summary": str}
_HOST = {"host": str, "files": dict, "services": [_SERVICE], "stopped": list,
         "new_mailboxes": int}  # fmt: skip
_OF_SERVERS = {"hosts": [_HOST], "strangers": list}
"""What a saved plan has: of each key the type of its value, or what that has in turn."""
PARTS = ("edits", "changes", "later", "code")
"""What was reviewed of a plan."""
_AGAIN = Message("create the plan again")


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A file written by `hopthu plan --out`: its `content` is the plan as JSON, and `reviewed`."""

    on: date
    base: str
    checksum: str
    content: Mapping[str, Any]

    @property
    def of_servers(self) -> bool:
        """Return whether the plan is one against servers, not between revisions."""
        return "hosts" in self.content


def as_saved(plan: Plan, policy: Policy, root: Path) -> str:
    """Return the text of the file: the plan as JSON, and digests of what was reviewed."""
    saved = plan.as_dict() | {"tool": str(tool()), "reviewed": digests(policy, root)}
    return json.dumps(saved, ensure_ascii=False, indent=2) + "\n"


def load_saved(path: Path) -> PlanFile:
    """Read a saved plan; raise `UsageError` if the file is not a saved plan."""
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        if "checksum" in saved and "tool" not in saved:
            what = Message("{file} was saved by an earlier version of hopthu", file=path)
            raise UsageError(what, fix=_AGAIN)
        _fit(saved, _PLAN | (_OF_SERVERS if "hosts" in saved else {}))
        return PlanFile(date.fromisoformat(saved["on"]), saved["base"], saved["checksum"], saved)
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = Message("{file} is not a plan saved by `hopthu plan --out`", file=path)
        raise UsageError(what, fix=_AGAIN) from error


def _fit(value: Any, wanted: Any) -> None:
    """Raise `TypeError` or `KeyError` unless `value` has the `wanted` keys and types."""
    if isinstance(wanted, dict):
        for name, each in wanted.items():
            _fit(value[name], each)
    elif not isinstance(value, list if isinstance(wanted, list) else wanted):
        raise TypeError(f"{value!r} is not {wanted!r}")
    elif isinstance(wanted, list):
        for each in value:
            _fit(each, wanted[0])


def digests(policy: Policy, root: Path) -> dict[str, str]:
    """Return digests of all that decides what an apply does beside the data, by what it is."""
    found = {f"policy: {name}": each for name, each in policy_digests(policy).items()}
    return found | {f"code: {name}": each for name, each in (_code() | _files(root)).items()}


def policy_digests(policy: Policy) -> dict[str, str]:
    """Return a digest of each section of the policy, whatever the order of its keys."""
    return {
        name: hashlib.sha256(json.dumps(each, sort_keys=True, default=str).encode()).hexdigest()
        for name, each in asdict(policy).items()
    }


def _code() -> dict[str, str]:
    """Return a digest of each part of hopthu's code that decides the content of the servers.

    Its version is one of them; packages that add daemons or roles are identified by theirs.
    """
    parts = {"hopthu": resources.PACKAGE}
    parts |= {name: resources.resource(name) for name in _OUTSIDE_PACKAGE}
    found = {name: code.digest(folder) for name, folder in parts.items()}
    found |= {f"package {name}": version for name, version in packages().items()}
    return found | {"version": tool().version}


def _files(root: Path) -> dict[str, str]:
    """Return a digest of the inventory, and of each file of the repository that overrides hopthu's.

    They are read as an apply reads them, also behind links that lead out of the repository.
    """
    found = {"inventory": code.digest(root / "inventory")}
    for name in _OVERRIDABLE:
        for folder in resources.layers(name, root)[:-1]:
            for path in code.code_files(folder):
                key = f"{name}/{path.relative_to(folder).as_posix()}"
                found[key] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found
