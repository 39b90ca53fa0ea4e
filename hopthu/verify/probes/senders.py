"""The sender of a letter cannot be forged (Art. 6.2), and not everybody writes to lists (7.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from hopthu.daemons import rspamd, valkey
from hopthu.daemons.openldap import LDAPI
from hopthu.directory.entries import STOPPED, suffix
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.verify.accounts import release
from hopthu.verify.context import Person, ProbeContext
from hopthu.verify.failure import ProbeFailed
from hopthu.verify.mail import (
    letter,
    reading,
    receive,
    send_from_outside,
    submission,
    submit,
    write,
    write_from_outside,
)
from hopthu.verify.probe import ACCESS, EDGE, STORE, probe
from hopthu.verify.probes.units import kept_once
from hopthu.verify.smtp import Reply, expect, offer

_DAY = 86400
_TAKEN = 250
_EXPIRES = 60
"""Seconds after which a limit of a probe that was killed is forgotten."""


@probe(
    Message("sending from another's address, or from none, is refused"),
    "Art. 6.2",
    through=(ACCESS,),
)
def forged_sender(context: ProbeContext) -> str:
    """Try the envelope: a colleague's address, and the null sender, which only servers use."""
    person, other = context.person("colleague"), context.person("reader")
    reader = context.elsewhere("reader").address
    message = letter(context.token(), other.address, reader)
    # Capitals and another domain must not circumvent the check.
    for sender in (other.address, other.address.upper(), context.citizen):
        reply = expect(submit(context, person, reader, message, sender=sender), "553")
    message = letter(context.token(), person.address, reader)
    expect(submit(context, person, reader, message, sender=""), "5..")
    return reply


@probe(
    Message("a letter that names somebody else as its author is refused"),
    "Art. 6.2",
    through=(ACCESS,),
)
def forged_header(context: ProbeContext) -> str:
    """Try the header From, which people see: it must be one field with the sender's own address."""
    person, other = context.person("colleague"), context.person("reader")
    reader = context.elsewhere("reader").address
    mine, theirs = person.address, other.address
    forgeries = {
        Message("From a colleague"): letter(context.token(), theirs, reader),
        Message("a second From above"): letter(
            context.token(), mine, reader, headers=[("From", theirs)]
        ),
        Message("a second From below"): letter(
            context.token(), theirs, reader, headers=[("From", mine)]
        ),
        Message("two addresses in From"): letter(context.token(), f"{mine}, {theirs}", reader),
        Message("a colleague's address as the name"): letter(
            context.token(), f'"{theirs}" <{mine}>', reader
        ),
    }
    return _all_refused(lambda forgery: submit(context, person, reader, forgery), forgeries)


@probe(
    Message("mail from outside with a sender of the centre's domain is refused"),
    "Art. 6.2",
    through=(EDGE,),
)
def forged_outside(context: ProbeContext) -> str:
    """Try the envelope and the header, capitals, and a genuine address next to the forged one."""
    reader, theirs = context.person("reader").address, context.person("colleague").address
    own_from = letter(context.token(), theirs, reader)
    forgeries = {
        Message("From an official"): own_from,
        Message("From an official in capitals"): letter(context.token(), theirs.upper(), reader),
        Message("a second From"): letter(
            context.token(), context.citizen, reader, headers=[("From", theirs)]
        ),
        Message("two addresses in From"): letter(
            context.token(), f"{context.citizen}, {theirs}", reader
        ),
    }

    def send(sender: str) -> Callable[[bytes], Reply]:
        return lambda forgery: send_from_outside(context, sender, reader, forgery)

    _all_refused(send(context.citizen), forgeries)
    _all_refused(send(""), {Message("From an official, null sender"): own_from})
    return expect(send(theirs)(letter(context.token(), theirs, reader)), "5..")


@probe(
    Message("only the mailbox of its unit writes to a list, and each person on it gets one copy"),
    "Art. 7.1",
    through=(ACCESS, EDGE, STORE),
)
def unit_list(context: ProbeContext) -> str:
    """Write as the unit, then as who is on the list, as its head, and from outside."""
    head, reader = context.person("head"), context.person("reader")
    unit = context.address(context.mailbox("unit"))
    to, token = f"list_{unit}", context.token()
    # Whoever is addressed besides gets one copy all the same.
    with submission(context, head) as smtp:
        expect(offer(smtp, unit, [to, reader.address], letter(token, unit, to)), "250")
    receive(context, context.person("colleague"), token)
    with reading(context, reader) as session:
        what = Message("the letter in {folders} of {address}", folders="INBOX",
                       address=reader.address)  # fmt: skip
        uids = context.until(lambda: session.find("INBOX", token), what)
        session.remove(uids)
    if len(uids) > 1:
        raise ProbeFailed(expected=Message("one copy"), got=str(len(uids)))
    kept_once(context, head, token)
    expect(write(context, head, to), "5..")
    expect(write_from_outside(context, to), "550", step="RCPT")
    return expect(write(context, reader, to), "5..")


def _all_refused(send: Callable[[bytes], Reply], forgeries: Mapping[Message, bytes]) -> str:
    replies = {what: send(message) for what, message in forgeries.items()}
    accepted = [
        Message("{what}: {reply}", what=what, reply=reply.message())
        for what, reply in replies.items()
        if not 500 <= reply.code < 600
    ]
    if accepted:
        raise ProbeFailed(expected="5xx", got=joined(accepted))
    first = next(iter(replies.values()))
    return Message(
        "{number} forgeries refused: {reply}", number=len(replies), reply=first.message()
    )


@probe(
    Message("who writes to too many addresses, outside or inside, has to wait"),
    "Art. 6.3, 6.5",
    through=(ACCESS,),
    last=True,
)
def limits(context: ProbeContext) -> str:
    """Say that each limit is reached, of a person and of a unit; one letter more is put off."""
    head, access = context.person("head"), context.host(ACCESS)
    unit, reader = context.address(context.mailbox("unit")), context.elsewhere("reader").address
    allowed, outside = context.site.policy.limits, context.site.policy.probe.outside
    reached = {
        ("inside", allowed.external_minutes * 60): allowed.internal_messages,
        ("inside", _DAY): allowed.internal_daily,
    }
    if outside.server:
        reached |= {
            ("outside", allowed.external_minutes * 60): allowed.external_messages,
            ("outside", _DAY): allowed.external_daily,
        }
    for (where, seconds), most in reached.items():
        to = reader if where == "inside" else f"{head.id}@{outside.domain}"
        for who, sender in ((head.id, head.address), (unit, unit)):
            counter = f"valkey-cli -s {valkey.SOCKET} {{}} hopthu:{where}:{seconds}:{who}"
            context.on(access, f"{counter.format('set')} {most} ex {_EXPIRES}")
            try:
                reply = write(context, head, to, sender=sender)
                said = expect(reply, "451", text="too many recipients", step="DATA")
            finally:
                context.on(access, counter.format("del"))
    with submission(context, head) as smtp:
        code, answer = smtp.mail(head.address, [f"SIZE={allowed.message + 1}"])
    expect(Reply("MAIL", code, answer.decode()), "552")
    return said


@probe(
    Message("who was stopped on one access host sends by none until the release"),
    "Art. 6.5",
    through=(ACCESS,),
    last=True,
)
def stopped(context: ProbeContext) -> str:
    """Leave the note that stops somebody, and have them send again as a new password does."""
    person, access = context.person("stranger"), context.host(ACCESS)
    note, told = (f"{rspamd.STOPPED}/{kind}.{person.id}" for kind in ("stopped", "told"))
    reader = context.elsewhere("reader")
    everywhere = [
        replace(context, through={**context.through, ACCESS: host})
        for host in context.site.centre.with_role(ACCESS)
    ]

    def send(each: ProbeContext) -> Reply:
        token = context.token()
        reply = write(each, person, reader.address, token)
        if reply.code == _TAKEN:
            receive(context, reader, token)
        return reply

    new = f"{rspamd.STOPPED}/new.stopped.{person.id}"
    leave = f"printf flood | install -o _rspamd -g _rspamd /dev/stdin {new} && mv {new} {note}"
    context.on(access, leave)
    try:
        for each in everywhere:
            _say(each, person, stopped=True)
        # Then it is Postfix that refuses, and not Rspamd.
        context.on(
            access,
            f"timeout 30 sh -c 'while [ -e {note} ]; do sleep 0.1; done'; rm -f {told}",
        )
        replies = [expect(send(each), "554", text="stopped", step="DATA") for each in everywhere]
    finally:
        context.on(access, f"rm -f {note} {told}")
        release(context, person.id)
    for each in everywhere:
        _say(each, person, stopped=False)
        expect(send(each), "250")
    return replies[0]


def _say(context: ProbeContext, person: Person, *, stopped: bool) -> None:
    """Wait until the directory of an access host says whether somebody is stopped."""
    host, top = context.host(ACCESS), suffix(context.domain)
    filter_ = f"'(&(uid={person.id})({STOPPED}=*))'"
    search = f"ldapsearch -LLL -Q -Y EXTERNAL -H {LDAPI} -b {top} {filter_} 1.1"
    what = (
        Message("{host} to hear of a stop", host=host.name)
        if stopped
        else Message("{host} to hear of a release", host=host.name)
    )
    context.until(lambda: stopped == ("dn: " in context.on(host, search)), what)
