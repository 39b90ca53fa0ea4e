"""Messages with attachments, written byte by byte: tricks to refuse beside what they imitate."""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

REFUSED, ACCEPTED = 554, 250
TEXT = "Kính gửi Quý cơ quan,\r\nĐề nghị xem báo cáo gửi kèm.\r\n"
CONTENT = b"Bao cao cong tac thang, noi dung binh thuong.\n" * 3
BOUNDARY = "----=_Phan_0001_01DC5E00"


@dataclass(frozen=True)
class Row:
    """A message, without the fields every message has, and what becomes of it."""

    name: str
    message: bytes
    code: int


def wrapped(content: bytes) -> bytes:
    """Return content in base64 as mail programs write it."""
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def part(*fields: str, content: bytes = CONTENT, body: bytes | None = None) -> bytes:
    """Return a part; `content` in base64 unless a finished `body` is given."""
    lines = list(fields)
    if body is None:
        lines.append("Content-Transfer-Encoding: base64")
        body = wrapped(content)
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def text(words: str = TEXT, *fields: str) -> bytes:
    """Return the words of a letter."""
    head = ("Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: 8bit")
    return part(*(fields or head), body=words.encode())


def multipart(*parts: bytes, kind: str = "mixed", more: str = "", mark: str = "") -> bytes:
    """Return parts in one, with the field that says so first."""
    boundary = BOUNDARY + mark
    inside = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), one) for one in parts)
    head = f'Content-Type: multipart/{kind};{more} boundary="{boundary}"\r\n\r\n'
    return head.encode() + inside + b"--%s--\r\n" % boundary.encode()


def enclosed(message: bytes, *fields: str) -> bytes:
    """Return a message as a part of another."""
    head = b"From: a@example.org\r\nSubject: Chuyen tiep\r\nMIME-Version: 1.0\r\n"
    return part("Content-Type: message/rfc822", *fields, body=head + message)


def attached(*fields: str, content: bytes = CONTENT) -> bytes:
    """Return a letter with one attachment that `fields` describe."""
    known = {field.partition(":")[0].strip().lower() for field in fields}
    kind = () if "content-type" in known else ("Content-Type: application/octet-stream",)
    return multipart(text(), part(*kind, *fields, content=content))


def file(name: str, content: bytes = CONTENT) -> bytes:
    """Return a letter with one attachment of this plain name."""
    return attached(f'Content-Disposition: attachment; filename="{name}"', content=content)


DISPOSITION = "Content-Disposition: attachment; "
TYPE = "Content-Type: application/octet-stream; "


def _hex(extension: str, mark: str) -> str:
    return "".join(f"{mark}{ord(letter):02X}" for letter in extension)


def _b64(words: str) -> str:
    return base64.b64encode(words.encode()).decode()


def _wide(extension: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) for letter in extension)


def names(e: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the ways a mail program may be told a name that ends in `e`: refused for a program."""
    d, t, half = DISPOSITION, TYPE, len(e) // 2
    head, tail = e[:half], e[half:]
    yield "plain", (f'{d}filename="baocao.{e}"',)
    yield "bare", (f"{d}filename=baocao.{e}",)
    yield "upper case", (f'CONTENT-DISPOSITION: ATTACHMENT; FILENAME="BAOCAO.{e.upper()}"',)
    yield "inline", (f'Content-Disposition: inline; filename="baocao.{e}"',)
    yield "name of the type", (f'{t}name="baocao.{e}"',)
    yield "name of the type, extended", (f"{t}name*=UTF-8''b%C3%A1oc%C3%A1o.{e}",)
    yield "extended", (f"{d}filename*=UTF-8''b%C3%A1oc%C3%A1o.{e}",)
    yield "extended, all percent", (f"{d}filename*=UTF-8''b%C3%A1o{_hex('.' + e, '%')}",)
    yield "extended, language", (f"{d}filename*=utf-8'vi'b%C3%A1oc%C3%A1o.{e}",)
    yield "extended, Latin-1", (f"{d}filename*=iso-8859-1''b%E1oc%E1o.{e}",)
    yield "both ways", (f"{d}filename=\"baocao.{e}\"; filename*=UTF-8''b%C3%A1oc%C3%A1o.{e}",)
    yield (
        "both ways, the other first",
        (f"{d}filename*=UTF-8''b%C3%A1oc%C3%A1o.{e}; filename=\"b_oc_o.{e}\"",),
    )
    yield "in pieces", (f'{d}filename*0="baocao.{head}"; filename*1="{tail}"',)
    yield "in pieces, last first", (f'{d}filename*1="{tail}"; filename*0="baocao.{head}"',)
    yield "in pieces, extended", (f"{d}filename*0*=UTF-8''b%C3%A1o.{head}; filename*1*={tail}",)
    yield "in pieces, half extended", (f"{d}filename*0*=UTF-8''b%C3%A1o.{head}; filename*1={tail}",)
    yield "in pieces, of the type", (f'{t}name*0="baocao."; name*1="{e}"',)
    yield "encoded word", (f'{d}filename="=?utf-8?B?{_b64("báo cáo." + e)}?="',)
    yield "encoded word, Q", (f'{d}filename="=?UTF-8?Q?b=C3=A1o_c=C3=A1o=2E{_hex(e, "=")}?="',)
    yield "encoded word, bare", (f"{d}filename==?utf-8?B?{_b64('báo cáo.' + e)}?=",)
    yield "encoded words", (f'{d}filename="=?utf-8?Q?b=C3=A1o.{head}?= =?utf-8?Q?{tail}?="',)
    yield (
        "encoded words, folded",
        (f'{d}filename="=?utf-8?B?{_b64("báo cáo." + head)}?=\r\n =?utf-8?B?{_b64(tail)}?="',),
    )
    yield "encoded word, end only", (f'{t}name="baocao.=?us-ascii?Q?{_hex(e, "=")}?="',)
    yield "percent in a plain name", (f'{d}filename="b%C3%A1ocao{_hex("." + e, "%")}"',)
    yield "raw UTF-8", (f'{d}filename="báo cáo.{e}"',)
    yield "raw UTF-8, bare", (f"{d}filename=báo cáo.{e}",)
    yield "folded", (f'Content-Disposition: attachment;\r\n\tfilename="baocao.{e}"',)
    yield "trailing dots and blanks", (f'{d}filename="baocao.{e}. . "',)
    yield "no-break space behind", (f"{d}filename*=UTF-8''baocao.{e}%C2%A0",)
    yield "zero width", (f"{d}filename*=UTF-8''bao.{head}%E2%80%8B{tail}",)
    yield "comments", (f'{d}(mot) filename (hai) = (ba) "baocao.{e}" (bon)',)
    yield "comment first", (f"Content-Disposition: (x; y) attachment; filename=baocao.{e}",)
    yield "blank before the colon", (f'Content-Disposition : attachment; filename="baocao.{e}"',)
    yield "no blank anywhere", (f"Content-Disposition:attachment;filename=baocao.{e}",)
    yield "empty parameters", (f"{d};; filename=baocao.{e};",)
    yield "repeated field", (f"{d}filename=baocao.{e}", f"{d}filename=baocao.{e}")
    yield "no disposition word", (f"Content-Disposition: ; filename=baocao.{e}",)
    yield "full width", (f"{d}filename*=UTF-8''baocao.{_hex_utf8(_wide(e))}",)
    yield "behind two extensions", (f'{d}filename="baocao.pdf.{e}"',)


def _hex_utf8(words: str) -> str:
    return "".join(f"%{byte:02X}" for byte in words.encode())


CLASS = "{3050F4D8-98B5-11CF-BB82-00AA00BDCE0B}"
PAIRS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("quoted pairs", (DISPOSITION + r'filename="baocao.\j\s"',),
     (DISPOSITION + r'filename="bao cao \"mat\".pdf"',)),
    ("bare with a blank", (DISPOSITION + "filename=baocao.js .pdf",),
     (DISPOSITION + "filename=bao cao.pdf",)),
    ("bare with a comment", (DISPOSITION + "filename=baocao.j(x)s",),
     (DISPOSITION + "filename=baocao(1).pdf",)),
    ("semicolon in the name", (DISPOSITION + 'filename="baocao.js;.pdf"',),
     (DISPOSITION + 'filename="bao;cao.pdf"',)),
    ("quotation mark left open", (DISPOSITION + 'filename="baocao.pdf',),
     (DISPOSITION + 'filename="baocao.pdf"',)),
    ("words behind the quotation mark", (DISPOSITION + 'filename="baocao.pdf".js',),
     (DISPOSITION + 'filename="baocao.pdf" ',)),
    ("NUL", (DISPOSITION + "filename*=UTF-8''baocao.js%00.pdf",),
     (DISPOSITION + "filename*=UTF-8''baocao.0.pdf",)),
    ("control character", (DISPOSITION + "filename*=UTF-8''baocao%08.pdf",),
     (DISPOSITION + "filename*=UTF-8''baocao%20.pdf",)),
    ("bidi override", (DISPOSITION + "filename*=UTF-8''baocao%E2%80%AEfdp.docx",),
     (DISPOSITION + "filename*=UTF-8''baocao%E2%80%93fdp.docx",)),
    ("two names, ASCII and extended",
     (DISPOSITION + "filename=\"baocao.pdf\"; filename*=UTF-8''thumoi.pdf",),
     (DISPOSITION + "filename=\"thu moi.pdf\"; filename*=UTF-8''th%C6%B0%20m%E1%BB%9Di.pdf",)),
    ("program second", (DISPOSITION + "filename=\"baocao.pdf\"; filename*=UTF-8''baocao.js",),
     (DISPOSITION + "filename=\"baocao.pdf\"; filename*=UTF-8''baocao.pdf",)),
    ("program first", (DISPOSITION + "filename=\"baocao.js\"; filename*=UTF-8''baocao.pdf",),
     (DISPOSITION + "filename=\"b?o c?o.pdf\"; filename*=UTF-8''b%C3%A1o%20c%C3%A1o.pdf",)),
    ("name and file name", (TYPE + 'name="thu.pdf"', DISPOSITION + 'filename="baocao.pdf"'),
     (TYPE + 'name="baocao.pdf"', DISPOSITION + 'filename="baocao.pdf"')),
    ("same parameter twice", (DISPOSITION + "filename=thu.pdf; filename=baocao.pdf",),
     (DISPOSITION + "filename=baocao.pdf; filename=baocao.pdf",)),
    ("two dispositions", (DISPOSITION + "filename=thu.pdf", DISPOSITION + "filename=baocao.pdf"),
     (DISPOSITION + "filename=baocao.pdf", "Content-Disposition: attachment")),
    ("two types", (TYPE + "name=thu.pdf", TYPE + "name=baocao.pdf"),
     (TYPE + "name=baocao.pdf", TYPE + "name=baocao.pdf")),
    ("piece missing", (DISPOSITION + "filename*0=baocao; filename*2=.pdf",),
     (DISPOSITION + "filename*0=baocao; filename*1=.pdf",)),
    ("piece twice", (DISPOSITION + "filename*0=bao; filename*0=thu; filename*1=.pdf",),
     (DISPOSITION + "filename*0=bao; filename*1=thu; filename*2=.pdf",)),
    ("percent without digits", (DISPOSITION + "filename*=UTF-8''baocao%zz.pdf",),
     (DISPOSITION + "filename*=UTF-8''baocao%2d.pdf",)),
    ("not the charset it says", (DISPOSITION + "filename*=UTF-8''baocao%FF.pdf",),
     (DISPOSITION + "filename*=windows-1258''baocao%FF.pdf",)),
    ("unknown charset", (DISPOSITION + "filename*=x-rieng''baocao.pdf",),
     (DISPOSITION + "filename*=us-ascii''baocao.pdf",)),
    ("UTF-7", (TYPE + 'name="=?utf-7?Q?baocao+AC4-js?="',),
     (TYPE + 'name="=?utf-8?Q?baocao+AC4-js?="',)),
    ("encoded word that is none", (TYPE + 'name="=?utf-8?B?***?=.pdf"',),
     (TYPE + 'name="=?utf-8?B?YmFv?=.pdf"',)),
    ("stream of a file", (DISPOSITION + 'filename="baocao.js::$DATA"',),
     (DISPOSITION + 'filename="hop 9:30.pdf"',)),
    ("class of a program", (DISPOSITION + f'filename="baocao.txt.{CLASS}"',),
     (DISPOSITION + 'filename="baocao {mau 2}.pdf"',)),
    ("escape within the extension", (TYPE + 'name="=?iso-2022-jp?Q?a=2Ej=1B$B=1B(Bs?="',),
     (TYPE + 'name="=?iso-2022-jp?Q?=1B$BF|=1B(B=2Epdf?="',)),
    ("location", ("Content-Location: file:///C:/baocao.js",),
     ("Content-Location: https://www.example.com",)),
    ("location of its own", ("Content-Location: baocao.js",), ("Content-Location: image1.png",)),
    ("type of a program", ("Content-Type: application/hta",),
     ("Content-Type: application/hta; name=baocao.pdf",)),
    ("type of a program, old", ("Content-Type: application/x-msdos-program",),
     ("Content-Type: application/x-rieng",)),
    ("type of a script", ("Content-Type: text/vbscript", "Content-Disposition: attachment"),
     ("Content-Type: text/csv", "Content-Disposition: attachment")),
    ("fold within the extension", (DISPOSITION + 'filename="baocao.j\r\n s"',),
     (DISPOSITION + 'filename="bao\r\n cao.pdf"',)),
)  # fmt: skip

PROGRAMS = ("js", "lnk", "settingcontent-ms")
NEWER = ("py", "pyzw", "osd", "printerexport", "command", "sh", "desktop", "AppImage", "deb", "mjs")
DOCUMENTS = ("cer", "mdb", "docm", "xlsm", "html", "svg")


def naming() -> Iterator[Row]:
    """Give every trick with names: as programs, as documents, and those that are never right."""
    for extension in (*PROGRAMS, "docx"):
        code = ACCEPTED if extension == "docx" else REFUSED
        for trick, fields in names(extension):
            yield Row(f"{trick} {extension}", attached(*fields), code)
    for extension in NEWER:
        yield Row(f"extension {extension}", file(f"baocao.{extension}"), REFUSED)
    for extension in DOCUMENTS:
        yield Row(f"extension {extension}", file(f"baocao.{extension}"), ACCEPTED)
    for trick, bad, good in PAIRS:
        yield Row(trick, attached(*bad), REFUSED)
        yield Row(f"{trick}, its twin", attached(*good), ACCEPTED)


def places() -> Iterator[Row]:
    """Give the places of a message where a part may be."""
    for name, code in (("baocao.js", REFUSED), ("baocao.pdf", ACCEPTED)):
        field = f'{DISPOSITION}filename="{name}"'
        one = part("Content-Type: application/octet-stream", field)
        yield Row(f"the whole message {name}", one, code)
        inner = multipart(text(), one, mark="b")
        yield Row(f"a message inside {name}", multipart(text(), enclosed(inner)), code)
        whole = enclosed(part("Content-Type: application/octet-stream", field))
        yield Row(f"the whole message inside {name}", multipart(text(), whole), code)
        deep = multipart(text(), enclosed(multipart(enclosed(inner), mark="c")))
        yield Row(f"two messages deep {name}", deep, code)
        nested = multipart(text(), multipart(text(), one, kind="related", mark="b"))
        yield Row(f"related {name}", nested, code)
        named = enclosed(text(), f'Content-Disposition: attachment; filename="{name}"')
        yield Row(f"name of a message inside {name}", multipart(text(), named), code)
        in64 = part("Content-Type: message/rfc822", content=inner)
        yield Row(f"a message in base64 {name}", multipart(text(), in64), code)
        words = part(f'Content-Type: text/plain; name="{name}"', body=b"Kinh gui.\r\n")
        yield Row(f"as text {name}", multipart(text(), words), code)


def _uu(name: str, mode: str = "begin 644 ") -> str:
    line = chr(32 + 45) + "0V%O(&-A;R!C;VYG('1A8R!T:&%N9RP@;F]I(&1U;F<@8FEN:\"!T:'5O;F<N"
    return f"Kinh gui.\r\n\r\n{mode}{name}\r\n{line}\r\n`\r\nend\r\n"


def old_encodings() -> Iterator[Row]:
    """Give files in the words of a letter, and letters that only sound like it."""
    in64 = f"begin-base64 644 baocao.pdf\r\n{_b64('Bao cao cong tac')}\r\n====\r\n"
    yenc = "=ybegin line=128 size=3 name=baocao.js\r\n\x8b\x8c\x8d\r\n=yend size=3\r\n"
    hqx = '(This file must be converted with BinHex 4.0)\r\n\r\n:#QpYE("KE`"6593K8\r\n'
    for name, words in (
        ("uuencoded program", _uu("baocao.js")),
        ("uuencoded document", _uu("baocao.pdf")),
        ("uuencoded, mode of four digits", _uu("baocao.js", "begin 0644 ")),
        ("uuencoded in base64", in64),
        ("yEnc", yenc),
        ("BinHex", hqx),
    ):
        yield Row(name, text(words), REFUSED)
        yield Row(f"{name}, in a part", multipart(text(), text(words)), REFUSED)
    hidden = part("Content-Type: text/plain", content=_uu("baocao.js").encode())
    yield Row("uuencoded within base64", hidden, REFUSED)
    plain = part("Subject: Bao cao", body=_uu("baocao.js").encode())
    yield Row("uuencoded without MIME", plain, REFUSED)
    inner = multipart(text(), enclosed(text(_uu("baocao.js"))))
    yield Row("uuencoded in a message inside", inner, REFUSED)
    yield Row(
        "uuencoded before the first part",
        multipart().replace(b"\r\n\r\n", b"\r\n\r\n" + _uu("baocao.js").encode(), 1),
        REFUSED,
    )
    for name, words in (
        ("begin in a letter", "Please\r\nbegin 100 copies of it\r\nand send them to us.\r\n"),
        ("begin of a year", "begin 2026\r\nKe hoach nam\r\nend\r\n"),
        ("uuencode in a reply", "> begin 644 baocao.pdf\r\n> #86)C\r\n> `\r\n> end\r\n"),
        ("words about yEnc", "Tep =ybegin khong mo duoc.\r\n"),
    ):
        yield Row(name, text(words), ACCEPTED)


def split_messages() -> Iterator[Row]:
    """Give messages whose content is elsewhere or comes in pieces."""
    partial = 'Content-Type: message/partial; number=1; total=2; id="a@example.org"'
    for name, kind in (
        ("partial", partial),
        ("partial, comment", partial.replace("message/", "message(x)/(y)")),
        ("external body", 'Content-Type: message/external-body; access-type=URL; URL="http://a/"'),
    ):
        whole = part(kind, body=b"Content-Type: text/plain\r\n\r\nKinh gui\r\n")
        yield Row(name, whole, REFUSED)
        yield Row(f"{name}, as a part", multipart(text(), whole), REFUSED)
        yield Row(f"{name}, inside", multipart(text(), enclosed(whole)), REFUSED)


def rows(*groups: Iterable[Row]) -> dict[str, Row]:
    """Return all rows by name, which must differ."""
    found: dict[str, Row] = {}
    for group in groups:
        for row in group:
            assert row.name not in found, row.name
            found[row.name] = row
    return found
