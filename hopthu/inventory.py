"""A pyinfra inventory read as a centre: groups are roles, host data says the rest."""

from __future__ import annotations

import runpy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hopthu.centre import ROLES, Centre, Host
from hopthu.errors import UsageError


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


def find(root: Path, name: str) -> Path:
    """Return the inventory file called `name` (`lab`, or a path); raise `UsageError` if none."""
    for path in (root / "inventory" / f"{name}.py", root / name, Path(name)):
        if path.is_file():
            return path
    known = sorted(p.stem for p in (root / "inventory").glob("*.py"))
    raise UsageError(
        f"no inventory called {name!r}",
        fix=f"one of {', '.join(known) or 'none yet'}, or the path of an inventory file",
    )


def load(root: Path, name: str) -> Inventory:
    """Execute the inventory file `name` as pyinfra does and read it as a centre."""
    path = find(root, name)
    namespace = runpy.run_path(str(path))
    data: dict[str, Mapping[str, Any]] = {}
    roles: dict[str, set[str]] = {}
    for role in ROLES:
        for host_name, host_data in namespace.get(role, []):
            data[host_name] = host_data
            roles.setdefault(host_name, set()).add(role)
    centre = _centre(path.stem, roles, data)
    vantages, throwaway = namespace.get("_vantages", {}), namespace.get("_throwaway", False)
    return Inventory(path, centre, data, vantages, throwaway)


def of_pyinfra(inventory: Any) -> Centre:
    """Read the centre from the inventory of a pyinfra run."""
    hosts = list(inventory)
    return _centre(
        "run",
        {host.name: {group for group in host.groups if group in ROLES} for host in hosts},
        {host.name: host.data.dict() for host in hosts},
    )


def _centre(
    name: str, roles: Mapping[str, Iterable[str]], data: Mapping[str, Mapping[str, Any]]
) -> Centre:
    hosts = [_host(h, frozenset(roles[h]), data[h]) for h in sorted(roles) if roles[h]]
    if not hosts:
        raise UsageError(
            f"inventory {name} has no host in any of the groups {', '.join(ROLES)}",
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
        )
    except KeyError as error:
        raise UsageError(f"host {name} of the inventory says no {error.args[0]!r}") from error
