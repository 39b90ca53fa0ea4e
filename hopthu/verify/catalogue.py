"""All probes, in the order in which they are shown."""

from __future__ import annotations

from importlib import import_module

from hopthu.daemons.registry import daemons
from hopthu.verify.probe import Probe
from hopthu.verify.probes import (
    delivery,
    directory,
    evidence,
    faults,
    forwarding,
    scanning,
    senders,
    sign_in,
    training,
    units,
)

_THEMES = (
    delivery,
    forwarding,
    sign_in,
    senders,
    units,
    scanning,
    training,
    directory,
    faults,
    evidence,
)
_OF_DAEMONS = [import_module(name) for daemon in daemons() for name in daemon.probe_modules]

PROBES: tuple[Probe, ...] = tuple(
    value
    for theme in (*_THEMES, *_OF_DAEMONS)
    for value in vars(theme).values()
    if isinstance(value, Probe)
)
