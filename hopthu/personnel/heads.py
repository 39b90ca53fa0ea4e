"""Who heads a unit by the title in a list, where the data has another head or none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold
from hopthu.personnel.adoption import Adoption
from hopthu.personnel.findings import Finding
from hopthu.personnel.person_row import Entry
from hopthu.rules.context import RuleContext
from hopthu.rules.unit_kinds import kind_of

_HEADS: Mapping[str, re.Pattern[str]] = {
    kind: re.compile(form)
    for kind, form in {
        "department": r"giamdoc(so)?",
        "office": r"chanhvanphong",
        "inspectorate": r"chanhthanhtra",
        "board": r"truongban",
        "branch": r"(chicuctruong|truongchicuc)",
        "centre": r"giamdoc(trungtam)?",
        "division": r"truongphong",
        "school": r"hieutruong",
        "health_station": r"(tramtruong|truongtram)",
        "commune": r"chutich(ubnd|uybannhandan|(xa)?\Z)",
        "ward": r"chutich(ubnd|uybannhandan|(phuong)?\Z)",
        "special_zone": r"chutich(ubnd|uybannhandan|(dackhu)?\Z)",
    }.items()
}
"""How titles of those begin who head a unit, by its kind."""


def missing_heads(
    facts: RuleContext, adoption: Adoption, people: Iterable[tuple[Entry, str, str]]
) -> Iterator[Finding]:
    """Yield who, by their title, heads a unit that has another head, or none, on that day.

    `people` are rows with the unit and the id of the person. A head has the unit's mailbox
    (Art. 7.2): that is never given by a title alone.
    """
    for entry, unit, person in people:
        form = _HEADS.get(kind_of(facts, facts.units[unit].data))
        if not (form and form.match(fold(entry.title))):
            continue
        rows = facts.heads.get(unit, ())
        head = next((row.person for row in rows if row.holds_on(adoption.day)), "")
        title = shown(entry.title)
        if not rows:
            basis = f"decision: {adoption.id}, request: {adoption.id}"
            row = f"- {{person: {person}, from: {adoption.day}, {basis}}}"
            what = Message("{title}: {unit} has no head", title=title, unit=unit)
            fix = Message("if they head it, add to `heads` of {unit}: {row}", unit=unit, row=row)
        elif head != person:
            known = head or Message("nobody")
            what = Message("{title}: {unit} has {head} as its head", title=title, unit=unit,
                           head=known)  # fmt: skip
            fix = Message("if that is out of date, add the head with the decision and the request")
        else:
            continue
        yield Finding(entry.place, "head", entry.name, what, fix)
