"""Services of systemd."""

from __future__ import annotations

from collections.abc import Generator

from pyinfra import host
from pyinfra.api import StringCommand, operation
from pyinfra.operations import systemd

from hopthu.daemons import registry
from hopthu.operations.run import ask, surveyed
from hopthu.remote.host.survey import services


@operation()
def service(service: str, running: bool, enabled: bool) -> Generator[StringCommand, None, None]:
    """Start or stop a service, now and at boot; all that hopthu knows are read at once.

    + service: name of the unit, with its type
    + running: whether it should be active
    + enabled: whether it should be started at boot

    **Example:**

    .. code:: python

        services.service(
            name="Keep the demon running",
            service="demon.service",
            running=True,
            enabled=True,
        )
    """
    known = surveyed()["services"] if service in registry.units() else ask(services, [service])
    if [running, enabled] == [*known.get(service, (False, False))]:
        host.noop(f"{service} is as it should be")
        return
    yield from systemd.service._inner(service=service, running=running, enabled=enabled)
