"""What tells the monitor of the centre how a host is."""

from __future__ import annotations

from pyinfra.api import deploy

from deploys.common import install, rendered, timers, verified
from hopthu.daemons.exporter import DAEMON, TIMER, UNIT
from hopthu.operations import config, services
from hopthu.operations.names import step_name

_TEST = f"""\
{verified("hopthu-measures.*")}python3 -IS -m compileall -q {{stage}}/usr/local/lib/hopthu/measures
"""


@deploy(step_name("Exporter"))
def exporter() -> None:
    """Install → configure → activate, if the centre has a monitor."""
    if not (wanted := rendered("exporter")):
        return
    install(DAEMON)
    configured = config.files(
        name=step_name("Configure what the monitor reads of this host"),
        daemon="exporter",
        files=wanted,
        test=_TEST,
    )
    config.activate(
        name=step_name("Restart what the monitor reads of this host"),
        daemon="exporter",
        command=f"systemctl daemon-reload && systemctl restart {UNIT} hopthu-measures.timer",
        after=[configured],
    )
    services.service(
        name=step_name("Keep {service} running", service=f"{UNIT}.service"),
        service=f"{UNIT}.service",
        running=True,
        enabled=True,
    )
    timers([TIMER])
