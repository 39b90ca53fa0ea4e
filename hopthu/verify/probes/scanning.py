"""Every message is scanned, whichever way it goes (Art. 5.1, 6.3, 6.5)."""

from __future__ import annotations

from collections.abc import Mapping

from hopthu.verify import messages
from hopthu.verify.context import ProbeContext
from hopthu.verify.mail import letter, receive, send_from_outside, submit
from hopthu.verify.probe import ProbeFailed, probe
from hopthu.verify.smtp import Reply, expect

_PARTS = ("colleague", "on_store1")


@probe("a virus from outside is refused", "Art. 5.1", parts=_PARTS, needs=("internet",))
def virus_inbound(world: ProbeContext) -> str:
    """Refuse it to the server that brings it: nobody is told of a letter that never came."""
    return expect(_from_outside(world, {"thu.txt": messages.eicar()}), "5..")


@probe("a virus to the outside is refused", "Art. 6.5", parts=_PARTS)
def virus_outbound(world: ProbeContext) -> str:
    """Keep ours from spreading what they caught."""
    return expect(_from_inside(world, world.citizen, {"thu.txt": messages.eicar()}), "5..")


@probe("a virus from colleague to colleague is refused", "Art. 6.5", parts=_PARTS)
def virus_internal(world: ProbeContext) -> str:
    """Trust nobody for being one of us."""
    return expect(_to_colleague(world, {"thu.txt": messages.eicar()}), "5..")


@probe("a virus inside a zip archive is refused", "Art. 5.1", parts=_PARTS, needs=("internet",))
def virus_zip(world: ProbeContext) -> str:
    """Look inside, coming in and from colleague to colleague."""
    attached = {"bao-cao.zip": messages.zipped({"thu.txt": messages.eicar()})}
    return _refused_everywhere(world, attached)


@probe("a virus twenty archives deep is refused", "Art. 5.1", parts=_PARTS, needs=("internet",))
def virus_deep_zip(world: ProbeContext) -> str:
    """Refuse what is too deep to look through, and do not remember it as clean."""
    attached = {"bao-cao.zip": messages.zipped({"thu.txt": messages.eicar()}, depth=20)}
    _refused_everywhere(world, attached)
    return _refused_everywhere(world, attached)


@probe(
    "a virus behind a large member of an archive is refused",
    "Art. 5.1",
    parts=_PARTS,
    needs=("internet",),
)
def virus_large_member(world: ProbeContext) -> str:
    """Do not stop looking at a size."""
    attached = {"bao-cao.zip": messages.beside_large({"thu.txt": messages.eicar()})}
    return _refused_everywhere(world, attached)


@probe("an encrypted archive is refused", "Art. 5.1", parts=_PARTS, needs=("internet",))
def virus_encrypted(world: ProbeContext) -> str:
    """Refuse what nobody can look into."""
    attached = {"bao-cao.zip": messages.encrypted_zip({"thu.txt": b"Kinh gui"})}
    return _refused_everywhere(world, attached)


@probe("an executable is refused", "Art. 6.3", parts=_PARTS, needs=("internet",))
def executable(world: ProbeContext) -> str:
    """By its name, by a second name, by what it is, and inside an archive."""
    program = messages.executable()
    for attached in (
        {"bao-cao.exe": program},
        {"bao-cao.pdf.exe": program},
        {"bao-cao.pdf": program},
    ):
        expect(_to_colleague(world, attached), "5..")
    return _refused_everywhere(world, {"bao-cao.zip": messages.zipped({"bao-cao.exe": program})})


@probe("clear spam is refused", "Art. 5.1", parts=("on_store1",), needs=("internet",))
def spam(world: ProbeContext) -> str:
    """GTUBE, which every filter must know."""
    reader = world.person("on_store1").address
    message = letter(world.token(), world.citizen, reader, text=f"{messages.gtube()}\n")
    return expect(send_from_outside(world, world.citizen, reader, message), "5..")


@probe(
    "an ordinary Vietnamese letter with a PDF reaches the inbox",
    "Art. 5.1",
    parts=("on_store1",),
    needs=("internet",),
)
def ham(world: ProbeContext) -> str:
    """Not into Junk, and the PDF as it was sent."""
    person, token = world.person("on_store1"), world.token()
    content = messages.pdf()
    message = letter(token, world.citizen, person.address, attached={"bao-cao.pdf": content})
    expect(send_from_outside(world, world.citizen, person.address, message), "250")
    found = receive(world, person, token, "INBOX", "Junk")
    if found.folder != "INBOX":
        raise ProbeFailed(expected="the letter in INBOX", got=f"in {found.folder}")
    arrived = [part.get_content() for part in found.message.iter_attachments()]
    if arrived != [content]:
        raise ProbeFailed(expected="the PDF as it was sent", got=f"{len(arrived)} attachment(s)")
    return f"{len(message)} bytes, in INBOX of {person.address}"


def _refused_everywhere(world: ProbeContext, attached: Mapping[str, bytes]) -> str:
    """Refused with 5xx as it is handed in and as it comes in."""
    expect(_to_colleague(world, attached), "5..")
    return expect(_from_outside(world, attached), "5..")


def _from_outside(world: ProbeContext, attached: Mapping[str, bytes]) -> Reply:
    reader = world.person("on_store1").address
    message = letter(world.token(), world.citizen, reader, attached=attached)
    return send_from_outside(world, world.citizen, reader, message)


def _to_colleague(world: ProbeContext, attached: Mapping[str, bytes]) -> Reply:
    return _from_inside(world, world.person("on_store1").address, attached)


def _from_inside(world: ProbeContext, recipient: str, attached: Mapping[str, bytes]) -> Reply:
    sender = world.person("colleague")
    message = letter(world.token(), sender.address, recipient, attached=attached)
    return submit(world, sender, recipient, message)
