"""The lab that is up as a pyinfra inventory; `inventory/lab.py` is one by these few names."""

from __future__ import annotations

from collections.abc import Mapping

from pyinfra.api.exceptions import PyinfraError

from hopthu.errors import LabError
from hopthu.inventory.roles import roles
from hopthu.lab import network, state

InventoryHost = tuple[str, dict[str, object]]


class NoLab(LabError, PyinfraError):
    """No lab is up; a class of both families, so that pyinfra prints it as a sentence."""


def joined() -> state.LabState:
    """Return the lab that is up, from within its network: there is no other way to its hosts.

    Whatever this process connects to afterwards is the lab or nothing.
    """
    try:
        lab = state.required()
        network.join(lab)
    except LabError as error:
        raise NoLab(f"{error.what}; {error.fix}") from error
    return lab


def groups(lab: state.LabState) -> Mapping[str, list[InventoryHost]]:
    """Return our hosts by role; a host has the same data in each."""
    return {
        role: [(host.name, _data(lab, host)) for host in lab.hosts.values() if role in host.roles]
        for role in roles()
    }


def vantages(lab: state.LabState) -> Mapping[str, dict[str, object]]:
    """Return the hosts that are not ours, to probe from."""
    return {host.name: _data(lab, host) for host in lab.hosts.values() if not host.ours}


def _data(lab: state.LabState, host: state.LabHost) -> dict[str, object]:
    return {
        "address": host.address,
        "fqdn": host.fqdn,
        "stores": list(host.stores),
        "secrets": str(lab.directory / "secrets"),
        "age_identity": str(lab.directory / "age.key"),
        "passwords": str(lab.directory / "passwords.json"),
        "first_passwords": str(lab.directory / "first_passwords.json"),
        "ssh_hostname": host.address,
        "ssh_user": "root",
        "ssh_key": str(lab.key),
        "ssh_known_hosts_file": str(lab.known_hosts),
        "ssh_strict_host_key_checking": "yes",
    }
