"""Layouts: the hosts of a lab, from `lab/<layout>.yaml` of the repository or of hopthu.

A layout names the hosts of the centre with their roles and stores, and the hosts outside it.
Addresses are fixed: each lab has its own network namespace, so two labs cannot collide.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hopthu.errors import LabError, UsageError
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
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
"""The host that serves DNS and the time for the lab, and takes what monitors send besides mail."""
ALARMS, TAKEN = 8081, "/root/alarms"
"""Its port for alarms, and where it keeps those that it takes, one a line."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A named set of hosts under one mail domain."""

    name: str
    domain: str
    hosts: tuple[LabHost, ...]

    @property
    def resolver(self) -> LabHost:
        """Return the host that serves DNS."""
        return next(host for host in self.hosts if host.name == RESOLVER)


def load(name: str, root: Path | None = None, domain: str = "") -> Layout:
    """Read the layout `name` of the repository `root` or of hopthu.

    `domain` replaces the mail domain of the layout. Raises `UsageError` if there is no such
    layout, `LabError` if it is not valid.
    """
    folders = layers("lab", root) if root else (RECIPE,)
    known = {path.stem: path for each in reversed(folders) for path in each.glob("*.yaml")}
    if name not in known:
        raise UsageError(
            Message("there is no lab layout {name}", name=repr(name)),
            fix=Message("one of: {names}", names=", ".join(sorted(known))),
        )
    return parse(name, known[name].read_text(encoding="utf-8"), domain)


def parse(name: str, text: str, domain: str = "") -> Layout:
    """Read a layout from YAML; raise `LabError` with everything that is wrong with it."""
    try:
        record = yaml.safe_load(text)
        domain = domain or str(record["domain"])
        ours = [_host(key, value, domain) for key, value in record["hosts"].items()]
        outside = [_host(key, value, domain) for key, value in record["outside"].items()]
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        what = Message("layout {name} cannot be read: {reason}", name=name, reason=error)
        raise LabError(what) from error
    layout = Layout(name, domain, (*ours, *outside))
    mistakes = [*_mistakes(layout), *_without_role(ours)]
    if mistakes:
        raise LabError(
            Message("layout {name}: {mistakes}", name=name, mistakes=joined(mistakes)),
            fix=Message("fix lab/{name}.yaml", name=name),
        )
    return layout


def _host(name: str, value: dict[str, Any], domain: str) -> LabHost:
    return LabHost(
        name=name,
        address=str(value["address"]),
        fqdn=str(value.get("fqdn", f"{name}.{domain}")),
        roles=tuple(value.get("roles", ())),
        stores=tuple(value.get("stores", ())),
        provider=bool(value.get("provider", False)),
    )


def _without_role(hosts: Iterable[LabHost]) -> Iterator[Message]:
    return (Message("{host} has no role", host=host.name) for host in hosts if not host.roles)


def _mistakes(layout: Layout) -> Iterator[Message]:
    for host in layout.hosts:
        for role in host.roles:
            if role not in roles():
                yield Message("{host} has unknown role {role}", host=host.name, role=role)
    for host in layout.hosts:
        if not _NAME.fullmatch(host.name):
            yield Message("{name} is not a host name", name=repr(host.name))
    taken: dict[str, str] = {str(CONTROLLER.ip): Message("this machine")}
    for host in layout.hosts:
        if not _inside(host.address):
            yield Message("address {address} of {host} is outside {network}",
                          address=host.address, host=host.name, network=NETWORK)  # fmt: skip
        if host.address in taken:
            yield Message(
                "{host} has the address of {other}", host=host.name, other=taken[host.address]
            )
        taken[host.address] = host.name
    if RESOLVER not in taken.values():
        yield Message("no host {name} to serve DNS", name=RESOLVER)


def _inside(address: str) -> bool:
    try:
        return ipaddress.ip_address(address) in NETWORK
    except ValueError:
        return False
