"""Which parts of a host have to be looked at for the record of a run (docs/drift.md)."""

from __future__ import annotations

from collections.abc import Iterable

from hopthu.operations.effects import CONTENT, Step

Parts = tuple[str, ...]
"""Words that `baseline.sh` knows; none: every part."""


def parts(steps: Iterable[Step]) -> Parts:
    """Return what has to be looked at before `steps`; all of it takes a host a second or two.

    It is what they can change, and what any apply compares with the data: files, and who is let
    into unit mailboxes. Of a host that is changed that is looked at afterwards only. A part that is
    not looked at stays on record as it was: whatever became otherwise there is told as drift, never
    taken over.
    """
    effects = {step.effect for step in steps}
    if not effects <= CONTENT:
        return ()
    return ("files",) if effects else ("files", "access")
