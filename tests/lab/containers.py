"""Files that hold other files: tar, TNEF, CMS, calendars, documents."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
from collections.abc import Iterator

from attached import ACCEPTED, CONTENT, REFUSED, Row, file, multipart, part, text, wrapped
from zipped import EITHER

from hopthu.verify import messages


def _tar(name: str, kind: int, path: str = "", mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, format=kind) as archive:  # type: ignore[call-overload]
        entry = tarfile.TarInfo(name)
        entry.size = len(CONTENT)
        entry.pax_headers = {"path": path} if path else {}
        archive.addfile(entry, io.BytesIO(CONTENT))
    return buffer.getvalue()


def packed() -> Iterator[Row]:
    """Give what other compressors and archives have in them."""
    pax, gnu, long = tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, "bao-cao-" * 20
    for name, code in EITHER:
        for packer, pack in (("bz2", bz2.compress), ("xz", lzma.compress), ("gz", gzip.compress)):
            data = pack(CONTENT)
            yield Row(f"{packer} of {name}", file(f"{name}.{packer}", data), code)
            inside = messages.zipped({f"{name}.{packer}": data})
            yield Row(f"{packer} of {name} in a zip", file("a.zip", inside), code)
        for trick, archive in (
            ("pax name", _tar("thu.txt", pax, name)),
            ("pax name, long", _tar(long + name, pax)),
            ("GNU name, long", _tar(long + name, gnu)),
        ):
            yield Row(f"tar, {trick} {name}", file("thu.tar", archive), code)
            yield Row(f"tar, {trick} {name}, as data", file("thu.dat", archive), code)
            zipped = gzip.compress(archive)
            yield Row(f"tar.gz, {trick} {name}", file("thu.tar.gz", zipped), code)
    words = b"4 path=bao-cao.js\n" * 30
    yield Row("words like a pax name in a tar", file("thu.tar", _tar_of(words)), ACCEPTED)
    xar = b"xar!" + struct.pack(">HHQQL", 28, 1, 100, 300, 1) + bytes(100)
    yield Row("xar", file("thu.dat", xar), REFUSED)
    yield Row("xar in a zip", file("a.zip", messages.zipped({"thu.dat": xar})), REFUSED)
    yield Row("words about xar", file("thu.txt", b"Tep xar! khong mo duoc.\n"), ACCEPTED)


def _tar_of(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("thu.txt")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _attribute(level: int, number: int, data: bytes) -> bytes:
    return (
        struct.pack("<BLL", level, number, len(data)) + data + struct.pack("<H", sum(data) % 65536)
    )


def _property(number: int, name: str, kind: int = 0x1F) -> bytes:
    data = (name + "\0").encode("utf-16le" if kind == 0x1F else "ascii")
    return struct.pack("<HHLL", kind, number, 1, len(data)) + data + bytes(-len(data) % 4)


def tnef(title: str = "", *properties: bytes) -> bytes:
    """Return a TNEF stream with one attachment, as Exchange writes it."""
    whole = struct.pack("<LH", 0x223E9F78, 1) + _attribute(1, 0x00089006, b"\0\0\1\0")
    whole += _attribute(1, 0x00069007, struct.pack("<LL", 1252, 0))
    sender = struct.pack("<L", 1) + _property(0x0C1F, "an@example.com", 0x1E)
    whole += _attribute(1, 0x00069003, sender)
    if title:
        whole += _attribute(2, 0x00069002, bytes(14)) + _attribute(
            2, 0x00018010, title.encode() + b"\0"
        )
        whole += _attribute(2, 0x0006800F, CONTENT)
    if properties:
        size = struct.pack("<HHL", 3, 0x0E20, len(CONTENT))
        guid = bytes(16) + struct.pack("<LL", 1, 4) + b"a\0\0\0"
        named = struct.pack("<HH", 0x000B, 0x8001) + guid + struct.pack("<L", 1)
        props = (size, named, *properties)
        whole += _attribute(2, 0x00069005, struct.pack("<L", len(props)) + b"".join(props))
    return whole


def _winmail(content: bytes, name: str = "winmail.dat", kind: str = "application/ms-tnef") -> bytes:
    return multipart(text(), part(f'Content-Type: {kind}; name="{name}"', content=content))


def outlook() -> Iterator[Row]:
    """Give Outlook's own container, with programs and with documents."""
    other = ("notes.dat", "application/octet-stream")
    for name, code in EITHER:
        inner = tnef(name)
        size = 16 + len(inner)
        held = struct.pack("<HHLL", 0x0D, 0x3701, 1, size) + bytes(16) + inner + bytes(-size % 4)
        for trick, stream in (
            ("title", tnef(name)),
            ("long name", tnef("thu.txt", _property(0x3707, name))),
            ("long name, ASCII", tnef("thu.txt", _property(0x3707, name, 0x1E))),
            ("short name", tnef("thu.txt", _property(0x3704, name))),
            ("display name", tnef("thu.txt", _property(0x3001, name))),
            ("in a message inside", tnef("thu", held)),
        ):
            yield Row(f"TNEF, {trick} {name}", _winmail(stream), code)
        yield Row(f"TNEF as data {name}", _winmail(tnef(name), *other), code)
    yield Row("TNEF cut off", _winmail(tnef("thu.txt")[:-9]), REFUSED)
    yield Row("TNEF without attachments", _winmail(tnef()), ACCEPTED)


def _entry(name: str, kind: int, start: int, size: int, links: tuple[int, int, int]) -> bytes:
    label = (name + "\0").encode("utf-16le")
    fields = struct.pack("<HBB3L", len(label), kind, 1, *links)
    return label.ljust(64, b"\0") + fields + bytes(36) + struct.pack("<LQ", start, size)


def saved(name: str, stream: str = "__substg1.0_3707001F", large: int = 0) -> bytes:
    """Return a message as Outlook saves it: a compound file, here with one stream of a name."""
    none, end, text = 0xFFFFFFFF, 0xFFFFFFFE, name.encode("utf-16le")
    padding = [0xFFFFFFFD, end, end, end] + [none] * 124
    table, short = struct.pack("<128L", *padding), struct.pack("<128L", end, *[none] * 127)
    directory = _entry("Root Entry", 5, 3, 64, (none, none, 1))
    directory += _entry(stream, 2, 0, large or len(text), (none, none, none))
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    head += struct.pack("<5H6x9L", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 2, 1, end, 0)
    head += struct.pack("<109L", 0, *[none] * 108)
    sectors = (table, directory, short, text.ljust(64, b"\0"))
    return head + b"".join(sector.ljust(512, b"\0") for sector in sectors)


def messages_saved() -> Iterator[Row]:
    """Give messages saved by Outlook with programs and with documents attached."""
    for name, code in EITHER:
        yield Row(f"saved message, long name {name}", file("thu.msg", saved(name)), code)
        short = saved(name, "__substg1.0_3704001F")
        yield Row(f"saved message, short name {name}", file("thu.msg", short), code)
        yield Row(f"saved message as data {name}", file("thu.dat", saved(name)), code)
    address = saved("www.example.com", "__substg1.0_3001001F")
    yield Row("saved message, name of a recipient", file("thu.msg", address), ACCEPTED)
    yield Row("saved message, longer than it is", file("thu.msg", saved("a", large=900)), REFUSED)
    yield Row("saved message, cut off", file("thu.msg", saved("a.pdf")[:1600]), REFUSED)


def _der(tag: int, *content: bytes) -> bytes:
    inside = b"".join(content)
    size = len(inside)
    if size < 0x80:
        return bytes((tag, size)) + inside
    return bytes((tag, 0x84)) + size.to_bytes(4, "big") + inside


PKCS7 = bytes.fromhex("2a864886f70d0107")
DATA = _der(6, PKCS7, b"\1")
COMPRESSED = _der(6, bytes.fromhex("2a864886f70d0109100109"))


def cms(kind: int, content: bytes | None = None) -> bytes:
    """Return a CMS file of a kind (RFC 5652), without certificates or recipients."""
    if kind == 3:
        inside = _der(0x30, _der(2, b"\0"), _der(0x31), _der(0x30, DATA, _der(0x80, bytes(160))))
    else:
        held = () if content is None else (_der(0xA0, _der(4, content)),)
        inside = _der(0x30, _der(2, b"\1"), _der(0x31), _der(0x30, DATA, *held), _der(0x31))
    return _der(0x30, _der(6, PKCS7, bytes((kind,))), _der(0xA0, inside))


def _streaming(content: bytes) -> bytes:
    """Return signed data in the indefinite form, as openssl -stream writes it."""
    end = bytes(2)
    held = b"\xa0\x80\x24\x80" + _der(4, content) + end * 2 if content else b""
    start = b"\x30\x80" + _der(6, PKCS7, b"\2") + b"\xa0\x80\x30\x80" + _der(2, b"\1")
    return start + _der(0x31) + b"\x30\x80" + DATA + held + end + _der(0x31) + end * 3


def _smime(content: bytes, name: str = "smime.p7m", kind: str = "application/pkcs7-mime") -> bytes:
    field = f'Content-Type: {kind}; name="{name}"'
    return part(field, f'Content-Disposition: attachment; filename="{name}"', content=content)


def signed() -> Iterator[Row]:
    """Give signed content nobody scans, encrypted mail and detached signatures."""
    letter = b"Content-Type: text/plain\r\n\r\nKinh gui\r\n"
    opaque = cms(2, letter)
    for trick, content in (
        ("signed", opaque),
        ("signed, streaming", _streaming(letter)),
        ("compressed", opaque.replace(_der(6, PKCS7, b"\2"), COMPRESSED)),
        ("nothing known", CONTENT),
        ("in letters", b"-----BEGIN CMS-----\n" + wrapped(opaque)),
    ):
        yield Row(f"S/MIME {trick}", _smime(content), REFUSED)
        old = _smime(content, kind="application/x-pkcs7-mime")
        yield Row(f"S/MIME {trick}, old type", old, REFUSED)
        named = _smime(content, "thu.pdf.p7m", "application/octet-stream")
        yield Row(f"{trick} file .p7m", multipart(text(), named), REFUSED)
    as_data = _smime(opaque, "thu.dat", "application/octet-stream")
    yield Row("signed content as data", multipart(text(), as_data), REFUSED)
    as_signature = _smime(opaque, "smime.p7s", "application/pkcs7-signature")
    yield Row("signed content as a signature", multipart(text(), as_signature), REFUSED)
    enveloped = _smime(cms(3), "thu.pdf.p7m", "application/octet-stream")
    yield Row("encrypted file .p7m", multipart(text(), enveloped), ACCEPTED)
    for name in ("certificates.p7c", "thu.p7b", "smime.p7s"):
        for trick, content in (("", cms(2)), (", streaming", _streaming(b""))):
            detached = _smime(content, name, "application/pkcs7-signature")
            yield Row(f"no content in {name}{trick}", multipart(text(), detached), ACCEPTED)


def calendars() -> Iterator[Row]:
    """Give calendars with files in them, and calendars as programs write them."""
    event = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    for trick, line, code in (
        ("inline file", "ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY:QUJD", REFUSED),
        ("inline file, folded", "ATTACH;X-FILENAME=a.txt;ENCO\r\n DING=BASE64:QUJD", REFUSED),
        ("inline file, quoted", 'ATTACH;X="a:b";VALUE="BINARY":QUJD', REFUSED),
        ("inline file, data", "ATTACH:data:text/plain;base64,QUJD", REFUSED),
        ("link to a file", "ATTACH;FMTTYPE=application/pdf:https://example.org/thu.pdf", ACCEPTED),
        ("words", "DESCRIPTION:ATTACH;ENCODING=BASE64 khong dung.", ACCEPTED),
    ):
        content = event.format(line).encode()
        alone = part("Content-Type: text/calendar; charset=UTF-8; method=REQUEST", content=content)
        yield Row(f"calendar, {trick}", multipart(text(), alone, kind="alternative"), code)
        yield Row(f"calendar file, {trick}", file("hop.ics", content), code)


def documents() -> Iterator[Row]:
    """Give documents with a password, beside the same without."""
    kind = ("mimetype", b"application/vnd.oasis.opendocument.text")
    start = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    )
    entry = '<manifest:file-entry manifest:full-path="content.xml">{}</manifest:file-entry>'
    for trick, inside, code in (
        ("with a password", '<manifest:encryption-data manifest:checksum="a"/>', REFUSED),
        ("without", "", ACCEPTED),
    ):
        manifest = (start + entry.format(inside) + "</manifest:manifest>").encode()
        files = dict((kind, ("content.xml", CONTENT), ("META-INF/manifest.xml", manifest)))
        yield Row(f"odt {trick}", file("thu.odt", messages.zipped(files)), code)
    for trick, flags, code in (("with a password", 0x1300, REFUSED), ("without", 0x1200, ACCEPTED)):
        fib = struct.pack("<7H", 0xA5EC, 0xC1, 0, 0x42A, 0, flags, 0xBF)
        document = saved("a", "WordDocument") + fib.ljust(512, b"\0")
        yield Row(f"doc {trick}", file("thu.doc", document), code)
    whole = messages.zipped(dict((kind, ("encrypted-package", CONTENT))))
    yield Row("odt as one encrypted package", file("thu.odt", whole), REFUSED)
    named = messages.zipped(dict((kind, ("encrypted-package.txt", CONTENT))))
    yield Row("a file named after an encrypted package", file("thu.zip", named), ACCEPTED)
