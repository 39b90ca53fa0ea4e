"""Install → configure → activate the exporter."""

from __future__ import annotations

from pyinfra.api import deploy

from deploys.common import install, rendered
from hopthu.operations import config, services
from hopthu_example import PROGRAM, QUEUE_EXPORTER, UNIT


@deploy("Queue exporter")
def queue_exporter() -> None:
    """Put the program, test that it compiles, start it."""
    install(QUEUE_EXPORTER)
    configured = config.files(
        name="Put the queue exporter",
        daemon="queue-exporter",
        files=rendered("queue-exporter"),
        test=f"python3 -m py_compile {{stage}}{PROGRAM}",
    )
    config.activate(
        name="Restart the queue exporter",
        daemon="queue-exporter",
        command=f"systemctl daemon-reload && systemctl restart {UNIT}",
        after=[configured],
    )
    services.service(
        name="Keep the queue exporter running", service=UNIT, running=True, enabled=True
    )
