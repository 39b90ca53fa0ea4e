"""The file that a new record goes to, as the data is laid out.

In a folder of files that are named after units, or of documents after years, it has its place; in
any other it stands where its like do.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

from hopthu.model.timeline import NEVER, text
from hopthu.rules.context import RuleContext

_YEAR = re.compile(r"data/documents/[0-9]{4}\.yaml")


def of_document(facts: RuleContext, issuer: str, on: date) -> str:
    """Return the file of a document: that of its year, or of the last one of its issuer."""
    if _is_folder(facts, "documents"):
        names = {record.file for record in facts.source.documents}
        if all(map(_YEAR.fullmatch, names)):
            return f"data/documents/{on:%Y}.yaml"
        own = [facts.documents[key] for key, by in facts.issuers.items() if by == issuer]
        if own and not _is_by_unit(facts, "documents"):
            return max(own, key=lambda record: text(record.data, "date")).file
    return file_of(facts, "documents", issuer)


def of_person(facts: RuleContext, unit: str) -> str:
    """Return the file of somebody who begins in a unit: that of most people there."""
    if _is_folder(facts, "people") and not _is_by_unit(facts, "people"):
        there = Counter(
            facts.people[person].file
            for person, rows in facts.posts.items()
            if rows and rows[-1].unit == unit
        )
        if there:
            return there.most_common(1)[0][0]
    return file_of(facts, "people", unit)


def of_unit(facts: RuleContext, unit: str, parent: str) -> str:
    """Return the file of a new unit: that of the unit above it, or one of its own at the top."""
    if _is_folder(facts, "units") and not _is_by_unit(facts, "units"):
        return facts.units[parent].file
    below_the_top = "parent" in facts.units[parent].data
    return file_of(facts, "units", parent if below_the_top else unit)


def file_of(facts: RuleContext, kind: str, unit: str) -> str:
    """Return the file for a record of `kind` that belongs to a unit.

    In a folder there is a file for each unit at the top: below the province, or itself that.
    """
    if f"data/{kind}.yaml" in facts.source.files or not _is_folder(facts, kind):
        return f"data/{kind}.yaml"
    line = facts.past.above(unit, NEVER) or (unit,)
    return f"data/{kind}/{line[-2:][0]}.yaml"


def _is_folder(facts: RuleContext, kind: str) -> bool:
    return any(name.startswith(f"data/{kind}/") for name in facts.source.files)


def _is_by_unit(facts: RuleContext, kind: str) -> bool:
    """Tell whether files of a folder are named after units."""
    names = (name for name in facts.source.files if name.startswith(f"data/{kind}/"))
    stems = (name.rpartition("/")[2].removesuffix(".yaml") for name in names)
    return any(stem in facts.units for stem in stems)
