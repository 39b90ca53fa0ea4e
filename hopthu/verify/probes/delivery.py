"""Mail comes in, goes across, goes out; what is not for us is refused at the door (Art. 1, 4)."""

from __future__ import annotations

from hopthu.verify.context import Person, ProbeContext
from hopthu.verify.mail import (
    in_clear,
    letter,
    receive,
    received_outside,
    send_from_outside,
    submission,
    submit,
)
from hopthu.verify.probe import ProbeFailed, probe
from hopthu.verify.smtp import expect, offer

ELSEWHERE = "ai-do@example.net"
"""An address that is neither ours nor the outside server's (RFC 2606)."""


@probe(
    "mail from outside reaches a person on store1",
    "Art. 1",
    parts=("on_store1",),
    needs=("internet",),
)
def inbound_store1(world: ProbeContext) -> str:
    """By the MX record, as any server outside would find us."""
    exchangers = world.outside.run(f"dig +short MX {world.domain}").out.split()
    if f"mx.{world.domain}." not in exchangers:
        raise ProbeFailed(
            expected=f"MX mx.{world.domain}", got=" ".join(exchangers) or "no MX record"
        )
    return _inbound(world, world.person("on_store1"))


@probe(
    "mail from outside reaches a person on store2",
    "Art. 1",
    parts=("on_store2",),
    needs=("internet",),
)
def inbound_store2(world: ProbeContext) -> str:
    """Look at the other store: another host, or another label on the same one."""
    return _inbound(world, world.person("on_store2"))


def _inbound(world: ProbeContext, person: Person) -> str:
    token = world.token()
    message = letter(token, world.citizen, person.address)
    expect(send_from_outside(world, world.citizen, person.address, message), "250")
    found = receive(world, person, token)
    return f"{found.message['Subject']} read by {person.address} ({person.store})"


@probe("an address matches in any case", "Art. 4", parts=("on_store1",), needs=("internet",))
def case(world: ProbeContext) -> str:
    """RFC 5321 leaves the local part's case to us; Art. 4 writes the domain in capitals."""
    person = world.person("on_store1")
    token, shouted = world.token(), person.address.upper()
    message = letter(token, world.citizen, shouted)
    expect(send_from_outside(world, world.citizen, shouted, message), "250")
    receive(world, person, token)
    return f"{shouted} reached {person.address}"


@probe("an unknown recipient is refused before the message is sent", "Art. 4", needs=("internet",))
def unknown_recipient(world: ProbeContext) -> str:
    """Refuse at RCPT: later it would be a bounce to somebody who may never have written."""
    nobody = f"khong-co-{world.token()}@{world.domain}"
    reply = send_from_outside(
        world, world.citizen, nobody, letter(world.token(), world.citizen, nobody)
    )
    return expect(reply, "550", step="RCPT")


@probe("mail for another domain is refused", "Art. 4", needs=("internet",))
def no_open_relay(world: ProbeContext) -> str:
    """Neither the world nor an official's workstation may use port 25 to reach others."""
    message = letter(world.token(), world.citizen, ELSEWHERE)
    reply = send_from_outside(world, world.citizen, ELSEWHERE, message)
    expect(reply, "554", step="RCPT")
    edge = world.host("edge")
    with in_clear(world, world.client, edge.address, 25) as smtp:
        smtp.ehlo()
        expect(offer(smtp, world.citizen, [ELSEWHERE], message), "554", step="RCPT")
    return str(reply)


@probe(
    "a closed mailbox is refused with the unit's address as the way on",
    "Art. 5.2",
    parts=("closed", "colleague"),
    needs=("internet",),
)
def closed_mailbox(world: ProbeContext) -> str:
    """Whoever writes to a leaver learns where to write instead, from outside and inside."""
    closed = world.mailbox(world.site.policy.probe.closed)
    gone, unit = world.address(closed), world.address(world.mailbox(closed.unit))
    message = letter(world.token(), world.citizen, gone)
    reply = send_from_outside(world, world.citizen, gone, message)
    expect(reply, "550", text=unit, step="RCPT")
    colleague = world.person("colleague")
    inside = submit(world, colleague, gone, letter(world.token(), colleague.address, gone))
    expect(inside, "550", text=unit, step="RCPT")
    return str(reply)


@probe(
    "person writes to person, across stores, by either submission port",
    "Art. 1",
    parts=("colleague", "on_store2"),
)
def internal(world: ProbeContext) -> str:
    """465 and 587 (RFC 8314); what arrives is what was written."""
    sender, reader = world.person("colleague"), world.person("on_store2")
    for port in (465, 587):
        token = world.token()
        message = letter(token, sender.address, reader.address)
        with submission(world, sender, port=port) as smtp:
            expect(offer(smtp, sender.address, [reader.address], message), "250")
        body = receive(world, reader, token).message.get_content()
        if "Kính gửi" not in body:
            raise ProbeFailed(expected="the text that was sent", got=repr(body[:80]))
    return f"{sender.address} to {reader.address} by 465 and 587"


@probe(
    "mail to the outside carries a signature its receiver verifies",
    "Art. 5.1",
    parts=("on_store1",),
    needs=("internet",),
)
def outbound_dkim(world: ProbeContext) -> str:
    """DKIM (RFC 6376) with the key in DNS; the receiver's own word on it, not ours."""
    person, token = world.person("on_store1"), world.token()
    expect(
        submit(world, person, world.citizen, letter(token, person.address, world.citizen)), "250"
    )
    message = received_outside(world, world.citizen, token)
    verdict = " ".join(str(message.get("Authentication-Results", "none")).split())
    if "dkim=pass" not in verdict or f"d={world.domain}" not in verdict:
        raise ProbeFailed(expected=f"dkim=pass for d={world.domain}", got=verdict)
    return verdict
