"""The reader of PDFs, behind a socket of systemd."""

from __future__ import annotations

from pyinfra.api import deploy
from pyinfra.operations import systemd

from deploys.common import install, rendered
from hopthu.daemons.pdf import DAEMON
from hopthu.operations import config
from hopthu.operations.names import step_name

# systemd only warns about unknown settings, and starts the unit nevertheless.
_TEST = """\
output=$(systemd-analyze verify {stage}/etc/systemd/system/hopthu-pdf.service 2>&1) ||
    output="$output (failed)"
[ -z "$output" ] || {{ echo "$output" >&2; exit 1; }}
"""
# The socket belongs to systemd: while the reader restarts, connections wait and are not refused.
_RESTART = """\
set -e
systemctl daemon-reload
systemctl start hopthu-pdf.socket
systemctl restart hopthu-pdf.service
"""


@deploy(step_name("PDF"))
def pdf() -> None:
    """Install → configure → activate the reader of PDFs."""
    install(DAEMON)

    configured = config.files(
        name=step_name("Configure the reader of PDFs"),
        daemon="pdf",
        files=rendered("pdf"),
        test=_TEST,
    )

    config.activate(
        name=step_name("Restart the reader of PDFs"),
        daemon="pdf",
        command=_RESTART,
        after=[configured],
    )
    for service in ("hopthu-pdf.socket", "hopthu-pdf.service"):
        systemd.service(
            name=step_name("Keep {service} running", service=service),
            service=service,
            running=True,
            enabled=True,
        )
