"""Who heads a unit by the title in a list, where the data has another head or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.personnel.adoption import Adoption
from hopthu.personnel.findings import Finding
from hopthu.personnel.head_titles import Headship, headship
from hopthu.personnel.person_row import Entry
from hopthu.rules.context import RuleContext
from hopthu.rules.rows import text
from hopthu.rules.unit_kinds import kind_of


def missing_heads(
    facts: RuleContext, adoption: Adoption, people: Iterable[tuple[Entry, str, str]]
) -> Iterator[Finding]:
    """Yield who, by their title, heads a unit that has another head, or none, on that day.

    `people` are rows with the unit and the id of the person. A head has the unit's mailbox
    (Art. 7.2): that is never given by a title alone.
    """
    for entry, unit, person in people:
        found = _headship(facts, unit, entry.title)
        if found is None:
            continue
        rows = facts.heads.get(unit, ())
        head = next((row.person for row in rows if row.holds_on(adoption.day)), "")
        title = shown(entry.title)
        if not rows:
            basis = f"decision: {adoption.id}, request: {adoption.id}"
            acting = "acting: true, " if found == "acting" else ""
            row = f"- {{person: {person}, from: {adoption.day}, {acting}{basis}}}"
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


def _headship(facts: RuleContext, unit: str, title: str) -> Headship | None:
    data = facts.units[unit].data
    above = facts.units.get(text(data, "parent"))
    over = text(above.data, "name") if above else ""
    return headship(title, kind_of(facts, data), text(data, "name"), over)
