"""The file that a new record stands in."""

from __future__ import annotations

from hopthu.model.timeline import NEVER
from hopthu.rules.context import RuleContext


def file_of(facts: RuleContext, kind: str, unit: str) -> str:
    """Return the file for a record of `kind` that belongs to a unit.

    In a folder there is a file for each unit at the top: below the province, or itself that.
    """
    names = facts.source.files
    folder = f"data/{kind}"
    if f"{folder}.yaml" in names or not any(name.startswith(f"{folder}/") for name in names):
        return f"{folder}.yaml"
    line = facts.past.above(unit, NEVER) or (unit,)
    return f"{folder}/{line[-2:][0]}.yaml"
