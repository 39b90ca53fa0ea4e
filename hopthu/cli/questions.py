"""Facts of an edit: from options, or asked for on a terminal, one question each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import click

from hopthu.cli.options import DATE
from hopthu.cli.output import has_terminal
from hopthu.diagnostics.problem import shown
from hopthu.editing import documents
from hopthu.editing.documents import Basis, NewDocument
from hopthu.editing.names import namesakes
from hopthu.errors import HopthuError, UsageError
from hopthu.i18n.catalogue import translate
from hopthu.i18n.joining import some
from hopthu.i18n.message import Message
from hopthu.i18n.terms import choices, key_of
from hopthu.i18n.vietnamese import same
from hopthu.model.document_numbers import parsed
from hopthu.model.former_domains import compared
from hopthu.rules.context import RuleContext
from hopthu.schema.formats import ID
from hopthu.source.records import Record

_FEW = 5
Fact = TypeVar("Fact")


@dataclass(frozen=True, slots=True)
class Given:
    """What the options say of a document: the id of one in the data, or the facts of a new one."""

    option: str
    id: str | None = None
    number: str | None = None
    issuer: str | None = None
    date: date | None = None
    new_id: str | None = None

    def is_empty(self) -> bool:
        """Tell whether no option says anything."""
        return not any((self.id, self.number, self.issuer, self.date, self.new_id))


@dataclass(frozen=True)
class Questions:
    """Takes facts from options, and asks for what is missing where there is a terminal."""

    facts: RuleContext
    language: str

    @property
    def asks(self) -> bool:
        """Tell whether there is a terminal to ask on."""
        return has_terminal()

    def agrees(self, question: Message, *, default: bool = False) -> bool:
        """Ask for a yes or a no."""
        return click.confirm(translate(question, self.language), default=default)

    def line(self, option: str, value: str | None, question: Message, default: str = "") -> str:
        """Return a text of one line."""
        return self._fact(option, value, question, default, lambda said: one_line(option, said))

    def line_if_any(self, option: str, value: str | None, question: Message) -> str:
        """Return a text of one line; an empty one where there is none."""
        if value is not None:
            return one_line(option, value)
        if not self.asks:
            return ""
        return self._if_any(question, lambda said: one_line(option, said)) or ""

    def choice(
        self, option: str, value: str | None, question: Message, among: Mapping[str, str],
        default: str = "",
    ) -> str:  # fmt: skip
        """Return one of some words of the data, which may be called as people call it."""

        def known(said: str) -> str:
            if key := key_of(among, said):
                return key
            raise UsageError(
                Message("{value} is not one of: {choices}", value=shown(said),
                        choices=choices(among))
            )  # fmt: skip

        full = Message("{question} ({choices})", question=question, choices=", ".join(among))
        return self._fact(option, value, full, default, known)

    def day(
        self, option: str, value: date | None, question: Message, default: date | None = None
    ) -> date:
        """Return a day."""
        proposed = default.isoformat() if default else ""

        def day(said: str) -> date:
            return DATE.convert(said, None, click.get_current_context())

        return value or self._fact(option, None, question, proposed, day)

    def unit(self, option: str, value: str | None, question: Message, default: str = "") -> str:
        """Return the id of a unit, which may be named in full."""
        return self._fact(option, value, question, default, lambda said: unit(self.facts, said).id)

    def person_if_any(self, value: str | None, question: Message) -> Record | None:
        """Return somebody by id or address; None where nobody is named."""
        if value is None and self.asks:
            return self._if_any(question, lambda said: person(self.facts, said))
        return person(self.facts, value) if value else None

    def document(
        self, given: Given, question: Message, kinds: Sequence[str], new_unit: str = ""
    ) -> Basis:
        """Return a document the edit rests on; raise `UsageError` if it is missing.

        `new_unit` is added by the edit, and may have issued it.
        """
        found = self.document_if_any(given, question, kinds, new_unit, required=True)
        assert found is not None  # noqa: S101  (it is required)
        return found

    def document_if_any(
        self, given: Given, question: Message, kinds: Sequence[str], new_unit: str = "", *,
        required: bool = False,
    ) -> Basis | None:  # fmt: skip
        """Return a document the edit rests on, None where none is named."""
        option = given.option
        if given.id and given.number:
            raise UsageError(
                Message("{one} and {other} cannot be used together", one=option,
                        other=f"{option}-number"),
                fix=Message("give the id of a document in the data, or the facts of a new one"),
            )  # fmt: skip
        if given.id:
            return documents.known(self.facts, given.id)
        number = given.number and one_line(f"{option}-number", given.number)
        if not number and given.is_empty():
            if not (required or self.asks):
                return None
            said = self._which(option, question, required=required)
            if not said or said in self.facts.documents:
                return said or None
            number = said
        if not number:
            number = self.line(f"{option}-number", None, Message("Its number, such as 12/QĐ-UBND"))
        return self._new(given, number, kinds, new_unit)

    def _new(self, given: Given, number: str, kinds: Sequence[str], new_unit: str) -> NewDocument:
        """Return a document that is not in the data yet; it may turn out that it is."""
        by = documents.issuers(self.facts, number)
        option = f"{given.option}-issuer"

        def meant(said: str) -> str:
            said = one_line(option, said)
            return said if said == new_unit else documents.issuer(self.facts, said)

        question = Message("{number}: issued by", number=number)
        default = by[0] if len(by) == 1 else ""
        issuer = self._fact(option, given.issuer, question, default, meant)
        dated = Message("{number}: dated (year-month-day)", number=number)
        on = self.day(f"{given.option}-date", given.date, dated)
        ours = issuer == new_unit or issuer in self.facts.units
        # A regulation of a unit above says whose mailbox it is about.
        about = [new_unit] if "regulation" in kinds and issuer != new_unit else []
        return NewDocument(kinds, number, issuer, on, given.new_id or "", about, not ours)

    def _which(self, option: str, question: Message, *, required: bool) -> str:
        """Return the id of a document in the data, or the number of a new one."""

        def which(said: str) -> str:
            said = one_line(option, said)
            return documents.known(self.facts, said) if ID.match(said) else _number(said)

        full = Message("{question}: its number, or its id in the data", question=question)
        if required:
            fix = Message("give {option} and the id of a document in the data, or {number} of a "
                          "new one", option=option, number=f"{option}-number")  # fmt: skip
            return self._fact(option, None, full, "", which, fix)
        return self._if_any(full, which) or ""

    def _fact(
        self, option: str, value: str | None, question: Message, default: str,
        convert: Callable[[str], Fact], fix: Message | None = None,
    ) -> Fact:  # fmt: skip
        if value is not None:
            return convert(value)
        if not self.asks:
            raise UsageError(
                Message("{option} is missing, and there is no terminal to ask on", option=option),
                fix=fix,
            )
        return self._asked(question, default, convert)

    def _if_any(self, question: Message, convert: Callable[[str], Fact]) -> Fact | None:
        """Ask for what there need not be; None where nothing is answered."""
        full = Message("{question}; empty if there is none", question=question)
        return self._asked(full, "", lambda said: convert(said) if said else None, empty=True)

    def _asked(
        self, question: Message, default: str, convert: Callable[[str], Fact], *,
        empty: bool = False,
    ) -> Fact:  # fmt: skip
        """Ask until the answer means something."""

        def converted(said: str) -> Fact:
            try:
                return convert(said.strip())
            except HopthuError as error:
                why = translate(error.what, self.language)
                fix = f"; {translate(error.fix, self.language)}" if error.fix else ""
                raise click.UsageError(f"{why}{fix}") from error

        proposed = default or ("" if empty else None)
        found: Fact = click.prompt(
            translate(question, self.language), default=proposed, value_proc=converted,
            show_default=bool(default),
        )  # fmt: skip
        return found


def one_line(option: str, value: str) -> str:
    """Return a text with every letter spelt in one way; raise `UsageError` if it is not one line.

    Control characters, bidirectional ones and bytes that are no UTF-8 are refused: nobody sees
    them in a review.
    """
    said = same(value).strip(" ")
    if not said or not said.isprintable():
        raise UsageError(
            Message("{option}: {value} is not a line of text", option=option, value=shown(value)),
            fix=Message("type it by hand, without line breaks and hidden characters"),
        )
    return said


def unit(facts: RuleContext, said: str) -> Record:
    """Return the unit with an id or a full name; raise `UsageError` if there is none."""
    if said in facts.units:
        return facts.units[said]
    named = documents.unit_of_name(facts, said)
    if not named:
        raise UsageError(
            Message("there is no unit {unit}", unit=shown(said)),
            fix=Message("give its id, as in data/units.yaml"),
        )
    return facts.units[named]


def person(facts: RuleContext, said: str) -> Record:
    """Return the person with an id or an address; raise `UsageError` if there is none."""
    if said in facts.people:
        return facts.people[said]
    word = said if said.isprintable() and " " not in said else ""
    address = compared(word.removesuffix(f"@{facts.policy.domain}"))
    for claim in facts.claims:
        if address and claim.folded == address and claim.record.kind == "people":
            return claim.record
    near = namesakes(facts, said)
    raise UsageError(
        Message("there is no person {person}", person=shown(said)),
        fix=Message("did you mean {near}?", near=some(near, _FEW))
        if near
        else Message("give the id or the address, as in data/people.yaml"),
    )


def _number(said: str) -> str:
    """Return the number of a document; raise `UsageError` if it cannot be one."""
    if not parsed(said):
        raise UsageError(
            Message("{number} is not a valid document number", number=shown(said)),
            fix=Message('write it as in "12/QĐ-UBND", "15/2025/QĐ-UBND" or "345/SNV-TCCB"'),
        )
    return said
