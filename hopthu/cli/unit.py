"""`hopthu unit`: edits of units, their heads and delegates, and where people go when one ends."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import replace
from datetime import date

from hopthu.cli.command import argument, flag, option
from hopthu.cli.edits import (
    JOB,
    NAME,
    NEW_ADDRESS,
    NEW_ID,
    PERSON,
    QUOTA,
    REGULATION,
    REQUEST,
    TO_THE_OPERATOR,
    UNIT,
    Day,
    Document,
    Job,
    Line,
    Person,
    Unit,
    Word,
    changing,
    decision,
    edit,
    on_day,
    request,
)
from hopthu.cli.options import Term, group
from hopthu.cli.output import agreed, has_terminal, require_terminal
from hopthu.editing import lookup, people, units
from hopthu.editing.documents import cited
from hopthu.editing.units import NewUnit, Office
from hopthu.editing.yaml_text import Plain
from hopthu.errors import UsageError
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.i18n.terms import UNITS
from hopthu.model.timeline import text

_MOST = 20
"""So many missing options are named."""
_Moves = tuple[Mapping[str, tuple[str, str]], Mapping[str, str]]
"""The next unit and title of people, and the next unit above others, by id."""
_DAY = Message("The first day without the unit")
MOVE = option(
    "--move WHO=UNIT...",
    help="The unit that a person, or a unit below, goes to, if not to the usual one; may be "
    "repeated.",
)
TITLE = option(
    "--title PERSON=TITLE...",
    help="Somebody's title there, if it changes, as for heads; may be repeated.",
)


@group()
def unit() -> None:
    """Edit units: add, rename, move, merge, split, dissolve them; name heads and delegates.

    Each command writes the few lines of data/ that the change takes, with a record for each
    document that is not in the data yet. What no option says is asked for on a terminal. The edit
    is judged as by `hopthu check` before it is written, and shown as a diff.
    """


@edit(unit, short_help="Create a unit.")
def add(
    full: Line = NAME,
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
        "--head-decision", Message("The decision that appoints the head, if it is another")
    ),
    key: Line = NEW_ID,
    address: Line = NEW_ADDRESS,
    job: Job = JOB,
) -> None:
    """Create a unit called NAME, with its mailbox, its regulation and its head.

    \b
      hopthu unit add "Trung tâm Chuyển đổi số" --short TTCDS \\
        --kind centre --parent ubnd-tinh --from 2026-12-01 \\
        --decision qd-381-ubnd-2026 --request cv-382-vpubnd-2026 \\
        --regulation qc-384-tcds-2026
    """  # noqa: D301  (click reads the backspace)
    name = full()
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
    office = Office(who.id, first, appointed, requested)
    units.add(job.draft, made, first, created, requested, on_mailbox, office)
    people.transfer(job.draft, who, made.id, title(), first, appointed, requested)


@edit(unit, short_help="Change the name of a unit.")
def rename(
    which: Unit = UNIT,
    name: Line = Line("--name", Message("The new full name")),
    short: str | None = option("NAME", help="The new short name, if it changes too."),
    job: Job = changing(
        decision=decision(Message("The decision that renames it")), request=TO_THE_OPERATOR
    ),
) -> None:
    """Change the name of UNIT. Its id and its address stay. Until --from it has the name before.

    \b
      hopthu unit rename so-ngoai-vu \\
        --name "Sở Ngoại vụ và Hội nhập quốc tế" \\
        --decision qd-431-ubnd-2026 --request cv-432-sngv-2026
    """  # noqa: D301  (click reads the backspace)
    record = which()
    called = name() if name.given is not None or not short else ""
    both = {"name": called, "short": lookup.one_line("--short", short) if short else ""}
    job.change(record, **{key: value for key, value in both.items() if value})


@edit(unit, short_help="Put a unit below another one.")
def move(
    which: Unit = UNIT,
    to: Unit = Unit("--to", Message("The new unit above it")),
    job: Job = changing(
        decision=decision(Message("The decision that moves it")), request=TO_THE_OPERATOR
    ),
) -> None:
    """Put UNIT below another one, with its people and the units below it. Addresses stay.

    \b
      hopthu unit move phong-ngan-sach-so-tai-chinh \\
        --to van-phong-ubnd-tinh --from 2027-01-01 \\
        --decision qd-451-ubnd-2026 --request cv-452-vpubnd-2026
    """  # noqa: D301  (click reads the backspace)
    job.change(which(), parent=to().id)


@edit(unit, short_help="Give a unit another address.")
def address(
    which: Unit = UNIT,
    address: Line = Line("--address", Message("The new address, without the domain")),
    job: Job = changing(request=REQUEST),
) -> None:
    """Give UNIT another address. The one before goes on to work, as an alias.

    \b
      hopthu unit address so-ngoai-vu --address snvhnqt \\
        --from 2027-01-01 --request cv-348-snvhnqt-2026
    """  # noqa: D301  (click reads the backspace)
    job.change(which(), address=address())


@edit(unit, short_help="Give a unit another quota.")
def quota(which: Unit = UNIT, quota: Line = QUOTA, job: Job = changing(request=REQUEST)) -> None:
    """Let the mailbox of UNIT hold more, or less.

    \b
      hopthu unit quota so-ngoai-vu --quota "20 GiB" \\
        --from 2027-01-01 --request cv-448-sngv-2026
    """  # noqa: D301  (click reads the backspace)
    job.change(which(), quota=quota())


@edit(unit, short_help="Give a unit another regulation on its mailbox.")
def regulation(
    which: Unit = UNIT,
    regulation: Document = REGULATION,
    job: Job = changing(request=REQUEST),
) -> None:
    """Let another regulation on the mailbox of UNIT be in force. The one before stays on record.

    \b
      hopthu unit regulation so-ngoai-vu --regulation qc-12-sngv-2026 \\
        --request cv-449-sngv-2026
    """  # noqa: D301  (click reads the backspace)
    record = which()
    job.change(record, regulation=cited(job.draft, regulation.of_unit(record.id)()))


@edit(unit, short_help="Name the next head of a unit.")
def head(
    which: Unit = UNIT,
    who: Person = PERSON,
    acting: bool = flag(help="Only acting, while the post is vacant."),
    title: Line = Line("--title", Message("The title of a new post there, if they have none")),
    secondary: bool = flag(help="The new post is beside their main one."),
    start: Day = Day("--from", Message("The first day as head, which ends the one before")),
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
    request: Document = request(Message("The request, if policy requires one")),
    job: Job = JOB,
) -> None:
    """Let PERSON use the mailbox of UNIT, as its head authorises.

    \b
      hopthu unit delegate so-noi-vu le-van-bay \\
        --from 2026-12-01 --until 2028-11-30 --decision guq-341-snv-2026
    """  # noqa: D301  (click reads the backspace)
    record, person, first = which(), who(), start(job.on)
    last, authorised = until(), decision()
    requested = request() if request.is_given() else None
    units.authorise(job.draft, record, Office(person.id, first, authorised, requested, last))


@edit(unit, short_help="Merge units into another.")
def merge(
    which: tuple[str, ...] = argument("UNIT [UNIT]...", nargs=-1, required=True),
    into: Unit = Unit("--into", Message("The successor, which goes on")),
    start: Day = Day("--from", Message("The first day without the merged units")),
    decision: Document = decision(Message("The decision that merges them")),
    request: Document = TO_THE_OPERATOR,
    moved: tuple[str, ...] = MOVE,
    titled: tuple[str, ...] = TITLE,
    job: Job = JOB,
) -> None:
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
    ending = [lookup.unit(job.facts, each).id for each in which]
    successor = into().id
    if successor in ending:
        raise UsageError(
            Message("{unit} cannot merge into itself", unit=successor),
            fix=Message("name the unit that goes on"),
        )
    first = start(job.on)
    stay = {who for who, _ in (_pair("--move", each) for each in moved)}
    to = dict.fromkeys(ending, successor)
    to = units.merging(job.facts, to, first, lambda part, with_: _merges(job, part, with_, stay))
    going = _moves(job, to, first, moved, titled)
    endings = {key: {"how": "merged", "into": [unit]} for key, unit in to.items()}
    units.end(job.draft, endings, first, decision(), request(), *going)


@edit(unit, short_help="Split a unit among others.")
def split(
    which: Unit = UNIT,
    parts: tuple[str, ...] = option(
        "--part UNIT=WHAT...",
        help="A unit that takes over, and what; the first one gets the mail. Repeat it for each.",
    ),
    mailbox_to: str | None = option(
        "UNIT",
        help="The one of them whose head and delegate read the mailbox, if the decision says so.",
    ),
    start: Day = Day("--from", _DAY),
    decision: Document = decision(Message("The decision that splits it")),
    request: Document = TO_THE_OPERATOR,
    moved: tuple[str, ...] = MOVE,
    titled: tuple[str, ...] = TITLE,
    job: Job = JOB,
) -> None:
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
    record = which()
    named = [_pair("--part", part) for part in parts]
    taken = [(lookup.unit(job.facts, to).id, what) for to, what in named] or _asked_parts(job)
    into: list[Plain] = [{"into": to, "what": what} for to, what in taken]
    first = start(job.on)
    going = _moves(job, {record.id: ""}, first, moved, titled, taken[0][0])
    reads = lookup.unit(job.facts, mailbox_to).id if mailbox_to else None
    ending = {"how": "split", "parts": into, "mailbox_to": reads}
    units.end(job.draft, {record.id: ending}, first, decision(), request(), *going)


@edit(unit, short_help="Dissolve a unit.")
def dissolve(
    which: Unit = UNIT,
    business_to: str | None = option("UNIT", help="The unit that goes on with its business."),
    start: Day = Day("--from", _DAY),
    decision: Document = decision(Message("The decision that dissolves it")),
    request: Document = TO_THE_OPERATOR,
    moved: tuple[str, ...] = MOVE,
    titled: tuple[str, ...] = TITLE,
    job: Job = JOB,
) -> None:
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
    record, day = which(), start(job.on)
    first = lookup.unit(job.facts, business_to).id if business_to else ""
    ending = {"how": "dissolved", "business_to": first or None}
    going = _moves(job, {record.id: ""}, day, moved, titled, first)
    units.end(job.draft, {record.id: ending}, day, decision(), request(), *going)


def _merges(job: Job, part: str, to: str, stay: Container[str]) -> bool:
    """Tell whether a part merges with the one of its name, which somebody is asked if possible."""
    if part in stay or not has_terminal():
        return part not in stay
    name = text(job.facts.units[part].data, "name")
    question = Message("{name} ({part}) merges into {unit} as well?", name=name, part=part, unit=to)
    return agreed(question, default=True)


def _asked_parts(job: Job) -> list[tuple[str, str]]:
    """Ask for the parts of a split unit, until there are two and no more are named."""
    found: list[tuple[str, str]] = []
    while len(found) < 2 or agreed(Message("One more part?")):
        to = Unit("--part", Message("Unit that takes over a part"), facts=job.facts)
        what = Line("--part", Message("Which part"), facts=job.facts)
        found.append((to().id, what()))
    return found


def _moves(
    job: Job, into: Mapping[str, str], start: date, moved: Sequence[str], titled: Sequence[str],
    first: str = "",
) -> _Moves:  # fmt: skip
    """Return where those go who work in units that end, and the units below them.

    `into` has the successor of each; where it has none that is asked for, and else only the title
    of heads is, for that is what changes.
    """
    facts = job.facts
    to = {
        who: lookup.unit(facts, where).id
        for who, where in _by_id(
            "--move", moved, lambda who: who if who in facts.units else lookup.person(facts, who).id
        )
    }
    called = dict(_by_id("--title", titled, lambda who: lookup.person(facts, who).id))
    going = units.leaving(facts, into, start, to, called)
    heads = [key for key, member in going.members.items() if member.heads and key not in called]
    missing = [f"--move {key}=UNIT" for key, unit in going.to.items() if not unit]
    missing += [f"--title {key}=TITLE" for key in heads]
    if missing:
        require_terminal(some(missing, _MOST))

    def goes(key: str, asked: Message) -> str:
        return going.to[key] or Unit(f"--move {key}=UNIT", asked, facts=facts)(first).id

    people = {}
    for key, member in going.members.items():
        who = {"name": text(facts.people[key].data, "name"), "title": member.title}
        unit, title = goes(key, Message("{name}, {title}: goes to", **who)), member.title
        if key in heads:
            asked = Message("{name}, {title}: title there", **who)
            title = Line(f"--title {key}=TITLE", asked)()
        people[key] = unit, called.get(key, title)
    return people, {
        key: goes(key, Message("{name}: goes to", name=text(each.data, "name")))
        for key, each in going.below.items()
    }


def _by_id(option: str, given: Sequence[str], meant: Callable[[str], str]) -> list[tuple[str, str]]:
    """Return what is given, by id; raise `UsageError` if somebody is named twice."""
    found = [(meant(who), what) for who, what in (_pair(option, each) for each in given)]
    ids = [who for who, _ in found]
    if twice := [who for who in ids if ids.count(who) > 1]:
        raise UsageError(
            Message("{option}: {who} is named twice", option=option, who=twice[0]),
            fix=Message("name everybody once"),
        )
    return found


def _pair(option: str, given: str) -> tuple[str, str]:
    """Return the two sides of NAME=TEXT; raise `UsageError` if there are no two."""
    name, _, rest = lookup.one_line(option, given).partition("=")
    if not (name.strip() and rest.strip()):
        raise UsageError(
            Message("{option}: two parts with = between them are expected", option=option),
            fix=Message("see the example in --help"),
        )
    return name.strip(), rest.strip()
