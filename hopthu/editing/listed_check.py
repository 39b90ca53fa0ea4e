"""Check a reviewed workbook against the data of now, and write what it adds into a draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from hopthu.diagnostics.problem import shown
from hopthu.editing import documents, names, places
from hopthu.editing.draft import Draft
from hopthu.editing.listed_ids import seats, with_units
from hopthu.editing.units import NewUnit
from hopthu.editing.yaml_text import Plain, record
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.i18n.terms import DOCUMENTS
from hopthu.i18n.vietnamese import fold, spelling
from hopthu.model.timeline import text
from hopthu.personnel import labels
from hopthu.personnel.known_units import KnownUnits
from hopthu.personnel.reading import is_name
from hopthu.personnel.workbook import UNDECIDED, Line, Workbook
from hopthu.rules.context import RuleContext

NOT_APPLIED = Message("not applied yet: run the import with --review again")


@dataclass
class Addition:
    """What a workbook adds, each with its line: units, people with their unit, heads of units."""

    units: list[tuple[NewUnit, Line]] = field(default_factory=list)
    people: list[tuple[str, str, Mapping[str, Plain], Line]] = field(default_factory=list)
    heads: dict[str, tuple[Mapping[str, Plain], Line]] = field(default_factory=dict)
    present: int = 0
    left: int = 0


def adoption(facts: RuleContext, basis: str) -> date:
    """Return the day of a document that adopts a list; raise `UsageError` if it adopts none."""
    data = facts.documents[documents.known(facts, basis)].data
    if basis not in facts.adoptions:
        kind = text(data, "kind")
        raise UsageError(
            Message("{document} is of kind {kind}, not {wanted}", document=basis,
                    kind=DOCUMENTS.get(kind, kind), wanted=DOCUMENTS["adoption"]),
            fix=Message("a list rests on one document of kind `adoption`; see docs/import.md"),
        )  # fmt: skip
    return date.fromisoformat(text(data, "date"))


def checked(workbook: Workbook, facts: RuleContext, basis: str, day: date) -> Addition:
    """Return what a workbook adds on a document of a day; what it cannot add is refused there."""
    return _Check(workbook, facts, basis, day).addition()


class _Check:
    def __init__(self, workbook: Workbook, facts: RuleContext, basis: str, day: date) -> None:
        self._workbook, self._facts, self._day = workbook, facts, day
        self._paper: Mapping[str, Plain] = {"decision": basis, "request": basis}
        self._known = KnownUnits(facts)
        self._ids: dict[int, str] = {0: ""}
        self._addresses = names.taken(facts)
        self._used = {*facts.units, *facts.people, *facts.documents}
        self._found = Addition()
        self._mailboxes: set[str] = set()
        self._seats = seats(facts)

    def addition(self) -> Addition:
        """Check units and people, in this order, once every question is decided and applied."""
        self._workbook.compare()
        for line in self._workbook.questions.lines.values():
            if "choice" in line.changed():
                line.refuse("choice", NOT_APPLIED)
            elif line.text("choice") == labels.UNDECIDED:
                line.refuse("choice", UNDECIDED)
        if self._workbook.refusals:
            return self._found
        self._units(self._workbook.units.lines)
        for line in self._workbook.people.lines.values():
            self._person(line)
        return self._found

    def _units(self, lines: Mapping[int, Line]) -> None:
        """Find the unit that each place leads to, from the outermost on."""
        above = {number: line.number("above") for number, line in lines.items()}
        while ready := [n for n in above if n not in self._ids and above[n] in self._ids]:
            for number in ready:
                self._ids[number] = self._checked_unit(lines[number], self._ids[above[number]])
        for number in above.keys() - self._ids:
            what = Message("it is not the number of a unit above this one")
            lines[number].refuse("above", what)

    def _checked_unit(self, line: Line, parent: str) -> str:
        key = line.text("id")
        if line.text("kind") == labels.NO_UNIT:
            return parent
        if not line.choice("tick"):
            line.refuse("tick", Message("the unit is not ticked"))
        elif key in self._facts.units:
            self._on_record(line, key, parent)
        elif line.text("state") == labels.ON_RECORD:
            line.refuse("id", Message("the data has no unit {id} any more", id=shown(key)))
        else:
            self._new_unit(line, key, parent or self._known.province)
        return key

    def _on_record(self, line: Line, key: str, parent: str) -> None:
        """Refuse an id of a unit that is not the one of the workbook."""
        data = self._facts.units[key].data
        there = parent in (self._known.above(key), text(data, "parent"))
        if not there or spelling(text(data, "name")) != spelling(line.text("name")):
            line.refuse("id", Message("{id} is another unit in the data: {name}", id=key,
                                      name=shown(text(data, "name"))))  # fmt: skip
        if "mailbox" in data:
            self._mailboxes.add(key)

    def _new_unit(self, line: Line, key: str, parent: str) -> None:
        self._claim(line)
        line.needed("kind")
        kind, address = line.choice("kind", self._known.kinds), line.text("address")
        if address:
            self._mailboxes.add(key)
        unit = NewUnit(key, line.needed("name"), line.text("short"), kind, parent, address)
        self._found.units.append((unit, line))

    def _claim(self, line: Line) -> str:
        """Return the id; refuse one that is missing, malformed, or taken, and such an address."""
        if key := line.needed("id"):
            try:
                names.valid_id(self._facts, key, self._used)
            except UsageError as error:
                line.refuse("id", error.what)
            self._used.add(key)
        if address := line.text("address"):
            if fold(address) in self._addresses:
                line.refuse("address", Message("the address {address} is taken",
                                               address=shown(address)))  # fmt: skip
            self._addresses.add(fold(address))
        return key

    def _person(self, line: Line) -> None:
        if line.text("taken") == labels.UNDECIDED:
            line.refuse("taken", UNDECIDED)
        elif line.needed("taken") and line.choice("taken") == labels.LEFT:
            self._found.left += 1
        else:
            self._taken(line, present=line.text("taken").lower() == labels.PRESENT.lower())

    def _taken(self, line: Line, *, present: bool) -> None:
        place, key, name = line.number("place"), line.text("id"), line.text("name")
        unit = self._ids.get(place, "")
        if not unit:
            line.refuse("place", Message("it is not the number of a unit"))
            return
        there = self._seats.get((unit, spelling(name)), [])
        if present or key in self._facts.people:
            if key not in there:
                line.refuse("id", Message("{id} is not this person in {unit} in the data",
                                          id=shown(key), unit=unit))  # fmt: skip
            self._found.present += 1
        elif there:
            line.refuse("taken", Message("{person} of this name is in {unit} by now",
                                         person=there[0], unit=unit))  # fmt: skip
        else:
            self._new_person(line, unit)
        self._head(line, unit, key)

    def _new_person(self, line: Line, unit: str) -> None:
        key = self._claim(line)
        name, title, address = map(line.needed, ("name", "title", "address"))
        if name and not is_name(name):
            line.refuse("name", Message("{text} is not the name of a person", text=shown(name)))
        start = line.day("start") or self._day
        if created := self._facts.created.get(unit):  # a post begins with its unit at the earliest
            start = max(start, date.fromisoformat(created.start))
        category = line.needed("category") and line.choice("category")
        post: Plain = {"unit": unit, "title": title, "from": start, **self._paper}
        person: Mapping[str, Plain] = {
            "id": key, "name": name, "category": category, "mailbox": {"address": address},
            "posts": [post],
        }  # fmt: skip
        self._found.people.append((key, unit, person, line))

    def _head(self, line: Line, unit: str, person: str) -> None:
        if not (said := line.choice("head")):
            return
        rows = self._facts.heads.get(unit, ())
        now = next((row.person for row in rows if row.holds_on(self._facts.today)), "")
        if unit not in self._mailboxes:
            line.refuse("head", Message("{unit} has no mailbox, and no head", unit=unit))
        elif rows and now != person:
            line.refuse("head", Message("{unit} has had a head: use `hopthu unit head`", unit=unit))
        elif unit in self._found.heads:
            line.refuse("head", Message("{unit} has another head in this workbook", unit=unit))
        elif not rows:
            acting: Mapping[str, Plain] = {"acting": True} if said == labels.ACTING else {}
            row = {"person": person, **acting, "from": self._day, **self._paper}
            self._found.heads[unit] = (row, line)


def add(draft: Draft, found: Addition) -> None:
    """Add units, which as far as the data says have always existed, people, and heads of units."""
    new = {unit.id: unit for unit, _ in found.units}
    after = with_units(draft.facts, [*new.values()])
    for key, unit in new.items():
        made = unit.fields()
        if key in found.heads:
            made["heads"] = [found.heads[key][0]]
        draft.add(places.of_unit(after, key, unit.parent), key, record(made))
    for key, (row, _) in found.heads.items():
        if key not in new:
            draft.add_row(draft.facts.units[key], ("heads",), row)
    for key, unit_id, person, _ in found.people:
        draft.add(places.file_of(after, "people", unit_id), key, record(person))
