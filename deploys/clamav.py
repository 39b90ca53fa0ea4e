"""ClamAV: clamd with socket activation, signatures of the centre's mirror and of hopthu."""

from __future__ import annotations

from pyinfra import host
from pyinfra.api import deploy

from deploys.common import install, rendered
from hopthu.daemons.clamav import DAEMON
from hopthu.operations import config, services
from hopthu.operations.names import step_name

# clamd reports an invalid signature only at its start, and then does not start.
_SIGNATURES_LOAD = "clamscan --quiet --database={stage}/var/lib/clamav - </dev/null"
_SETTINGS_PARSE = """\
clamd --config-file={stage}/etc/clamav/clamd.conf --version
[ ! -e {stage}/etc/clamav/freshclam.conf ] ||
    freshclam --config-file={stage}/etc/clamav/freshclam.conf --version
"""
# With a mirror, clamd does not start until its signatures exist.
_FETCH = """\
set -e
[ -n "$(ls /var/lib/clamav/daily.c?d 2>/dev/null)" ] || freshclam --quiet
systemctl restart clamav-freshclam.service
"""
# The socket belongs to systemd: while clamd restarts, connections wait and are not refused.
_RESTART = """\
set -e
systemctl start clamav-daemon.socket
systemctl restart clamav-daemon.service
clamdscan --ping 60:1 >/dev/null
"""


@deploy(step_name("ClamAV"))
def clamav() -> None:
    """Install → configure → activate ClamAV; units first, because Debian starts new packages."""
    units = config.files(
        name=step_name("Write the start conditions of ClamAV"),
        daemon="clamav-units",
        files=rendered("clamav-units"),
    )
    config.activate(
        name=step_name("Load the start conditions of ClamAV"),
        daemon="clamav-units",
        command="systemctl daemon-reload",
        after=[units],
    )
    install(DAEMON)

    signatures = config.files(
        name=step_name("Write local virus signatures"),
        daemon="clamav-signatures",
        files=rendered("clamav-signatures"),
        test=_SIGNATURES_LOAD,
    )
    settings = config.files(
        name=step_name("Configure ClamAV"),
        daemon="clamav",
        files=rendered("clamav"),
        test=_SETTINGS_PARSE,
    )

    mirror = bool(host.data.get("signature_mirror"))
    config.activate(
        name=step_name("Restart ClamAV"),
        daemon="clamav",
        command=_FETCH + _RESTART if mirror else _RESTART,
        after=[settings, units],
    )
    config.activate(
        name=step_name("Load local virus signatures"),
        daemon="clamav-signatures",
        command="clamdscan --reload",
        after=[signatures],
    )
    for service in ("clamav-daemon.socket", "clamav-daemon.service"):
        services.service(
            name=step_name("Keep {service} running", service=service),
            service=service,
            running=True,
            enabled=True,
        )
    services.service(
        name=step_name("Fetch signatures from the mirror"),
        service="clamav-freshclam.service",
        running=mirror,
        enabled=mirror,
    )
