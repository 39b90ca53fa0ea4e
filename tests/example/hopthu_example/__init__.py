"""A daemon and a role that a package brings: a small exporter of what waits in Postfix's queue.

The example of ARCHITECTURE.md; tests/lab/test_example_daemon.py installs it and applies it.
"""

from __future__ import annotations

from pathlib import Path

from hopthu.daemons.record import LOAD_UNITS, Daemon, FileSet, Service
from hopthu.daemons.staged import compiled
from hopthu.i18n.message import Message
from hopthu.inventory.roles import Role
from hopthu.render.context import Context, template
from hopthu.render.files import File, Files

PORT = 9199
PROGRAM = "/usr/local/lib/hopthu/queue-exporter"
UNIT = "hopthu-queue-exporter"

METRICS = Role("metrics", 50, "tells how full the queue is")


def files(context: Context) -> Files:
    """Return the program and its unit."""
    return {
        PROGRAM: File.text(template("queue-exporter/program.py.j2", context, port=PORT), 0o755),
        f"/etc/systemd/system/{UNIT}.service": File.text(
            template("queue-exporter/unit.service.j2", context, program=PROGRAM)
        ),
    }


QUEUE_EXPORTER = Daemon(
    name="queue-exporter",
    title=Message("Queue exporter"),
    roles=("metrics",),
    after=("base", "postfix"),
    packages={"": ("python3",)},
    services=(Service(UNIT),),
    file_sets=(
        FileSet(
            name="queue-exporter",
            render=files,
            configure=Message("Put the queue exporter"),
            activate=Message("Restart the queue exporter"),
            activation="restart",
            phrase=Message("the queue exporter restarts"),
            command=f"{LOAD_UNITS} && systemctl restart {UNIT}",
            test=compiled(PROGRAM),
        ),
    ),
    open_ports={"metrics": (PORT,)},
    health={"metrics": (f"port {PORT}",)},
    probes=("queue-length",),
    probe_modules=("hopthu_example.probes",),
    templates=Path(__file__).parent / "templates",
    exempt={"versions": "any Python 3 runs it"},
)
