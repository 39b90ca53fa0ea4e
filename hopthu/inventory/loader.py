"""Read a pyinfra inventory as a centre: groups are roles, host data holds everything else."""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.inventory.roles import roles as known_roles
from hopthu.inventory.topology import CLONE, PRODUCTION, Centre, Host
from hopthu.tool.written_code import run_as_written


@dataclass(frozen=True, slots=True)
class Inventory:
    """An inventory file: the centre, each host's pyinfra data, and hosts outside the centre.

    `vantages` (`client`, `internet`) are machines to probe from; production has none. Probes may
    disturb services only where `throwaway` is true. `after_apply` is called with the root of the
    repository and the inventory; `environment` is what programs that read the inventory need. Both
    are for what stands in for production: it needs neither.
    """

    path: Path
    centre: Centre
    data: Mapping[str, Mapping[str, Any]]
    vantages: Mapping[str, Mapping[str, Any]]
    throwaway: bool = False
    after_apply: Callable[[Path, Inventory], None] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def chosen(self, limit: Collection[str]) -> list[str]:
        """Return the hosts that `--limit` names, or all hosts if it names none, sorted.

        Raises `UsageError` for a host that is not in the inventory.
        """
        known = {host.name for host in self.centre.hosts}
        if unknown := sorted(set(limit) - known):
            raise UsageError(
                Message("--limit: not in this inventory: {names}", names=", ".join(unknown)),
                fix=Message("one of: {names}", names=", ".join(sorted(known))),
            )
        return sorted(set(limit) or known)

    def serving(self, chosen: Mapping[str, str]) -> Inventory:
        """Return it with the centre of `Centre.serving`."""
        return replace(self, centre=self.centre.serving(chosen))


def find(root: Path, name: str) -> Path:
    """Return the inventory file called `name` (such as `lab`, or a path).

    Raises `UsageError` if there is no such file.
    """
    for path in (root / "inventory" / f"{name}.py", root / name, Path(name)):
        if path.is_file():
            return path
    known = sorted(p.stem for p in (root / "inventory").glob("*.py"))
    raise UsageError(
        Message("no inventory called {name}", name=repr(name)),
        fix=Message("one of: {names}; or pass a path", names=", ".join(known))
        if known
        else Message("no inventories found; pass a path"),
    )


def load(root: Path, name: str) -> Inventory:
    """Execute the inventory file `name` as pyinfra does and read it as a centre.

    Raises `UsageError` if the file is not valid Python, or a host in it lacks required data.
    """
    path = find(root, name)
    run_as_written(root / "inventory")
    try:
        namespace = runpy.run_path(str(path))
    except SyntaxError as error:
        what = Message("{path}:{line}: {reason}", path=path, line=error.lineno, reason=error.msg)
        raise UsageError(what) from error
    data: dict[str, Mapping[str, Any]] = {}
    roles: dict[str, set[str]] = {}
    for role in known_roles():
        for entry in namespace.get(role, []):
            host_name, host_data = _entry(path, role, entry)
            data[host_name] = host_data
            roles.setdefault(host_name, set()).add(role)
    centre = _centre(path.stem, roles, data)
    return Inventory(
        path,
        centre,
        data,
        vantages=namespace.get("_vantages", {}),
        throwaway=namespace.get("_throwaway", False),
        after_apply=namespace.get("_after_apply"),
        environment=namespace.get("_environment", {}),
    )


def _entry(path: Path, role: str, entry: Any) -> tuple[str, Mapping[str, Any]]:
    match entry:
        case (str() as name, dict() as data):
            for key in ("fqdn", "address", "secrets", "age_identity"):
                if not isinstance(data.get(key), str):
                    raise UsageError(
                        Message("{path}: host {name} has no {key}", path=path, name=name, key=key)
                    )
            return name, data
    raise UsageError(
        Message(
            "{path}: {entry} in group {role} is not a host", path=path, entry=repr(entry), role=role
        ),
        fix=Message(
            "write {example}, as inventory/production.py.example does", example="(name, {data})"
        ),
    )


def of_pyinfra(inventory: Any) -> Centre:
    """Read the centre from the inventory of a pyinfra run."""
    hosts = list(inventory)
    return _centre(
        "run",
        {host.name: {group for group in host.groups if group in known_roles()} for host in hosts},
        {host.name: host.data.dict() for host in hosts},
    )


def _centre(
    name: str, roles: Mapping[str, Iterable[str]], data: Mapping[str, Mapping[str, Any]]
) -> Centre:
    every = [_host(h, frozenset(roles[h]), data[h]) for h in sorted(roles) if roles[h]]
    hosts = tuple(host for host in every if not host.gone)
    if not hosts:
        raise UsageError(
            Message(
                "inventory {name} has no host in any of the groups {roles}",
                name=name,
                roles=", ".join(known_roles()),
            ),
            fix=Message("name groups after the roles"),
        )
    return Centre(name, hosts, tuple(host for host in every if host.gone))


_SHAPES = {
    "clone": (re.compile(r"(/[\w.-]+)+", re.ASCII), CLONE, CLONE),
    "inventory": (re.compile(r"[\w-]+", re.ASCII), PRODUCTION, PRODUCTION),
    "alarms": (
        re.compile(r"(https?://[\w.-]+(:\d+)?(/[\w./-]*)?)?", re.ASCII),
        "",
        "https://sms.example.vn/alarms",
    ),
    "time_source": (re.compile(r"[\w.-]*", re.ASCII), "", "ntp.example.vn"),
}
"""Settings of hosts that become part of a file: their shape, the default, and an example."""


def _plain(name: str, key: str, data: Mapping[str, Any]) -> str:
    shape, default, example = _SHAPES[key]
    value = data.get(key, default)
    if isinstance(value, str) and shape.fullmatch(value):
        return value
    raise UsageError(
        Message(
            "host {name} of the inventory: {key} cannot be {value}",
            name=name,
            key=key,
            value=repr(value),
        ),
        fix=Message("write it without blanks, as in: {example}", example=example),
    )


def _host(name: str, roles: frozenset[str], data: Mapping[str, Any]) -> Host:
    try:
        return Host(
            name,
            data["fqdn"],
            data["address"],
            roles,
            stores=tuple(data.get("stores", ())),
            signature_mirror=data.get("signature_mirror", ""),
            clone=_plain(name, "clone", data),
            inventory=_plain(name, "inventory", data),
            alarms=_plain(name, "alarms", data),
            time_source=_plain(name, "time_source", data),
            provider=bool(data.get("provider", False)),
            gone=bool(data.get("gone", False)),
        )
    except KeyError as error:
        what = Message("host {name} of the inventory has no {key}", name=name, key=error.args[0])
        raise UsageError(what) from error
