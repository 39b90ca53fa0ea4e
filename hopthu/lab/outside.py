"""The hosts outside the centre: a mail server on the Internet, and a workstation.

Their configuration is in `lab/<host>/`, with the same paths as on the host, one Jinja template per
file.
"""

from __future__ import annotations

import jinja2

from hopthu.lab import remote, zone
from hopthu.lab.layout import ALARMS, NETWORK, RECIPE, RESOLVER, TAKEN
from hopthu.lab.machine import Entry
from hopthu.lab.state import LabHost, LabState

SERVICES = {RESOLVER: ("unbound", "opendkim", "postfix", "alarms", "time-source")}
"""The services that each runs; all others in its image stay disabled."""

_TRUST = "cat >/usr/local/share/ca-certificates/mail-ca.crt && update-ca-certificates >/dev/null"
_WANTS = "etc/systemd/system/multi-user.target.wants"


def files(state: LabState, host: LabHost) -> dict[str, Entry]:
    """Return the files of a host outside the centre, and links that enable its services."""
    folder = RECIPE / host.name
    paths = [str(path.relative_to(folder).with_suffix("")) for path in folder.rglob("*.j2")]
    configured = {path: Entry(render(state, host, path).encode()) for path in sorted(paths)}
    services = [f"{service}.service" for service in SERVICES.get(host.name, ())]
    return configured | {
        f"{_WANTS}/{service}": Entry(link=f"/usr/lib/systemd/system/{service}")
        for service in services
    }


def trust(state: LabState, certificate: bytes) -> None:
    """Have the workstations trust an authority, as their administrators do: docs/certificate.md."""
    for host in state.hosts.values():
        if not host.ours and host.name not in SERVICES:
            remote.run(state, host, _TRUST, stdin=certificate)


def render(state: LabState, host: LabHost, path: str) -> str:
    """Return the content of the file `path` of `host`; an undefined variable is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(RECIPE / host.name),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        autoescape=False,  # noqa: S701  (configuration files, not web pages)
    )
    return environment.get_template(f"{path}.j2").render(
        me=host,
        network=NETWORK,
        reverse_zone=zone.REVERSE_ZONE,
        outside_domain=zone.outside_domain(state),
        records=zone.records(state),
        alarms=ALARMS,
        alarms_taken=TAKEN,
    )
