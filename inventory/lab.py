"""The lab that is up, whatever its layout: `pyinfra inventory/lab.py deploys/site.py --dry`.

Reading this file moves the process into the lab's network, so whatever it connects to afterwards
is the lab or nothing. Groups are roles; a host has the same data in each.
"""

from collections.abc import Mapping

from pyinfra.api.exceptions import PyinfraError

from hopthu.errors import LabError
from hopthu.inventory.roles import roles
from hopthu.lab import network, state

Host = tuple[str, dict[str, object]]


class NoLab(LabError, PyinfraError):
    """No lab is up; a class of both families, so that pyinfra prints it as a sentence."""


def _current() -> state.LabState:
    try:
        lab = state.required()
        network.join(lab)
    except LabError as error:
        raise NoLab(f"{error.what}; {error.fix}") from error
    return lab


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


_lab = _current()
_groups: Mapping[str, list[Host]] = {
    role: [(h.name, _data(_lab, h)) for h in _lab.hosts.values() if role in h.roles]
    for role in roles()
}

# pyinfra takes every list and tuple of this file, imported ones too, as a group.
globals().update(_groups)

# Hosts that are not ours, to probe from: read by `hopthu verify`, hidden from pyinfra.
_vantages = {h.name: _data(_lab, h) for h in _lab.hosts.values() if not h.ours}

# Nobody's mail is here: `hopthu verify` may stop and freeze services.
_throwaway = True
