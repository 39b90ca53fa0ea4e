"""How days, numbers, sizes and documents are said, each in the way of each language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from hopthu.i18n.message import Message
from hopthu.i18n.terms import LETTERS, TYPES
from hopthu.model.calendar import VIETNAM
from hopthu.model.document_numbers import agency, type_of
from hopthu.model.organisation import LOCAL, Document, Unit
from hopthu.model.policy import GIB, MIB


def describe_day(day: date) -> Message:
    """Return a date in the format of each language."""
    return Message(
        "{year}-{month}-{day}", year=day.year, month=f"{day.month:02d}", day=f"{day.day:02d}"
    )


def describe_moment(moment: datetime) -> Message:
    """Return a day and a time of day in Vietnam, in the format of each language."""
    local = moment.astimezone(VIETNAM)
    return Message("{time} on {day}", time=f"{local:%H:%M}", day=describe_day(local.date()))


def describe_number(number: int) -> str:
    """Return a number of zero or more with the thousands separator of each language."""
    if number < 1000:
        return str(number)
    thousands, rest = divmod(number, 1000)
    return Message("{thousands},{rest}", thousands=describe_number(thousands), rest=f"{rest:03d}")


def describe_size(size: int) -> str:
    """Return a number of bytes as policies write it, in GiB if it is a whole number of them."""
    return f"{size // GIB} GiB" if size % GIB == 0 else f"{size // MIB} MiB"


def describe_document(document: Document) -> Message:
    """Return a document as people cite it, named after the type in its symbol, else its kind."""
    kind = TYPES.get(type_of(document.number) or "") or LETTERS[document.kind]
    return Message(
        "{kind} {number} of {day}",
        kind=kind,
        number=document.number,
        day=describe_day(document.date),
    )


def describe_issued(document: Document, units: Mapping[str, Unit]) -> Message:
    """Return a document as people cite it, with the name its issuer had on its day.

    A place issues by its committee or its council, of which the symbol has the name.
    """
    unit, body = units.get(document.issuer), agency(document.number)
    issuer = unit.at(document.date).name if unit else document.issuer
    if unit and unit.kind in LOCAL and body not in ("", unit.short):
        issuer = f"{body} {issuer[:1].lower()}{issuer[1:]}"
    return Message(
        "{document} by {issuer}",
        document=describe_document(document),
        issuer=issuer or document.outside_issuer,
    )
