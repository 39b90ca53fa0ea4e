"""Mail arrives from outside and inside, and leaves; mail for others is refused (Art. 1, 4)."""

from __future__ import annotations

from hopthu.desired.probes import FULL
from hopthu.i18n.message import Message
from hopthu.verify.context import Person, ProbeContext
from hopthu.verify.failure import ProbeFailed
from hopthu.verify.mail import (
    in_clear,
    letter,
    receive,
    received_outside,
    submission,
    write,
    write_from_outside,
)
from hopthu.verify.probe import ACCESS, ACCOUNTS, EDGE, INTERNET, STORE, probe
from hopthu.verify.smtp import expect, offer

ELSEWHERE = "ai-do@example.net"
"""An address of neither the centre nor the server outside (RFC 2606)."""


@probe(
    Message("mail from outside reaches a person on the first store"),
    "Art. 1",
    through=(EDGE, ACCESS),
)
def inbound_store1(context: ProbeContext) -> str:
    """Use the MX record, as any mail server outside does."""
    exchangers = context.outside.run(f"dig +short MX {context.domain}").out.split()
    if f"mx.{context.domain}." not in exchangers:
        got = " ".join(exchangers) or Message("no MX record")
        raise ProbeFailed(expected=f"MX mx.{context.domain}", got=got)
    return _inbound(context, context.person("reader"))


@probe(
    Message("mail from outside reaches a person on every store"),
    "Art. 1",
    through=(EDGE, ACCESS, STORE),
)
def inbound_store2(context: ProbeContext) -> str:
    """Test every store: another host, or another label on the same host."""
    return _inbound(context, context.person("reader"))


def _inbound(context: ProbeContext, person: Person) -> str:
    token = context.token()
    expect(write_from_outside(context, person.address, token), "250")
    found = receive(context, person, token)
    return Message(
        "{subject} read by {address} ({store})",
        subject=found.message["Subject"],
        address=person.address,
        store=person.store,
    )


@probe(
    Message("upper and lower case do not matter in an address"),
    "Art. 4",
    through=(EDGE, ACCESS),
)
def case(context: ProbeContext) -> str:
    """RFC 5321 lets the server ignore the local part's case; Art. 4 has the domain in capitals."""
    person = context.person("reader")
    token, capitals = context.token(), person.address.upper()
    expect(write_from_outside(context, capitals, token), "250")
    receive(context, person, token)
    return Message("{capitals} reached {address}", capitals=capitals, address=person.address)


@probe(
    Message("an unknown recipient is refused before the message is sent"),
    "Art. 4",
    through=(EDGE,),
    needs=(INTERNET,),
)
def unknown_recipient(context: ProbeContext) -> str:
    """Refuse at RCPT: a later refusal would be a bounce to a possibly forged sender."""
    nobody = f"khong-co-{context.token()}@{context.domain}"
    return expect(write_from_outside(context, nobody), "550", step="RCPT")


@probe(Message("mail for another domain is refused"), "Art. 4", through=(EDGE,), needs=(INTERNET,))
def no_open_relay(context: ProbeContext) -> str:
    """Port 25 must not relay, neither for servers outside nor for an official's workstation."""
    reply = write_from_outside(context, ELSEWHERE)
    expect(reply, "554", step="RCPT")
    edge, message = context.host(EDGE), letter(context.token(), context.citizen, ELSEWHERE)
    with in_clear(context, context.client, edge.address, 25) as smtp:
        smtp.ehlo()
        expect(offer(smtp, context.citizen, [ELSEWHERE], message), "554", step="RCPT")
    return reply.message()


@probe(
    Message("mail to a closed mailbox is refused with the address of the unit"),
    "Art. 5.2",
    through=(EDGE, ACCESS),
)
def closed_mailbox(context: ProbeContext) -> str:
    """Senders, outside and inside, learn where to write instead."""
    gone = context.address(context.mailbox("closed"))
    unit = context.address(context.mailbox("unit"))
    reply = write_from_outside(context, gone)
    expect(reply, "550", text=unit, step="RCPT")
    expect(write(context, context.person("colleague"), gone), "550", text=unit, step="RCPT")
    return reply.message()


@probe(
    Message("mail to a full mailbox is refused before it is accepted"),
    "Art. 5.1",
    through=(EDGE, ACCESS, STORE),
)
def full_mailbox(context: ProbeContext) -> str:
    """Refuse at RCPT, where other mail to the same store is accepted, outside and inside."""
    mailbox, sender = context.mailbox("full"), context.elsewhere("colleague")
    # It fails where an earlier run has done it.
    fill = f"printf %-{FULL}s 'Subject: x' | doveadm save -u {mailbox.id}"
    context.attempt(context.host(STORE), fill)
    full = context.address(mailbox)
    reply = write_from_outside(context, full)
    expect(reply, "552", text="5.2.2", step="RCPT")
    expect(write(context, sender, full), "552", text="5.2.2", step="RCPT")
    return reply.message()


@probe(
    Message("people write to each other across stores, by either submission port"),
    "Art. 1",
    through=(ACCESS, STORE),
)
def internal(context: ProbeContext) -> str:
    """Use 465 and 587 (RFC 8314); the text must arrive unchanged."""
    sender, reader = context.person("colleague"), context.elsewhere("reader")
    for port in (465, 587):
        token = context.token()
        message = letter(token, sender.address, reader.address)
        with submission(context, sender, port=port) as smtp:
            expect(offer(smtp, sender.address, [reader.address], message), "250")
        body = receive(context, reader, token).message.get_content()
        if "Kính gửi" not in body:
            expected = Message("the text that was sent")
            raise ProbeFailed(expected=expected, got=repr(body[:80]))
    return Message(
        "{sender} to {reader} by 465 and 587", sender=sender.address, reader=reader.address
    )


@probe(
    Message("mail to the outside has a signature that its receiver verifies"),
    "Art. 5.1",
    through=(ACCESS,),
    needs=(ACCOUNTS, INTERNET),
)
def outbound_dkim(context: ProbeContext) -> str:
    """DKIM (RFC 6376) with the key in DNS; read the verdict of the receiving server."""
    person, token = context.person("reader"), context.token()
    expect(write(context, person, context.citizen, token), "250")
    message = received_outside(context, context.citizen, token)
    verdict = " ".join(str(message.get("Authentication-Results", "none")).split())
    if "dkim=pass" not in verdict or f"d={context.domain}" not in verdict:
        raise ProbeFailed(expected=f"dkim=pass for d={context.domain}", got=verdict)
    return verdict
