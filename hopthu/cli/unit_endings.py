"""`hopthu unit merge`, `split` and `dissolve`: units end, and their people go on elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from datetime import date
from typing import Any

import click

from hopthu.cli.edit_job import Job
from hopthu.cli.edit_options import document, edit, start
from hopthu.cli.questions import Given, one_line
from hopthu.editing import units
from hopthu.editing.units import Member
from hopthu.editing.yaml_text import Plain
from hopthu.errors import UsageError
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.rules.rows import text
from hopthu.source.records import Record

_MOST = 20
"""So many missing options are named."""
_DECISION = Message("Decision")
_REQUEST = Message("Request")
Function = Callable[..., Any]
_Moves = tuple[Mapping[str, tuple[str, str]], Mapping[str, str]]
"""The next unit and title of people, and the next unit above others, by id."""


def _moving(command: Function) -> Function:
    """Give a command the options that say where people go."""
    move = click.option(
        "--move",
        "moved",
        multiple=True,
        metavar="WHO=UNIT",
        help="The unit that a person, or a unit below, goes to, if not to the usual one; may be "
        "repeated.",
    )
    titled = click.option(
        "--title",
        "titled",
        multiple=True,
        metavar="PERSON=TITLE",
        help="Somebody's title there, if it changes, as for heads; may be repeated.",
    )
    return move(titled(command))


@click.command(short_help="Merge units into another.")
@click.argument("which", metavar="UNIT [UNIT]...", nargs=-1, required=True)
@click.option("--into", metavar="UNIT", help="The successor, which goes on.")
@start(help="The first day without the merged units.")
@document("decision", help="The decision that merges them: the id of a document in the data.")
@document("request", help="The request to the operator: the id of a document in the data.")
@_moving
@edit
def merge(
    job: Job, which: tuple[str, ...], into: str | None, start: date | None, decision: Given,
    request: Given, moved: tuple[str, ...], titled: tuple[str, ...],
) -> None:  # fmt: skip
    """Merge one UNIT or several into another.

    Everybody who works there goes to the successor by the same decision. Say of each head what
    title they have then. Units below one that ends come under the successor, unless they are
    named and merge as well.

    \b
      hopthu unit merge so-ngoai-vu --into van-phong-ubnd-tinh \\
        --from 2026-12-01 --decision nq-391-hdnd-2026 \\
        --request cv-392-vpubnd-2026 \\
        --title "nguyen-thi-khue=Phó Chánh Văn phòng"
    """  # noqa: D301  (click reads the backspace)
    records = _ending(job, which)
    successor = job.ask.unit("--into", into, Message("Successor"))
    if successor in [record.id for record in records]:
        raise UsageError(
            Message("{unit} cannot merge into itself", unit=successor),
            fix=Message("name the unit that goes on"),
        )
    start = job.ask.day("--from", start, Message("First day without it"), job.on)
    moves = _moves(job, records, start, moved, titled, successor)
    _end(job, records, {"how": "merged", "into": [successor]}, start, decision, request, moves)


@click.command(short_help="Split a unit among others.")
@click.argument("which", metavar="UNIT")
@click.option(
    "--part",
    "parts",
    multiple=True,
    metavar="UNIT=WHAT",
    help="A unit that takes over, and what; the first one gets the mail. Repeat it for each.",
)
@start(help="The first day without the unit.")
@document("decision", help="The decision that splits it: the id of a document in the data.")
@document("request", help="The request to the operator: the id of a document in the data.")
@_moving
@edit
def split(
    job: Job, which: str, parts: tuple[str, ...], start: date | None, decision: Given,
    request: Given, moved: tuple[str, ...], titled: tuple[str, ...],
) -> None:  # fmt: skip
    """Split UNIT among two others or more.

    Say with --move where everybody goes, and each unit below it.

    \b
      hopthu unit split so-ngoai-vu --from 2026-12-01 \\
        --part "van-phong-ubnd-tinh=lễ tân đối ngoại" \\
        --part "so-noi-vu=quản lý người Việt Nam ở nước ngoài" \\
        --move le-bao-an=so-noi-vu \\
        --move nguyen-thi-khue=van-phong-ubnd-tinh \\
        --title "nguyen-thi-khue=Phó Chánh Văn phòng" \\
        --decision nq-401-hdnd-2026 --request cv-402-vpubnd-2026
    """  # noqa: D301  (click reads the backspace)
    records = _ending(job, (which,))
    named = [_pair("--part", part) for part in parts] or _asked_parts(job)
    into: list[Plain] = [{"into": job.unit(to).id, "what": what} for to, what in named]
    start = job.ask.day("--from", start, Message("First day without it"), job.on)
    moves = _moves(job, records, start, moved, titled, None, first=job.unit(named[0][0]).id)
    _end(job, records, {"how": "split", "parts": into}, start, decision, request, moves)


@click.command(short_help="Dissolve a unit.")
@click.argument("which", metavar="UNIT")
@click.option("--business-to", metavar="UNIT", help="The unit that goes on with its business.")
@start(help="The first day without the unit.")
@document("decision", help="The decision that dissolves it: the id of a document in the data.")
@document("request", help="The request to the operator: the id of a document in the data.")
@_moving
@edit
def dissolve(
    job: Job, which: str, business_to: str | None, start: date | None, decision: Given,
    request: Given, moved: tuple[str, ...], titled: tuple[str, ...],
) -> None:  # fmt: skip
    """Dissolve UNIT: it has no successor, and mail to it is refused.

    Say with --move where everybody goes, and each unit below it. The refusal names the unit of
    --business-to.

    \b
      hopthu unit dissolve so-ngoai-vu --business-to van-phong-ubnd-tinh \\
        --from 2026-12-01 --decision qd-411-ubnd-2026 \\
        --request cv-412-vpubnd-2026 --move le-bao-an=so-noi-vu \\
        --move nguyen-thi-khue=van-phong-ubnd-tinh \\
        --title "nguyen-thi-khue=Phó Chánh Văn phòng"
    """  # noqa: D301  (click reads the backspace)
    records = _ending(job, (which,))
    start = job.ask.day("--from", start, Message("First day without it"), job.on)
    ending: dict[str, Plain] = {"how": "dissolved"}
    if business_to:
        ending["business_to"] = job.unit(business_to).id
    first = str(ending.get("business_to", ""))
    moves = _moves(job, records, start, moved, titled, None, first=first)
    _end(job, records, ending, start, decision, request, moves)


def _ending(job: Job, which: Sequence[str]) -> list[Record]:
    """Return the units that are to end, each once; raise `UsageError` if one has ended."""
    records = list({record.id: record for record in map(job.unit, which)}.values())
    for record in records:
        units.still_there(job.draft, record)
    return records


def _end(
    job: Job, records: Sequence[Record], ending: Mapping[str, Plain], start: date,
    decision: Given, request: Given, moves: _Moves,
) -> None:  # fmt: skip
    decided = job.ask.document(decision, _DECISION, ["decision"])
    requested = job.ask.document(request, _REQUEST, ["request"])
    people, parents = moves
    units.end(job.draft, records, ending, start, decided, requested, people, parents)


def _moves(
    job: Job, records: Sequence[Record], start: date, moved: Sequence[str], titled: Sequence[str],
    everybody_to: str | None, first: str = "",
) -> _Moves:  # fmt: skip
    """Return where those go who work in the units, and the units below them.

    That is asked for unless `everybody_to` is the successor; then only the title of heads is, for
    that is what changes.
    """
    to = {_person_or_unit(job, who): job.unit(where).id for who, where in _pairs("--move", moved)}
    called = {job.person(who).id: what for who, what in _pairs("--title", titled)}
    there = [m for r in records for m in units.members(job.facts, r.id, start) if m.row.main]
    below = units.below(job.facts, records, start)
    known = {member.row.person for member in there}
    if strange := (to.keys() | called.keys()) - known - {unit.id for unit in below}:
        raise UsageError(
            Message("{who} is not in a unit that ends on {day}", who=min(strange), day=start),
            fix=Message("move somebody else with `hopthu person transfer`"),
        )
    _complete(job, there, below, None if everybody_to else to.keys(), called.keys())
    people = {
        m.row.person: (
            to.get(m.row.person) or everybody_to or _where(job, m, first),
            called.get(m.row.person) or (_title(job, m) if m.heads else m.title),
        )
        for m in there
    }
    parents = {
        unit.id: to.get(unit.id) or everybody_to or _above(job, unit, first) for unit in below
    }
    return people, parents


def _complete(
    job: Job, there: Sequence[Member], below: Sequence[Record], to: Set[str] | None,
    called: Set[str],
) -> None:  # fmt: skip
    """Raise `UsageError` with all that is missing, if there is no terminal to ask for it.

    `to` and `called` are those whose unit and title are given; `to` is None if all go to one unit.
    """
    who = [*(member.row.person for member in there), *(unit.id for unit in below)]
    missing = [f"--move {each}=UNIT" for each in who if to is not None and each not in to]
    heads = [member.row.person for member in there if member.heads]
    missing += [f"--title {each}=TITLE" for each in heads if each not in called]
    if missing and not job.ask.asks:
        raise UsageError(
            Message("{option} is missing, and there is no terminal to ask on",
                    option=some(missing, _MOST))
        )  # fmt: skip


def _person_or_unit(job: Job, said: str) -> str:
    return said if said in job.facts.units else job.person(said).id


def _above(job: Job, unit: Record, first: str) -> str:
    question = Message("{name}: goes to", name=text(unit.data, "name"))
    return job.ask.unit(f"--move {unit.id}=UNIT", None, question, first)


def _where(job: Job, member: Member, first: str) -> str:
    who = text(job.facts.people[member.row.person].data, "name")
    question = Message("{name}, {title}: goes to", name=who, title=member.title)
    return job.ask.unit(f"--move {member.row.person}=UNIT", None, question, first)


def _title(job: Job, member: Member) -> str:
    who = text(job.facts.people[member.row.person].data, "name")
    question = Message("{name}, {title}: title there", name=who, title=member.title)
    return job.ask.line(f"--title {member.row.person}=TITLE", None, question)


def _asked_parts(job: Job) -> list[tuple[str, str]]:
    """Ask for the parts of a split unit, until there are two and no more are named."""
    ask = job.ask
    found: list[tuple[str, str]] = []
    while len(found) < 2 or ask.agrees(Message("One more part?")):
        to = ask.unit("--part", None, Message("Unit that takes over a part"))
        found.append((to, ask.line("--part", None, Message("Which part"))))
    return found


def _pairs(option: str, given: Sequence[str]) -> list[tuple[str, str]]:
    return [_pair(option, each) for each in given]


def _pair(option: str, given: str) -> tuple[str, str]:
    """Return the two sides of NAME=TEXT; raise `UsageError` if there are no two."""
    name, _, rest = one_line(option, given).partition("=")
    if not (name.strip() and rest.strip()):
        raise UsageError(
            Message("{option}: two parts with = between them are expected", option=option),
            fix=Message("see the example in --help"),
        )
    return name.strip(), rest.strip()
