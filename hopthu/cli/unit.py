"""`hopthu unit`: edits of units, their heads and delegates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hopthu.cli.command import argument, flag, option
from hopthu.cli.edit_job import JOB, Job, edit
from hopthu.cli.fields import (
    CHANGE_DAY,
    PERSON,
    QUOTA,
    REGULATION,
    REQUEST,
    TO_THE_OPERATOR,
    UNIT,
    Day,
    Document,
    Line,
    Person,
    Unit,
    Word,
    decision,
    on_day,
    request,
)
from hopthu.cli.options import Term, group
from hopthu.cli.unit_endings import dissolve, merge, split
from hopthu.editing import people, units
from hopthu.editing.documents import cited
from hopthu.editing.lookup import one_line
from hopthu.editing.units import NewUnit, Office
from hopthu.i18n.message import Message
from hopthu.i18n.terms import UNITS


@group()
def unit() -> None:
    """Edit units: add, rename, move, merge, split, dissolve them; name heads and delegates.

    Each command writes the few lines of data/ that the change takes, with a record for each
    document that is not in the data yet. What no option says is asked for on a terminal. The edit
    is judged as by `hopthu check` before it is written, and shown as a diff.
    """


@edit(unit, short_help="Create a unit.")
def add(
    name: str = argument(),
    kind: Word = Word("--kind", Message("What kind of unit it is")),
    parent: Unit = Unit("--parent", Message("The unit above it")),
    short: Line = Line(
        "--short", Message("Its short name, as in document numbers"), metavar="NAME"
    ),
    start: Day = Day("--from", Message("The first day of the unit")),
    decision: Document = decision(Message("The decision that creates it")),
    request: Document = request(Message("The request for its mailbox")),
    regulation: Document = REGULATION,
    head: Person = Person("--head", Message("Its first head, if one is appointed")),
    title: Line = Line("--title", Message("The title of the head in the unit")),
    head_decision: Document = Document(
        "--head-decision",
        Message("The decision that appoints the head"),
        help="The decision that appoints the head: the id of a document.  [default: --decision]",
    ),
    key: Line = Line(
        "--id", Message("Its id, for life"), help="Its id, for life.  [default: made of the name]"
    ),
    address: Line = Line(
        "--address",
        Message("Its address, for life"),
        help="Its address, for life.  [default: the free one of the naming profile]",
    ),
    job: Job = JOB,
) -> None:
    """Create a unit called NAME, with its mailbox, its regulation and its head.

    \b
      hopthu unit add "Trung tâm Chuyển đổi số" --short TTCDS \\
        --kind centre --parent ubnd-tinh --from 2026-12-01 \\
        --decision qd-381-ubnd-2026 --request cv-382-vpubnd-2026 \\
        --regulation qc-384-tcds-2026
    """  # noqa: D301  (click reads the backspace)
    name = one_line("NAME", name)
    own = {key: kind.name for key, kind in job.facts.policy.unit_kinds.items()}
    of_kind = replace(kind, type=Term({**UNITS, **own}))()
    above, abbreviated, first = parent().id, short.if_any() or "", start(job.on)
    units.refuse_second(job.facts, name, above, first)
    facts = (job.facts, name, abbreviated, of_kind, above)
    made = NewUnit.proposed(*facts, key.given or "", address.given or "")
    made = NewUnit.proposed(*facts, key.or_made(made.id), address.or_made(made.address))
    created, requested = decision.of_unit(made.id)(), request.of_unit(made.id)()
    on_mailbox = regulation.of_unit(made.id).if_any()
    who = head.if_any()
    if who is None:
        units.add(job.draft, made, first, created, requested, on_mailbox)
        return
    appointed = head_decision.of_unit(made.id)() if head_decision.is_given() else created
    called = title()
    office = Office(who.id, first, appointed, requested)
    units.add(job.draft, made, first, created, requested, on_mailbox, office)
    people.transfer(job.draft, who, made.id, called, first, appointed, requested)


@edit(unit, short_help="Change the name of a unit.")
def rename(
    which: Unit = UNIT,
    name: Line = Line("--name", Message("The new full name")),
    short: str | None = option("NAME", help="The new short name, if it changes too."),
    start: date | None = CHANGE_DAY,
    decision: Document = decision(Message("The decision that renames it")),
    request: Document = TO_THE_OPERATOR,
    job: Job = JOB,
) -> None:
    """Change the name of UNIT. Its id and its address stay. Until --from it has the name before.

    \b
      hopthu unit rename so-ngoai-vu \\
        --name "Sở Ngoại vụ và Hội nhập quốc tế" \\
        --decision qd-431-ubnd-2026 --request cv-432-sngv-2026
    """  # noqa: D301  (click reads the backspace)
    record, day = which(), start or job.on
    units.still_there(job.draft, record, day)
    called = name() if name.given is not None or not short else ""
    both = {"name": called, "short": one_line("--short", short) if short else ""}
    new = {key: value for key, value in both.items() if value}
    people.change(job.draft, record, new, day, decision(), request())


@edit(unit, short_help="Put a unit below another one.")
def move(
    which: Unit = UNIT,
    to: Unit = Unit("--to", Message("The new unit above it")),
    start: date | None = CHANGE_DAY,
    decision: Document = decision(Message("The decision that moves it")),
    request: Document = TO_THE_OPERATOR,
    job: Job = JOB,
) -> None:
    """Put UNIT below another one, with its people and the units below it. Addresses stay.

    \b
      hopthu unit move phong-ngan-sach-so-tai-chinh \\
        --to van-phong-ubnd-tinh --from 2027-01-01 \\
        --decision qd-451-ubnd-2026 --request cv-452-vpubnd-2026
    """  # noqa: D301  (click reads the backspace)
    record, day = which(), start or job.on
    units.still_there(job.draft, record, day)
    people.change(job.draft, record, {"parent": to().id}, day, decision(), request())


@edit(unit, short_help="Give a unit another address.")
def address(
    which: Unit = UNIT,
    address: Line = Line("--address", Message("The new address, without the domain")),
    start: date | None = CHANGE_DAY,
    request: Document = REQUEST,
    job: Job = JOB,
) -> None:
    """Give UNIT another address. The one before goes on to work, as an alias.

    \b
      hopthu unit address so-ngoai-vu --address snvhnqt \\
        --from 2027-01-01 --request cv-348-snvhnqt-2026
    """  # noqa: D301  (click reads the backspace)
    record, day = which(), start or job.on
    units.still_there(job.draft, record, day)
    people.change(job.draft, record, {"address": address()}, day, None, request())


@edit(unit, short_help="Give a unit another quota.")
def quota(
    which: Unit = UNIT,
    quota: Line = QUOTA,
    start: date | None = CHANGE_DAY,
    request: Document = REQUEST,
    job: Job = JOB,
) -> None:
    """Let the mailbox of UNIT hold more, or less.

    \b
      hopthu unit quota so-ngoai-vu --quota "20 GiB" \\
        --from 2027-01-01 --request cv-448-sngv-2026
    """  # noqa: D301  (click reads the backspace)
    record, day = which(), start or job.on
    units.still_there(job.draft, record, day)
    people.change(job.draft, record, {"quota": quota()}, day, None, request())


@edit(unit, short_help="Give a unit another regulation on its mailbox.")
def regulation(
    which: Unit = UNIT,
    regulation: Document = REGULATION,
    start: date | None = CHANGE_DAY,
    request: Document = REQUEST,
    job: Job = JOB,
) -> None:
    """Let another regulation on the mailbox of UNIT be in force. The one before stays on record.

    \b
      hopthu unit regulation so-ngoai-vu --regulation qc-12-sngv-2026 \\
        --request cv-449-sngv-2026
    """  # noqa: D301  (click reads the backspace)
    record, day = which(), start or job.on
    units.still_there(job.draft, record, day)
    named = cited(job.draft, regulation.of_unit(record.id)())
    people.change(job.draft, record, {"regulation": named}, day, None, request())


@edit(unit, short_help="Name the next head of a unit.")
def head(
    which: Unit = UNIT,
    who: Person = PERSON,
    acting: bool = flag(help="Only acting, while the post is vacant."),
    title: Line = Line(
        "--title",
        Message("Title of the head"),
        help="The title of a new post in the unit; needed if they have none there.",
    ),
    secondary: bool = flag(help="The new post is beside their main one."),
    start: Day = Day(
        "--from",
        Message("The first day as head"),
        help="The first day as head; the head before them ends by itself.",
    ),
    until: date | None = on_day("--until", help="The last day as head, if it is known."),
    decision: Document = decision(Message("The decision that appoints them")),
    request: Document = REQUEST,
    job: Job = JOB,
) -> None:
    """Let PERSON be the next head of UNIT, who uses its mailbox.

    With --title they get a new post in the unit as well, by the same decision.

    \b
      hopthu unit head so-ngoai-vu le-bao-an --acting --from 2026-12-01 \\
        --decision qd-333-ubnd-2026 --request cv-332-sngv-2026
    """  # noqa: D301  (click reads the backspace)
    record, person, first = which(), who(), start(job.on)
    units.still_there(job.draft, record, first)
    people.still_here(job.draft, person, first)
    new = title.given is not None or not units.works_in(job.facts, person.id, record.id, first)
    called = title() if new else ""
    decided, requested = decision(), request()
    if new:
        if not secondary:
            job.remark_next_post(person.id, first)
        people.transfer(
            job.draft, person, record.id, called, first, decided, requested, secondary=secondary
        )
    units.appoint(job.draft, record, Office(person.id, first, decided, requested, until, acting))


@edit(unit, short_help="Name the next delegate of a unit.")
def delegate(
    which: Unit = UNIT,
    who: Person = PERSON,
    start: Day = Day("--from", Message("The first day of the delegation")),
    until: Day = Day("--until", Message("The last day of the delegation")),
    decision: Document = Document(
        "--decision", Message("The head's authorisation"), kinds=["authorisation"]
    ),
    request: Document = request(
        Message("Request"), help="The request, if policy requires one: the id of a document."
    ),
    job: Job = JOB,
) -> None:
    """Let PERSON use the mailbox of UNIT, as its head authorises.

    \b
      hopthu unit delegate so-noi-vu le-van-bay \\
        --from 2026-12-01 --until 2028-11-30 --decision guq-341-snv-2026
    """  # noqa: D301  (click reads the backspace)
    record, person, first = which(), who(), start(job.on)
    units.still_there(job.draft, record, first)
    last, authorised = until(), decision()
    requested = request() if request.is_given() else None
    units.authorise(job.draft, record, Office(person.id, first, authorised, requested, last))


for _command in (merge, split, dissolve):
    unit.add_command(_command)
