"""The reader of PDFs: whether one has a file inside, which clamd may not see (Art. 5.1, 6.3).

docs/decisions/scanning.md explains why it is asked, and what it refuses.
"""

from __future__ import annotations

from hopthu.daemons import clamav
from hopthu.daemons.record import Daemon, FileSet
from hopthu.daemons.staged import verified
from hopthu.i18n.message import Message
from hopthu.render.context import Context, rendered
from hopthu.render.files import Files

SOCKET = "/run/hopthu-pdf/socket"
SECONDS = clamav.SCAN_SECONDS
"""Seconds that the reader may take for one message; Rspamd waits a little longer."""

_PROGRAM = "/usr/local/lib/hopthu/read_pdfs.py"
_PROCESS_MB, _MEMORY_MB = 768, 1536
"""Memory of one process, and of all together."""
_CONNECTIONS = 32
"""Messages read at a time: more than the 20 that a Postfix sends at once by default."""

# The service without an instance is that of earlier versions. Messages in hand are read to the end.
_RESTART = """\
set -e
systemctl stop hopthu-pdf.service 2>/dev/null || :
rm -f /etc/systemd/system/multi-user.target.wants/hopthu-pdf.service
systemctl daemon-reload
systemctl restart hopthu-pdf.socket
"""


def files(context: Context) -> Files:
    """Return the program and its units."""
    values = {
        "program": _PROGRAM,
        "seconds": SECONDS,
        "limits": clamav.unpack_limits(context.policy),
        "process_mb": _PROCESS_MB,
        "memory_mb": _MEMORY_MB,
        "connections": _CONNECTIONS,
    }
    places = {
        _PROGRAM: "read_pdfs.py",
        "/etc/systemd/system/hopthu-pdf.slice": "hopthu-pdf.slice.j2",
        "/etc/systemd/system/hopthu-pdf.socket": "hopthu-pdf.socket.j2",
        "/etc/systemd/system/hopthu-pdf@.service": "hopthu-pdf@.service.j2",
    }
    return rendered("pdf", places, context, **values)


DAEMON = Daemon(
    name="pdf",
    title=Message("PDF"),
    roles=("edge", "access"),
    after=("clamav",),
    packages={"": ("python3", "qpdf")},
    units=("hopthu-pdf.socket",),
    file_sets=(
        FileSet(
            name="pdf",
            render=files,
            configure=Message("Configure the reader of PDFs"),
            activate=Message("Restart the reader of PDFs"),
            activation="restart",
            phrase=Message("the reader of PDFs restarts; mail waits meanwhile"),
            command=_RESTART,
            test=verified("hopthu-pdf.slice hopthu-pdf.socket hopthu-pdf@test.service"),
        ),
    ),
    health=dict.fromkeys(("edge", "access"), ("PDFs",)),
    exempt={
        "versions": "the JSON of qpdf has a version of its own, which is asked for",
        "services": "its socket starts one for each message; a health check asks it",
    },
    probes=("pdf-file",),
)
