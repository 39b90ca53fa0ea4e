"""The monitor of the centre, and what misses it on other hosts."""

from __future__ import annotations

from pyinfra import host
from pyinfra.api import deploy

from deploys.common import install, rendered, timers, verified
from hopthu.daemons.monitor import DAEMON, FOLDER, SOCKET, TIMER
from hopthu.operations import config, services
from hopthu.operations.names import step_name
from hopthu.render.files import Files

_TEST = f"""\
promtool check config {{stage}}{FOLDER}/prometheus.yml >/dev/null
amtool check-config {{stage}}{FOLDER}/alertmanager.yml >/dev/null
{verified("hopthu-alarm*")}python3 -IS -m compileall -q {{stage}}/usr/local/lib/hopthu/alarm-mail
"""
_MISSED_TEST = f"""\
{verified("hopthu-monitor-missed.*")}python3 -IS -m compileall -q \
{{stage}}/usr/local/lib/hopthu/monitor-missed
"""


@deploy(step_name("Monitor"))
def monitor() -> None:
    """Install → configure → activate what this host has to do with a monitor, if anything."""
    if wanted := rendered("monitor"):
        _monitor(wanted)
    if wanted := rendered("monitor-missed"):
        _missed(wanted)


def _monitor(wanted: Files) -> None:
    install(DAEMON)
    configured = config.files(
        name=step_name("Configure the monitor"), daemon="monitor", files=wanted, test=_TEST
    )
    units = [f"{service.unit}.service" for service in DAEMON.services]
    config.activate(
        name=step_name("Restart the monitor"),
        daemon="monitor",
        command=f"systemctl daemon-reload && systemctl restart {SOCKET} {' '.join(units)}",
        after=[configured],
    )
    for unit in host.loop([SOCKET, *units]):
        services.service(
            name=step_name("Keep {service} running", service=unit),
            service=unit,
            running=True,
            enabled=True,
        )


def _missed(wanted: Files) -> None:
    configured = config.files(
        name=step_name("Configure what misses the monitor"),
        daemon="monitor-missed",
        files=wanted,
        test=_MISSED_TEST,
    )
    config.activate(
        name=step_name("Load what misses the monitor"),
        daemon="monitor-missed",
        command="systemctl daemon-reload",
        after=[configured],
    )
    timers([TIMER])
