"""Layouts: which hosts a lab has, from `lab/<layout>.yaml` of the repository or of hopthu.

A layout names our hosts with their roles and stores, and the hosts that are not ours. Addresses
are fixed: each lab has a network namespace of its own, so two labs never meet.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hopthu.errors import LabError, UsageError
from hopthu.inventory.roles import roles
from hopthu.lab.state import LabHost
from hopthu.tool.resources import layers, resource

RECIPE = resource("lab")
"""The folder of layouts, package lists and outside hosts' configuration."""

NETWORK = ipaddress.ip_network("10.88.0.0/24")
CONTROLLER = ipaddress.ip_interface("10.88.0.1/24")
"""The address of this machine on the lab's bridge."""

# The network card on the bridge is vb-NAME, and Linux allows 15 letters.
_NAME = re.compile(r"[a-z][a-z0-9]{0,11}")

RESOLVER = "internet"
"""The host that answers DNS for the whole lab."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A named set of hosts under one mail domain."""

    name: str
    domain: str
    hosts: tuple[LabHost, ...]

    @property
    def resolver(self) -> LabHost:
        """Return the host that answers DNS."""
        return next(host for host in self.hosts if host.name == RESOLVER)


def load(name: str, root: Path | None = None, domain: str = "") -> Layout:
    """Read the layout `name`, of `root` or ours, for a mail domain other than its own.

    Raises `UsageError` when there is none, `LabError` when unfit.
    """
    folders = layers("lab", root) if root else (RECIPE,)
    known = {path.stem: path for each in reversed(folders) for path in each.glob("*.yaml")}
    if name not in known:
        listed = ", ".join(sorted(known))
        raise UsageError(f"no lab layout is called {name!r}", fix=f"one of: {listed}")
    return parse(name, known[name].read_text(encoding="utf-8"), domain)


def parse(name: str, text: str, domain: str = "") -> Layout:
    """Read a layout from YAML; raise `LabError` saying what is wrong with it."""
    try:
        record = yaml.safe_load(text)
        domain = domain or str(record["domain"])
        ours = [_host(key, value, domain) for key, value in record["hosts"].items()]
        outside = [_host(key, value, domain) for key, value in record["outside"].items()]
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise LabError(f"layout {name} cannot be read: {error}") from error
    layout = Layout(name, domain, (*ours, *outside))
    wrong = [*_wrong(layout), *(f"{h.name} has no role" for h in ours if not h.ours)]
    if wrong:
        raise LabError(f"layout {name}: {'; '.join(wrong)}", fix=f"mend lab/{name}.yaml")
    return layout


def _host(name: str, value: dict[str, Any], domain: str) -> LabHost:
    return LabHost(
        name=name,
        address=str(value["address"]),
        fqdn=str(value.get("fqdn", f"{name}.{domain}")),
        roles=tuple(value.get("roles", ())),
        stores=tuple(value.get("stores", ())),
    )


def _wrong(layout: Layout) -> list[str]:
    wrong = [
        f"{host.name} has unknown role {role}"
        for host in layout.hosts
        for role in host.roles
        if role not in roles()
    ]
    wrong += [
        f"{host.name!r} is not a host name"
        for host in layout.hosts
        if not _NAME.fullmatch(host.name)
    ]
    taken: dict[str, str] = {str(CONTROLLER.ip): "this machine"}
    for host in layout.hosts:
        if not _inside(host.address):
            wrong.append(f"address {host.address} of {host.name} is outside {NETWORK}")
        if host.address in taken:
            wrong.append(f"{host.name} has the address of {taken[host.address]}")
        taken[host.address] = host.name
    if RESOLVER not in taken.values():
        wrong.append(f"no host {RESOLVER} to answer DNS")
    return wrong


def _inside(address: str) -> bool:
    try:
        return ipaddress.ip_address(address) in NETWORK
    except ValueError:
        return False
