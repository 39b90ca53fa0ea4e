"""What a lab that has booted still needs before the first apply: keys, passwords, its DKIM name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from hopthu.desired.state import desired
from hopthu.directory.passwords import make_first_passwords
from hopthu.inventory.secrets import Secrets
from hopthu.inventory.topology import Centre, Host
from hopthu.lab import dns
from hopthu.lab.state import LabState
from hopthu.validate import read


def centre(state: LabState) -> Centre:
    """Return the lab's own hosts as a centre."""
    ours = sorted((h for h in state.hosts.values() if h.ours), key=lambda h: h.name)
    return Centre(
        "lab", tuple(Host(h.name, h.fqdn, h.address, frozenset(h.roles), h.stores) for h in ours)
    )


def secrets(state: LabState) -> Secrets:
    """Return the lab's secrets folder; it lives and dies with the lab's directory."""
    return Secrets(state.directory / "secrets", state.directory / "age.key")


def prepare(state: LabState, root: Path, on: date) -> Mapping[str, str]:
    """Make what is missing and publish the DKIM key; return the first passwords just made.

    Raises `DataError` when the data of `root` is not valid.
    """
    loaded = read(root, on)
    keys = secrets(state)
    keys.make(centre(state), loaded.policy.domain)
    selector = f"{loaded.policy.dns.dkim_selector}._domainkey.{loaded.policy.domain}"
    dns.publish(state, {selector: keys.dkim_record()})
    people = desired(loaded.organisation, loaded.policy, on).live()
    return make_first_passwords(state.directory, [m.id for m in people if m.kind == "personal"])
