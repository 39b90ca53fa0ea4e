"""Prepare a booted lab for the first apply: keys, passwords, its DKIM and DMARC records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from hopthu.desired.state import desired
from hopthu.directory.passwords import make_first_passwords
from hopthu.events.event import Emit, PhaseStarted
from hopthu.i18n.message import Message
from hopthu.inventory.secrets import Secrets
from hopthu.inventory.topology import Centre, Host
from hopthu.lab import dns, outside
from hopthu.lab.down import down
from hopthu.lab.state import LabState, current
from hopthu.lab.up import up
from hopthu.model.dns_records import txt_records
from hopthu.validate import Loaded, read


def centre(state: LabState) -> Centre:
    """Return the hosts of the lab's data centre as a `Centre`."""
    ours = sorted((h for h in state.hosts.values() if h.ours), key=lambda h: h.name)
    return Centre(
        "lab", tuple(Host(h.name, h.fqdn, h.address, frozenset(h.roles), h.stores) for h in ours)
    )


def secrets(state: LabState) -> Secrets:
    """Return the lab's secrets folder, which is in the lab's directory."""
    return Secrets(state.directory / "secrets", state.directory / "age.key")


def boot(
    root: Path, on: date, layout: str, *, bare: bool, snapshot: Path | None, emit: Emit
) -> tuple[Mapping[str, str], Loaded]:
    """Boot a layout and prepare it; return the first passwords just made, and the data.

    All of a new lab is there in the end, or nothing; one that was up before stays. Raises
    `DataError` if the data of `root` is not valid, before anything boots.
    """
    loaded, before = read(root, on), current()
    state = up(
        layout, bare=bare, events=emit, layouts=root, domain=loaded.policy.domain, snapshot=snapshot
    )
    try:
        emit(PhaseStarted(Message("creating missing keys and first passwords")))
        return prepare(state, root, on), loaded
    except BaseException:
        if before is None:
            down(state)
        raise


def prepare(state: LabState, root: Path, on: date) -> Mapping[str, str]:
    """Create missing keys, publish DKIM and DMARC, and return the first passwords just made.

    The workstations trust the centre's authority from then on.

    Raises `DataError` if the data of `root` is not valid.
    """
    loaded = read(root, on)
    keys = secrets(state)
    keys.make(
        centre(state).serving(loaded.policy.stores.serving), loaded.policy.domain, datetime.now(UTC)
    )
    outside.trust(state, keys.public("ca.pem"))
    dns.publish(state, txt_records(loaded.policy, keys.dkim_record()))
    people = desired(loaded.organisation, loaded.policy, on).live()
    return make_first_passwords(state.directory, [m.id for m in people if m.kind == "personal"])
