"""Only the head and the delegate of a unit may use its mailbox (Art. 6.4, 7.2)."""

from __future__ import annotations

from datetime import timedelta

from hopthu.daemons.dovecot import MAIL as MAIL_HOME
from hopthu.daemons.dovecot import SHARED
from hopthu.daemons.postfix import TABLES
from hopthu.desired.former import former
from hopthu.desired.mailbox import Mailbox
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Host
from hopthu.remote.host.rights_left import left
from hopthu.validate import read
from hopthu.verify.context import Person, ProbeContext
from hopthu.verify.failure import NothingToTry, ProbeFailed
from hopthu.verify.imap import Imap
from hopthu.verify.mail import letter, reading, receive, submit, write
from hopthu.verify.probe import ACCESS, DIRECTORY, MAIL, STORE, probe
from hopthu.verify.smtp import expect

_LATELY = timedelta(days=365)
_MOST = 50
"""Of those who lost a right last, so that a run stays short after a year of transfers."""


@probe(
    Message("the head reads the unit's mailbox and writes as the unit"),
    "Art. 7.2",
    through=(ACCESS, STORE),
)
def unit_head(context: ProbeContext) -> str:
    """They use their own password: a unit has none."""
    return _uses_unit(context, context.person("head"))


@probe(
    Message("the delegate reads the unit's mailbox and writes as the unit"),
    "Art. 7.2",
    through=(ACCESS, STORE),
)
def unit_delegate(context: ProbeContext) -> str:
    """Test the one person whom the head has authorised."""
    return _uses_unit(context, context.person("delegate"))


@probe(
    Message("another person of the unit can neither read its mailbox nor write as the unit"),
    "Art. 7.2",
    through=(ACCESS, STORE),
)
def unit_stranger(context: ProbeContext) -> str:
    """Neither working in the unit nor knowing the folder's name is enough."""
    person, unit = context.person("stranger"), context.mailbox("unit")
    address, reader = context.address(unit), context.person("colleague").address
    with reading(context, person) as session:
        seen = [name for name in session.folders() if name.startswith(SHARED)]
        opened = [name for name in _names(_folder(context, unit)) if session.opens(name)]
    if seen or opened:
        expected = Message("{unit} hidden from {address}", unit=unit.id, address=person.address)
        raise ProbeFailed(expected=expected, got=(seen + opened)[0])
    message = letter(context.token(), address, reader)
    reply = expect(submit(context, person, reader, message, sender=address), "553")
    expect(submit(context, person, reader, message), "5..")
    return reply


@probe(
    Message("who is a unit's head or delegate no more neither reads its mailbox nor writes as it"),
    "Art. 5.1, 7.2",
    uses=(MAIL, DIRECTORY),
)
def unit_former(context: ProbeContext) -> str:
    """Ask about those on record what Dovecot and Postfix go by: nobody can sign in for them."""
    site = context.site
    organisation = read(site.root, site.on).organisation.at(site.on)
    pairs = former(organisation, site.desired, site.on - _LATELY)[:_MOST]
    if not pairs:
        raise NothingToTry(
            Message("nobody has ceased to be a unit's head or delegate within {days} days",
                    days=_LATELY.days)
        )  # fmt: skip
    for host in site.centre.stores:
        for unit, person in context.calls(host)(left, MAIL_HOME, pairs):
            raise _has_left(host, unit, person, Message("a right to read it"))
    mine = {each.id: site.desired.served(each) for each in site.desired.kept()}
    for host in site.centre.with_role(ACCESS):
        rows = context.on(host, f"postmap -s lmdb:{TABLES}/senders").splitlines()
        users = {address: who.split(",") for address, _, who in (r.partition("\t") for r in rows)}
        for unit, person in pairs:
            if any(person in users.get(address, ()) for address in mine[unit]):
                raise _has_left(host, unit, person, Message("a right to write as it"))
    return Message("{number} tried, the last of whom was of {unit}: {person}",
                   number=len(pairs), unit=pairs[0][0], person=pairs[0][1])  # fmt: skip


def _has_left(host: Host, unit: str, person: str, right: Message) -> ProbeFailed:
    expected = Message(
        "{host} to have no right of {person} in the mailbox of {unit}",
        host=host.name, person=person, unit=unit,
    )  # fmt: skip
    return ProbeFailed(expected=expected, got=right)


@probe(
    Message("a personal mailbox cannot be shared or opened by others"),
    "Art. 6.4",
    through=(ACCESS, STORE),
)
def no_sharing(context: ProbeContext) -> str:
    """Its owner cannot use SETACL (RFC 4314), and no folder name opens another mailbox."""
    owner, other = context.person("colleague"), context.person("head")
    with reading(context, owner) as session:
        for folder in ("INBOX", "Sent"):
            if session.shares(folder, other.id) or session.shares(folder, "anyone"):
                raise ProbeFailed(
                    expected=Message("{command} refused", command=f"SETACL {folder}"), got="OK"
                )
    # The head's shared folders show which names would lead to a mailbox.
    people = [owner, context.person("stranger")]
    with reading(context, other) as session:
        opened = [name for p in people for name in _tried(p) if session.opens(name)]
        listed = [name for name in session.folders() if any(p.id in name for p in people)]
    if opened or listed:
        raise ProbeFailed(
            expected=Message("{address} unable to open others' mailboxes", address=other.address),
            got=", ".join(opened + listed),
        )
    return Message("SETACL refused; {address} cannot open others' mailboxes", address=other.address)


def _uses_unit(context: ProbeContext, person: Person) -> str:
    unit, sender = context.mailbox("unit"), context.person("colleague")
    address = context.address(unit)
    question, answer = context.token(), context.token()
    expect(write(context, sender, address, question), "250")
    with reading(context, person) as session:
        inbox = _inbox(session, _folder(context, unit))
        uids = context.until(
            lambda: session.find(inbox, question),
            Message("the letter in {folders} of {address}", folders=inbox, address=person.address),
        )
        session.remove(uids)
    expect(write(context, person, sender.address, answer, sender=address), "250")
    written_by = receive(context, sender, answer).message["From"]
    if address not in str(written_by):
        raise ProbeFailed(expected=f"From {address}", got=str(written_by))
    kept_once(context, person, answer)
    _recorded(context, person, answer)
    return Message(
        "{person} read {folder} and wrote as {address}",
        person=person.address,
        folder=inbox,
        address=address,
    )


def kept_once(context: ProbeContext, person: Person, token: str) -> None:
    """Find what was sent as the unit in its Sent, and remove it; nobody can file it again there."""
    folder = f"{SHARED}/{_folder(context, context.mailbox('unit'))}/Sent"
    with reading(context, person) as session:
        copies = context.until(
            lambda: session.find(folder, token),
            Message("the letter in {folders} of {address}", folders=folder, address=person.address),
        )
        filed = session.files(folder, b"Message-ID: <%s@x>\r\n\r\n" % token.encode())
        session.remove(copies)
    if filed or len(copies) != 1:
        expected = Message("one copy in {folder}, and no other to be filed", folder=folder)
        raise ProbeFailed(expected=expected, got=str(len(copies) + filed))


def _recorded(context: ProbeContext, person: Person, token: str) -> None:
    """Find in the log of the access host which person has sent it; recipients are not told."""
    logged = "journalctl --since=-15min -u postfix -o cat --grep"
    script = f"""
id=$({logged} 'message-id=<{token}' | cut -d : -f 1 | head -n 1)
{logged} "^$id: client=.* sasl_username={person.id}$"
"""
    if context.attempt(context.host(ACCESS), script).code != 0:
        expected = Message("the log to say that {person} has sent the letter", person=person.id)
        raise ProbeFailed(expected=expected, got=Message("nothing"))


def _folder(context: ProbeContext, unit: Mailbox) -> str:
    return context.site.desired.folders[unit.id]


def _inbox(session: Imap, folder: str) -> str:
    name, folders = f"{SHARED}/{folder}", session.folders()
    if name not in folders:
        expected = Message("{folder} to be listed", folder=name)
        raise ProbeFailed(expected=expected, got=", ".join(folders))
    return name


def _names(folder: str) -> tuple[str, str]:
    """Return the names under which an INBOX would be open to readers."""
    return f"{SHARED}/{folder}/INBOX", f"{SHARED}/{folder}"


def _tried(person: Person) -> tuple[str, ...]:
    local = person.address.partition("@")[0]
    others = (
        f"{root}/{who}" for root in ("user", "shared", "Other Users") for who in (person.id, local)
    )
    return (*_names(person.id), *_names(person.address), *others)
