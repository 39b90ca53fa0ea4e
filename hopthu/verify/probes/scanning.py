"""Every message is scanned: incoming, outgoing and internal (Art. 5.1, 6.3, 6.5)."""

from __future__ import annotations

from collections.abc import Mapping

from hopthu.i18n.message import Message
from hopthu.verify import messages
from hopthu.verify.context import ProbeContext
from hopthu.verify.failure import ProbeFailed
from hopthu.verify.mail import letter, receive, send_from_outside, write, write_from_outside
from hopthu.verify.probe import ACCESS, EDGE, probe
from hopthu.verify.smtp import Reply, expect


@probe(
    Message("a virus from outside is refused"),
    "Art. 5.1",
    through=(EDGE,),
)
def virus_inbound(context: ProbeContext) -> str:
    """Expect a refusal during SMTP, so that no bounce is sent."""
    return expect(_from_outside(context, {"thu.txt": messages.eicar()}), "5..")


@probe(Message("a virus to the outside is refused"), "Art. 6.5", through=(ACCESS,))
def virus_outbound(context: ProbeContext) -> str:
    """Infected workstations must not spread a virus."""
    return expect(_from_inside(context, context.citizen, {"thu.txt": messages.eicar()}), "5..")


@probe(
    Message("a virus from colleague to colleague is refused"),
    "Art. 6.5",
    through=(ACCESS,),
)
def virus_internal(context: ProbeContext) -> str:
    """Test that internal mail is scanned too."""
    return expect(_to_colleague(context, {"thu.txt": messages.eicar()}), "5..")


@probe(
    Message("a virus inside a zip archive is refused"),
    "Art. 5.1",
    through=(EDGE, ACCESS),
)
def virus_zip(context: ProbeContext) -> str:
    """Test that archives are scanned, in incoming and in internal mail."""
    attached = {"bao-cao.zip": messages.zipped({"thu.txt": messages.eicar()})}
    return _refused_everywhere(context, attached)


@probe(
    Message("a virus inside twenty nested archives is refused"),
    "Art. 5.1",
    through=(EDGE, ACCESS),
)
def virus_deep_zip(context: ProbeContext) -> str:
    """Test that archives nested too deep are refused, and not cached as clean."""
    attached = {"bao-cao.zip": messages.zipped({"thu.txt": messages.eicar()}, depth=20)}
    _refused_everywhere(context, attached)
    return _refused_everywhere(context, attached)


@probe(
    Message("a virus behind a large member of an archive is refused"),
    "Art. 5.1",
    through=(EDGE, ACCESS),
)
def virus_large_member(context: ProbeContext) -> str:
    """Test that scanning does not stop at a size limit."""
    attached = {"bao-cao.zip": messages.beside_large({"thu.txt": messages.eicar()})}
    return _refused_everywhere(context, attached)


@probe(
    Message("an encrypted archive is refused"),
    "Art. 5.1",
    through=(EDGE, ACCESS),
)
def virus_encrypted(context: ProbeContext) -> str:
    """Content that cannot be scanned is refused."""
    attached = {"bao-cao.zip": messages.encrypted_zip({"thu.txt": b"Kinh gui"})}
    return _refused_everywhere(context, attached)


@probe(
    Message("a PDF with a file inside is refused"),
    "Art. 5.1",
    through=(EDGE, ACCESS),
)
def pdf_file(context: ProbeContext) -> str:
    """Files in a PDF are refused, whatever they are."""
    return _refused_everywhere(context, {"bao-cao.pdf": messages.pdf(b"Kinh gui")})


@probe(
    Message("an executable is refused"),
    "Art. 6.3",
    through=(EDGE, ACCESS),
)
def executable(context: ProbeContext) -> str:
    """Try a program under its own extension, a second one, another one, and in an archive."""
    program = messages.executable()
    for attached in (
        {"bao-cao.exe": program},
        {"bao-cao.pdf.exe": program},
        {"bao-cao.pdf": program},
    ):
        expect(_to_colleague(context, attached), "5..")
    return _refused_everywhere(context, {"bao-cao.zip": messages.zipped({"bao-cao.exe": program})})


@probe(
    Message("obvious spam is refused"),
    "Art. 5.1",
    through=(EDGE,),
)
def spam(context: ProbeContext) -> str:
    """Send GTUBE, which every filter must recognise."""
    reader = context.person("reader").address
    return expect(write_from_outside(context, reader, text=f"{messages.gtube()}\n"), "5..")


@probe(
    Message("an ordinary Vietnamese letter with a PDF reaches the inbox"),
    "Art. 5.1",
    through=(EDGE, ACCESS),
)
def ham(context: ProbeContext) -> str:
    """Test that it is not put into Junk, and that the PDF is unchanged."""
    person, token = context.person("reader"), context.token()
    content = messages.pdf()
    message = letter(token, context.citizen, person.address, attached={"bao-cao.pdf": content})
    expect(send_from_outside(context, context.citizen, person.address, message), "250")
    found = receive(context, person, token, "INBOX", "Junk")
    if found.folder != "INBOX":
        raise ProbeFailed(
            expected=Message("the letter in INBOX"),
            got=Message("in {folder}", folder=found.folder),
        )
    arrived = [part.get_content() for part in found.message.iter_attachments()]
    if arrived != [content]:
        raise ProbeFailed(
            expected=Message("the PDF as it was sent"),
            got=Message("{number} attachment(s)", number=len(arrived)),
        )
    return Message("{size} bytes, in INBOX of {address}", size=len(message), address=person.address)


def _refused_everywhere(context: ProbeContext, attached: Mapping[str, bytes]) -> str:
    """Expect 5xx on submission and from outside."""
    expect(_to_colleague(context, attached), "5..")
    return expect(_from_outside(context, attached), "5..")


def _from_outside(context: ProbeContext, attached: Mapping[str, bytes]) -> Reply:
    return write_from_outside(context, context.person("reader").address, attached=attached)


def _to_colleague(context: ProbeContext, attached: Mapping[str, bytes]) -> Reply:
    return _from_inside(context, context.person("reader").address, attached)


def _from_inside(context: ProbeContext, recipient: str, attached: Mapping[str, bytes]) -> Reply:
    return write(context, context.person("colleague"), recipient, attached=attached)
