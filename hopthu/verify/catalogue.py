"""Every probe there is, in the order they are shown."""

from __future__ import annotations

from hopthu.verify.probe import Probe
from hopthu.verify.probes import (
    delivery,
    directory,
    evidence,
    faults,
    scanning,
    senders,
    sign_in,
    units,
)

_THEMES = (delivery, sign_in, senders, units, scanning, directory, faults, evidence)

PROBES: tuple[Probe, ...] = tuple(
    value for theme in _THEMES for value in vars(theme).values() if isinstance(value, Probe)
)
