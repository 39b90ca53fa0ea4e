"""Who heads a unit by the title in a list, where the data has another head or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.personnel.adoption import Adoption
from hopthu.personnel.findings import Finding
from hopthu.personnel.head_titles import Headship, headship
from hopthu.personnel.person_row import Entry
from hopthu.rules.context import RuleContext
from hopthu.rules.rows import text
from hopthu.rules.unit_kinds import kind_of


@dataclass(frozen=True, slots=True)
class NewHead:
    """Somebody who by their title is the first head of a unit, from the day of the adoption."""

    unit: str
    person: str
    start: str
    acting: bool
    basis: str

    @property
    def row(self) -> Mapping[str, str | bool]:
        """The row of `heads` of the unit."""
        acting = {"acting": True} if self.acting else {}
        basis = {"decision": self.basis, "request": self.basis}
        return {"person": self.person, "from": self.start, **acting, **basis}


def first_heads(
    facts: RuleContext, adoption: Adoption, people: Iterable[tuple[Entry, str, str]]
) -> Iterator[tuple[Finding, NewHead | None]]:
    """Yield who, by their title, heads a unit that has another head, or none, on that day.

    `people` are rows with the unit and the id of the person. A head has the unit's mailbox
    (Art. 7.2): that is never given by a title alone, so a person has to confirm each. None is
    proposed where there is a head on record, where several have such a title, and for a unit
    without a mailbox.
    """
    named = [
        (entry, unit, person, found)
        for entry, unit, person in people
        if "mailbox" in facts.units[unit].data and (found := _headship(facts, unit, entry.title))
    ]
    number = Counter(unit for _, unit, _, _ in named)
    for entry, unit, person, found in named:
        rows = facts.heads.get(unit, ())
        head = next((row.person for row in rows if row.holds_on(adoption.day)), "")
        title = shown(entry.title)
        new = None
        if not rows:
            first = NewHead(unit, person, adoption.day, found == "acting", adoption.id)
            what = Message("{title}: {unit} has no head", title=title, unit=unit)
            fix = Message("if they head it: {command}", command=_command(first))
            if number[unit] == 1:
                new = first
                fix = Message("if they head it, give --heads; or: {command}",
                              command=_command(first))  # fmt: skip
        elif head != person:
            known = head or Message("nobody")
            what = Message("{title}: {unit} has {head} as its head", title=title, unit=unit,
                           head=known)  # fmt: skip
            fix = Message("if that is out of date, add the head with the decision and the request")
        else:
            continue
        yield Finding(entry.place, "head", entry.name, what, fix), new


def _command(new: NewHead) -> str:
    acting = " --acting" if new.acting else ""
    return (
        f"hopthu unit head {new.unit} {new.person}{acting} --from {new.start} "
        f"--decision {new.basis} --request {new.basis}"
    )


def _headship(facts: RuleContext, unit: str, title: str) -> Headship | None:
    data = facts.units[unit].data
    above = facts.units.get(text(data, "parent"))
    over = text(above.data, "name") if above else ""
    return headship(title, kind_of(facts, data), text(data, "name"), over)
