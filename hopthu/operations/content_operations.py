"""Decide which parts of a host's state a run has to read for its record (docs/drift.md)."""

from __future__ import annotations

from collections.abc import Iterable

from hopthu.events.step import CONTENT, Step

Parts = tuple[str, ...]
"""Parts of a baseline (hopthu/remote/host/baseline.py); none means every part."""


def parts(steps: Iterable[Step]) -> Parts:
    """Return the parts to read before `steps`; reading all of them takes a second or two.

    These are the parts that the steps can change, and those that any apply compares with the data:
    files and access to unit mailboxes (the latter, on a host that is changed, only afterwards).
    Other parts stay in the record as they were, so a change there is reported as drift and never
    adopted.
    """
    effects = {step.effect for step in steps}
    if not effects <= CONTENT:
        return ()
    return ("files",) if effects else ("files", "access")
