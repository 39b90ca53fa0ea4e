"""Rules on documents: their numbers, issuers and signers (Art. 5.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hopthu.diagnostics.problem import Problem, shown
from hopthu.diagnostics.rule import Rule
from hopthu.i18n.message import Message
from hopthu.i18n.terms import DOCUMENTS
from hopthu.i18n.vietnamese import LETTERS, same
from hopthu.model.document_numbers import FITTING, counted, fits, parsed
from hopthu.model.timeline import day, text
from hopthu.rules.book import check
from hopthu.rules.context import RuleContext
from hopthu.source.records import Record

NUMBER = Rule(
    "document-number",
    "Art. 5.2",
    "a number is written as on the document, so that it can be found: number, slash, and a symbol "
    "whose type can decide or request what the document does",
)
SIGNER = Rule(
    "signer-is-head",
    "Art. 7.2",
    "the head signs for the unit; somebody signing on their behalf is not recorded",
)
_OTHER_SCRIPT = re.compile(rf"(?![{LETTERS}])[^\W\d_]")


@check
def document_number(facts: RuleContext) -> Iterator[Problem]:
    """Report numbers that are not written as numbers are, and types that do not fit the kind."""
    for record in facts.source.documents:
        number = "" if record.plain else text(record.data, "number")
        if not number:
            continue
        found = parsed(number)
        if found is None:
            yield _no_number(record, number)
            continue
        yield from _misnumbered(record, found)
        kind = text(record.data, "kind")
        if not fits(kind, found["type"]):
            yield NUMBER.violation(
                record.at("number"),
                Message(
                    "the symbol of {number} is not that of a {kind}",
                    number=shown(number),
                    kind=DOCUMENTS[kind],
                ),
                fix=_types(FITTING[kind]),
            )


def _types(fitting: Sequence[str]) -> Message:
    """Return the fix for a symbol of another type; "" is a letter, which has none."""
    types = ", ".join(filter(None, fitting))
    if "" in fitting:
        return Message(
            "check `kind` and the symbol, which begins with one of the types {types}, or with "
            "none, as in {letter}",
            types=types,
            letter="345/SNV-TCCB",
        )
    return Message(
        "check `kind` and the symbol, which begins with one of the types {types}", types=types
    )


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


def _no_number(record: Record, number: str) -> Problem:
    other = _OTHER_SCRIPT.search(same(number))
    return NUMBER.violation(
        record.at("number"),
        Message("{number} is not a valid document number", number=shown(number)),
        fix=Message(
            "type it again in Vietnamese letters: U+{code} is not one", code=f"{ord(other[0]):04X}"
        )
        if other
        else Message('write it as in "12/QĐ-UBND", "15/2025/QĐ-UBND" or "345/SNV-TCCB"'),
    )


def _misnumbered(record: Record, found: re.Match[str]) -> Iterator[Problem]:
    number, groups = found["n"], found.groupdict()
    if number != counted(number):
        yield NUMBER.violation(
            record.at("number"),
            Message("{number} is not written as a document number", number=shown(number)),
            fix=Message("check the document: the first number of a year is 01")
            if int(number) == 0
            else Message('write "{number}": one 0 before numbers below 10', number=counted(number)),
        )
    year = groups.get("year")
    on = day(text(record.data, "date"))
    if year and on and year != on[:4]:
        yield NUMBER.violation(
            record.at("number"),
            Message("the number is of {year}, the date of {other}", year=year, other=on[:4]),
            fix=Message("check the number and the date; numbering restarts every year"),
        )
