"""`hopthu person`: edits of people."""

from __future__ import annotations

from datetime import date
from typing import cast

import click

from hopthu.cli.edit_job import Job
from hopthu.cli.edit_options import document, edit, start, title, until
from hopthu.cli.options import Term, group_lang
from hopthu.cli.questions import Given, one_line
from hopthu.editing import names, people
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.i18n.terms import CATEGORIES, ENDINGS
from hopthu.model.organisation import Category
from hopthu.model.timeline import text, written
from hopthu.schema.registry import schema
from hopthu.source.records import Record

_HOW = {how: ENDINGS[how] for how in schema("people").field(("left", "how"))["allowed"]}
_FEW = 5
_USUAL = "Chuyên viên"
_DECISION = Message("Decision")
_REQUEST = Message("Request of the unit")


@click.group()
@group_lang
def person() -> None:
    """Edit people: hire, transfer, let go, lock, unlock, rename, change the category.

    Each command writes the few lines of data/ that the change takes, with a record for each
    document that is not in the data yet. What no option says is asked for on a terminal. The edit
    is judged as by `hopthu check` before it is written, and shown as a diff.
    """


@person.command(short_help="Hire somebody.")
@click.argument("name")
@click.option("--unit", "to", metavar="UNIT", help="The unit they work in.")
@title(help="The title of their post.")
@click.option(
    "--category",
    type=Term(CATEGORIES),
    help="Cán bộ, công chức or viên chức: nobody else has a mailbox.",
)
@start(help="The first day of the post, and of the mailbox.")
@document("decision", help="The decision that hires them: the id of a document in the data.")
@document("request", help="The request for a mailbox: the id of a document in the data.")
@click.option("--id", "key", metavar="ID", help="Their id, for life.  [default: made of the name]")
@click.option(
    "--address",
    metavar="ADDRESS",
    help="Their address, for life.  [default: the free one of the naming profile]",
)
@click.option(
    "--namesakes",
    is_flag=True,
    help="Add them though somebody has their name: they are another one.",
)
@edit
def add(
    job: Job, name: str, to: str | None, title: str | None, category: str | None,
    start: date | None, decision: Given, request: Given, key: str | None, address: str | None,
    namesakes: bool,
) -> None:  # fmt: skip
    """Hire somebody: add a person called NAME, with a post and a mailbox.

    \b
      hopthu person add "Trần Thị Hoài Thu" --unit so-ngoai-vu \\
        --title "Chuyên viên" --category civil_servant --from 2026-12-01 \\
        --decision qd-301-sngv-2026 --request cv-302-sngv-2026
    """  # noqa: D301  (click reads the backspace)
    ask, name = job.ask, one_line("NAME", name)
    proposed = names.of_person(job.facts, name)
    unit = ask.unit("--unit", to, Message("Unit"))
    if not namesakes:
        people.refuse_second(job.facts, name, unit)
    if others := names.namesakes(job.facts, name):
        job.remark(Message("people of the same name: {people}", people=some(others, _FEW)))
    title = ask.line("--title", title, Message("Title of the post"), _USUAL)
    category = ask.choice("--category", category, Message("Category"), CATEGORIES, "civil_servant")
    start = ask.day("--from", start, Message("First day of the post"), job.on)
    new_id = names.person_id(job.facts, name)
    if ask.asks:
        key = ask.line("--id", key, Message("Id, for life"), new_id)
        address = ask.line("--address", address, Message("Address, for life"), proposed)
    people.add(
        job.draft, name, cast("Category", category), unit, title, start,
        ask.document(decision, _DECISION, ["decision"]),
        ask.document(request, _REQUEST, ["request"]),
        one_line("--id", key or new_id), one_line("--address", address or proposed),
    )  # fmt: skip


@person.command(short_help="Give somebody the next post, or one beside it.")
@click.argument("who", metavar="PERSON")
@click.option("--unit", "to", metavar="UNIT", help="The unit they go to.")
@title(help="The title of the new post.")
@start(help="The first day of the new post; the one before it ends by itself.")
@until(help="The last day of the new post, if it is known.")
@click.option(
    "--secondary", is_flag=True, help="A post beside the main one, which goes on unchanged."
)
@document("decision", help="The decision that transfers them: the id of a document in the data.")
@document("request", help="The request of the unit: the id of a document in the data.")
@edit
def transfer(
    job: Job, who: str, to: str | None, title: str | None, start: date | None,
    until: date | None, secondary: bool, decision: Given, request: Given,
) -> None:  # fmt: skip
    """Give PERSON, an id or an address, another post: in another unit, or of another title.

    The address stays. A head or a delegate who goes to another unit loses the mailbox of the one
    they leave, and that ends too, whether or not somebody follows: see `hopthu unit head` and
    `hopthu unit delegate`.

    \b
      hopthu person transfer le-bao-an --unit so-noi-vu \\
        --title "Chuyên viên" --from 2026-12-01 \\
        --decision qd-311-ubnd-2026 --request cv-312-snv-2026
    """  # noqa: D301  (click reads the backspace)
    record, ask = job.person(who), job.ask
    unit = ask.unit("--unit", to, Message("Unit they go to"))
    title = ask.line("--title", title, Message("Title of the post"), _title_now(job, record))
    start = ask.day("--from", start, Message("First day of the post"), job.on)
    people.still_here(job.draft, record, start)
    people.transfer(
        job.draft, record, unit, title, start,
        ask.document(decision, _DECISION, ["decision"]),
        ask.document(request, _REQUEST, ["request"]),
        until=until, secondary=secondary,
    )  # fmt: skip


@person.command(short_help="Record that somebody leaves the service.")
@click.argument("who", metavar="PERSON")
@click.option("--how", type=Term(_HOW), help="How they leave.")
@start(help="The first day without access.")
@document("decision", help="The decision they leave by: the id of a document in the data.")
@document("request", help="The request of their unit: the id of a document in the data.")
@edit
def leave(
    job: Job, who: str, how: str | None, start: date | None, decision: Given, request: Given
) -> None:
    """Record that PERSON, an id or an address, leaves the service.

    The mailbox closes on that day; the record stays, and the address is never given again. Of
    somebody who died the decision is the notice, or an extract from the register. If they head a
    unit or are its delegate, that ends too, whether or not somebody follows.

    \b
      hopthu person leave le-van-bay --how retired --from 2026-12-01 \\
        --decision qd-361-snv-2026 --request cv-362-snv-2026
    """  # noqa: D301  (click reads the backspace)
    record, ask = job.person(who), job.ask
    people.still_here(job.draft, record)
    how = ask.choice("--how", how, Message("How they leave"), _HOW)
    start = ask.day("--from", start, Message("First day without access"), job.on)
    kinds = ["notice"] if how == "died" else ["decision"]
    people.leave(
        job.draft, record, how, start,
        ask.document(decision, Message("Notice") if how == "died" else _DECISION, kinds),
        ask.document(request, _REQUEST, ["request"]),
    )  # fmt: skip


@person.command(short_help="Keep somebody from signing in.")
@click.argument("who", metavar="PERSON")
@start(help="The first day without signing in.")
@until(help="The last day, if it is known from the start.")
@document("decision", help="The decision, if there is one: the id of a document in the data.")
@document("request", help="The request of the unit: the id of a document in the data.")
@edit
def lock(
    job: Job, who: str, start: date | None, until: date | None, decision: Given, request: Given
) -> None:
    """Keep PERSON, an id or an address, from signing in; mail still arrives.

    \b
      hopthu person lock le-van-bay --from 2026-11-26 \\
        --decision qd-351-snv-2026 --request cv-352-snv-2026
    """  # noqa: D301  (click reads the backspace)
    record, ask = job.person(who), job.ask
    start = ask.day("--from", start, Message("First day of the lock"), job.on)
    people.still_here(job.draft, record, start)
    people.lock(
        job.draft, record, start, until,
        ask.document_if_any(decision, _DECISION, ["decision"]),
        ask.document(request, _REQUEST, ["request"]),
    )  # fmt: skip


@person.command(short_help="Let somebody sign in again.")
@click.argument("who", metavar="PERSON")
@until(help="The last day of the lock, today or later.")
@document("decision", help="The decision, if there is one: the id of a document in the data.")
@document("request", help="The request of the unit: the id of a document in the data.")
@edit
def unlock(job: Job, who: str, until: date | None, decision: Given, request: Given) -> None:
    """Let PERSON, an id or an address, sign in again: give the lock its last day.

    That the lock ends is a change of today, with the documents it rests on.

    \b
      hopthu person unlock le-van-bay --until 2026-12-10 \\
        --request cv-353-snv-2026
    """  # noqa: D301  (click reads the backspace)
    record, ask = job.person(who), job.ask
    until = ask.day("--until", until, Message("Last day of the lock"), job.on)
    people.unlock(
        job.draft, record, until,
        ask.document_if_any(decision, _DECISION, ["decision"]),
        ask.document(request, _REQUEST, ["request"]),
    )  # fmt: skip


@person.command(short_help="Correct or change somebody's name.")
@click.argument("who", metavar="PERSON")
@click.option("--name", metavar="NAME", help="The new name, family name first.")
@start(help="The day of the change; it may be to come.  [default: today]")
@document(
    "decision",
    help="The decision, or the extract from the register: the id of a document in the data.",
)
@document("request", help="The request of the unit: the id of a document in the data.")
@edit
def rename(
    job: Job, who: str, name: str | None, start: date | None, decision: Given, request: Given
) -> None:
    """Correct or change the name of PERSON, an id or an address. Both stay: they are for life.

    \b
      hopthu person rename le-bao-an --name "Lê Bảo An" \\
        --decision qd-441-sngv-2026 --request cv-442-sngv-2026
    """  # noqa: D301  (click reads the backspace)
    record, ask = job.person(who), job.ask
    name = ask.line("--name", name, Message("New name"))
    decided = ask.document(decision, _DECISION, ["decision", "notice"])
    requested = ask.document(request, _REQUEST, ["request"])
    people.change(job.draft, record, {"name": name}, start or job.on, decided, requested)


@person.command(short_help="Change somebody's category.")
@click.argument("who", metavar="PERSON")
@click.option("--category", type=Term(CATEGORIES), help="Cán bộ, công chức or viên chức.")
@start(help="The day of the change; it may be to come.  [default: today]")
@document("decision", help="The decision: the id of a document in the data.")
@document("request", help="The request of the unit: the id of a document in the data.")
@edit
def category(
    job: Job, who: str, category: str | None, start: date | None, decision: Given, request: Given
) -> None:
    """Let PERSON be in another category: cán bộ, công chức or viên chức.

    \b
      hopthu person category le-bao-an --category cadre \\
        --from 2027-01-01 --decision qd-445-sngv-2026 \\
        --request cv-446-sngv-2026
    """  # noqa: D301  (click reads the backspace)
    record, ask = job.person(who), job.ask
    new = {"category": ask.choice("--category", category, Message("Category"), CATEGORIES)}
    decided = ask.document(decision, _DECISION, ["decision"])
    requested = ask.document(request, _REQUEST, ["request"])
    people.change(job.draft, record, new, start or job.on, decided, requested)


@person.command(short_help="Give a person another quota.")
@click.argument("who", metavar="PERSON")
@click.option("--quota", metavar="SIZE", help="One of the sizes in the policy, such as 5 GiB.")
@start(help="The day of the change; it may be to come.  [default: today]")
@document("request", help="The request of the unit: the id of a document in the data.")
@edit
def quota(job: Job, who: str, quota: str | None, start: date | None, request: Given) -> None:
    """Let the mailbox of PERSON hold more, or less.

    \b
      hopthu person quota le-bao-an --quota "5 GiB" \\
        --from 2027-01-01 --request cv-447-sngv-2026
    """  # noqa: D301  (click reads the backspace)
    record, ask = job.person(who), job.ask
    people.still_here(job.draft, record, start or job.on)
    new = {"quota": ask.line("--quota", quota, Message("New quota"))}
    requested = ask.document(request, _REQUEST, ["request"])
    people.change(job.draft, record, new, start or job.on, None, requested)


def _title_now(job: Job, record: Record) -> str:
    """Return the title of the main post that somebody has."""
    day = job.on.isoformat()
    rows = [row for row in job.facts.posts[record.id] if row.main and row.holds_on(day)]
    return text(written(rows[0]), "title") if rows else ""
