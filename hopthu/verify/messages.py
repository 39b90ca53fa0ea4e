"""Test messages for the scanners, built when they are needed.

The repository contains no virus or spam samples: the patterns are assembled here, so that no
scanner reports the checkout as infected.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

MIB = 1024**2


def letter(
    sender: str,
    to: str,
    subject: str = "Báo cáo công tác tháng",
    text: str = "",
    attached: Mapping[str, bytes] | None = None,
) -> EmailMessage:
    """Return an ordinary Vietnamese message; `attached` maps file names to contents."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip(">"))
    message.set_content(text or _TEXT)
    for name, content in (attached or {}).items():
        kind = "pdf" if name.endswith(".pdf") else "octet-stream"
        message.add_attachment(content, maintype="application", subtype=kind, filename=name)
    return message


_TEXT = """\
Kính gửi Quý cơ quan,

Đề nghị Quý cơ quan xem xét báo cáo gửi kèm và có ý kiến trước ngày 15 hằng tháng.

Trân trọng cảm ơn.
"""


def eicar() -> bytes:
    """Return the harmless file every virus scanner reports (eicar.org, "Anti Malware Testfile")."""
    return b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"-".join(
        (b"EICAR", b"STANDARD", b"ANTIVIRUS", b"TEST", b"FILE!$H+H*")
    )


def gtube() -> str:
    """Return the line that every spam filter rejects (spamassassin.apache.org/gtube)."""
    words = ("GTUBE", "STANDARD", "ANTI", "UBE", "TEST", "EMAIL")
    return "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "-".join(words) + "*C.34X"


def zipped(files: Mapping[str, bytes], depth: int = 1) -> bytes:
    """Return a zip archive of `files`, nested in further archives to `depth` levels."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    inner = buffer.getvalue()
    return inner if depth == 1 else zipped({"in.zip": inner}, depth - 1)


def beside_large(files: Mapping[str, bytes], size: int = 40 * MIB) -> bytes:
    """Return a zip archive of `files` after a member of `size` zero bytes."""
    return zipped({"trang.dat": bytes(size), **files})


def encrypted_zip(files: Mapping[str, bytes]) -> bytes:
    """Return a zip archive whose members are marked as encrypted (APPNOTE.TXT §4.4.4, bit 0)."""
    archive = bytearray(zipped(files))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = archive.find(signature)
        while at >= 0:
            archive[at + flags] |= 1
            at = archive.find(signature, at + 4)
    return bytes(archive)


def executable() -> bytes:
    """Return the headers of a Windows program that does nothing (PE Format, COFF header)."""
    dos = b"MZ" + bytes(58) + (64).to_bytes(4, "little")
    machine, sections, optional_size, flags = 0x14C, 1, 224, 0x102
    coff = b"".join(
        value.to_bytes(size, "little")
        for value, size in (
            (machine, 2), (sections, 2), (0, 4), (0, 4), (0, 4), (optional_size, 2), (flags, 2),
        )
    )  # fmt: skip
    optional = (0x10B).to_bytes(2, "little") + bytes(optional_size - 2)
    return dos + b"PE\0\0" + coff + optional + bytes(512)


def pdf(inside: bytes | None = None) -> bytes:
    """Return a complete one-page PDF, with a file attached to it if given (ISO 32000-1 §7.5)."""
    page = b"BT /F1 18 Tf 72 720 Td (Bao cao cong tac) Tj ET"
    objects: tuple[bytes, ...] = (
        b"<< /Type /Catalog /Pages 2 0 R /AF [7 0 R] >>"
        if inside is not None
        else b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    )
    if inside is not None:
        objects += (
            b"<< /Type /Filespec /F (thu.txt) /EF << /F 8 0 R >> >>",
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(inside), inside),
        )
    content, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return content + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (size, table, size, len(content))
    )
