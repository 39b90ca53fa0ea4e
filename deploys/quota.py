"""The quota check, which Postfix asks about each recipient."""

from __future__ import annotations

from pyinfra import host
from pyinfra.api import deploy

from deploys.common import install, rendered, verified
from hopthu.daemons.quota import DAEMON
from hopthu.operations import config, services
from hopthu.operations.names import step_name

_UNITS = "/etc/systemd/system"


@deploy(step_name("Quota check"))
def quota() -> None:
    """Install → configure → activate the quota check."""
    install(DAEMON)

    files = rendered("quota")
    configured = config.files(
        name=step_name("Configure the quota check"),
        daemon="quota",
        files=files,
        test=verified("hopthu-quota*"),
    )

    units = [
        service.unit for service in DAEMON.services if f"{_UNITS}/{service.unit}.service" in files
    ]
    config.activate(
        name=step_name("Restart the quota check"),
        daemon="quota",
        command=f"systemctl daemon-reload && systemctl restart {' '.join(units)}",
        after=[configured],
    )
    for unit in host.loop(units):
        services.service(
            name=step_name("Keep {service} running", service=f"{unit}.service"),
            service=f"{unit}.service",
            running=True,
            enabled=True,
        )
