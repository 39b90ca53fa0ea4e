"""Services, packages, ports and the packet filter of this host."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from hopthu.remote.host.state import output
from hopthu.remote.host.words import word

# As patterns, so that systemd does not look for the links of all others too, as for `--type`.
_PATTERNS = ("*.service", "*.socket", "*.timer", "*.path")
_STATES = (
    "--state=enabled,enabled-runtime,linked,linked-runtime",
    "--state=masked,masked-runtime,disabled,bad",
)
_MOMENTARY = {"reloading": "active", "refreshing": "active"}


def services() -> Iterator[str]:
    """Yield units that are enabled, masked or off; a oneshot one is active for a moment only."""
    flat = ("--no-legend", "--no-pager", "--full")
    listed = output("systemctl", "list-unit-files", *flat, *_STATES, *_PATTERNS).splitlines()
    states = dict(line.split()[:2] for line in listed if line.strip())
    units = [unit for unit in states if "@." not in unit]
    yield from (f"service {unit}\t{states[unit]} -" for unit in states if "@." in unit)
    if not units:
        return
    names = "--property=Id,Type,UnitFileState,ActiveState"
    for block in output("systemctl", "show", "--no-pager", names, "--", *units).split("\n\n"):
        values = dict(line.split("=", 1) for line in block.splitlines() if line)
        if values.get("Id"):
            active = values["ActiveState"]
            active = "-" if values.get("Type") == "oneshot" else _MOMENTARY.get(active, active)
            yield f"service {values['Id']}\t{values['UnitFileState']} {active}"


def packages() -> Iterator[str]:
    """Yield the installed packages with their versions."""
    form = "${db:Status-Status} ${db:Status-Want} ${binary:Package} ${Version}\n"
    for line in output("dpkg-query", "-W", "-f", form).splitlines():
        status, want, package, *version = line.split()
        if status == "installed":
            yield f"package {package}\t{version[0]}{' hold' if want == 'hold' else ''}"


def listeners() -> Iterator[str]:
    """Yield open ports. Ephemeral UDP ports come and go, so they are left out."""
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for line in output("ss", "-Hltunp").splitlines():
        protocol, _, _, _, address, _, *holders = line.split(maxsplit=6)
        place, _, port = address.rpartition(":")
        if not (protocol == "udp" and int(port) >= first):
            yield f"listener {protocol} {place} {port}\t{word(_owner(' '.join(holders)))}"


def _owner(holders: str) -> str:
    """Return the owner of a socket: its service, whichever process has it at the moment.

    It is the name of the program if it has no service. What people start by hand may run under the
    service by which they signed in.
    """
    name = ""
    for pid in sorted(int(found) for found in re.findall(r"pid=(\d+)", holders)):
        if pid == 1:
            return "systemd"
        try:
            groups = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
            program = Path(f"/proc/{pid}/comm").read_text().strip()
        except (FileNotFoundError, ProcessLookupError):  # it has just exited
            continue
        unit = next((line for line in groups if line.startswith("0::")), "").rpartition("/")[2]
        if unit.endswith(".service") and unit != "ssh.service":
            return unit
        name = name or program
    return name or "unknown"


def ruleset() -> Iterator[str]:
    """Yield the tables of the packet filter."""
    if not shutil.which("nft"):
        return
    for line in output("nft", "list", "tables").splitlines():
        _, family, name = line.split()
        rules = output("nft", "--stateless", "list", "table", family, name)
        yield f"ruleset {family} {name}\t{hashlib.sha256(os.fsencode(rules)).hexdigest()}"
