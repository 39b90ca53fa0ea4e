"""Zips whose structure programs read in different ways, and zips as programs write them."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from attached import ACCEPTED, CONTENT, REFUSED, Row, file

from hopthu.verify import messages

EITHER = (("bao-cao.js", REFUSED), ("bao-cao.pdf", ACCEPTED))
END = struct.Struct("<4s4H2LH")


class _Pipe(io.RawIOBase):
    """A file nobody can go back in: zipfile then writes data descriptors."""

    def __init__(self) -> None:
        self.content = b""

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        self.content += bytes(content)  # type: ignore[call-overload]
        return len(bytes(content))  # type: ignore[call-overload]


def _unicode_path(name: str, claimed: str) -> bytes:
    checksum = zlib.crc32(name.encode())
    return struct.pack("<HHBL", 0x7075, 5 + len(claimed), 1, checksum) + claimed.encode()


def _zip(*names: str, extra: bytes = b"", method: int = 8, comment: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.compress_type, info.extra = method, extra
            archive.writestr(info, b"" if name.endswith("/") else CONTENT)
        archive.comment = comment
    return buffer.getvalue()


def _streamed(*names: str) -> bytes:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, CONTENT)
    return pipe.content


def _zip64(name: str) -> bytes:
    """Return a zip of one stored file that keeps all its sizes in zip64 records."""
    label, size, far = name.encode(), len(CONTENT), 0xFFFFFFFF
    common = struct.pack("<5HL", 45, 0, 0, 0, 0x21, zlib.crc32(CONTENT))
    extra = struct.pack("<HHQQ", 1, 16, size, size)
    local = b"PK\3\4" + common + struct.pack("<LLHH", far, far, len(label), len(extra))
    member = local + label + extra + CONTENT
    extra = struct.pack("<HHQQQ", 1, 24, size, size, 0)
    tail = struct.pack("<LLHHHHHLL", far, far, len(label), len(extra), 0, 0, 0, 0, far)
    directory = b"PK\1\2" + struct.pack("<H", 45) + common + tail + label + extra
    at, long = len(member), len(directory)
    end = struct.pack("<4sQHHLLQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, long, at)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, at + long, 1)
    return member + directory + end + locator + END.pack(b"PK\5\6", 0, 0, 1, 1, far, far, 0)


def _large(name: str) -> bytes:
    """Return a zip with zip64 sizes in front of its file alone, as Python may write one."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w", force_zip64=True) as member,
    ):
        member.write(CONTENT)
    return buffer.getvalue()


def _without(archive: bytes, name: str) -> bytes:
    """Return a zip of two files whose directory names only the other one."""
    start = archive.find(b"PK\1\2")
    cut, end = archive.find(b"PK\1\2", start + 4), archive.rfind(b"PK\5\6")
    entries = (archive[start:cut], archive[cut:end])
    (kept,) = (entry for entry in entries if name.encode() not in entry)
    return archive[:start] + kept + END.pack(b"PK\5\6", 0, 0, 1, 1, len(kept), start, 0)


def _renamed(archive: bytes, number: int) -> bytes:
    """Return a zip in which one of the two places of its file's name says something else."""
    pieces = archive.split(b"thu.txt")
    names = [b"thu.txt", b"thu.txt"]
    names[number] = b"thu.tx_"
    return pieces[0] + names[0] + pieces[1] + names[1] + pieces[2]


def zips() -> Iterator[Row]:
    """Give zips that programs read in different ways, and zips as programs write them."""
    empty = END.pack(b"PK\5\6", 0, 0, 0, 0, 0, 0, 0)
    plain = _zip("thu.txt")
    for method, way in ((8, "deflated"), (0, "stored")):
        for name, code in EITHER:
            path = _unicode_path("thu.txt", name)
            named = _zip("thu.txt", extra=path, method=method)
            yield Row(f"zip, Unicode path {name}, {way}", file("thu.zip", named), code)
            deep = messages.zipped({"a.zip": named})
            yield Row(f"zip in a zip, Unicode path {name}, {way}", file("b.zip", deep), code)
        whole = _zip("thu.txt", method=method)
        torn = whole[: whole.find(b"PK\1\2")]
        yield Row(f"zip without directory, {way}", file("thu.zip", torn), REFUSED)
        inside = messages.zipped({"thu.zip": torn})
        yield Row(f"zip without directory in a zip, {way}", file("a.zip", inside), REFUSED)
    for trick, archive in (
        ("end within the comment", _zip("thu.txt", comment=empty)),
        ("end within the comment, more behind it", _zip("thu.txt", comment=empty + b"het")),
        ("zip64", _zip64("thu.txt")),
        ("zip64 in front of the file", _large("thu.txt")),
        ("a file the directory does not name", _without(_zip("thu.txt", "khac.txt"), "khac.txt")),
        ("the first file not named", _without(_zip("khac.txt", "thu.txt"), "khac.txt")),
        ("other name in the directory", _renamed(plain, 1)),
        ("other name in the file's header", _renamed(plain, 0)),
        ("count too small", plain[:-14] + struct.pack("<HH", 0, 0) + plain[-10:]),
        ("spanned", b"PK00" + plain),
        ("words behind it", plain + b"Kinh gui" * 1000),
    ):
        yield Row(f"zip, {trick}", file("thu.zip", archive), REFUSED)
    for trick, archive in (("zip64", _zip64("a")), ("zip64 in front of the file", _large("a"))):
        deep = messages.zipped({"b.zip": archive})
        yield Row(f"zip in a zip, {trick}", file("a.zip", deep), REFUSED)
    stamps = struct.pack("<HHBL", 0x5455, 5, 1, 1764150000) + struct.pack("<HH", 0x7875, 0)
    for writer, archive in (
        ("stored", _zip("thu.txt", "bang.xlsx", method=0)),
        ("data descriptors", _streamed("thu.txt", "__MACOSX/._thu.txt")),
        ("comment", _zip("thu.txt", comment=b"Bao cao thang 11")),
        ("time stamps", _zip("thu/", "thu/thu.txt", extra=stamps)),
        ("Vietnamese names", _zip("Báo cáo/Đề nghị.docx", "Báo cáo/số 2.pdf")),
        ("padded extra field", _zip("mimetype", extra=bytes(6), method=0)),
        ("a zip in it, stored", _zip_of(plain)),
        ("no files", empty),
        ("a line end behind it", plain + b"\r\n"),
        ("zeros behind it, as bsdtar", plain + bytes(9000)),
        ("2000 files", _zip(*(f"tep-{number}.txt" for number in range(2000)))),
    ):
        yield Row(f"zip of a program: {writer}", file("thu.zip", archive), ACCEPTED)


def _zip_of(archive: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as whole:
        whole.writestr("in.zip", archive)
        whole.writestr("cuoi.zip", archive)
    return buffer.getvalue()
