"""The records that a list leads to: ids, addresses, units and posts, resting on one adoption."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hopthu.diagnostics.problem import Mark, shown
from hopthu.i18n.message import Message
from hopthu.i18n.terms import CATEGORIES
from hopthu.i18n.vietnamese import Spelling, fold, spelling
from hopthu.model.address_naming import free, highest, id_stem, stem
from hopthu.model.organisation import Category
from hopthu.model.record_local import is_clean
from hopthu.personnel.adoption import Adoption
from hopthu.personnel.findings import Finding, Place, left_out, look
from hopthu.personnel.heads import NewHead, doubtful, first_heads
from hopthu.personnel.listing import Listing
from hopthu.personnel.matching import Matching, Placed, matched
from hopthu.personnel.namesakes import is_beside, left_beside, posts_beside, shared_names
from hopthu.personnel.placing import has_left, placed, remarks_to_check
from hopthu.personnel.unit_names import UnitNames
from hopthu.personnel.whereabouts import Whereabouts
from hopthu.rules.context import RuleContext
from hopthu.schema.fast_path import matches_schema
from hopthu.source.positions import Steps
from hopthu.source.records import Record
from hopthu.source.values import Map


@dataclass(frozen=True, slots=True)
class Proposal:
    """Somebody to be added to the data, with their first post."""

    place: Place
    id: str
    name: str
    category: Category
    address: str
    unit: str
    title: str
    start: str
    basis: str

    def record(self) -> Record:
        """Return the record as the rules read it; its place is the row of the list."""
        post: Map = {"unit": self.unit, "title": self.title, "from": self.start}
        data: Map = {
            "id": self.id,
            "name": self.name,
            "category": self.category,
            "mailbox": {"address": self.address},
            "posts": [{**post, "decision": self.basis, "request": self.basis}],
        }
        marks = _OfRow(self.place)
        fits, plain = matches_schema("people")(data), is_clean("people", data)
        return Record.of("people", marks.at(()).file, (), data, marks, fits, plain)


@dataclass(frozen=True, slots=True)
class _OfRow:
    """The place of everything in a record of a list: its row."""

    place: Place

    def at(self, steps: Steps, *, key: bool = False) -> Mark:  # noqa: ARG002
        return Mark(":".join(filter(None, self.place[:2])), self.place.row)


@dataclass(frozen=True)
class Proposed:
    """What a list leads to: new records, how many people are there already, findings, heads."""

    new: Sequence[Proposal]
    present: int
    findings: Sequence[Finding]
    heads: Mapping[Place, NewHead]


def proposed(
    listing: Listing, facts: RuleContext, adoption: Adoption, *, namesakes: bool
) -> Proposed:
    """Return what a list adds to the data; with `namesakes` a name on record is another person's.

    Nobody who is there already is changed. The order of the list decides who is numbered how.
    """
    units = Whereabouts(UnitNames(facts, adoption.day))
    there, findings = placed(listing, units, facts.on)
    found = matched(there, facts, adoption.day)
    findings += [_respelled(each, seat.person, seat.name) for each, seat in found.respelled]
    listed = [units.of(each.texts).unit for each in listing.entries]
    named = {*listed, *(units.of(each.texts).unit for each in listing.unread)} - {""}
    sure = all(listed)
    checked = _Rows(facts, adoption, found, named if sure else None, namesakes=namesakes)
    register = _Register(facts)
    new: list[Proposal] = []
    people = [(each.entry, each.unit, seat.person) for each, seat in found.same]
    beside = {} if namesakes else _beside(listing, found)
    for each in found.unknown:
        if each.entry.place in beside:
            continue
        refusal = checked.refusal(each)
        if refusal:
            findings.append(refusal)
            continue
        findings += checked.remarks(each)
        new.append(register.proposal(each, checked.start(each), adoption.id))
        people.append((each.entry, each.unit, new[-1].id))
    findings += remarks_to_check(entry for entry, _, _ in people)
    ids = {entry.place: person for entry, _, person in people}
    findings += [
        left_beside(each, main, ids.get(main.entry.place, ""))
        for each in found.unknown
        if (main := beside.get(each.entry.place))
    ]
    if not namesakes:
        taken = [Placed(entry, unit) for entry, unit, _ in people]
        findings += shared_names(taken, ids, {each.id for each in new})
    doubts = doubtful(listing.entries, (*listing.findings, *findings), namesakes=namesakes)
    doubts |= {each.place for each in listing.entries if units.of(each.texts).remarks}
    serving = [
        Placed(each, unit)
        for each, unit in zip(listing.entries, listed, strict=True)
        if unit and not has_left(each, facts.on)
    ]
    heads = list(first_heads(facts, adoption, people, serving, doubts))
    findings += [finding for finding, _ in heads]
    return Proposed(
        new, len(found.same), findings, {finding.place: head for finding, head in heads if head}
    )


def _beside(listing: Listing, found: Matching) -> Mapping[Place, Placed]:
    """Return the rows that are no person of their own, each with the one of their main post.

    The main post may be in a row of which the unit is not known.
    """
    rows = [*(each for each, _ in found.same), *found.unknown]
    known = {each.entry.place for each, _ in found.same}
    in_units = {each.entry.place for each in rows}
    nowhere = (Placed(each, "") for each in listing.entries if each.place not in in_units)
    return posts_beside([*rows, *nowhere], known)


class _Rows:
    """Judges rows of people who are not in the data.

    `unread` are the units of rows that could not be read, None if the unit of some is not known.
    """

    def __init__(
        self,
        facts: RuleContext,
        adoption: Adoption,
        found: Matching,
        unread: Collection[str] | None,
        *,
        namesakes: bool,
    ) -> None:
        self._facts, self._adoption = facts, adoption
        self._named, self._namesakes = found.named, namesakes
        self._covered = {each.unit for each, _ in (*found.same, *found.respelled)}
        self._covered |= {*(each.unit for each in found.unknown), *(unread or ())}
        self._sure = unread is not None
        self._first: dict[tuple[Spelling, str], Place] = {}
        for each, _ in found.same:
            self._first.setdefault(_seat(each), each.entry.place)

    def refusal(self, each: Placed) -> Finding | None:
        """Return why a row cannot be taken, None if it can."""
        entry = each.entry
        if self._adoption.units and each.unit not in self._adoption.units:
            return left_out(
                entry.place, entry.name,
                Message("{document} does not name {units}",
                        document=self._adoption.id, units=each.unit),
                Message("adopt the list of this unit by a document that names it"),
            )  # fmt: skip
        if entry.start and entry.start.isoformat() > self._adoption.day:
            return left_out(
                entry.place, entry.name,
                Message("begins on {day}, after the adoption of {adopted}",
                        day=entry.start, adopted=self._adoption.day),
                Message("enter the post with its own decision and request"),
            )  # fmt: skip
        first = self._first.setdefault(_seat(each), entry.place)
        if self._namesakes:
            return None
        if first != entry.place:
            return left_out(
                entry.place, entry.name,
                Message("row {row} has the same name in the same unit", row=first.row),
                Message("delete the row if it is the same person; if these are two, "
                        "give --namesakes once the list is right"),
            )  # fmt: skip
        beside = is_beside(entry)
        if moved := [key for key in self._others(each) if beside or not self._stays(key)]:
            return left_out(
                entry.place, entry.name,
                Message("{people} has the same name and may be the same person",
                        people=", ".join(moved[:5])),
                Message("if it is, add the post to that record, with its decision; if not, "
                        "give --namesakes once the list is right"),
            )  # fmt: skip
        return None

    def remarks(self, each: Placed) -> Iterator[Finding]:
        """Yield what a person should look at of a row that is taken."""
        entry = each.entry
        if others := self._others(each):
            yield look(
                entry.place, entry.name,
                Message("{people} has the same name", people=", ".join(others[:5])),
                Message("nothing, if it is somebody else"),
            )  # fmt: skip
        if entry.by_title and entry.by_title != entry.category:
            yield look(
                entry.place, entry.name,
                Message("the title is of the category {other}, --category says {category}",
                        other=CATEGORIES[entry.by_title], category=CATEGORIES[entry.category]),
                Message("if it is wrong of them, write the category into a column of the list"),
            )  # fmt: skip
        created = self._facts.created.get(each.unit)
        if created and entry.start and entry.start.isoformat() < created.start:
            yield look(
                entry.place, entry.name,
                Message("begins on {day}, before {unit} began; written from its first day",
                        day=entry.start, unit=each.unit),
                Message("nothing, if they came from a unit before it"),
            )  # fmt: skip

    def start(self, each: Placed) -> str:
        """Return the first day of the post: the one of the list, else that of the adoption."""
        start = each.entry.start.isoformat() if each.entry.start else self._adoption.day
        created = self._facts.created.get(each.unit)
        return max(start, created.start) if created else start

    def _others(self, each: Placed) -> list[str]:
        return self._named.get(spelling(each.entry.name), [])

    def _stays(self, person: str) -> bool:
        """Tell whether somebody of the data is certainly in a unit the list is not about."""
        held = [row.unit for row in self._facts.posts[person] if row.holds_on(self._adoption.day)]
        return self._sure and bool(held) and self._covered.isdisjoint(held)


class _Register:
    """Gives out ids and addresses in turn, as `hopthu address` does for one name."""

    def __init__(self, facts: RuleContext) -> None:
        taken = {fold(local) for local in facts.policy.reserved}
        self._given = highest(taken | {claim.folded for claim in facts.claims})
        self._ids = {*facts.units, *facts.people}
        self._numbers: Counter[str] = Counter()

    def proposal(self, each: Placed, start: str, basis: str) -> Proposal:
        entry = each.entry
        return Proposal(
            entry.place, self._id(entry.name), entry.name, entry.category,
            self._address(entry.name), each.unit, entry.title, start, basis,
        )  # fmt: skip

    def _address(self, name: str) -> str:
        base = stem(name)
        address = free(base, self._given)
        self._given[base] = self._given.get(base, 0) + 1
        return address

    def _id(self, name: str) -> str:
        base = id_stem(name)
        key = base
        while key in self._ids:
            self._numbers[base] += 1
            key = f"{base}-{self._numbers[base] + 1}"
        self._ids.add(key)
        return key


def _seat(each: Placed) -> tuple[Spelling, str]:
    return spelling(each.entry.name), each.unit


def _respelled(each: Placed, person: str, name: str) -> Finding:
    return left_out(
        each.entry.place, each.entry.name,
        Message("{person} is there already, as {name}", person=person, name=shown(name)),
        Message("correct the name, here or in the data; if it is somebody else, add them by hand"),
    )  # fmt: skip
