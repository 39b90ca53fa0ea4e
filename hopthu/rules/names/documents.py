"""Rules on documents: their numbers, issuers and signers (Art. 5.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hopthu.diagnostics.problem import Problem, shown
from hopthu.i18n.message import Message
from hopthu.i18n.terms import DOCUMENTS
from hopthu.i18n.vietnamese import LETTERS, same
from hopthu.model.document_numbers import FITTING, counted, fits, parsed
from hopthu.model.timeline import day, text
from hopthu.rules.book import check, rule
from hopthu.rules.context import RuleContext
from hopthu.source.records import Record

NUMBER = rule("document-number")
SIGNER = rule("signer-is-head")
_OTHER_SCRIPT = re.compile(rf"(?![{LETTERS}])[^\W\d_]")


@check
def document_number(facts: RuleContext) -> Iterator[Problem]:
    """Report numbers that are not written as numbers are, and types that do not fit the kind."""
    for record in facts.source.documents:
        number = "" if record.plain else text(record.data, "number")
        if not number:
            continue
        found = parsed(number)
        for what, fix in _misnumbered(record, found) if found else (_no_number(number),):
            yield NUMBER.violation(record.at("number"), what, fix=fix)


@check
def signer_is_head(facts: RuleContext) -> Iterator[Problem]:
    """Report documents whose signer was not head of the issuer on that day."""
    for record in facts.source.documents:
        signer, issuer = text(record.data, "signer"), text(record.data, "issuer")
        on = day(text(record.data, "date"))
        if not (signer in facts.people and issuer in facts.units and on):
            continue
        heads = facts.heads.get(issuer, ())
        if not any(row.person == signer and row.holds_on(on) for row in heads):
            yield SIGNER.violation(
                record.at("signer"),
                Message(
                    "{person} is not the head of {unit} on {day}",
                    person=signer,
                    unit=issuer,
                    day=on,
                ),
                fix=Message("name the head of that day, or leave `signer` out"),
            )


def _no_number(number: str) -> tuple[Message, Message]:
    what = Message("{number} is not a valid document number", number=shown(number))
    if other := _OTHER_SCRIPT.search(same(number)):
        code = f"{ord(other[0]):04X}"
        return what, Message("type it again in Vietnamese letters: U+{code} is not one", code=code)
    return what, Message('write it as in "12/QĐ-UBND", "15/2025/QĐ-UBND" or "345/SNV-TCCB"')


def _misnumbered(record: Record, found: re.Match[str]) -> Iterator[tuple[Message, Message]]:
    """Yield what is wrong with a number: its first part, its year, its type; and the fixes."""
    number, year = found["n"], found.groupdict().get("year")
    if number != counted(number):
        what = Message("{number} is not written as a document number", number=shown(number))
        fix = Message('write "{number}": one 0 before numbers below 10', number=counted(number))
        if int(number) == 0:
            fix = Message("check the document: the first number of a year is 01")
        yield what, fix
    on, kind = day(text(record.data, "date")), text(record.data, "kind")
    if year and on and year != on[:4]:
        what = Message("the number is of {year}, the date of {other}", year=year, other=on[:4])
        yield what, Message("check the number and the date; numbering restarts every year")
    if not fits(kind, found["type"]):
        what = Message(
            "the symbol of {number} is not that of a {kind}",
            number=shown(found[0]),
            kind=DOCUMENTS[kind],
        )
        fix = Message(
            "check `kind` and the symbol, which begins with one of the types {types}",
            types=", ".join(filter(None, FITTING[kind])),
        )
        if "" in FITTING[kind]:  # a letter has no type
            fix = Message("{fix}, or with none, as in {letter}", fix=fix, letter="345/SNV-TCCB")
        yield what, fix
