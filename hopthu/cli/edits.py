"""Edit commands: the facts of an edit, and what every one does with its edit.

A fact is an option, and a question where it is missing on a terminal. An edit is judged, shown,
asked about and written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import wraps
from typing import Any, Generic

import click

from hopthu.app.edit import Proposal, facts_of
from hopthu.app.workspace import Workspace
from hopthu.cli.command import Declared, Function, Option, Together, command, flag, option
from hopthu.cli.options import DATE, OF_WORKSPACE, WORKSPACE, exclusive
from hopthu.cli.output import (
    Fact,
    answer_if_any,
    fact,
    has_terminal,
    note,
    put,
    refuse_unasked,
    require_consent,
    say,
)
from hopthu.diagnostics.problem import as_text
from hopthu.editing import documents, lookup, names, people
from hopthu.editing.documents import Basis, NewDocument
from hopthu.editing.draft import Draft
from hopthu.editing.file_edit import split
from hopthu.errors import DataError
from hopthu.i18n.message import Message
from hopthu.rules.context import RuleContext
from hopthu.schema.formats import ID
from hopthu.source.records import Record

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@dataclass(frozen=True)
class Field(Declared, Generic[Fact]):
    """A fact: what its option says, else the answer to its question, asked when it is called.

    `asks` is the question, and the help of the option, with what it is `otherwise`. Without an
    option it is an argument, called as `metavar` says.
    """

    option: str
    asks: Message
    metavar: str = ""
    type: Any = None
    otherwise: str = ""
    given: Any = None
    facts: RuleContext = None  # type: ignore[assignment]  # known before the command is called

    def parameters(self, name: str) -> Sequence[click.Parameter]:
        """Return what click parses."""
        more: dict[str, Any] = {"type": self.type} if self.type else {}
        if not self.option:
            return Option(self.metavar, more | {"required": False}, click.Argument).parameters(name)
        default = Message("  [default: {made}]", made=self.otherwise) if self.otherwise else ""
        more["help"] = Message("{what}.{default}", what=self.asks, default=default)
        return Option(f"{self.option} {self.metavar}", more).parameters(name)

    def value(self, name: str, given: Mapping[str, Any]) -> Any:
        """Return itself, with what is given."""
        return replace(self, given=given[name])

    def meaning(self, said: str) -> Fact:
        """Return what is meant; raise an error if it can be nothing."""
        try:
            meant: Fact = self.type.convert(said, None, click.get_current_context())
        except click.BadParameter as error:
            error.param_hint = f"'{self.called}'"
            raise
        return meant

    @property
    def question(self) -> Message:
        """Return what is asked."""
        return self.asks

    @property
    def called(self) -> str:
        """Return what it is called on the command line."""
        return self.option or Message(self.metavar)

    def __call__(self, default: object = "") -> Fact:
        """Return the fact; `default` is proposed."""
        return fact(self.called, self.given, self.question, self.meaning, str(default))

    def if_any(self) -> Fact | None:
        """Return the fact, None if there is none."""
        if self.given is not None:
            return self.meaning(self.given)
        return answer_if_any(self.question, self.meaning)

    def or_made(self, made: str) -> Fact:
        """Return the fact, which is `made` unless somebody wants it otherwise."""
        return self(made) if has_terminal() else self.meaning(self.given or made)


class Line(Field[str]):
    """A text of one line."""

    def meaning(self, said: str) -> str:
        """Return the text, with every letter spelt in one way."""
        return lookup.one_line(self.called, said)


class NewId(Line):
    """The id of a new record."""

    def meaning(self, said: str) -> str:
        """Return the id, which none has: a wrong one is asked for again, not said at the end."""
        return names.valid_id(self.facts, super().meaning(said))


class Word(Field[str]):
    """One of some words of the data, which may be called as people call it."""

    @property
    def question(self) -> Message:
        """Return what is asked, and the words."""
        words = ", ".join(self.type.terms)
        return Message("{question} ({choices})", question=self.asks, choices=words)


@dataclass(frozen=True)
class Day(Field[date]):
    """A day."""

    metavar: str = "DATE"
    type: Any = DATE


@dataclass(frozen=True)
class Unit(Field[Record]):
    """A unit, by id or by its full name."""

    metavar: str = "UNIT"

    def meaning(self, said: str) -> Record:
        """Return its record."""
        return lookup.unit(self.facts, said)


@dataclass(frozen=True)
class Person(Field[Record]):
    """Somebody, by id or address."""

    metavar: str = "PERSON"

    def meaning(self, said: str) -> Record:
        """Return their record."""
        return lookup.person(self.facts, said)


_OF_A_NEW_ONE: Mapping[str, Option] = {
    "number": option(
        "NUMBER", help="Its number, such as 12/QĐ-UBND, if it is not in the data yet: it is added."
    ),
    "issuer": option(
        "UNIT", help="Who issued the new document: the id of a unit, or an authority outside."
    ),
    "date": option("DATE", type=DATE, help="The day it was signed."),
    "id": option("ID", help="The id of the new document.  [default: as the others are formed]"),
}


@dataclass(frozen=True)
class Document(Field[Basis]):
    """A document that the edit rests on, of one of some `kinds`.

    That is `--decision` for one in the data, and for a new one `--decision-number` and so on.
    """

    kinds: Sequence[str] = ("decision",)
    unit: str = ""
    of_new: Mapping[str, Any] = field(default_factory=dict)
    """What options say of a new one."""

    def parameters(self, name: str) -> Sequence[click.Parameter]:
        """Return the options of one in the data, and of a new one."""
        said = Message("{document}: the id of a document in the data.", document=self.asks)
        parts = {name: Option(f"{self.option} ID", {"help": said})}
        for part, each in _OF_A_NEW_ONE.items():
            parts[f"{name}_{part}"] = replace(each, shown=f"{self.option}-{part} {each.shown}")
        return Together(parts, dict).parameters(name)

    def value(self, name: str, given: Mapping[str, Any]) -> Any:
        """Return itself, with what is given."""
        new = {part: given[f"{name}_{part}"] for part in _OF_A_NEW_ONE}
        exclusive(
            self.option, f"{self.option}-number", given[name], new["number"],
            fix=Message("give the id of a document in the data, or the facts of a new one")
        )  # fmt: skip
        return replace(self, given=given[name] or new["number"], of_new=new)

    def is_given(self) -> bool:
        """Return whether an option says anything."""
        return bool(self.given or any(self.of_new.values()))

    def of_unit(self, unit: str) -> Document:
        """Return itself; it is of the unit or about it, which may be one that the edit adds."""
        return replace(self, unit=unit)

    def __call__(self, default: object = "") -> Basis:  # noqa: ARG002  (none is proposed)
        """Return the document."""
        fix = Message("give {option} and the id of a document in the data, or {number} of a "
                      "new one", option=self.option, number=f"{self.option}-number")  # fmt: skip
        return self.meaning(fact(self.option, self.given, self.question, self._said, fix=fix))

    def if_any(self) -> Basis | None:
        """Return the document, None if none is named."""
        if self.is_given():
            return self()
        said = answer_if_any(self.question, self._said)
        return self.meaning(said) if said else None

    def meaning(self, said: str) -> Basis:
        """Return a document of the data, or a new one of the number that is said."""
        return said if said in self.facts.documents else self._new(said)

    @property
    def question(self) -> Message:
        """Return what is asked."""
        return Message("{question}: its number, or its id in the data", question=self.asks)

    def _said(self, said: str) -> str:
        """Return the id of a document in the data, or the number of a new one."""
        said = lookup.one_line(self.option, said)
        if ID.match(said):
            return documents.known(self.facts, said)
        return documents.valid_number(said)

    def _new(self, number: str) -> NewDocument:
        """Return a document that is not in the data yet; it may turn out that it is."""
        facts, given, option = self.facts, self.of_new, f"{self.option}-issuer"
        by, unit = documents.issuers(facts, number), self.unit

        def meant(said: str) -> str:
            said = lookup.one_line(option, said)
            return said if said == unit else documents.issuer(facts, said)

        asked = Message("{number}: issued by", number=number)
        issuer = fact(option, given["issuer"], asked, meant, by[0] if len(by) == 1 else "")
        dated = Message("{number}: dated (year-month-day)", number=number)
        on = Day(f"{self.option}-date", dated, given=given["date"])
        ours = issuer == unit or issuer in facts.units
        # A regulation of a unit above says whose mailbox it is about.
        about = [unit] if "regulation" in self.kinds and issuer != unit else []
        return NewDocument(self.kinds, number, issuer, on(), given["id"] or "", about, not ours)


def decision(asks: Message) -> Document:
    """Declare the decision that an edit rests on."""
    return Document(option="--decision", asks=asks)


def request(asks: Message) -> Document:
    """Declare the request for an edit."""
    return Document(option="--request", asks=asks, kinds=["request"])


def on_day(name: str, *, help: str) -> Any:  # noqa: A002
    """Declare a day that is not asked for."""
    return option(f"{name} DATE", type=DATE, help=help)


CHANGE_DAY = on_day("--from", help="The day of the change; it may be to come.  [default: today]")
NAME = Line("", Message("The full name"), metavar="NAME")
PERSON = Person("", Message("Who, by id or address"))
UNIT = Unit("", Message("Which unit, by its id or full name"))
REGULATION = Document(
    "--regulation", Message("The regulation on its mailbox"), kinds=["regulation"]
)
REQUEST = request(Message("The request of the unit"))
TO_THE_OPERATOR = request(Message("The request to the operator"))
QUOTA = Line("--quota", Message("One of the quotas in the policy, such as 5 GiB"), metavar="SIZE")
NEW_ID = NewId("--id", Message("Id, for life"), otherwise=Message("made of the name"))
NEW_ADDRESS = Line(
    "--address", Message("Address, for life"),
    otherwise=Message("the free one of the naming profile")
)  # fmt: skip


def known(given: Mapping[str, Any], facts: RuleContext) -> dict[str, Any]:
    """Return what is `given`, where each fact knows the data."""
    return {
        name: replace(each, facts=facts) if isinstance(each, Field) else each
        for name, each in given.items()
    }


class Job:
    """An edit: the data as it is, the draft, and how it is to be shown and written."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        """Read the data, with the options that are `given`.

        Raises `DataError` if its files cannot be read, `Refused` if nobody could be asked.
        """
        self._yes, self._dry_run = given["yes"], given["dry_run"]
        refuse_unasked(asked=self._yes or self._dry_run)
        self._workspace: Workspace = WORKSPACE.value_of(given)
        self.on = self._workspace.on
        self.facts = facts_of(self._workspace)
        self.draft = Draft(self.facts)
        self._given = given

    def change(self, record: Record, **new: str) -> None:
        """Draft that a record has other values from a day on, as `changing` declares it."""
        start, by = self._given["start"] or self.on, known(self._given, self.facts)
        decision = by["decision"]() if "decision" in by else None
        people.change(self.draft, record, new, start, decision, by["request"]())

    def remark_next_post(self, person: str, start: date) -> None:
        """Print on which day the next post ends a new main one, if that is planned."""
        if row := people.next_post(self.facts, person, start):
            note(Message("{person} is in {unit} from {day} on: the new post ends then",
                         person=person, unit=row.unit, day=row.start))  # fmt: skip

    def finish(self) -> int:
        """Judge the edit, show it, ask, and write all files or none; return the exit code."""
        proposal = Proposal(self._workspace, self.draft)
        if not proposal.edits:
            say(Message("Nothing is to be added or changed."))
            return 0
        self._show(proposal)
        code = DataError.exit_code if proposal.errors else 0
        if self._dry_run or (self._yes and code):
            return code
        question = Message("Write it?")
        if code:
            question = Message("`hopthu check` will find these errors. Write it all the same?")
        require_consent(question, given=self._yes)
        proposal.write()
        say(Message("written: {files}", files=", ".join(proposal.contents)))
        note(Message("`hopthu plan` shows what it changes"))
        return code

    def _show(self, proposal: Proposal) -> None:
        for line in split(proposal.diff):
            colour = None if line.startswith(("+++", "---")) else _COLOURS.get(line[0])
            put(click.style(line, fg=colour) if colour else line)
        if problems := proposal.news:
            unwritten = Message("Nothing was written.")
            outcome = unwritten if self._yes or self._dry_run else None
            cited = self.facts.policy.regulation
            language = self._workspace.language
            text = as_text(problems, language, regulation=cited, outcome=outcome, colour=True)
            click.echo(text, nl=False, err=self._dry_run)


_OF_A_JOB = {
    "yes": flag(help="Write without asking, unless `hopthu check` would find errors."),
    "dry_run": flag(help="Print the diff; write nothing. Exit 2 if there are errors."),
    **OF_WORKSPACE,
}
JOB: Any = Together(_OF_A_JOB, Job)


def changing(**by: Document) -> Any:
    """Declare a job that is a change from a day on, `by` a request, and a decision or none."""
    return Together({"start": CHANGE_DAY, **by, **_OF_A_JOB}, Job)


def edit(group: click.Group, *, short_help: str) -> Callable[[Function], click.Command]:
    """Make a command of a function that drafts an edit with its `job`; the job then finishes it."""

    def made(function: Function) -> click.Command:
        @wraps(function)
        def run(job: Job, **given: Any) -> int:
            function(job=job, **known(given, job.facts))
            return job.finish()

        return command(group, short_help=short_help)(run)

    return made
