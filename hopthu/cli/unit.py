"""`hopthu unit`: edits of units, their heads and delegates."""

from __future__ import annotations

from datetime import date

import click

from hopthu.cli.edit_job import Job
from hopthu.cli.edit_options import document, edit, start, title, until
from hopthu.cli.options import group_lang
from hopthu.cli.questions import Given, one_line
from hopthu.cli.unit_endings import dissolve, merge, split
from hopthu.editing import people, units
from hopthu.editing.documents import Basis
from hopthu.editing.units import NewUnit, Office
from hopthu.i18n.message import Message
from hopthu.i18n.terms import UNITS

_DECISION = Message("Decision")
_REQUEST = Message("Request")
_TITLE = Message("Title of the head")


@click.group()
@group_lang
def unit() -> None:
    """Edit units: add, rename, move, merge, split, dissolve them; name heads and delegates.

    Each command writes the few lines of data/ that the change takes, with a record for each
    document that is not in the data yet. What no option says is asked for on a terminal. The edit
    is judged as by `hopthu check` before it is written, and shown as a diff.
    """


@unit.command(short_help="Create a unit.")
@click.argument("name")
@click.option("--kind", metavar="KIND", help="What kind of unit it is.")
@click.option("--parent", metavar="UNIT", help="The unit above it.")
@click.option("--short", metavar="NAME", help="Its short name, as in document numbers.")
@start(help="The first day of the unit.")
@document("decision", help="The decision that creates it: the id of a document in the data.")
@document("request", help="The request for its mailbox: the id of a document in the data.")
@document("regulation", help="The regulation on its mailbox: the id of a document in the data.")
@click.option("--head", metavar="PERSON", help="Its first head, if one is appointed.")
@title(help="The title of the head in the unit.")
@document(
    "head-decision",
    help="The decision that appoints the head: the id of a document.  [default: --decision]",
)
@click.option("--id", "key", metavar="ID", help="Its id, for life.  [default: made of the name]")
@click.option(
    "--address",
    metavar="ADDRESS",
    help="Its address, for life.  [default: the free one of the naming profile]",
)
@edit
def add(
    job: Job, name: str, kind: str | None, parent: str | None, short: str | None,
    start: date | None, decision: Given, request: Given, regulation: Given, head: str | None,
    title: str | None, head_decision: Given, key: str | None, address: str | None,
) -> None:  # fmt: skip
    """Create a unit called NAME, with its mailbox, its regulation and its head.

    \b
      hopthu unit add "Trung tâm Chuyển đổi số" --short TTCDS \\
        --kind centre --parent ubnd-tinh --from 2026-12-01 \\
        --decision qd-381-ubnd-2026 --request cv-382-vpubnd-2026 \\
        --regulation qc-384-tcds-2026
    """  # noqa: D301  (click reads the backspace)
    ask, name = job.ask, one_line("NAME", name)
    own = {key: kind.name for key, kind in job.facts.policy.unit_kinds.items()}
    kind = ask.choice("--kind", kind, Message("Kind"), {**UNITS, **own})
    above = ask.unit("--parent", parent, Message("Unit above it"))
    short = ask.line_if_any("--short", short, Message("Short name"))
    start = ask.day("--from", start, Message("First day of the unit"), job.on)
    units.refuse_second(job.facts, name, above, start)
    made = NewUnit.proposed(job.facts, name, short, kind, above, key or "", address or "")
    if ask.asks:
        key = ask.line("--id", key, Message("Id, for life"), made.id)
        address = ask.line("--address", address, Message("Address, for life"), made.address)
        made = NewUnit.proposed(job.facts, name, short, kind, above, key, address)
    created = ask.document(decision, _DECISION, ["decision"], made.id)
    requested = ask.document(request, _REQUEST, ["request"], made.id)
    on_mailbox = ask.document_if_any(
        regulation, Message("Regulation on its mailbox"), ["regulation"], made.id
    )
    who = ask.person_if_any(head, Message("First head"))
    if who is None:
        units.add(job.draft, made, start, created, requested, on_mailbox)
        return
    appointed: Basis = created
    if not head_decision.is_empty():
        appointed = ask.document(head_decision, _DECISION, ["decision"], made.id)
    called = ask.line("--title", title, _TITLE)
    office = Office(who.id, start, appointed, requested)
    units.add(job.draft, made, start, created, requested, on_mailbox, office)
    people.transfer(job.draft, who, made.id, called, start, appointed, requested)


@unit.command(short_help="Change the name of a unit.")
@click.argument("which", metavar="UNIT")
@click.option("--name", metavar="NAME", help="The new full name.")
@click.option("--short", metavar="NAME", help="The new short name, if it changes too.")
@start(help="The day of the change; it may be to come.  [default: today]")
@document("decision", help="The decision that renames it: the id of a document in the data.")
@document("request", help="The request to the operator: the id of a document in the data.")
@edit
def rename(
    job: Job, which: str, name: str | None, short: str | None, start: date | None,
    decision: Given, request: Given,
) -> None:  # fmt: skip
    """Change the name of UNIT. Its id and its address stay. Until --from it has the name before.

    \b
      hopthu unit rename so-ngoai-vu \\
        --name "Sở Ngoại vụ và Hội nhập quốc tế" \\
        --decision qd-431-ubnd-2026 --request cv-432-sngv-2026
    """  # noqa: D301  (click reads the backspace)
    record, ask = job.unit(which), job.ask
    units.still_there(job.draft, record, start or job.on)
    if name is not None or not short:
        name = ask.line("--name", name, Message("New name"))
    short = one_line("--short", short) if short else ""
    decided = ask.document(decision, _DECISION, ["decision"])
    requested = ask.document(request, _REQUEST, ["request"])
    new = {key: value for key, value in (("name", name or ""), ("short", short)) if value}
    people.change(job.draft, record, new, start or job.on, decided, requested)


@unit.command(short_help="Put a unit below another one.")
@click.argument("which", metavar="UNIT")
@click.option("--to", metavar="UNIT", help="The new unit above it.")
@start(help="The day of the change; it may be to come.  [default: today]")
@document("decision", help="The decision that moves it: the id of a document in the data.")
@document("request", help="The request to the operator: the id of a document in the data.")
@edit
def move(
    job: Job, which: str, to: str | None, start: date | None, decision: Given, request: Given
) -> None:
    """Put UNIT below another one, with its people and the units below it. Addresses stay.

    \b
      hopthu unit move phong-ngan-sach-so-tai-chinh \\
        --to van-phong-ubnd-tinh --from 2027-01-01 \\
        --decision qd-451-ubnd-2026 --request cv-452-vpubnd-2026
    """  # noqa: D301  (click reads the backspace)
    record, ask = job.unit(which), job.ask
    units.still_there(job.draft, record, start or job.on)
    new = {"parent": ask.unit("--to", to, Message("New unit above it"))}
    decided = ask.document(decision, _DECISION, ["decision"])
    requested = ask.document(request, _REQUEST, ["request"])
    people.change(job.draft, record, new, start or job.on, decided, requested)


@unit.command(short_help="Give a unit another address.")
@click.argument("which", metavar="UNIT")
@click.option("--address", metavar="ADDRESS", help="The new address, without the domain.")
@start(help="The day of the change; it may be to come.  [default: today]")
@document("request", help="The request of the unit: the id of a document in the data.")
@edit
def address(job: Job, which: str, address: str | None, start: date | None, request: Given) -> None:
    """Give UNIT another address. The one before goes on to work, as an alias.

    \b
      hopthu unit address so-ngoai-vu --address snvhnqt \\
        --from 2027-01-01 --request cv-348-snvhnqt-2026
    """  # noqa: D301  (click reads the backspace)
    record, ask = job.unit(which), job.ask
    units.still_there(job.draft, record, start or job.on)
    new = {"address": ask.line("--address", address, Message("New address"))}
    requested = ask.document(request, _REQUEST, ["request"])
    people.change(job.draft, record, new, start or job.on, None, requested)


@unit.command(short_help="Give a unit another quota.")
@click.argument("which", metavar="UNIT")
@click.option("--quota", metavar="SIZE", help="One of the sizes in the policy, such as 5 GiB.")
@start(help="The day of the change; it may be to come.  [default: today]")
@document("request", help="The request of the unit: the id of a document in the data.")
@edit
def quota(job: Job, which: str, quota: str | None, start: date | None, request: Given) -> None:
    """Let the mailbox of UNIT hold more, or less.

    \b
      hopthu unit quota so-ngoai-vu --quota "20 GiB" \\
        --from 2027-01-01 --request cv-448-sngv-2026
    """  # noqa: D301  (click reads the backspace)
    record, ask = job.unit(which), job.ask
    units.still_there(job.draft, record, start or job.on)
    new = {"quota": ask.line("--quota", quota, Message("New quota"))}
    requested = ask.document(request, _REQUEST, ["request"])
    people.change(job.draft, record, new, start or job.on, None, requested)


@unit.command(short_help="Name the next head of a unit.")
@click.argument("which", metavar="UNIT")
@click.argument("who", metavar="PERSON")
@click.option("--acting", is_flag=True, help="Only acting, while the post is vacant.")
@title(help="The title of a new post in the unit; needed if they have none there.")
@click.option("--secondary", is_flag=True, help="The new post is beside their main one.")
@start(help="The first day as head; the head before them ends by itself.")
@until(help="The last day as head, if it is known.")
@document("decision", help="The decision that appoints them: the id of a document in the data.")
@document("request", help="The request of the unit: the id of a document in the data.")
@edit
def head(
    job: Job, which: str, who: str, acting: bool, title: str | None, secondary: bool,
    start: date | None, until: date | None, decision: Given, request: Given,
) -> None:  # fmt: skip
    """Let PERSON be the next head of UNIT, who uses its mailbox.

    With --title they get a new post in the unit as well, by the same decision.

    \b
      hopthu unit head so-ngoai-vu le-bao-an --acting --from 2026-12-01 \\
        --decision qd-333-ubnd-2026 --request cv-332-sngv-2026
    """  # noqa: D301  (click reads the backspace)
    record, person, ask = job.unit(which), job.person(who), job.ask
    start = ask.day("--from", start, Message("First day as head"), job.on)
    units.still_there(job.draft, record, start)
    people.still_here(job.draft, person, start)
    if title is not None or not units.works_in(job.facts, person.id, record.id, start):
        title = ask.line("--title", title, _TITLE)
    decided = ask.document(decision, _DECISION, ["decision"])
    requested = ask.document(request, _REQUEST, ["request"])
    if title:
        people.transfer(
            job.draft, person, record.id, title, start, decided, requested, secondary=secondary
        )
    office = Office(person.id, start, decided, requested, until, acting)
    units.appoint(job.draft, record, office)


@unit.command(short_help="Name the next delegate of a unit.")
@click.argument("which", metavar="UNIT")
@click.argument("who", metavar="PERSON")
@start(help="The first day of the delegation.")
@until(help="The last day of the delegation.")
@document("decision", help="The head's authorisation: the id of a document in the data.")
@document("request", help="The request, if policy requires one: the id of a document.")
@edit
def delegate(
    job: Job, which: str, who: str, start: date | None, until: date | None, decision: Given,
    request: Given,
) -> None:  # fmt: skip
    """Let PERSON use the mailbox of UNIT, as its head authorises.

    \b
      hopthu unit delegate so-noi-vu le-van-bay \\
        --from 2026-12-01 --until 2028-11-30 --decision guq-341-snv-2026
    """  # noqa: D301  (click reads the backspace)
    record, person, ask = job.unit(which), job.person(who), job.ask
    start = ask.day("--from", start, Message("First day of the delegation"), job.on)
    units.still_there(job.draft, record, start)
    until = ask.day("--until", until, Message("Last day of the delegation"))
    authorised = ask.document(decision, Message("Authorisation"), ["authorisation"])
    requested = None
    if not request.is_empty():
        requested = ask.document(request, _REQUEST, ["request"])
    units.authorise(job.draft, record, Office(person.id, start, authorised, requested, until))


for _command in (merge, split, dissolve):
    unit.add_command(_command)
