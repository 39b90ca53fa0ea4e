"""Slips that are handed to people with their password: one PDF a unit, an A5 page a person.

In Vietnamese, which officials read. The files are for the printer alone: only their owner can read
them, and they belong outside the repository.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import cast

from fpdf import FPDF
from fpdf.enums import MethodReturnValue, XPos, YPos

from hopthu.credentials.issued import Issued
from hopthu.directory.entries import person_dn, suffix
from hopthu.errors import Refused
from hopthu.i18n.catalogue import article, translate
from hopthu.i18n.message import Message
from hopthu.model.calendar import VIETNAM
from hopthu.plan.phrases import describe_day

_MARGIN = 14.0
_LABEL = 32.0
"""Millimetres: the margin of a page, and the width of the labels."""

_SANS, _MONO = "sans", "mono"
_FONTS = {
    (_SANS, ""): "DejaVuSans.ttf",
    (_SANS, "B"): "DejaVuSans-Bold.ttf",
    (_MONO, "B"): "DejaVuSansMono-Bold.ttf",
}

_BROKEN: dict[tuple[str, str, float], list[str]] = {}
"""The lines of texts, by text, font and width in millimetres; no password is among them."""
_MOST_BROKEN = 10_000

_DUTIES = (
    ("Art. 6.4", Message("Keep the password to yourself, and let nobody else use your mailbox.")),
    ("Art. 6.4", Message("If somebody may know the password, or you have forgotten it, have the "
                         "administrators reset it.")),
    ("Art. 6.2, 6.3", Message("You answer for what you send. Use the mailbox for your office.")),
    ("Art. 6.5", Message("Delete mail with viruses and spam, and report it to {postmaster}.")),
    ("Art. 8", Message("Do not use free mail for official business.")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Occasion:
    """What all slips of a run share: the mail domain, the deadline, and the document."""

    domain: str
    until: datetime
    document: Message
    reset: bool


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


def pdf(issued: Sequence[Issued], occasion: Occasion) -> bytes:
    """Return a PDF with an A5 page for each password."""
    paper = FPDF(format=(148, 210))
    paper.set_auto_page_break(auto=False)
    paper.set_margin(_MARGIN)
    with as_file(files("hopthu.credentials") / "fonts") as fonts:
        for (family, style), name in _FONTS.items():
            paper.add_font(family, style, fonts / name)
    for one in issued:
        paper.add_page()
        _page(paper, one, occasion)
    return bytes(paper.output())


def _page(paper: FPDF, one: Issued, occasion: Occasion) -> None:
    mailbox, domain = one.mailbox, occasion.domain
    paper.set_font(_SANS, "B", 12)
    _block(paper, _title(one, occasion), align="C")
    paper.ln(3)
    day = describe_day(occasion.until.astimezone(VIETNAM).date())
    address = f"{mailbox.addresses[0]}@{domain}"
    for label, value in (
        (Message("Name"), mailbox.name),
        (Message("Title"), mailbox.title),
        (Message("Unit"), mailbox.unit_name),
        (Message("Address"), address),
        (Message("Issued on"), occasion.document),
        (Message("For"), one.label) if one.label else (Message("Valid through"), day),
    ):
        _row(paper, label, value)
    paper.ln(2)
    paper.set_font(_MONO, "B", 14)
    paper.cell(0, 11, one.password, border=1, align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.ln(3)
    _heading(paper, Message("To sign in"))
    for text in (
        Message("User name: the address. Password: as printed above, with its hyphens."),
        Message("To read: IMAP, server mail.{domain}, port 993, SSL/TLS.", domain=domain),
        Message("To send: SMTP, server mail.{domain}, port 465, SSL/TLS.", domain=domain),
    ):
        _item(paper, text)
    if one.label:
        _of_client(paper)
    else:
        _of_own(paper, one, domain, day)
    paper.ln(1)
    _heading(paper, Message("Your duties"))
    for cited, text in _DUTIES:
        duty = Message(text.template, postmaster=f"postmaster@{domain}")
        _item(paper, Message("{duty} ({article})", duty=duty, article=article(cited, "vi")))


def _title(one: Issued, occasion: Occasion) -> Message:
    if one.label:
        return Message("PASSWORD OF A MAIL PROGRAM")
    if occasion.reset:
        return Message("NEW PASSWORD FOR OFFICIAL MAIL")
    return Message("ACCOUNT FOR OFFICIAL MAIL")


def _of_client(paper: FPDF) -> None:
    for text in (
        Message("Enter it once, in this one mail program or device, and have it saved there."),
        Message(
            "It signs in until it is revoked. If the device is lost or given away, report it to "
            "the administrators at once."
        ),
        Message("Destroy this slip once the mail program has the password."),
    ):
        _item(paper, text)


def _of_own(paper: FPDF, one: Issued, domain: str, day: str) -> None:
    text = Message(
        "To look people up: LDAP, server mail.{domain}, port 636, SSL/TLS, base DN {base}, and the "
        "bind DN:",
        domain=domain,
        base=suffix(domain),
    )
    _item(paper, text)
    _item(paper, person_dn(one.mailbox.id, suffix(domain)), sign="")
    for text in (
        Message(
            "Replace this password by one of your own. If you have not by the end of {day}, it no "
            "longer signs in: ask through your unit for a new one.",
            day=day,
        ),
        Message("Destroy this slip once you have replaced the password."),
    ):
        _item(paper, text)


def _row(paper: FPDF, label: Message, value: str) -> None:
    paper.set_font(_SANS, "", 9.5)
    _draw(paper, f"{translate(label, 'vi')}:", 5.5)
    paper.set_x(paper.x + _LABEL)
    paper.set_font(_SANS, "B", 9.5)
    _block(paper, value)


def _heading(paper: FPDF, text: Message) -> None:
    paper.set_font(_SANS, "B", 9.5)
    _block(paper, text)


def _item(paper: FPDF, text: str, sign: str = "–") -> None:
    paper.set_font(_SANS, "", 8.5)
    _draw(paper, sign, 4.4)
    paper.set_x(paper.x + 4)
    _block(paper, text, height=4.4)


def _block(paper: FPDF, text: str, *, height: float = 5.5, align: str = "L") -> None:
    """Write a text in lines of its own from here to the right margin.

    To break it into lines is nine tenths of the work of a slip, and nearly all texts are on each.
    """
    written, width = translate(text, "vi"), paper.w - paper.r_margin - paper.x
    font = f"{paper.font_family}{paper.font_style}{paper.font_size_pt}"
    key = (written, font, round(width, 3))
    lines = _BROKEN.get(key, [])
    if not lines and paper.get_string_width(written) <= width - 2 * paper.c_margin:
        lines = [written]
    elif not lines:
        if len(_BROKEN) >= _MOST_BROKEN:
            _BROKEN.clear()
        found = paper.multi_cell(0, height, written, dry_run=True, output=MethodReturnValue.LINES)
        lines = _BROKEN[key] = cast("list[str]", found)
    for line in lines:
        beside = (width - paper.get_string_width(line)) / 2 if align == "C" else paper.c_margin
        _draw(paper, line, height, beside)
        paper.set_xy(paper.x, paper.y + height)
    paper.set_x(paper.l_margin)


def _draw(paper: FPDF, text: str, height: float, beside: float | None = None) -> None:
    """Draw a text in a line that begins here, `beside` millimetres further right.

    It comes to stand where `FPDF.cell` puts it, which takes four times as long; a slip has some
    fifty.
    """
    left = paper.x + (paper.c_margin if beside is None else beside)
    paper.text(left, paper.y + height / 2 + 0.3 * paper.font_size, text)
