"""`hopthu unit merge`, `split` and `dissolve`: units end, and their people go on elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from datetime import date
from typing import Any

import click

from hopthu.cli.edit_job import Job
from hopthu.cli.edit_options import document, edit, start
from hopthu.cli.questions import Given
from hopthu.cli.unit_moves import Moves, moves, pair
from hopthu.editing import units
from hopthu.editing.yaml_text import Plain
from hopthu.errors import UsageError
from hopthu.i18n.message import Message
from hopthu.model.timeline import text
from hopthu.source.records import Record

_DECISION = Message("Decision")
_REQUEST = Message("Request")
Function = Callable[..., Any]


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
    title they have then. A unit below one that ends merges as well where the successor has one of
    its name, or one comes there from another UNIT; else it comes under the successor. With --move
    it goes on elsewhere.

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
    stay = {who for who, _ in (pair("--move", each) for each in moved)}
    to = dict.fromkeys((record.id for record in records), successor)
    to = units.merging(job.facts, to, start, lambda part, with_: _merges(job, part, with_, stay))
    going = moves(job, to, start, moved, titled)
    endings = {key: {"how": "merged", "into": [unit]} for key, unit in to.items()}
    _end(job, endings, start, decision, request, going)


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
    (record,) = _ending(job, (which,))
    named = [pair("--part", part) for part in parts] or _asked_parts(job)
    into: list[Plain] = [{"into": job.unit(to).id, "what": what} for to, what in named]
    start = job.ask.day("--from", start, Message("First day without it"), job.on)
    first = job.unit(named[0][0]).id
    going = moves(job, {record.id: ""}, start, moved, titled, first)
    ending: dict[str, Plain] = {"how": "split", "parts": into}
    _end(job, {record.id: ending}, start, decision, request, going)


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
    (record,) = _ending(job, (which,))
    start = job.ask.day("--from", start, Message("First day without it"), job.on)
    ending: dict[str, Plain] = {"how": "dissolved"}
    if business_to:
        ending["business_to"] = job.unit(business_to).id
    first = str(ending.get("business_to", ""))
    going = moves(job, {record.id: ""}, start, moved, titled, first)
    _end(job, {record.id: ending}, start, decision, request, going)


def _ending(job: Job, which: Sequence[str]) -> list[Record]:
    """Return the units that are to end, each once; raise `UsageError` if one has ended."""
    records = list({record.id: record for record in map(job.unit, which)}.values())
    for record in records:
        units.still_there(job.draft, record)
    return records


def _merges(job: Job, part: str, to: str, stay: Container[str]) -> bool:
    """Tell whether a part merges with the one of its name, which somebody is asked if possible."""
    if part in stay or not job.ask.asks:
        return part not in stay
    name = text(job.facts.units[part].data, "name")
    question = Message("{name} ({part}) merges into {unit} as well?", name=name, part=part, unit=to)
    return job.ask.agrees(question, default=True)


def _end(
    job: Job, endings: Mapping[str, Mapping[str, Plain]], start: date, decision: Given,
    request: Given, going: Moves,
) -> None:  # fmt: skip
    decided = job.ask.document(decision, _DECISION, ["decision"])
    requested = job.ask.document(request, _REQUEST, ["request"])
    units.end(job.draft, endings, start, decided, requested, *going)


def _asked_parts(job: Job) -> list[tuple[str, str]]:
    """Ask for the parts of a split unit, until there are two and no more are named."""
    ask = job.ask
    found: list[tuple[str, str]] = []
    while len(found) < 2 or ask.agrees(Message("One more part?")):
        to = ask.unit("--part", None, Message("Unit that takes over a part"))
        found.append((to, ask.line("--part", None, Message("Which part"))))
    return found
