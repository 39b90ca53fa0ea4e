"""The running lab as a pyinfra inventory; `inventory/lab.py` is made of these functions."""

from __future__ import annotations

import os
from collections.abc import Mapping

from pyinfra.api.exceptions import PyinfraError

from hopthu.daemons.operator import AGE_IDENTITY, SSH_KEY
from hopthu.errors import LabError
from hopthu.inventory.roles import roles
from hopthu.lab import network, operator, state
from hopthu.lab.layout import ALARMS, RESOLVER

InventoryHost = tuple[str, dict[str, object]]

after_apply = operator.provide
"""What is done after an apply to the lab."""


class NoLab(LabError, PyinfraError):
    """No lab is up; also a `PyinfraError`, so that pyinfra prints it without a traceback."""


def joined() -> state.LabState:
    """Move this process into the network of the running lab, and return the lab.

    From then on this process can only connect to the lab. Raises `NoLab` if no lab is up.
    """
    try:
        lab = state.required()
        network.join(lab)
    except LabError as error:
        raise NoLab(error.what, fix=error.fix) from error
    return lab


def groups(lab: state.LabState) -> Mapping[str, list[InventoryHost]]:
    """Return the hosts of the centre by role; a host has the same data in each role."""
    return {
        role: [(host.name, _data(lab, host)) for host in lab.hosts.values() if role in host.roles]
        for role in roles()
    }


def vantages(lab: state.LabState) -> Mapping[str, dict[str, object]]:
    """Return the hosts outside the centre, to probe from."""
    return {host.name: _data(lab, host) for host in lab.hosts.values() if not host.ours}


def environment(lab: state.LabState) -> Mapping[str, str]:
    """Return what programs need in order to find this lab."""
    return {"HOPTHU_LAB": str(lab.directory)}


def _data(lab: state.LabState, host: state.LabHost) -> dict[str, object]:
    return (
        _common(lab, host)
        | _monitors(lab, host)
        | (_keys_of_a_run() if lab.within else _keys_here(lab))
    )


def _monitors(lab: state.LabState, host: state.LabHost) -> dict[str, object]:
    """Return where a monitor sends alarms besides mail: a host outside, to a port of the lab's."""
    if "monitor" not in host.roles:
        return {}
    return {"alarms": f"http://{lab.hosts[RESOLVER].address}:{ALARMS}/"}


def _keys_here(lab: state.LabState) -> dict[str, object]:
    return {
        "age_identity": str(lab.directory / "age.key"),
        "passwords": str(lab.directory / "passwords.json"),
        "first_passwords": str(lab.directory / "first_passwords.json"),
        "ssh_key": str(lab.key),
    }


def _keys_of_a_run() -> dict[str, object]:
    """Return the keys as inventory/production.py.example has them; nobody's password is known."""
    return {
        "age_identity": os.environ.get("HOPTHU_AGE_IDENTITY", AGE_IDENTITY),
        "ssh_key": os.environ.get("HOPTHU_SSH_KEY", SSH_KEY),
    }


def _common(lab: state.LabState, host: state.LabHost) -> dict[str, object]:
    return {
        "inventory": "lab",
        "address": host.address,
        "fqdn": host.fqdn,
        "stores": list(host.stores),
        "provider": host.provider,
        "time_source": lab.hosts[RESOLVER].address,
        "secrets": str(lab.directory / "secrets"),
        "ssh_hostname": host.address,
        "ssh_user": "root",
        "ssh_known_hosts_file": str(lab.known_hosts),
        "ssh_strict_host_key_checking": "yes",
    }
