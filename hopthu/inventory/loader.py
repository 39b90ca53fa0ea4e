"""A pyinfra inventory read as a centre: groups are roles, host data says the rest."""

from __future__ import annotations

import runpy
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.inventory.roles import roles as known_roles
from hopthu.inventory.topology import Centre, Host


@dataclass(frozen=True, slots=True)
class Inventory:
    """An inventory file: the centre, each host's pyinfra data, and hosts that are not ours.

    `vantages` (`client`, `internet`) are places to probe from; production has none. Only what is
    `throwaway` may be disturbed by probes.
    """

    path: Path
    centre: Centre
    data: Mapping[str, Mapping[str, Any]]
    vantages: Mapping[str, Mapping[str, Any]]
    throwaway: bool = False

    def chosen(self, limit: Collection[str]) -> list[str]:
        """Return the hosts that `--limit` names, all of them without; raise `UsageError`."""
        known = {host.name for host in self.centre.hosts}
        if unknown := sorted(set(limit) - known):
            raise UsageError(
                f"--limit names no host of this inventory: {', '.join(unknown)}",
                fix=f"one of: {', '.join(sorted(known))}",
            )
        return sorted(set(limit) or known)


def find(root: Path, name: str) -> Path:
    """Return the inventory file called `name` (`lab`, or a path); raise `UsageError` if none."""
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

    Raises `UsageError` when it is no Python, or a host in it says too little.
    """
    path = find(root, name)
    try:
        namespace = runpy.run_path(str(path))
    except SyntaxError as error:
        raise UsageError(f"{path}:{error.lineno}: {error.msg}") from error
    data: dict[str, Mapping[str, Any]] = {}
    roles: dict[str, set[str]] = {}
    for role in known_roles():
        for entry in namespace.get(role, []):
            host_name, host_data = _entry(path, role, entry)
            data[host_name] = host_data
            roles.setdefault(host_name, set()).add(role)
    centre = _centre(path.stem, roles, data)
    vantages, throwaway = namespace.get("_vantages", {}), namespace.get("_throwaway", False)
    return Inventory(path, centre, data, vantages, throwaway)


def _entry(path: Path, role: str, entry: Any) -> tuple[str, Mapping[str, Any]]:
    match entry:
        case (str() as name, dict() as data):
            for key in ("fqdn", "address", "secrets", "age_identity"):
                if not isinstance(data.get(key), str):
                    raise UsageError(f"{path}: host {name} says no {key!r}")
            return name, data
    raise UsageError(
        f"{path}: {entry!r} in group {role} is no host",
        fix="write (name, {data}), as inventory/production.py.example does",
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
    hosts = [_host(h, frozenset(roles[h]), data[h]) for h in sorted(roles) if roles[h]]
    if not hosts:
        raise UsageError(
            f"inventory {name} has no host in any of the groups {', '.join(known_roles())}",
            fix="name groups after the roles",
        )
    return Centre(name, tuple(hosts))


def _host(name: str, roles: frozenset[str], data: Mapping[str, Any]) -> Host:
    try:
        return Host(
            name,
            data["fqdn"],
            data["address"],
            roles,
            stores=tuple(data.get("stores", ())),
            signature_mirror=data.get("signature_mirror", ""),
            provider=bool(data.get("provider", False)),
        )
    except KeyError as error:
        raise UsageError(f"host {name} of the inventory says no {error.args[0]!r}") from error
