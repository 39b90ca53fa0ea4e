"""`hopthu person`: edits of people."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import cast

from hopthu.cli.command import flag
from hopthu.cli.edits import (
    JOB,
    NAME,
    NEW_ADDRESS,
    NEW_ID,
    PERSON,
    QUOTA,
    REQUEST,
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
from hopthu.cli.output import note
from hopthu.editing import names, people
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.i18n.terms import CATEGORIES, ENDINGS
from hopthu.model.organisation import Category
from hopthu.schema.registry import schema

CATEGORY = Word(
    "--category", Message("Cán bộ, công chức or viên chức, who alone have a mailbox"),
    type=Term(CATEGORIES)
)  # fmt: skip
_HOW = Term({how: ENDINGS[how] for how in schema("people").field(("left", "how"))["allowed"]})
_FEW = 5
_USUAL = "Chuyên viên"
_DECISION_IF_ANY = decision(Message("The decision, if there is one"))


@group()
def person() -> None:
    """Edit people: hire, transfer, let go, lock, unlock, rename, change the category.

    Each command writes the few lines of data/ that the change takes, with a record for each
    document that is not in the data yet. What no option says is asked for on a terminal. The edit
    is judged as by `hopthu check` before it is written, and shown as a diff.
    """


@edit(person, short_help="Hire somebody.")
def add(
    called: Line = NAME,
    unit: Unit = Unit("--unit", Message("The unit they work in")),
    title: Line = Line("--title", Message("The title of their post")),
    category: Word = CATEGORY,
    start: Day = Day("--from", Message("The first day of the post, and of the mailbox")),
    decision: Document = decision(Message("The decision that hires them")),
    request: Document = request(Message("The request for a mailbox")),
    key: Line = NEW_ID,
    address: Line = NEW_ADDRESS,
    namesakes: bool = flag(help="Add them though somebody has their name: they are another one."),
    job: Job = JOB,
) -> None:
    """Hire somebody: add a person called NAME, with a post and a mailbox.

    \b
      hopthu person add "Trần Thị Hoài Thu" --unit so-ngoai-vu \\
        --title "Chuyên viên" --category civil_servant --from 2026-12-01 \\
        --decision qd-301-sngv-2026 --request cv-302-sngv-2026
    """  # noqa: D301  (click reads the backspace)
    name = called()
    proposed = names.of_person(job.facts, name)
    where = unit().id
    if not namesakes:
        people.refuse_second(job.facts, name, where)
    if others := names.namesakes(job.facts, name):
        note(Message("people of the same name: {people}", people=some(others, _FEW)))
    post, kind, first = title(_USUAL), category("civil_servant"), start(job.on)
    new_id = key.or_made(names.person_id(job.facts, name))
    local = address.or_made(proposed)
    people.add(
        job.draft, name, cast("Category", kind), where, post, first, decision(), request(),
        new_id, local,
    )  # fmt: skip


@edit(person, short_help="Give somebody the next post, or one beside it.")
def transfer(
    who: Person = PERSON,
    unit: Unit = Unit("--unit", Message("The unit they go to")),
    title: Line = Line("--title", Message("The title of the new post")),
    start: Day = Day("--from", Message("The first day of the new post, which ends the one before")),
    until: date | None = on_day("--until", help="The last day of the new post, if it is known."),
    secondary: bool = flag(help="A post beside the main one, which goes on unchanged."),
    decision: Document = decision(Message("The decision that transfers them")),
    request: Document = REQUEST,
    job: Job = JOB,
) -> None:
    """Give PERSON, an id or an address, another post: in another unit, or of another title.

    The address stays. A head or a delegate who goes to another unit loses the mailbox of the one
    they leave, and that ends too, whether or not somebody follows: see `hopthu unit head` and
    `hopthu unit delegate`.

    \b
      hopthu person transfer le-bao-an --unit so-noi-vu \\
        --title "Chuyên viên" --from 2026-12-01 \\
        --decision qd-311-ubnd-2026 --request cv-312-snv-2026
    """  # noqa: D301  (click reads the backspace)
    record, to = who(), unit().id
    called, first = title(people.title_now(job.facts, record.id)), start(job.on)
    if not secondary:
        job.remark_next_post(record.id, first)
    people.transfer(
        job.draft, record, to, called, first, decision(), request(), until=until,
        secondary=secondary,
    )  # fmt: skip


@edit(person, short_help="Record that somebody leaves the service.")
def leave(
    who: Person = PERSON,
    how: Word = Word("--how", Message("How they leave"), type=_HOW),
    start: Day = Day("--from", Message("The first day without access")),
    decision: Document = decision(Message("The decision they leave by")),
    request: Document = request(Message("The request of their unit")),
    job: Job = JOB,
) -> None:
    """Record that PERSON, an id or an address, leaves the service.

    The mailbox closes on that day; the record stays, and the address is never given again. Of
    somebody who died the decision is the notice, or an extract from the register. If they head a
    unit or are its delegate, that ends too, whether or not somebody follows.

    \b
      hopthu person leave le-van-bay --how retired --from 2026-12-01 \\
        --decision qd-361-snv-2026 --request cv-362-snv-2026
    """  # noqa: D301  (click reads the backspace)
    record = who()
    way, first = how(), start(job.on)
    if way == "died":
        decision = replace(decision, kinds=["notice"], asks=Message("Notice"))
    people.leave(job.draft, record, way, first, decision(), request())


@edit(person, short_help="Keep somebody from signing in.")
def lock(
    who: Person = PERSON,
    start: Day = Day("--from", Message("The first day without signing in")),
    until: date | None = on_day("--until", help="The last day, if it is known from the start."),
    decision: Document = _DECISION_IF_ANY,
    request: Document = REQUEST,
    job: Job = JOB,
) -> None:
    """Keep PERSON, an id or an address, from signing in; mail still arrives.

    \b
      hopthu person lock le-van-bay --from 2026-11-26 \\
        --decision qd-351-snv-2026 --request cv-352-snv-2026
    """  # noqa: D301  (click reads the backspace)
    record, first = who(), start(job.on)
    people.lock(job.draft, record, first, until, decision.if_any(), request())


@edit(person, short_help="Let somebody sign in again.")
def unlock(
    who: Person = PERSON,
    until: Day = Day("--until", Message("The last day of the lock, today or later")),
    decision: Document = _DECISION_IF_ANY,
    request: Document = REQUEST,
    job: Job = JOB,
) -> None:
    """Let PERSON, an id or an address, sign in again: give the lock its last day.

    That the lock ends is a change of today, with the documents it rests on.

    \b
      hopthu person unlock le-van-bay --until 2026-12-10 \\
        --request cv-353-snv-2026
    """  # noqa: D301  (click reads the backspace)
    people.unlock(job.draft, who(), until(job.on), decision.if_any(), request())


@edit(person, short_help="Correct or change somebody's name.")
def rename(
    who: Person = PERSON,
    name: Line = Line("--name", Message("The new name, family name first")),
    job: Job = changing(
        decision=replace(
            decision(Message("The decision, or the extract from the register")),
            kinds=["decision", "notice"],
        ),
        request=REQUEST,
    ),
) -> None:
    """Correct or change the name of PERSON, an id or an address. Both stay: they are for life.

    \b
      hopthu person rename le-bao-an --name "Lê Bảo An" \\
        --decision qd-441-sngv-2026 --request cv-442-sngv-2026
    """  # noqa: D301  (click reads the backspace)
    job.change(who(), name=name())


@edit(person, short_help="Change somebody's category.")
def category(
    who: Person = PERSON,
    category: Word = CATEGORY,
    job: Job = changing(decision=decision(Message("The decision")), request=REQUEST),
) -> None:
    """Let PERSON be in another category: cán bộ, công chức or viên chức.

    \b
      hopthu person category le-bao-an --category cadre \\
        --from 2027-01-01 --decision qd-445-sngv-2026 \\
        --request cv-446-sngv-2026
    """  # noqa: D301  (click reads the backspace)
    job.change(who(), category=category())


@edit(person, short_help="Give a person another quota.")
def quota(who: Person = PERSON, quota: Line = QUOTA, job: Job = changing(request=REQUEST)) -> None:
    """Let the mailbox of PERSON hold more, or less.

    \b
      hopthu person quota le-bao-an --quota "5 GiB" \\
        --from 2027-01-01 --request cv-447-sngv-2026
    """  # noqa: D301  (click reads the backspace)
    job.change(who(), quota=quota())
