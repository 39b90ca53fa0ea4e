"""ClamAV: clamd behind a socket of its own, signatures from the centre's mirror and from us."""

from __future__ import annotations

from pyinfra import host
from pyinfra.api import deploy
from pyinfra.operations import systemd

from deploys.common import install, rendered
from hopthu.daemons.clamav import DAEMON
from hopthu.operations import config

# clamd says nothing of a signature it cannot read until it starts, and then it does not start.
_SIGNATURES_LOAD = "clamscan --quiet --database={stage}/var/lib/clamav - </dev/null"
_SETTINGS_PARSE = """\
clamd --config-file={stage}/etc/clamav/clamd.conf --version
[ ! -e {stage}/etc/clamav/freshclam.conf ] ||
    freshclam --config-file={stage}/etc/clamav/freshclam.conf --version
"""
# With a mirror, clamd does not start before its signatures are there.
_FETCH = """\
set -e
[ -n "$(ls /var/lib/clamav/daily.c?d 2>/dev/null)" ] || freshclam --quiet
systemctl restart clamav-freshclam.service
"""
# The socket belongs to systemd: while clamd restarts, whoever asks is kept waiting, not refused.
_RESTART = """\
set -e
systemctl start clamav-daemon.socket
systemctl restart clamav-daemon.service
clamdscan --ping 60:1 >/dev/null
"""


@deploy("ClamAV")
def clamav() -> None:
    """Install → configure → activate ClamAV; units first, as Debian starts what it installs."""
    units = config.files(
        name="Say when ClamAV may start", daemon="clamav-units", files=rendered("clamav-units")
    )
    config.activate(
        name="Take up when ClamAV may start",
        daemon="clamav-units",
        command="systemctl daemon-reload",
        after=[units],
    )
    install(DAEMON)

    signatures = config.files(
        name="Put our own virus signatures",
        daemon="clamav-signatures",
        files=rendered("clamav-signatures"),
        test=_SIGNATURES_LOAD,
    )
    settings = config.files(
        name="Put the configuration of ClamAV",
        daemon="clamav",
        files=rendered("clamav"),
        test=_SETTINGS_PARSE,
    )

    mirror = bool(host.data.get("signature_mirror"))
    config.activate(
        name="Restart ClamAV",
        daemon="clamav",
        command=_FETCH + _RESTART if mirror else _RESTART,
        after=[settings, units],
    )
    config.activate(
        name="Load our own virus signatures",
        daemon="clamav-signatures",
        command="clamdscan --reload",
        after=[signatures],
    )
    for service in ("clamav-daemon.socket", "clamav-daemon.service"):
        systemd.service(name=f"Keep {service} running", service=service, running=True, enabled=True)
    systemd.service(
        name="Fetch signatures from the mirror, where there is one",
        service="clamav-freshclam.service",
        running=mirror,
        enabled=mirror,
    )
