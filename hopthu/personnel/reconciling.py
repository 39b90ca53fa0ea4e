"""How a personnel list and the data differ on a day."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from hopthu.diagnostics.problem import printable, shown
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import fold, spelling
from hopthu.model.timeline import texts
from hopthu.personnel import findings
from hopthu.personnel.findings import Finding, Place
from hopthu.personnel.listing import Listing
from hopthu.personnel.matching import Matching, Placed, Seat, matched
from hopthu.personnel.placing import placed
from hopthu.personnel.spelling import strict
from hopthu.personnel.unit_names import UnitNames
from hopthu.personnel.whereabouts import Whereabouts
from hopthu.rules.context import RuleContext

Kind = Literal["no-mailbox", "no-post", "other-unit", "other-name", "other-title"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One person of whom the list and the data say different things.

    `no-mailbox`: in post by the list, without a mailbox; `no-post`: the contrary. `place` is the
    row, if there is one; `person` the id in the data, or empty; `unit` is that of the list where
    there is a row, `other` what the data has in its place, a unit, a name or a title, and `title`
    that of the list where it differs.
    """

    kind: Kind
    place: Place | None
    name: str
    unit: str
    person: str = ""
    other: str = ""
    title: str = ""

    @property
    def summary(self) -> Message:
        """The difference in a sentence."""
        said = {"person": self.person, "unit": self.unit, "other": self.other}
        if self.kind == "other-unit":
            return Message("{person} is in {unit} by the list, in {other} by the data", **said)
        if self.kind == "other-name":
            return Message(
                "{person} is written {other} in the data", **{**said, "other": shown(self.other)}
            )
        if self.kind == "other-title":
            titles = {"title": shown(self.title), "other": shown(self.other)}
            return Message("{person} is {title} by the list, {other} by the data", **said | titles)
        if self.kind == "no-post":
            return Message("{person} has a mailbox, and is not in {unit} by the list", **said)
        if self.person:
            return Message("{person} is in post in {unit} and has no mailbox", **said)
        return Message("in post in {unit}, and not in the data", **said)


@dataclass(frozen=True)
class Reconciliation:
    """Every difference, and the rows of the list that could not be compared."""

    differences: Sequence[Difference]
    unread: Sequence[Finding]
    same: int


def reconciled(listing: Listing, facts: RuleContext, day: str) -> Reconciliation:
    """Compare a list with the data on a day; of the data only units that the list has people of."""
    there, found = placed(listing, Whereabouts(UnitNames(facts, day)), facts.on)
    matching = matched(there, facts, day)
    unread = [each for each in (*listing.findings, *found) if each.level == "left out"]
    # Whether a row that cannot be read is about somebody of the data, a person has to see.
    of_rows = {spelling(each.subject) for each in unread}
    differences = [
        each
        for each in _differences(there, matching, facts, day)
        if each.kind != "no-post" or spelling(each.name) not in of_rows
    ]
    differences.sort(key=lambda each: (each.place or Place("", "", 0), each.person))
    differ = {each.place for each in differences}
    alike = sum(each.entry.place not in differ for each, _ in matching.same)
    return Reconciliation(differences, findings.in_order(unread), alike)


def _differences(
    there: Sequence[Placed], found: Matching, facts: RuleContext, day: str
) -> Iterator[Difference]:
    for each, seat in (*found.same, *found.respelled):
        if "mailbox" not in facts.people[seat.person].data:
            yield Difference(
                "no-mailbox", each.entry.place, each.entry.name, each.unit, seat.person
            )
        titles = _titles(facts, seat, day)
        if titles and not any(_is_alike(each.entry.title, title) for title in titles):
            yield Difference(
                "other-title", each.entry.place, each.entry.name, each.unit, seat.person,
                "; ".join(titles), each.entry.title,
            )  # fmt: skip
    for each, seat in found.respelled:
        yield Difference(
            "other-name", each.entry.place, each.entry.name, each.unit, seat.person, seat.name
        )
    moved = _moved(found)
    for each in found.unknown:
        entry = each.entry
        if each in moved:
            there_now = moved[each]
            yield Difference(
                "other-unit", entry.place, entry.name, each.unit, there_now.person, there_now.unit
            )
        else:
            yield Difference("no-mailbox", entry.place, entry.name, each.unit)
    covered = {each.unit for each in there}
    elsewhere = {seat.person for seat in moved.values()}
    for seat in (*found.absent, *_without_post(facts, day)):
        has_mailbox = "mailbox" in facts.people[seat.person].data
        if has_mailbox and seat.unit in covered and seat.person not in elsewhere:
            yield Difference("no-post", None, seat.name, seat.unit, seat.person)


def _titles(facts: RuleContext, seat: Seat, day: str) -> list[str]:
    """Return the titles of somebody in a unit on a day."""
    held = {
        row.steps for row in facts.posts[seat.person] if row.unit == seat.unit and row.holds_on(day)
    }
    said = texts(facts.people[seat.person], ("posts", "*", "title"))
    return list(dict.fromkeys(title for steps, title in said if steps[:-1] in held))


def _is_alike(written: str, title: str) -> bool:
    """Tell whether two titles are one; marks count, unless the list has none."""
    return fold(written) == fold(title) if written.isascii() else strict(written) == strict(title)


def _moved(found: Matching) -> Mapping[Placed, Seat]:
    """Pair people of one name, where neither the list nor the data has another of that name."""
    rows = Counter(spelling(each.entry.name) for each in found.unknown)
    seats: dict[object, list[Seat]] = {}
    for seat in found.absent:
        seats.setdefault(spelling(seat.name), []).append(seat)
    pairs = ((each, spelling(each.entry.name)) for each in found.unknown)
    return {
        each: seats[name][0]
        for each, name in pairs
        if rows[name] == 1 and len(seats.get(name, ())) == 1
    }


def _without_post(facts: RuleContext, day: str) -> Iterator[Seat]:
    """Yield people whose last post is over on a day, and who have not left: with that unit."""
    for person, posts in facts.posts.items():
        begun = [row for row in posts if row.start <= day]
        if begun and person not in facts.left and not any(row.holds_on(day) for row in begun):
            last = max(begun, key=lambda row: row.end)
            name = facts.people[person].data.get("name")
            yield Seat(person, name if isinstance(name, str) else "", last.unit)


def as_text(found: Reconciliation, file: str, language: str) -> str:
    """Return each difference on a line, then the rows that could not be compared."""
    lines = [
        f"{each.place or file}: {each.name}: {translate(each.summary, language)}"
        for each in found.differences
    ]
    summary = Message(
        "alike: {same}, different: {number}, rows not compared: {unread}",
        same=found.same, number=len(found.differences), unread=len(found.unread),
    )  # fmt: skip
    text = "".join(f"{printable(line)}\n" for line in lines)
    return f"{text}{findings.as_text(found.unread, language)}{translate(summary, language)}\n"


def as_json(found: Reconciliation, file: str, day: str, language: str) -> str:
    """Return the same as JSON; only sentences are in `language`."""
    report = {
        "list": file,
        "on": day,
        "alike": found.same,
        "differences": [
            {
                "kind": each.kind,
                "sheet": each.place.sheet if each.place else None,
                "row": each.place.row if each.place else None,
                "name": each.name,
                "unit": each.unit,
                "person": each.person or None,
                "in_list": each.title or None,
                "in_data": each.other or None,
                "summary": printable(translate(each.summary, language)),
            }
            for each in found.differences
        ],
        "unread": [
            {
                "sheet": each.place.sheet,
                "row": each.place.row,
                "name": each.subject,
                "what": printable(translate(each.what, language)),
                "fix": printable(translate(each.fix, language)),
            }
            for each in found.unread
        ],
    }
    return json.dumps(report, ensure_ascii=False, indent=2) + "\n"
