"""How a list and the data differ, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

from hopthu.diagnostics.problem import printable
from hopthu.i18n.catalogue import translate
from hopthu.personnel import labels
from hopthu.personnel.review import Change, Review

_KEYS = ("kind", "person", "name", "in_data", "row", "title", "path", "unit", "category")


def as_text(made: Review, language: str) -> str:
    """Return each difference on a line."""
    lines = []
    for each in made.changes:
        row = made.people[each.row - 1] if each.row else None
        where = f"{row.sheet}:{row.row}: " if row else ""
        who = f"{each.name} ({each.person})" if each.person else each.name
        said = " → ".join(
            filter(None, (each.in_data, each.title if each.kind == "titled" else each.path))
        )
        kind = translate(labels.DIFFERENCES[each.kind], language)
        lines.append(printable(f"{where}{who}: {kind}: {said}") + "\n")
    return "".join(lines)


def as_json(found: Sequence[Change], file: str, on: date) -> str:
    """Return the differences as JSON; the keys are a contract."""
    differences = [{key: getattr(each, key) for key in _KEYS} for each in found]
    report = {"list": file, "on": on.isoformat(), "differences": differences}
    return json.dumps(report, ensure_ascii=False, indent=2) + "\n"
