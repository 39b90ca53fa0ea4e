"""The reader of PDFs, behind a socket of systemd."""

from __future__ import annotations

from pyinfra.api import deploy

from deploys.common import install, rendered
from hopthu.daemons.pdf import DAEMON
from hopthu.operations import config, services
from hopthu.operations.names import step_name

# systemd only warns about unknown settings, and starts the unit nevertheless.
_TEST = """\
cd {stage}/etc/systemd/system
output=$(systemd-analyze verify hopthu-pdf.slice hopthu-pdf.socket hopthu-pdf@test.service 2>&1) ||
    output="$output (failed)"
[ -z "$output" ] || {{ echo "$output" >&2; exit 1; }}
"""
# The service without an instance is that of earlier versions. Messages in hand are read to the end.
_RESTART = """\
set -e
systemctl stop hopthu-pdf.service 2>/dev/null || :
rm -f /etc/systemd/system/multi-user.target.wants/hopthu-pdf.service
systemctl daemon-reload
systemctl restart hopthu-pdf.socket
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
    services.service(
        name=step_name("Keep {service} running", service="hopthu-pdf.socket"),
        service="hopthu-pdf.socket",
        running=True,
        enabled=True,
    )
