"""Archives that hide what is in them, encodings that hide an archive, and honest ones."""

import base64
import bz2
import gzip
import io
import lzma
import random
import tarfile
import zipfile
from collections.abc import Iterator

from attached import ACCEPTED, CONTENT, REFUSED, Row, file, multipart, part, text, wrapped

from hopthu.verify import messages


def _tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        entry = tarfile.TarInfo("thu.txt")
        entry.size = len(CONTENT)
        archive.addfile(entry, io.BytesIO(CONTENT))
    return buffer.getvalue()


# What may stand before an archive, and it opens all the same.
PREFIXES = {
    "nothing": b"",
    "one byte": b"\0",
    "zeros": bytes(4096),
    "words": b"Kinh gui Quy co quan, de nghi xem bao cao.\r\n",
    "many words": b"Kinh gui Quy co quan, de nghi xem bao cao.\r\n" * 3000,
    "web page": b"<!DOCTYPE html><html><body><p>Kinh gui</p></body></html>\n",
    "XML": b'<?xml version="1.0"?>\n<a/>\n',
    "PDF": messages.pdf(),
    "JPEG": bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9"),
    "PNG": base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAX+XDSwAAAABJRU5ErkJggg=="
    ),
    "GIF": b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\0;",
    "shell script": b"#!/bin/sh\nexit 0\n",
    "RTF": b"{\\rtf1 Kinh gui}\n",
    "gzip": gzip.compress(b"Kinh gui"),
    "bitmap": b"BM" + bytes(60),
    "a plain zip": messages.zipped({"thu.txt": CONTENT}),
    "music": b"ID3\3\0\0\0\0\0\0" + bytes(100),
    "a tar": gzip.decompress(_tar()),
    "noise": random.Random(1).randbytes(50_000),  # noqa: S311  (the same each time)
}

RAR5 = bytes.fromhex("526172211a070100") + bytes.fromhex("3392b5e50a01050600050101") + bytes(80)
RAR4 = bytes.fromhex("526172211a0700cf907300000d00000000000000") + bytes(80)
SEVEN = bytes.fromhex("377abcaf271c0004") + bytes(80)


def _sized(content: bytes) -> bytes:
    """Return an .lzma that says how long its content is, as `lzma` and 7-Zip write it."""
    archive = lzma.compress(content, lzma.FORMAT_ALONE)
    return archive[:5] + len(content).to_bytes(8, "little") + archive[13:]


ZIP = messages.zipped({"thu.txt": CONTENT, "bao cao.csv": CONTENT})
UNOPENED = {
    "encrypted zip": messages.encrypted_zip({"thu.txt": CONTENT}),
    "zip with a program": messages.zipped({"bao-cao.js": b"1;\n"}),
    "RAR 5": RAR5,
    "RAR 4": RAR4,
    "7z": SEVEN,
}
# Recognised by how they begin; behind something else no program opens them.
AT_START = {
    "compress": bytes.fromhex("1f9d90") + b"\x4b\xd2\xb8\x71\x40" * 20,
    "lzma": lzma.compress(CONTENT, lzma.FORMAT_ALONE),
    "lzma with a size": _sized(CONTENT),
    "pack": bytes.fromhex("1f1e00000010") + bytes(40),
    "zoo": b"ZOO 2.10 Archive.\x1a\0\0" + bytes.fromhex("dca7c4fd") + bytes(40),
    "arc": b"\x1a\x08THU.TXT\0\0\0\0\0\0" + (50).to_bytes(4, "little") + bytes(6)
    + (90).to_bytes(4, "little") + bytes(50),
    "arj": bytes.fromhex("60ea2a001e0601000010000000000000") + bytes(60),
    "lha": b"\x1e\x00-lh5-" + bytes(60),
    "ace": bytes(7) + b"**ACE**" + bytes(60),
}  # fmt: skip


def _moved(before: bytes, archive: bytes) -> bytes:
    """Return a zip behind something, with its offsets corrected as `zip -A` does."""
    content = bytearray(archive)
    end = content.rfind(b"PK\5\6")
    places = [(end, 16)]
    at = content.find(b"PK\1\2")
    while at >= 0:
        places.append((at, 42))
        at = content.find(b"PK\1\2", at + 4)
    for start, field in places:
        old = int.from_bytes(content[start + field : start + field + 4], "little")
        content[start + field : start + field + 4] = (old + len(before)).to_bytes(4, "little")
    return before + bytes(content)


def archives() -> Iterator[Row]:
    """Give archives nobody can look into behind everything, and honest ones behind the same."""
    for prefix, before in PREFIXES.items():
        for kind, archive in UNOPENED.items():
            yield Row(f"{kind} behind {prefix}", file("baocao.dat", before + archive), REFUSED)
        if before:
            # Whatever is in it: a file is an archive from its first byte, or it is none.
            yield Row(f"zip behind {prefix}", file("baocao.dat", before + ZIP), REFUSED)
            yield Row(f"{prefix} alone", file("baocao.dat", before), ACCEPTED)
            virus = messages.zipped({"thu.txt": messages.eicar()})
            yield Row(f"virus behind {prefix}", file("baocao.dat", before + virus), REFUSED)
    virus = messages.zipped({"thu.txt": messages.eicar()})
    for kind, archive in (*UNOPENED.items(), ("zip with a virus", virus)):
        if archive.startswith(b"PK"):
            moved = _moved(ZIP, archive)
            yield Row(f"{kind} behind a zip, moved", file("baocao.zip", moved), REFUSED)
    for kind, archive in AT_START.items():
        yield Row(kind, file("baocao.dat", archive), REFUSED)
        inside = messages.zipped({"baocao.dat": archive})
        yield Row(f"{kind} in a zip", file("baocao.zip", inside), REFUSED)
    for extension in ("rar", "7z", "Z", "lzma", "zoo", "arj", "lzh", "zst"):
        yield Row(f"named {extension}", file(f"baocao.{extension}"), REFUSED)
        inside = messages.zipped({f"baocao.{extension}": CONTENT})
        yield Row(f"named {extension} in a zip", file("baocao.zip", inside), REFUSED)


def _many(count: int, level: int) -> bytes:
    noise, buffer = random.Random(2), io.BytesIO()  # noqa: S311  (the same each time)
    with zipfile.ZipFile(buffer, "w", level) as archive:
        for number in range(count):
            archive.writestr(f"tep-{number}.dat", noise.randbytes(noise.randrange(9000)))
    return buffer.getvalue()


def honest() -> Iterator[Row]:
    """Give ordinary archives and documents."""
    for name, content in (
        ("nhieu.zip", _many(150, zipfile.ZIP_DEFLATED)),
        ("nhieu-2.zip", _many(90, zipfile.ZIP_STORED)),
        ("bao cao.zip", ZIP),
        ("bao-cao.tar", gzip.decompress(_tar())),
        ("nen san.zip", _stored(_office("word/document.xml"), ZIP)),
        ("nen san.tar.gz", gzip.compress(_stored(ZIP), 0)),
        ("trong zip.zip", messages.zipped({"thu.txt": CONTENT}, depth=3)),
        ("bao-cao.tar.gz", _tar()),
        ("bao-cao.csv.gz", gzip.compress(CONTENT)),
        ("bao-cao.csv.bz2", bz2.compress(CONTENT)),
        ("bao-cao.csv.xz", lzma.compress(CONTENT)),
        ("bao cao.pdf", messages.pdf()),
        ("bao cao.docx", _office("word/document.xml")),
        ("bang.xlsx", _office("xl/workbook.xml")),
        ("anh.jpg", PREFIXES["JPEG"] + random.Random(3).randbytes(200_000)),  # noqa: S311
    ):
        yield Row(name, file(name, content), ACCEPTED)


def _stored(*archives: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for number, content in enumerate(archives):
            archive.writestr(f"tep-{number}.zip", content)
        archive.comment = b"Bao cao"
    return buffer.getvalue()


def _office(main: str) -> bytes:
    files = {"[Content_Types].xml": "<Types/>", "_rels/.rels": "<R/>", main: "<d>Kinh gui</d>"}
    return messages.zipped({name: text.encode() for name, text in files.items()})


def _encoded(body: bytes, *fields: str, name: str = "baocao.dat") -> bytes:
    told = fields or ("Content-Transfer-Encoding: base64",)
    kind = ("Content-Type: application/octet-stream",
            f'Content-Disposition: attachment; filename="{name}"')  # fmt: skip
    return multipart(text(), part(*kind, *told, body=body))


def encodings() -> Iterator[Row]:
    """Give content that programs decode in different ways, and content that only looks odd."""
    program, said = messages.eicar(), "Content-Transfer-Encoding:"
    halves = base64.b64encode(program[:7]) + b"\r\n" + base64.b64encode(program[7:])
    plain = wrapped(CONTENT)
    quoted = b"Kinh g=E1=BB=ADi =3D =\r\nxong\r\n"
    for name, body in (
        ("padding in the middle", halves),
        ("padding in the middle of a line", halves.replace(b"\r\n", b"")),
        ("padding first", b"====" + plain),
        ("padding alone in the middle", plain[:40] + b"=\r\n" + plain[40:]),
        ("harmless words in segments", base64.b64encode(b"Kinh") + base64.b64encode(b"gui!!")),
        ("padding missing", base64.b64encode(b"Kinh gui quy co quan!").rstrip(b"=") + b"A"),
        ("no whole group", plain.rstrip() + b"QUI"),
        ("other letters", b"!!!!" + plain),
        ("other letters inside", plain[:10] + b"*" + plain[10:]),
        ("URL alphabet", b"-_-_" + plain),
        ("NUL-like byte", plain[:8] + b"\x01" + plain[8:]),
        ("words behind it", plain + b"-- het --\r\n"),
        ("three paddings", base64.b64encode(b"Kinh gui") + b"=="),
    ):
        yield Row(f"base64, {name}", _encoded(body), REFUSED)
    for name, fields in (
        ("uuencode", (f"{said} x-uuencode",)),
        ("unknown", (f"{said} rieng",)),
        ("comment", (f"{said} base64 (x)",)),
        ("quoted", (f'{said} "base64"',)),
        ("parameter", (f"{said} base64; x=y",)),
        ("two", (f"{said} 7bit", f"{said} base64")),
        ("two, the other first", (f"{said} base64", f"{said} quoted-printable")),
    ):
        yield Row(f"encoding, {name}", _encoded(plain, *fields), REFUSED)
        whole = part(
            "Content-Type: message/rfc822", *fields, body=b"Subject: a\r\n\r\nKinh gui\r\n"
        )
        yield Row(f"encoding of a whole message, {name}", whole, REFUSED)
    qp = f"{said} quoted-printable"
    yield Row("quoted-printable, half a byte", _encoded(b"Kinh=4 gui\r\n", qp), REFUSED)
    yield Row("quoted-printable, no digits", _encoded(b"a=ZZb\r\n", qp), REFUSED)
    for name, end in (("a blank", b"= \r\n"), ("a tab", b"=\t\r\n")):
        joined = _encoded(b"Kinh g" + end + b"ui\r\n", qp)
        yield Row(f"quoted-printable, {name} behind a soft break", joined, REFUSED)
    wrapping = multipart(
        text(),
        part(
            f'{said} base64\r\nContent-Type: multipart/mixed; boundary="q"',
            body=wrapped(b"--q\r\n\r\nKinh gui\r\n--q--\r\n"),
        ),
    )
    yield Row("several parts in base64", wrapping, REFUSED)
    bodies: tuple[tuple[str, bytes, tuple[str, ...]], ...] = (
        ("as mail programs write it", plain, ()),
        ("one line", base64.b64encode(CONTENT), ()),
        ("blank lines behind it", plain + b"\r\n\r\n", ()),
        ("blanks and tabs", plain.replace(b"\r\n", b" \t\r\n  "), ()),
        ("short lines", b"\r\n".join(plain[i : i + 4] for i in range(0, 40, 4)), ()),
        ("nothing", b"", ()),
        ("upper case", plain, (f"{said} BASE64",)),
        ("blank behind the word", plain, (f"{said}   base64  ",)),
        ("said twice", plain, (f"{said} base64", f"{said} base64")),
        ("quoted-printable", quoted, (qp,)),
        ("8bit", "Kính gửi\r\n".encode(), (f"{said} 8bit",)),
        ("none said", b"Kinh gui\r\n", ("X-Other: 1",)),
    )
    for name, body, said_of_it in bodies:
        yield Row(f"well encoded, {name}", _encoded(body, *said_of_it), ACCEPTED)
    stray = text("Xem http://a.example.org/?a=b&c=d\r\n", "Content-Type: text/plain", qp)
    yield Row("a stray = in the words of a letter", stray, ACCEPTED)
    yield Row("large", _encoded(wrapped(random.Random(4).randbytes(2_500_000))), ACCEPTED)  # noqa: S311
