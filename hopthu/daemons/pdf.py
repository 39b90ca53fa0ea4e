"""The reader of PDFs: whether one has a file inside, which clamd may not see (Art. 5.1, 6.3).

docs/decisions/scanning.md explains why it is asked, and what it refuses.
"""

from __future__ import annotations

from hopthu.daemons import clamav
from hopthu.daemons.record import Daemon, FileSet, Service
from hopthu.i18n.message import Message
from hopthu.render.context import Context, template
from hopthu.render.files import File, Files

SOCKET = "/run/hopthu-pdf/socket"
SECONDS = clamav.SCAN_SECONDS
"""Seconds that the reader may take for one message; Rspamd waits a little longer."""

_PROGRAM = "/usr/local/lib/hopthu/read_pdfs.py"
_PROCESS_MB, _MEMORY_MB = 768, 1536
"""Memory of one process, and of all together."""


def files(context: Context) -> Files:
    """Return the program and its units."""
    values = {
        "program": _PROGRAM,
        "seconds": SECONDS,
        "limits": clamav.unpack_limits(context.policy),
        "process_mb": _PROCESS_MB,
        "memory_mb": _MEMORY_MB,
    }
    places = {
        _PROGRAM: "read_pdfs.py",
        "/etc/systemd/system/hopthu-pdf.service": "hopthu-pdf.service.j2",
        "/etc/systemd/system/hopthu-pdf.socket": "hopthu-pdf.socket",
    }
    return {
        path: File.text(template(f"pdf/{name}", context, **values))
        for path, name in sorted(places.items())
    }


DAEMON = Daemon(
    name="pdf",
    title="the reader of PDFs",
    roles=("edge", "access"),
    after=("clamav",),
    deploy="deploys.pdf:pdf",
    packages={"": ("python3", "qpdf")},
    services=(Service("hopthu-pdf", restart="always"),),
    watched=("hopthu-pdf.socket",),
    file_sets=(
        FileSet(
            name="pdf",
            render=files,
            activation="restart",
            phrase=Message("the reader of PDFs restarts; mail waits meanwhile"),
        ),
    ),
    exempt={"versions": "the JSON of qpdf has a version of its own, which is asked for"},
    probes=("pdf-file",),
)
