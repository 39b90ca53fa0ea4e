"""Ordinary mail, as the programs people use write it: all of it is accepted."""

import base64
import quopri
import re
import unicodedata
import urllib.parse
from collections.abc import Iterator
from email.header import Header

from archived import PREFIXES, ZIP
from attached import ACCEPTED, CONTENT, Row, enclosed, multipart, part, text, wrapped
from containers import cms, tnef

from hopthu.verify import messages

NAMES = (
    "bao cao.pdf",
    "Báo cáo công tác tháng 11 năm 2026 của Sở Nội vụ.docx",
    "Đề nghị (lần 2) - số 12_TTr-SNV, ngày 05.11.2026.xlsx",
    f"Kế hoạch thực hiện Nghị quyết số 57-NQ/TW {'về đột phá phát triển khoa học, ' * 5}(cuối).pdf",
    "日本 - hợp tác.pdf",
    "anh 1.jpg",
    "thu [khan] 50% & 'gấp'.zip",
)
CONTENTS = {"jpg": PREFIXES["JPEG"], "pdf": messages.pdf(), "zip": ZIP}


def _word(name: str, kind: str = "B") -> str:
    """Return a name in encoded words, folded as Python's own library does."""
    if kind == "B":
        return Header(name, "utf-8", maxlinelen=70).encode().replace("\n", "\r\n")
    coded = quopri.encodestring(name.encode(), quotetabs=True, header=True).decode()
    return f"=?utf-8?Q?{coded.replace('=' + chr(10), '').replace('?', '=3F')}?="


def _percent(name: str) -> str:
    return urllib.parse.quote(name, safe="")


def _continued(parameter: str, name: str) -> str:
    """Return a parameter in numbered pieces (RFC 2231 section 3), one a line."""
    whole = re.findall(r"(?:%..|[^%]){1,20}", _percent(name))
    pieces = [f"{parameter}*{n}*={text}" for n, text in enumerate(whole)]
    pieces[0] = pieces[0].replace("*=", "*=UTF-8''")
    return ";\r\n ".join(pieces)


def _ascii(name: str, instead: str) -> str:
    """Return what a program without Unicode makes of a name."""
    return "".join(c if c.isascii() and c not in '"\\' else instead for c in name)


def _base(name: str) -> str:
    flat = unicodedata.normalize("NFD", name.replace("Đ", "D").replace("đ", "d"))
    return "".join(c for c in flat if c.isascii() or unicodedata.category(c) != "Mn")


DATES = "".join(
    f'\r\n\t{kind}-date="Thu, 26 Nov 2026 03:04:05 GMT"{end}'
    for kind, end in (("creation", ";"), ("modification", ""))
)


def _named(name: str) -> dict[str, tuple[str, ...]]:
    """Return the fields of an attachment of this name, by the program that writes them."""
    kind, size = "Content-Type: application/octet-stream;", len(CONTENT)
    disposition = "Content-Disposition: attachment;"
    plain, simple = _word(name).replace("\r\n ", " "), name.isascii()
    bare = name if simple else plain
    nfd, lost = unicodedata.normalize("NFD", name), _ascii(_base(name), "_")
    apple = f'"{name}"' if simple else f'"{_word(nfd, "Q")}"'
    return {
        "Outlook": (
            f'{kind}\r\n\tname="{_word(name)}"', f"Content-Description: {_word(name)}",
            f'{disposition}\r\n\tfilename="{_word(name)}"; size={size};{DATES}',
        ),
        "Exchange": (
            f'{kind} name="{bare}"', f"Content-Description: {bare}",
            f'{disposition} filename="{bare}"; size={size}',
        ),
        "Thunderbird": (
            f'{kind} name="{_word(name)}"',
            f"{disposition}\r\n {_continued('filename', name)}",
        ),
        "Gmail": (
            f'{kind} name="{bare}"', f'{disposition} filename="{bare}"',
            "X-Attachment-Id: f_m3w0q1x10", "Content-ID: <f_m3w0q1x10>",
        ),
        "Apple Mail": (
            f"{disposition}\r\n\tfilename*=utf-8''{_percent(nfd)}",
            f"{kind}\r\n\tname={apple}",
        ),
        "Apple Mail, x-unix-mode": (
            f"{disposition}\r\n\tfilename={apple}",
            f"{kind}\r\n\tx-unix-mode=0644;\r\n\tname={apple}",
        ),
        "phone, raw UTF-8": (f'{kind} name="{name}"', f'{disposition} filename="{name}"'),
        "phone, NFD": (f'{kind} name="{nfd}"', f'{disposition} filename="{name}"'),
        "phone, bare": (f"{disposition} filename={bare.replace(';', ',')}",),
        "web, underlines": (
            f"{disposition} filename=\"{_ascii(name, '_')}\"; filename*=UTF-8''{_percent(name)}",
        ),
        "web, question marks": (
            f"{disposition} filename=\"{_ascii(name, '?')}\"; filename*=UTF-8''{_percent(name)}",
        ),
        "web, marks lost": (
            f"{disposition} filename*=UTF-8''{_percent(name)}; filename=\"{lost}\"",
        ),
        "PHP": (
            f'{kind} name="{_word(name, "Q")}"', f'{disposition} filename="{_word(name, "Q")}"',
        ),
        "Java": (
            f'{kind}\r\n\tname="{bare}"', f"{disposition}\r\n\t{_continued('filename', name)}",
        ),
        "old Outlook, in pieces": (
            f'{kind} name="{_word(name)}"',
            f'{disposition} filename*0="{bare[:40]}"; filename*1="{bare[40:]}"',
        ),
        "inline": (f'{kind} name="{bare}"', f'Content-Disposition: inline; filename="{bare}"'),
        "type only": (f'{kind} name="{bare}"',),
    }  # fmt: skip


def attachments() -> Iterator[Row]:
    """Give each kind of name as each program writes it."""
    for name in NAMES:
        content = CONTENTS.get(name.rpartition(".")[2], CONTENT)
        for program, fields in _named(name).items():
            message = multipart(text(), part(*fields, content=content))
            yield Row(f"{program}: {name}", message, ACCEPTED)


HTML = "Content-Type: text/html; charset=UTF-8"
HOP = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
SIGNED, ENVELOPED = cms(2), cms(3)
ARMOUR = "-----BEGIN PGP SIGNATURE-----\r\n\r\niHUE\r\n=ab12\r\n-----END PGP SIGNATURE-----\r\n"


def _invitation() -> bytes:
    both = multipart(
        text(),
        part(HTML, body=b"<p>Hop</p>\r\n"),
        part('Content-Type: text/calendar; charset="UTF-8"; method=REQUEST', content=HOP),
        kind="alternative", mark="a",
    )  # fmt: skip
    ics = part('Content-Type: application/ics; name="invite.ics"',
               'Content-Disposition: attachment; filename="invite.ics"', content=HOP)  # fmt: skip
    return multipart(both, ics)


def _signed(kind: str, *fields: str, body: bytes | None = None) -> bytes:
    more = f' protocol="application/{kind}"; micalg=sha-256;'
    inner = multipart(text(), part('Content-Type: application/pdf; name="thu.pdf"',
                                   'Content-Disposition: attachment; filename="thu.pdf"',
                                   content=messages.pdf()), mark="b")  # fmt: skip
    return multipart(inner, part(*fields, content=SIGNED, body=body), kind="signed", more=more)


def _bounce() -> bytes:
    status = part("Content-Type: message/delivery-status", body=(
        b"Reporting-MTA: dns; mx.example.org\r\n\r\nFinal-Recipient: rfc822; a@example.org\r\n"
        b"Action: failed\r\nStatus: 5.1.1\r\n"))  # fmt: skip
    pdf = part('Content-Type: application/pdf; name="thu.pdf"', content=messages.pdf())
    returned = enclosed(multipart(text(), pdf, mark="b"))
    return multipart(
        part("Content-Description: Notification", "Content-Type: text/plain; charset=us-ascii",
             body=b"This is the mail system at host mx.example.org.\r\n"),
        status, returned, kind="report", more=" report-type=delivery-status;",
    )  # fmt: skip


def _receipt() -> bytes:
    words = b"Final-Recipient: rfc822;a@example.org\r\nDisposition: manual; displayed\r\n"
    said = part("Content-Type: message/disposition-notification", body=words)
    headers = part("Content-Type: text/rfc822-headers", body=b"Subject: Bao cao\r\n")
    return multipart(text(), said, headers, kind="report",
                     more=" report-type=disposition-notification;")  # fmt: skip


def _pictures() -> bytes:
    page = part(HTML, "Content-Transfer-Encoding: quoted-printable",
                body=b'<img src=3D"cid:image001.png@01DC">\r\n')  # fmt: skip
    picture = part('Content-Type: image/png; name="image001.png"',
                   "Content-Description: image001.png",
                   'Content-Disposition: inline; filename="image001.png"; size=70',
                   "Content-ID: <image001.png@01DC>", content=PREFIXES["PNG"])  # fmt: skip
    both = multipart(text(), page, kind="alternative", mark="a")
    return multipart(both, picture, kind="related", more=' type="multipart/alternative";')


def letters() -> Iterator[Row]:
    """Give whole messages of each kind there is in offices."""
    quoted = quopri.encodestring("Kính gửi Quý cơ quan, đề nghị xem a=b.\n".encode())
    eml = enclosed(multipart(text(), mark="b"),
                   'Content-Disposition: attachment; filename="Chuyển tiếp.eml"')  # fmt: skip
    winmail = part('Content-Type: application/ms-tnef; name="winmail.dat"',
                'Content-Disposition: attachment; filename="winmail.dat"',
                content=tnef("thu.docx"))  # fmt: skip
    kind = "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; "
    opaque = part(f'{kind}name="smime.p7m"',
                  'Content-Disposition: attachment; filename="smime.p7m"',
                  content=ENVELOPED)  # fmt: skip
    secret = base64.b64encode(bytes(90)).decode()
    pgp = f"-----BEGIN PGP MESSAGE-----\r\n\r\n{secret}\r\n-----END PGP MESSAGE-----\r\n"
    for name, message in (
        ("plain", text()),
        ("without MIME fields", b"\r\nKinh gui Quy co quan.\r\n"),
        ("empty", b"\r\n"),
        ("quoted-printable", part("Content-Type: text/plain; charset=utf-8",
                                  "Content-Transfer-Encoding: quoted-printable",
                                  body=quoted.replace(b"\n", b"\r\n"))),
        ("base64 text", part("Content-Type: text/plain; charset=UTF-8", content=b"Kinh gui\r\n")),
        ("flowed", text("Kính gửi.\r\n", "Content-Type: text/plain; charset=UTF-8; format=flowed",
                        "Content-Transfer-Encoding: 8bit")),
        ("page only", part(HTML, content=b"<p>Kinh gui</p>")),
        ("alternative", multipart(text(), part(HTML, body=b"<p>a</p>\r\n"), kind="alternative")),
        ("pictures", _pictures()),
        ("invitation", _invitation()),
        ("S/MIME signed", _signed(
            "pkcs7-signature", 'Content-Type: application/pkcs7-signature; name="smime.p7s"',
            'Content-Disposition: attachment; filename="smime.p7s"',
            "Content-Description: S/MIME Cryptographic Signature")),
        ("PGP signed", _signed(
            "pgp-signature",
            'Content-Type: application/pgp-signature; name="OpenPGP_signature.asc"',
            "Content-Description: OpenPGP digital signature",
            'Content-Disposition: attachment; filename="OpenPGP_signature"', body=ARMOUR.encode())),
        ("S/MIME encrypted", opaque),
        ("PGP encrypted", multipart(
            part("Content-Type: application/pgp-encrypted", body=b"Version: 1\r\n"),
            part('Content-Type: application/octet-stream; name="encrypted.asc"', body=pgp.encode()),
            kind="encrypted", more=' protocol="application/pgp-encrypted";')),
        ("bounce", _bounce()),
        ("receipt", _receipt()),
        ("forwarded", multipart(text(), eml)),
        ("forwarded twice", multipart(text(), enclosed(multipart(text(), eml, mark="d")))),
        ("forwarded in words", text(
            "---------- Forwarded message ---------\r\nTừ: A <a@example.org>\r\n"
            "Content-Type: application/pdf; name=\"thu.pdf\"\r\nKính gửi.\r\n")),
        ("digest", multipart(enclosed(text()), enclosed(text()), kind="digest")),
        ("TNEF", multipart(text(), winmail)),
        ("vCard", multipart(text(), part('Content-Type: text/x-vcard; charset=UTF-8; name="an.vcf"',
                                         'Content-Disposition: attachment; filename="an.vcf"',
                                         content=b"BEGIN:VCARD\r\nEND:VCARD\r\n"))),
        ("many attachments", multipart(text(), *(
            part(f'Content-Type: image/jpeg; name="IMG_{n}.jpg"', content=PREFIXES["JPEG"])
            for n in range(40)))),
        ("list footer", multipart(text(), part("Content-Type: text/plain; charset=us-ascii",
                                               "MIME-Version: 1.0",
                                               "Content-Transfer-Encoding: 7bit",
                                               "Content-Disposition: inline", body=b"-- \r\n"))),
        ("folded base64 of a phone", multipart(text(), part(
            'Content-Type: image/jpeg; name="Zalo_1732.jpg"', "Content-Transfer-Encoding: base64",
            'Content-Disposition: attachment; filename="Zalo_1732.jpg"',
            body=wrapped(PREFIXES["JPEG"]).replace(b"\r\n", b"") + b"\r\n\r\n"))),
    ):  # fmt: skip
        yield Row(f"letter, {name}", message, ACCEPTED)
