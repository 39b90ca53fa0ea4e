"""Slips that are handed to people with their password: one PDF a unit, an A5 page a person.

In Vietnamese, which officials read. At the top is the unit that issues, where administrative papers
have it (Decree 30/2020/NĐ-CP); at the foot, to be cut off, what the recipient signs. There is no
national motto, no number and no seal: it is a receipt, and no paper that a unit sends. The files
are for the printer alone: only their owner can read them, and they belong outside the repository.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from hopthu.credentials.issued import Issued
from hopthu.credentials.sheet import MARGIN, Broken, Cell, Font, Row, Sheet, bold, plain, typed
from hopthu.desired.state import Mailbox
from hopthu.diagnostics.regulation import Regulation
from hopthu.directory.entries import person_dn, suffix
from hopthu.errors import Refused
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.model.calendar import day_of
from hopthu.model.organisation import Organisation
from hopthu.model.phrases import describe_day

_TITLE = bold(11.5, 5.5)
_HEAD, _ISSUER = plain(7.5, 3.6), bold(7.5, 3.6)
_LABEL, _VALUE = plain(9, 4.4), bold(9, 4.4)
_WORD = typed(14, 9)
_HEADING, _TEXT, _COMMAND = bold(8, 4.2), plain(7.5, 3.4), typed(7, 3.4)
_RECEIPT, _RECIPIENT = plain(8, 4), bold(8, 4)

_HEAD_END, _VALUES, _RECEIPT_END, _SIGNATURE = 78.0, 48.0, 82.0, 84.0
"""Millimetres: where the head ends, values begin, the receipt ends and the signature begins."""
_INDENT = 3.5
_FOOT = 33.0
"""Millimetres that the part to be cut off takes up at least."""

_DUTIES = (
    ("Art. 6.4", Message("Keep the password to yourself, and let nobody else use your mailbox.")),
    ("Art. 6.4", Message("If somebody may know the password, or you have forgotten it, have the "
                         "administrators reset it.")),
    ("Art. 6.2, 6.3", Message("You answer for what you send. Use the mailbox for your office.")),
    ("Art. 6.5", Message("Delete mail with viruses and spam, and report it to {postmaster}.")),
    ("Art. 8", Message("Do not use free mail for official business.")),
)  # fmt: skip


_OF_CLIENT = (
    Message("Enter it once, in this one mail program or device, and have it saved there."),
    Message("It signs in until it is revoked. If the device is lost or given away, report it to "
            "the administrators at once."),
    Message("Destroy this slip once the mail program has the password."),
)  # fmt: skip
_SIGNED = (
    (Message("Date: ____ / ____ / 20____"), _RECEIPT),
    (Message("THE RECIPIENT"), _RECIPIENT),
    (Message("(signature and full name)"), _RECEIPT),
)
"""What stands beside who has received what, above the signature."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What all slips of a run share: the mail domain, the deadline, the document, and the day.

    `by` are the names of the unit that issues and, before it, of the one above.
    """

    domain: str
    until: datetime
    document: Message
    reset: bool
    day: date
    by: Sequence[str]
    regulation: Regulation

    @property
    def last(self) -> str:
        """Return the last day on which a password signs in that was not replaced."""
        return describe_day(day_of(self.until))


def issued_by(organisation: Organisation, issuing: str) -> Sequence[str]:
    """Return the names of the unit that issues and, before it, of the one above."""
    own = organisation.units[issuing]
    above = [organisation.units[own.parent].name] if own.parent else []
    return [*above, own.name]


def prepare(folder: Path, root: Path, units: Sequence[str]) -> Mapping[str, Path]:
    """Return the path of each unit's PDF in `folder`, which is created if need be.

    Raises `Refused` if others can read the folder, if it is inside the repository `root`, where it
    could be committed, or if it has a PDF of one of the units.
    """
    if folder.resolve().is_relative_to(root.resolve()):
        raise Refused(
            Message("{folder} is inside the repository, where slips could be committed",
                    folder=folder),
            fix=Message("name a folder elsewhere"),
        )  # fmt: skip
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = folder.stat()
    except OSError as error:
        raise Refused(
            Message("{folder} cannot be made: {reason}", folder=folder, reason=error.strerror)
        ) from error
    if kept.st_uid != os.geteuid() or stat.S_IMODE(kept.st_mode) & 0o077:
        raise Refused(
            Message("{folder} can be opened by others", folder=folder),
            fix=Message("chmod 700 it, or name a new folder"),
        )
    paths = {unit: folder / f"{unit}.pdf" for unit in units}
    if there := [path for path in paths.values() if path.exists()]:
        raise Refused(
            Message("{path} has the slips of an earlier run", path=there[0]),
            fix=Message("hand them out and remove it, or name a new folder"),
        )
    return paths


def write(path: Path, content: bytes) -> None:
    """Write a new PDF, which only its owner can read."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def pdf(issued: Sequence[Issued], occasion: Occasion, broken: Broken | None = None) -> bytes:
    """Return a PDF with an A5 page for each password; what is too long goes on to another.

    `broken` has the lines of the texts of earlier ones.
    """
    sheet, slips = Sheet({} if broken is None else broken), {}
    for number, one in enumerate(issued):
        if number:
            sheet.page()
        if (client := bool(one.label)) not in slips:
            slips[client] = _Slip(sheet, occasion, client=client)
        slips[client].draw(one)
    return sheet.content()


class _Slip:
    """A slip for people's own passwords, or for client passwords.

    What everybody's says is broken into lines once.
    """

    def __init__(self, sheet: Sheet, occasion: Occasion, *, client: bool) -> None:
        self.sheet, self.occasion = sheet, occasion
        self.head = list(self._head())
        self.title = [self._row(_title(occasion, client=client), _TITLE, centred=True)]
        self.labels = [
            self._label(each)
            for each in (Message("Name"), Message("Title"), Message("Unit"), Message("Address"))
        ]
        self.facts = [
            self._fact(Message("Issued on"), occasion.document),
            self._fact(Message("Date of issue"), describe_day(occasion.day)),
        ]
        if not client:
            self.facts.append(self._fact(Message("Valid through"), occasion.last))
        self.word = self._label(Message("Password"), MARGIN + 1)
        self.sign_in = self._part(Message("To sign in"), _sign_in(occasion.domain, client=client))
        self.change = [] if client else self._change()
        self.rest = [
            *self._items(_OF_CLIENT if client else _of_own(occasion.last)),
            *self._part(
                Message(
                    "Your duties under {regulation}", regulation=occasion.regulation.short_name()
                ),
                _duties(occasion),
            ),
        ]
        kept = Message("KEPT BY WHO HANDS IT OUT (cut along the line; the password is not on it)")
        self.kept = self._row(kept, _HEADING)
        received = Message("I have received the password of this account on a slip.")
        self.received = sheet.cell(translate(received, "vi"), _RECEIPT, right=_RECEIPT_END)
        self.signature = sum(
            (
                sheet.cell(translate(text, "vi"), font, _SIGNATURE, centred=True)
                for text, font in _SIGNED
            ),
            (),
        )

    def draw(self, one: Issued) -> None:
        """Draw the slip of a password."""
        sheet, mailbox = self.sheet, one.mailbox
        address = f"{mailbox.addresses[0]}@{self.occasion.domain}"
        sheet.draw(self.head)
        sheet.rule((MARGIN + _HEAD_END) / 2, (_HEAD_END - MARGIN) / 3)
        sheet.draw(self.title, above=3)
        personal = (mailbox.name, mailbox.title, mailbox.unit_name, address)
        rows = zip(
            self.labels, (sheet.cell(each, _VALUE, _VALUES) for each in personal), strict=True
        )
        sheet.draw(rows, above=1.5)
        sheet.draw(self.facts)
        if one.label:
            sheet.draw([self._fact(Message("For"), one.label)])
        sheet.boxed((self.word, sheet.cell(one.password, _WORD, _VALUES)), above=1.5)
        sheet.draw(self.sign_in, above=1)
        if self.change:
            dn = person_dn(mailbox.id, suffix(self.occasion.domain))
            sheet.draw([*self.change, self._row(dn, _COMMAND, MARGIN + _INDENT)])
        sheet.draw(self.rest)
        sheet.at_the_foot(self._receipt(mailbox, address), _FOOT)

    def _head(self) -> Iterator[Row]:
        """Yield the unit that issues in bold, below the one above it."""
        for number, name in enumerate(self.occasion.by, start=1):
            font = _ISSUER if number == len(self.occasion.by) else _HEAD
            yield (self.sheet.cell(name.upper(), font, right=_HEAD_END, centred=True),)

    def _change(self) -> Sequence[Row]:
        """Return where and how the password is changed, up to the bind DN."""
        where = Message(
            "Where: on a computer in the network of the province, with the OpenLDAP tools "
            "(ldap-utils); who looks after computers in your unit helps. Type in one line:"
        )
        command = f"ldappasswd -H ldaps://mail.{self.occasion.domain} -W -A -S -D"
        return [
            *self._part(Message("To change the password"), [where]),
            self._row(command, _COMMAND, MARGIN + _INDENT),
        ]

    def _receipt(self, mailbox: Mailbox, address: str) -> Iterator[Row]:
        """Yield what is cut off and kept by who hands the slip out; the password is not on it."""
        yield self.kept
        cell = self.sheet.cell
        who = cell(mailbox.name, _RECIPIENT, right=_RECEIPT_END)
        where = (cell(text, _RECEIPT, right=_RECEIPT_END) for text in (mailbox.unit_name, address))
        yield sum(where, who) + self.received, self.signature

    def _fact(self, label: Message, value: str) -> Row:
        return self._label(label), self.sheet.cell(translate(value, "vi"), _VALUE, _VALUES)

    def _label(self, label: Message, left: float = MARGIN) -> Cell:
        return self.sheet.cell(f"{translate(label, 'vi')}:", _LABEL, left, _VALUES - 1)

    def _part(self, heading: Message, texts: Iterable[Message]) -> Sequence[Row]:
        return [self._row(heading, _HEADING), *self._items(texts)]

    def _items(self, texts: Iterable[Message]) -> Iterator[Row]:
        sign = self.sheet.cell("–", _TEXT)
        for text in texts:
            yield sign, self.sheet.cell(translate(text, "vi"), _TEXT, MARGIN + _INDENT)

    def _row(self, text: str, font: Font, left: float = MARGIN, *, centred: bool = False) -> Row:
        return (self.sheet.cell(translate(text, "vi"), font, left, centred=centred),)


def _title(occasion: Occasion, *, client: bool) -> Message:
    if client:
        return Message("PASSWORD OF A MAIL PROGRAM")
    if occasion.reset:
        return Message("NEW PASSWORD FOR OFFICIAL MAIL")
    return Message("ACCOUNT FOR OFFICIAL MAIL")


def _sign_in(domain: str, *, client: bool) -> Iterator[Message]:
    yield Message("User name: the address. Password: as printed above, with its hyphens.")
    yield Message("To read: IMAP, server mail.{domain}, port 993, SSL/TLS.", domain=domain)
    yield Message("To send: SMTP, server mail.{domain}, port 465, SSL/TLS.", domain=domain)
    if not client:
        yield Message(
            "To look people up: LDAP, server mail.{domain}, port 636, SSL/TLS, base DN {base}; the "
            "bind DN is what follows -D below.",
            domain=domain,
            base=suffix(domain),
        )


def _of_own(day: str) -> Iterator[Message]:
    yield Message(
        "Replace this password by one of your own. If you have not by the end of {day}, it no "
        "longer signs in: ask through your unit for a new one.",
        day=day,
    )
    yield Message("Destroy this slip once you have replaced the password.")


def _duties(occasion: Occasion) -> Iterator[Message]:
    for articles, text in _DUTIES:
        duty = Message(text.template, postmaster=f"postmaster@{occasion.domain}")
        cited = occasion.regulation.cite(articles)
        yield Message("{duty} ({article})", duty=duty, article=cited)
