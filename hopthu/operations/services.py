"""Units of systemd that hopthu keeps running; the host notes them (hopthu/remote/host/units.py)."""

from __future__ import annotations

import shlex
from collections.abc import Generator

from pyinfra import host
from pyinfra.api import StringCommand, operation

from hopthu.daemons import registry
from hopthu.operations.host_state import STATE, ManagedFiles
from hopthu.operations.run import ask, surveyed
from hopthu.remote.host.units import DISABLE, ENABLE, START, UNITS, services

_LIST = f"{STATE}/{UNITS}"


@operation()
def kept(service: str) -> Generator[StringCommand, None, None]:
    """Have a unit run, now and at boot; those that hopthu knows are read at once.

    + service: name of the unit, with its type

    **Example:**

    .. code:: python

        services.kept(name="Keep the demon running", service="demon.service")
    """
    listed = service in (ManagedFiles.of(surveyed()["managed"]).units or ())
    active, at_boot = _found(service)
    if listed and active and at_boot:
        host.noop(f"{service} is as it should be")
        return
    if not listed:
        note = f"printf '%s\\n' {shlex.quote(service)} >>{_LIST}"
        yield StringCommand(f"install -d -m 700 {STATE} && {note}")
    if not at_boot:  # only then: it has systemd load all units
        yield StringCommand(shlex.join([*ENABLE, service]))
    elif not active:
        yield StringCommand(shlex.join([*START, service]))


@operation()
def stopped(service: str, left: str = "") -> Generator[StringCommand, None, None]:
    """Stop a unit that was kept running, now and at boot.

    + service: name of the unit, with its type
    + left: shell command that prints what the unit has still to do; if it prints anything after the
      stop, the unit goes on and the operation fails

    **Example:**

    .. code:: python

        services.stopped(name="Stop the demon", service="demon.service")
    """
    listed = service in (ManagedFiles.of(surveyed()["managed"]).units or ())
    runs = any(_found(service))
    if not listed and not runs:
        host.noop(f"{service} does not run")
        return
    if runs:
        yield StringCommand(shlex.join([*DISABLE, service]))
    if left:
        again = shlex.join([*ENABLE, service])
        refusal = f'{{ echo "{service} has still to do: $left" >&2; {again}; exit 1; }}'
        yield StringCommand(f'left=$({left}) && [ -z "$left" ] || {refusal}')
    if listed:
        rest = f"{{ grep -vxF {shlex.quote(service)} {_LIST} || :; }} >{_LIST}.new"
        yield StringCommand(f"{rest} && mv -f {_LIST}.new {_LIST}")


def _found(service: str) -> tuple[bool, bool]:
    """Return whether a unit is active and whether it starts at boot."""
    known = surveyed()["services"] if service in registry.units() else ask(services, [service])
    active, at_boot = known.get(service, (False, False))
    return active, at_boot
