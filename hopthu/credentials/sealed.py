"""The sealed sheet: what must lie outside a centre, so that copies bring all of it back.

It has one secret, the age identity. What else opens copies is encrypted for it, and lies beside
them: a host that is added needs no new sheet. In Vietnamese, an A5 page as slips are.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from hopthu.credentials.sheet import MARGIN, RIGHT, Row, Sheet, bold, plain, typed
from hopthu.daemons.backup import FOLDER
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.model.phrases import describe_day

_TITLE, _HEADING = bold(11.5, 5.5), bold(8, 4.2)
_LABEL, _VALUE, _TEXT = plain(8, 4), bold(8, 4), plain(8, 3.9)
_KEY = typed(14, 7)
_VALUES, _INDENT = 52.0, 3.5
"""Millimetres: where values begin, and how far items are indented."""
_OF_A_LINE = 25
"""Letters of the key on a line: as many as somebody types before looking up again."""
_FOOT = 30.0

_ABOUT = (
    Message("Whoever has this key and the copies reads all mail, and can rebuild the centre. Keep "
            "two sheets, each sealed, in two places outside the centre."),
    Message("The seal is broken when the centre is lost, on a decision. Whether both seals are "
            "whole is checked every year."),
    Message("The key is typed in one piece, as printed: capital letters, digits, three hyphens. "
            "After the third comes the digit 1; after that there is neither 1, B, I nor O."),
    Message("In the same envelope is the page of hopthu \"A lost centre\", printed: it says step "
            "by step what is done with this sheet."),
)  # fmt: skip


def pdf(identity: str, centre: Centre, domain: str, day: date, by: Sequence[str]) -> bytes:
    """Return the sheet of a centre, in the name of the units that run it, as made on a day."""
    sheet = Sheet({})
    sheet.draw((sheet.cell(name.upper(), _LABEL, centred=True),) for name in by)
    sheet.draw([(sheet.cell(_vi(Message("SEALED: THE KEY TO ALL COPIES")), _TITLE, centred=True),)],
               above=3)  # fmt: skip
    facts = {
        Message("Mail domain"): domain,
        Message("Inventory"): centre.name,
        Message("Copies are on"): _hosts(centre.with_role("backup")),
        Message("in the folder"): FOLDER,
        Message("hopthu runs on"): _hosts(centre.with_role("operator")) or "–",
        Message("Journal and directory of"): _hosts([centre.provider]),
        Message("Printed on"): describe_day(day),
    }
    sheet.draw(
        (
            (sheet.cell(f"{_vi(label)}:", _LABEL), sheet.cell(_vi(value), _VALUE, _VALUES))
            for label, value in facts.items()
        ),
        above=2,
    )
    sheet.draw([(sheet.cell(_vi(Message("The key")), _HEADING),)], above=2)
    for line in textwrap.wrap(identity, _OF_A_LINE, break_on_hyphens=False):
        sheet.boxed((sheet.cell(line, _KEY, MARGIN + _INDENT),))
    sheet.draw(_items(sheet, _ABOUT), above=3)
    sheet.at_the_foot(_signed(sheet), _FOOT)
    return sheet.content()


def _hosts(hosts: Iterable[Host]) -> str:
    return ", ".join(f"{host.name} ({host.address})" for host in hosts)


def _items(sheet: Sheet, texts: Iterable[Message]) -> Iterator[Row]:
    for text in texts:
        yield sheet.cell("–", _TEXT), sheet.cell(_vi(text), _TEXT, MARGIN + _INDENT)


def _signed(sheet: Sheet) -> Iterator[Row]:
    """Yield who sealed it and who keeps it, side by side."""
    middle = (MARGIN + RIGHT) / 2
    for text, font in (
        ((Message("SEALED BY"), Message("KEPT BY")), _HEADING),
        ((Message("(signature and full name)"),) * 2, _TEXT),
    ):
        yield (
            sheet.cell(_vi(text[0]), font, right=middle, centred=True),
            sheet.cell(_vi(text[1]), font, middle, centred=True),
        )


def _vi(text: str) -> str:
    return translate(text, "vi")
