"""Who applies what dates in the data bring about: one applier, which policy names."""

from __future__ import annotations

from collections.abc import Mapping

from hopthu.model.policy import Policy

CALLERS: Mapping[str, str] = {"timer": "timer on {host}", "pipeline": "scheduled pipeline"}
"""Who may call a daily run, and how the record names them; data, hence not translated."""


def applies(policy: Policy, caller: str | None) -> bool:
    """Return whether the caller applies; a person, None, never does: there is `hopthu apply`."""
    return caller in CALLERS and caller == policy.daily.by
