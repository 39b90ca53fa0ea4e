"""Where people and units go when the unit they are in ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from datetime import date

from hopthu.cli.edit_job import Job
from hopthu.cli.fields import Line, Unit
from hopthu.cli.output import has_terminal
from hopthu.editing import lookup, units
from hopthu.editing.units import Member
from hopthu.errors import UsageError
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.model.timeline import text
from hopthu.source.records import Record

_MOST = 20
"""So many missing options are named."""
Moves = tuple[Mapping[str, tuple[str, str]], Mapping[str, str]]
"""The next unit and title of people, and the next unit above others, by id."""


def moves(
    job: Job, into: Mapping[str, str], start: date, moved: Sequence[str], titled: Sequence[str],
    first: str = "",
) -> Moves:  # fmt: skip
    """Return where those go who work in units that end, and the units below them.

    `into` has the successor of each; where it has none that is asked for, and else only the title
    of heads is, for that is what changes.
    """
    to = {
        who: lookup.unit(job.facts, where).id
        for who, where in _by_id("--move", moved, lambda who: _person_or_unit(job, who))
    }
    called = dict(_by_id("--title", titled, lambda who: lookup.person(job.facts, who).id))
    there = [m for key in into for m in units.members(job.facts, key, start) if m.row.main]
    below = units.below(job.facts, into, start)
    known = {member.row.person for member in there}
    if strange := (to.keys() | called.keys()) - known - {unit.id for unit in below}:
        raise UsageError(
            Message("{who} is not in a unit that ends on {day}", who=min(strange), day=start),
            fix=Message("move somebody else with `hopthu person transfer`"),
        )
    _complete(there, below, None if all(into.values()) else to.keys(), called.keys())
    people = {
        m.row.person: (
            to.get(m.row.person) or into[m.row.unit] or _where(job, m, first),
            called.get(m.row.person) or (_title(job, m) if m.heads else m.title),
        )
        for m in there
    }
    above = {unit.id: text(job.facts.past.on(unit, start.isoformat()), "parent") for unit in below}
    parents = {
        unit.id: to.get(unit.id) or into[above[unit.id]] or _above(job, unit, first)
        for unit in below
    }
    return people, parents


def _complete(
    there: Sequence[Member], below: Sequence[Record], to: Set[str] | None, called: Set[str]
) -> None:
    """Raise `UsageError` with all that is missing, if there is no terminal to ask for it.

    `to` and `called` are those whose unit and title are given; `to` is None if all go to one unit.
    """
    who = [*(member.row.person for member in there), *(unit.id for unit in below)]
    missing = [f"--move {each}=UNIT" for each in who if to is not None and each not in to]
    heads = [member.row.person for member in there if member.heads]
    missing += [f"--title {each}=TITLE" for each in heads if each not in called]
    if missing and not has_terminal():
        raise UsageError(
            Message("{option} is missing, and there is no terminal to ask on",
                    option=some(missing, _MOST))
        )  # fmt: skip


def _person_or_unit(job: Job, said: str) -> str:
    return said if said in job.facts.units else lookup.person(job.facts, said).id


def _above(job: Job, unit: Record, first: str) -> str:
    question = Message("{name}: goes to", name=text(unit.data, "name"))
    return Unit(f"--move {unit.id}=UNIT", question, facts=job.facts)(first).id


def _where(job: Job, member: Member, first: str) -> str:
    who = text(job.facts.people[member.row.person].data, "name")
    question = Message("{name}, {title}: goes to", name=who, title=member.title)
    return Unit(f"--move {member.row.person}=UNIT", question, facts=job.facts)(first).id


def _title(job: Job, member: Member) -> str:
    who = text(job.facts.people[member.row.person].data, "name")
    question = Message("{name}, {title}: title there", name=who, title=member.title)
    return Line(f"--title {member.row.person}=TITLE", question, facts=job.facts)()


def _by_id(option: str, given: Sequence[str], meant: Callable[[str], str]) -> list[tuple[str, str]]:
    """Return what is given, by id; raise `UsageError` if somebody is named twice."""
    found = [(meant(who), what) for who, what in (pair(option, each) for each in given)]
    ids = [who for who, _ in found]
    if twice := [who for who in ids if ids.count(who) > 1]:
        raise UsageError(
            Message("{option}: {who} is named twice", option=option, who=twice[0]),
            fix=Message("name everybody once"),
        )
    return found


def pair(option: str, given: str) -> tuple[str, str]:
    """Return the two sides of NAME=TEXT; raise `UsageError` if there are no two."""
    name, _, rest = lookup.one_line(option, given).partition("=")
    if not (name.strip() and rest.strip()):
        raise UsageError(
            Message("{option}: two parts with = between them are expected", option=option),
            fix=Message("see the example in --help"),
        )
    return name.strip(), rest.strip()
