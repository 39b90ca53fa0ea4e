"""A unit's mailbox is its head's and its delegate's, nobody else's (Art. 6.4, 7.2)."""

from __future__ import annotations

from hopthu.daemons.dovecot import SHARED
from hopthu.verify.context import Person, ProbeContext
from hopthu.verify.imap import Imap
from hopthu.verify.mail import letter, reading, receive, submit
from hopthu.verify.probe import ProbeFailed, probe
from hopthu.verify.smtp import expect


@probe(
    "the head reads the unit's mailbox and writes as the unit",
    "Art. 7.2",
    parts=("head", "colleague"),
)
def unit_head(world: ProbeContext) -> str:
    """With their own password: a unit has none."""
    return _uses_unit(world, world.person("head"))


@probe(
    "the delegate reads the unit's mailbox and writes as the unit",
    "Art. 7.2",
    parts=("delegate", "colleague", "head"),
)
def unit_delegate(world: ProbeContext) -> str:
    """As the one person whom the head has authorised."""
    return _uses_unit(world, world.person("delegate"))


@probe(
    "a third person of the unit can neither read its mailbox nor write as it",
    "Art. 7.2",
    parts=("stranger", "colleague", "head"),
)
def unit_stranger(world: ProbeContext) -> str:
    """Working there is not enough; knowing the folder's name is not either."""
    person, unit = world.person("stranger"), world.unit()
    address, reader = world.address(unit), world.person("colleague").address
    with reading(world, person) as session:
        seen = [name for name in session.folders() if name.startswith(SHARED)]
        opened = [name for name in _names(unit.id) if session.opens(name)]
    if seen or opened:
        raise ProbeFailed(
            expected=f"{unit.id} hidden from {person.address}", got=f"{(seen + opened)[0]}"
        )
    message = letter(world.token(), address, reader)
    reply = expect(submit(world, person, reader, message, sender=address), "553")
    expect(submit(world, person, reader, message), "5..")
    return reply


@probe(
    "a personal mailbox cannot be shared or opened by others",
    "Art. 6.4",
    parts=("head", "colleague", "stranger"),
)
def no_sharing(world: ProbeContext) -> str:
    """Its owner has no command for it (RFC 4314), and no name leads into somebody else's."""
    owner, other = world.person("colleague"), world.person("head")
    with reading(world, owner) as session:
        for folder in ("INBOX", "Sent"):
            if session.shares(folder, other.id) or session.shares(folder, "anyone"):
                raise ProbeFailed(expected=f"SETACL {folder} refused", got="OK")
    # The head's own shared folders show what names lead to a mailbox, if any did.
    people = [owner, world.person("stranger")]
    with reading(world, other) as session:
        opened = [name for p in people for name in _tried(p) if session.opens(name)]
        listed = [name for name in session.folders() if any(p.id in name for p in people)]
    if opened or listed:
        raise ProbeFailed(
            expected=f"no way for {other.address} into others' mailboxes", got=str(opened + listed)
        )
    return f"SETACL refused; {other.address} opens nobody else's mailbox"


def _uses_unit(world: ProbeContext, person: Person) -> str:
    unit, sender = world.unit(), world.person("colleague")
    address = world.address(unit)
    question, answer = world.token(), world.token()
    expect(submit(world, sender, address, letter(question, sender.address, address)), "250")
    with reading(world, person) as session:
        inbox = _inbox(session, unit.id)
        uids = world.until(
            lambda: session.find(inbox, question), f"the letter in {inbox} of {person.address}"
        )
        session.remove(uids)
    message = letter(answer, address, sender.address)
    expect(submit(world, person, sender.address, message, sender=address), "250")
    written_by = receive(world, sender, answer).message["From"]
    if address not in str(written_by):
        raise ProbeFailed(expected=f"From {address}", got=str(written_by))
    return f"{person.address} read {inbox} and wrote as {address}"


def _inbox(session: Imap, unit: str) -> str:
    folders = session.folders()
    for name in _names(unit):
        if name in folders:
            return name
    raise ProbeFailed(expected=f"{_names(unit)[0]} to be listed", got=", ".join(folders))


def _names(owner: str) -> tuple[str, str]:
    """Return what the INBOX of `owner` may be called: a shared one has no level below it."""
    return f"{SHARED}/{owner}/INBOX", f"{SHARED}/{owner}"


def _tried(person: Person) -> tuple[str, ...]:
    local = person.address.partition("@")[0]
    others = (
        f"{root}/{who}" for root in ("user", "shared", "Other Users") for who in (person.id, local)
    )
    return (*_names(person.id), *_names(person.address), *others)
