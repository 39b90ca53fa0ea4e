"""PDFs made when a test runs: ordinary ones, ones with a file inside, ones that nobody can read."""

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import AccessPermission
from fpdf.fonts import FontFace
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    ByteStringObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    PdfObject,
    TextStringObject,
)

import hopthu.credentials
from hopthu.verify import messages

TEXT = "Báo cáo công tác tháng, nội dung bình thường. " * 20
FONTS = Path(hopthu.credentials.__file__).parent / "fonts"

Draw = Callable[[FPDF], object]


def paper(*draw: Draw, **options: object) -> bytes:
    """Return a PDF that fpdf2 has written."""
    pdf = FPDF(**options)  # type: ignore[arg-type]
    pdf.add_font("body", fname=FONTS / "DejaVuSans.ttf")
    pdf.add_page()
    pdf.set_font("body", size=12)
    pdf.multi_cell(0, 6, TEXT)
    for one in draw:
        one(pdf)
    return bytes(pdf.output())


def _picture(kind: str) -> io.BytesIO:
    buffer = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").save(buffer, kind)
    return buffer


def _table(pdf: FPDF) -> None:
    with pdf.table(headings_style=FontFace()) as table:
        for number in range(30):
            row = table.row()
            for word in ("Họ và tên", "Chức vụ", str(number)):
                row.cell(word)


def _outline(pdf: FPDF) -> None:
    for number in range(9):
        pdf.add_page()
        pdf.start_section(f"Mục {number}", level=min(number, 2))
        pdf.multi_cell(0, 6, TEXT)


def _links(pdf: FPDF) -> None:
    pdf.cell(text="Trang đầu", link=pdf.add_link(page=1))
    pdf.cell(text="Cổng thông tin", link="https://example.org/")


def _notes(pdf: FPDF) -> None:
    pdf.text_annotation(x=30, y=60, text="Ý kiến của lãnh đạo: /EF << /F 1 0 R >>")
    pdf.free_text_annotation(text="Đã xem", x=30, y=80, w=30, h=10)
    pdf.ink_annotation([(40, 50), (70, 25), (100, 50)], title="Ký nháy")
    pdf.set_xy(10, 120)
    with pdf.highlight("Đoạn cần xem"):
        pdf.multi_cell(0, 6, TEXT)


def _drawing(pdf: FPDF) -> None:
    with pdf.local_context(fill_opacity=0.3):
        pdf.ellipse(30, 30, 90, 40, style="FD")
    with pdf.rotation(45, 100, 100):
        pdf.text(60, 100, "DỰ THẢO")


def _locked(pdf: FPDF) -> None:
    pdf.set_encryption(owner_password="chu-so-huu", permissions=AccessPermission.none())


def _name(word: str) -> NameObject:
    return NameObject(f"/{word}")


def _dictionary(**values: PdfObject) -> DictionaryObject:
    return DictionaryObject({_name(key): value for key, value in values.items()})


def written(change: Callable[[PdfWriter], object], base: bytes | None = None) -> bytes:
    """Return a PDF that pypdf has changed."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(base or paper())))
    change(writer)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def _field(writer: PdfWriter, kind: str, name: str, **more: PdfObject) -> PdfObject:
    return writer._add_object(
        _dictionary(
            Type=_name("Annot"), Subtype=_name("Widget"), FT=_name(kind), T=TextStringObject(name),
            Rect=ArrayObject(NumberObject(n) for n in (50, 50, 150, 70)), **more,
        )
    )  # fmt: skip


def form(*fields: tuple[str, str], **more: PdfObject) -> Callable[[PdfWriter], None]:
    """Return what makes a PDF a form with fields of these kinds and names."""

    def change(writer: PdfWriter) -> None:
        refs = ArrayObject(_field(writer, *field) for field in fields)
        writer.pages[0][_name("Annots")] = refs
        writer.root_object[_name("AcroForm")] = _dictionary(Fields=refs, **more)

    return change


def signed(writer: PdfWriter) -> None:
    """Sign as programs do: a field, the range of bytes, and a CMS in a string."""
    signature = _dictionary(
        Type=_name("Sig"), Filter=_name("Adobe.PPKLite"), SubFilter=_name("adbe.pkcs7.detached"),
        ByteRange=ArrayObject(NumberObject(n) for n in (0, 100, 9000, 500)),
        Contents=ByteStringObject(b'0\x82\x10\x00"/EF": {' + bytes(4096)),
    )  # fmt: skip
    value = writer._add_object(signature)
    field = _field(writer, "Sig", "Chữ ký số", V=value)
    writer.pages[0][_name("Annots")] = ArrayObject([field])
    writer.root_object[_name("AcroForm")] = _dictionary(
        Fields=ArrayObject([field]), SigFlags=NumberObject(3)
    )
    writer.root_object[_name("Perms")] = _dictionary(DocMDP=value)


def xfa(writer: PdfWriter) -> None:
    """Put in the packets of an XFA form as LiveCycle does: streams called /EmbeddedFile."""
    packets = ArrayObject()
    for name in ("preamble", "template", "datasets", "postamble"):
        stream = DecodedStreamObject()
        stream.set_data(b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'/>")
        stream[_name("Type")] = _name("EmbeddedFile")
        packets.extend([TextStringObject(name), writer._add_object(stream)])
    writer.root_object[_name("AcroForm")] = _dictionary(Fields=ArrayObject(), XFA=packets)


def reader_rights(writer: PdfWriter) -> None:
    """Let Adobe Reader save a form: among the rights are those to files, /EF."""
    rights = _dictionary(
        Type=_name("TransformParams"), V=_name("2.2"),
        EF=ArrayObject(_name(word) for word in ("Create", "Delete", "Modify", "Import")),
    )  # fmt: skip
    reference = _dictionary(TransformMethod=_name("UR3"), TransformParams=rights)
    writer.root_object[_name("Perms")] = _dictionary(
        UR3=_dictionary(Type=_name("Sig"), Reference=ArrayObject([reference]))
    )


def layers(writer: PdfWriter) -> None:
    """Give layers, as drawing programs do."""
    group = writer._add_object(_dictionary(Type=_name("OCG"), Name=TextStringObject("Quy hoạch")))
    groups = ArrayObject([group])
    writer.root_object[_name("OCProperties")] = _dictionary(OCGs=groups, D=_dictionary(ON=groups))


def later(base: bytes) -> bytes:
    """Return a PDF with an update behind it, as whoever signs or annotates writes."""
    writer = PdfWriter(io.BytesIO(base), incremental=True)
    writer.add_metadata({"/Title": "Báo cáo, bản sửa"})
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def ordinary() -> dict[str, bytes]:
    """Return PDFs as offices send them."""
    filled = form(("Tx", "Họ và tên"), ("Btn", "Đồng ý"), ("Ch", "Đơn vị"))
    return {
        "text": paper(),
        "by hand": messages.pdf(),
        "uncompressed": paper(lambda pdf: pdf.set_compression(False)),
        "A3, landscape": paper(format="a3", orientation="landscape"),
        "PNG": paper(lambda pdf: pdf.image(_picture("PNG"), w=60)),
        "scanned": paper(*[lambda pdf: pdf.image(_picture("JPEG"), w=180)] * 9),
        "table": paper(_table),
        "outline": paper(_outline),
        "links": paper(_links),
        "notes": paper(_notes),
        "transparent": paper(_drawing),
        "properties": paper(lambda pdf: pdf.set_title('Về "/EF": { và /EmbeddedFile')),
        "owner's password, RC4": paper(_locked),
        "form": written(filled),
        "form to fill in": written(form(("Tx", "Số"), NeedAppearances=BooleanObject(True))),
        "signature field": written(form(("Sig", "Chữ ký số"))),
        "signed": written(signed),
        "signed later": later(written(signed)),
        "XFA form": written(xfa),
        "rights of Reader": written(reader_rights),
        "layers": written(layers),
        "updated": later(paper()),
        "updated twice": later(later(paper())),
        "merged": written(lambda writer: writer.append(io.BytesIO(paper(_table)))),
    }


# Each is made of some ordinary PDFs by qpdf, as other programs write them.
REWRITTEN = {
    "object streams": "--object-streams=generate",
    "linearized": "--linearize",
    "owner's password, AES": "--encrypt --owner-password=x --bits=256 --print=none --",
}
SOME = ("text", "scanned", "form", "signed", "XFA form", "outline", "notes")
# Each is made of a PDF with a file inside.
HIDDEN = REWRITTEN | {
    "user's password": "--encrypt --user-password=x --owner-password=y --bits=256 --"
}


def with_files(content: bytes) -> dict[str, bytes]:
    """Return PDFs with a file inside, as several programs put it there."""
    attached = written(lambda writer: writer.add_attachment("thu.txt", content))
    portfolio = written(
        lambda writer: writer.root_object.update({_name("Collection"): _dictionary()}), attached
    )
    annotation = _annotated(content)
    escaped = attached.replace(b"/EmbeddedFile", b"/Embedded#46ile").replace(b"/EF", b"/E#46")
    return {
        "by hand": messages.pdf(content),
        "attached": attached,
        "annotation": annotation,
        "portfolio": portfolio,
        "PDF in PDF": written(lambda writer: writer.add_attachment("a.pdf", messages.pdf())),
        "later": later(attached),
        "encoded names": escaped,
        "header behind something": b"\r\n" * 400 + attached,
        "no header": attached.replace(b"%PDF-", b"%%%%%", 1),
        "unreachable": messages.pdf(content).replace(b" /AF [7 0 R]", b"            "),
    }


def _annotated(content: bytes) -> bytes:
    path = Path("/var/tmp/thu.txt")  # noqa: S108
    path.write_bytes(content)
    try:
        return paper(lambda pdf: pdf.file_attachment_annotation(path, x=30, y=30))
    finally:
        path.unlink()


def _packed(body: bytes) -> bytes:
    """Return a PDF with one object in an object stream."""
    head = b"10 0 "
    stream = zlib.compress(head + body, 9)
    out = bytearray(messages.pdf().rpartition(b"xref\n0 ")[0])
    at = len(out)
    out += b"9 0 obj\n<< /Type /ObjStm /N 1 /First 5 /Filter /FlateDecode /Length %d >>\n" % len(
        stream
    )
    out += b"stream\n%s\nendstream\nendobj\n" % stream
    places = [out.find(b"%d 0 obj" % number) for number in range(1, 7)]
    rows = [(0, 0, 65535), *((1, place, 0) for place in places), (0, 0, 0), (0, 0, 0)]
    rows += [(1, at, 0), (2, 9, 0), (1, len(out), 0)]
    table = b"".join(struct.pack(">BIH", *row) for row in rows)
    end = len(out)
    out += b"11 0 obj\n<< /Type /XRef /Size 12 /W [1 4 2] /Root 1 0 R /Length %d >>\n" % len(table)
    out += b"stream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (table, end)
    return bytes(out)


def unreadable() -> dict[str, bytes]:
    """Return PDFs that qpdf does not read to their end."""
    whole = messages.pdf(b"thu")
    return {
        "cut off": whole[: len(whole) // 2],
        "nothing but a header": b"%PDF-1.7\n",
        "key twice": whole.replace(b"/F 8 0 R >> >>", b"/F 8 0 R >> /EF null >>"),
        "too deep": whole.replace(b"/EF <<", b"/X " + b"[" * 900 + b"]" * 900 + b" /EF <<"),
        "bomb": _packed(b"[" + b"1 " * 12_000_000 + b"]"),
    }


def stored(content: bytes) -> dict[str, bytes]:
    """Return archives that hold a PDF as it is."""
    buffer, entry = io.BytesIO(), tarfile.TarInfo("bao-cao.pdf")
    entry.size = len(content)
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.addfile(entry, io.BytesIO(content))
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as archive:
        for number in range(3):
            archive.writestr(f"bao-cao-{number}.pdf", content)
    return {
        "zip": messages.zipped({"bao-cao.pdf": content}),
        "zip in zip": messages.zipped({"bao-cao.pdf": content}, depth=3),
        "zip, stored": plain.getvalue(),
        "tar": buffer.getvalue(),
        "gz": gzip.compress(content),
    }


def in_rtf(content: bytes) -> bytes:
    """Return a letter of Word with a file inside, as Windows' packager puts it there."""
    name = b"a.pdf\0"
    size = struct.pack("<I", len(content))
    package = b"\2\0" + name + name + b"\0\0\3\0" + struct.pack("<I", 6) + name + size + content
    head = struct.pack("<III", 0x501, 2, 8) + b"Package\0" + bytes(8)
    data = (head + struct.pack("<I", len(package)) + package).hex().encode()
    lines = b"\r\n".join(data[at : at + 76] for at in range(0, len(data), 76))
    return b"{\\rtf1\\ansi Kinh gui.{\\object\\objemb{\\*\\objdata " + lines + b"}}\\par}\r\n"
