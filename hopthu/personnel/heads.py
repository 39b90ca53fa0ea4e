"""Who heads a unit by the title in a list, where the data has another head or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hopthu.diagnostics.problem import shown
from hopthu.i18n.message import Message
from hopthu.i18n.vietnamese import spelling
from hopthu.model.timeline import text, written
from hopthu.personnel.adoption import Adoption
from hopthu.personnel.findings import Finding, Place
from hopthu.personnel.head_titles import Headship, headship, says_more
from hopthu.personnel.matching import Placed
from hopthu.personnel.names import CHECK_SPELLING
from hopthu.personnel.person_row import Entry
from hopthu.personnel.remarks import is_harmless
from hopthu.rules.context import RuleContext
from hopthu.rules.records.unit_kinds import kind_of


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
    facts: RuleContext,
    adoption: Adoption,
    people: Iterable[tuple[Entry, str, str]],
    listed: Sequence[Placed],
    doubtful: Collection[Place],
) -> Iterator[tuple[Finding, NewHead | None]]:
    """Yield who, by their title, heads a unit that has another head, or none, on that day.

    `people` are rows with the unit and the id of the person, `listed` all rows of people in service
    with their units, `doubtful` those of which something else has to be checked. A head has the
    unit's mailbox (Art. 7.2): that is never given by a title alone, so a person has to confirm
    each. None is proposed where there is a head on record, where several have such a title, where
    the row, another of the name, or the data says anything else, and for a unit without a mailbox.
    """
    named = [
        (entry, unit, person, found)
        for entry, unit, person in people
        if "mailbox" in facts.units[unit].data and (found := _headship(facts, unit, entry.title))
    ]
    leading = [
        each
        for each in listed
        if "mailbox" in facts.units[each.unit].data
        and _headship(facts, each.unit, each.entry.title)
    ]
    number = Counter(each.unit for each in leading)
    headed = Counter(spelling(each.entry.name) for each in leading)
    for entry, unit, person, found in named:
        rows = facts.heads.get(unit, ())
        head = next((row.person for row in rows if row.holds_on(adoption.day)), "")
        title = shown(entry.title)
        new = None
        if not rows:
            first = NewHead(unit, person, adoption.day, found == "acting", adoption.id)
            what = Message("{title}: {unit} has no head", title=title, unit=unit)
            fix = Message("if they head it: {command}", command=_command(first))
            alone = number[unit] == headed[spelling(entry.name)] == 1
            if alone and entry.place not in doubtful and _fits(facts, first, entry.title):
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


def doubtful(
    entries: Sequence[Entry], findings: Iterable[Finding], *, namesakes: bool
) -> set[Place]:
    """Return the rows of which more is to be checked than their title.

    Such are rows with findings about their person, but those of a name in capitals, with remarks
    that are not harmless, and those whose name other rows have; with `namesakes` these are of other
    people.
    """
    found = {each.place for each in findings if each.subject and each.fix != CHECK_SPELLING}
    named = Counter(spelling(each.name) for each in entries)
    found |= {each.place for each in entries if not all(map(is_harmless, each.notes))}
    if not namesakes:
        found |= {each.place for each in entries if named[spelling(each.name)] > 1}
    return found


def _fits(facts: RuleContext, new: NewHead, title: str) -> bool:
    """Tell whether a title is that of a head alone, and the data says nothing else of the person.

    They head no other unit, and their posts in this one are those of a head.
    """
    elsewhere = any(
        row.person == new.person and row.end > new.start
        for unit, rows in facts.heads.items()
        if unit != new.unit
        for row in rows
    )
    posts = [
        text(written(row), "title")
        for row in facts.posts.get(new.person, ())
        if row.unit == new.unit and row.holds_on(new.start)
    ]
    titles = (title, *posts)
    return not elsewhere and all(_is_head_alone(facts, new.unit, each) for each in titles)


def _is_head_alone(facts: RuleContext, unit: str, title: str) -> bool:
    of_unit = _naming(facts, unit)
    return headship(title, *of_unit) is not None and not says_more(title, *of_unit)


def _command(new: NewHead) -> str:
    acting = " --acting" if new.acting else ""
    return (
        f"hopthu unit head {new.unit} {new.person}{acting} --from {new.start} "
        f"--decision {new.basis} --request {new.basis}"
    )


def _headship(facts: RuleContext, unit: str, title: str) -> Headship | None:
    return headship(title, *_naming(facts, unit))


def _naming(facts: RuleContext, unit: str) -> tuple[str, str, str]:
    """Return the kind and the name of a unit, and the name of the one above it."""
    data = facts.units[unit].data
    above = facts.units.get(text(data, "parent"))
    over = text(above.data, "name") if above else ""
    return kind_of(facts, data), text(data, "name"), over
