"""Sign-in: never before TLS, not with a wrong password, not while locked."""

from __future__ import annotations

import base64
import smtplib

from hopthu.daemons.base import SSH
from hopthu.i18n.joining import joined
from hopthu.i18n.message import Message
from hopthu.verify.context import Person, ProbeContext
from hopthu.verify.failure import ProbeFailed
from hopthu.verify.mail import from_outside, imap, in_clear, reading, write
from hopthu.verify.probe import ACCESS, EDGE, INTERNET, probe
from hopthu.verify.smtp import Smtp, expect
from hopthu.verify.vantage import open_ports, send_in_clear

_NEVER_OPEN = (24, 110, 143, 389)
"""LMTP, POP3, IMAP and LDAP without TLS: nobody outside the centre needs them."""
_SILENCE = 2.0
"""Seconds after which no more output of a server is expected."""
_ANONYMOUS_BIND = bytes.fromhex("300c020101600702010304008000")
"""A simple bind with no name and no password, in BER (RFC 4511 §4.2)."""


@probe(
    Message("sign-in before TLS is refused on every port"),
    "Art. 6.4",
    through=(EDGE, ACCESS),
)
def tls_only(context: ProbeContext) -> str:
    """Send a password in clear, as a wrongly configured mail program would."""
    person = context.person("colleague")
    _mx_has_no_sign_in(context)
    _submission_requires_tls(context, person)
    _sieve_requires_tls(context, person)
    _cleartext_is_not_answered(context, person)
    hosts = context.site.centre.hosts
    found = open_ports(context.client, ((h.address, port) for h in hosts for port in _NEVER_OPEN))
    if found:
        closed = ", ".join(map(str, _NEVER_OPEN))
        raise ProbeFailed(
            expected=Message("{ports} closed on every host", ports=closed),
            got=Message("{ports} open", ports=", ".join(found)),
        )
    return Message(
        "25 has no sign-in; 587 and 4190 require STARTTLS; 465, 636 and 993 accept only TLS"
    )


@probe(
    Message("from outside no host can be reached over SSH"),
    "Art. 5.1",
    through=(EDGE,),
    needs=(INTERNET,),
    uses=(),
)
def ssh_closed(context: ProbeContext) -> str:
    """Try port 22 of every host; port 25 shows that the centre can be reached from there."""
    edge, hosts = context.host(EDGE).address, context.site.centre.hosts
    public = f"{edge}:25"
    found = open_ports(context.outside, [(edge, 25), *((host.address, SSH) for host in hosts)])
    if found != [public]:
        raise ProbeFailed(
            expected=Message("{ports} open from outside, and 22 on no host", ports=public),
            got=Message("{ports} open", ports=", ".join(found) or "–"),
        )
    return Message("22 is closed on {number} hosts", number=len(hosts))


def _mx_has_no_sign_in(context: ProbeContext) -> None:
    with from_outside(context) as smtp:
        _no_auth(smtp, Message("mx:25 after STARTTLS"))
    with in_clear(context, context.outside, context.host(EDGE).address, 25) as smtp:
        smtp.ehlo()
        _no_auth(smtp, "mx:25")


def _submission_requires_tls(context: ProbeContext, person: Person) -> None:
    access = context.host(ACCESS)
    with in_clear(context, context.client, access.address, 587) as smtp:
        smtp.ehlo()
        _no_auth(smtp, Message("mail:587 before STARTTLS"))
        code, text = smtp.docmd("AUTH", f"PLAIN {_plain(person)}")
        if code < 500:
            expected = Message("AUTH before STARTTLS refused")
            raise ProbeFailed(expected=expected, got=f"{code} {text!r}")
        code, text = smtp.mail(person.address)
        if code != 530:
            expected = Message("530 to MAIL before STARTTLS")
            raise ProbeFailed(expected=expected, got=f"{code} {text!r}")


def _no_auth(smtp: Smtp, where: str) -> None:
    if smtp.has_extn("auth"):
        expected = Message("no AUTH offered at {where}", where=where)
        raise ProbeFailed(expected=expected, got=smtp.esmtp_features["auth"])


def _sieve_requires_tls(context: ProbeContext, person: Person) -> None:
    """Check that the greeting lists no mechanisms before TLS (RFC 5804)."""
    access = context.host(ACCESS)
    reply = send_in_clear(
        context.client.connect(access.address, 4190, _SILENCE),
        f'AUTHENTICATE "PLAIN" "{_plain(person)}"\r\nLOGOUT\r\n'.encode(),
    ).decode(errors="replace")
    lines = reply.upper().splitlines()
    if '"STARTTLS"' not in lines:
        expected = Message("ManageSieve on 4190 to offer STARTTLS")
        raise ProbeFailed(expected=expected, got=repr(reply[:200]))
    offered = [line for line in lines if line.startswith('"SASL"') and "PLAIN" in line]
    if offered or not any(line.startswith("NO") for line in lines):
        expected = Message("sign-in on 4190 refused before TLS")
        raise ProbeFailed(expected=expected, got=repr(reply[:200]))


def _cleartext_is_not_answered(context: ProbeContext, person: Person) -> None:
    access = context.host(ACCESS)
    tries = (
        (465, f"EHLO x\r\nAUTH PLAIN {_plain(person)}\r\n".encode(), (b"250", b"235")),
        (993, f'a LOGIN {person.address} "{person.password}"\r\n'.encode(), (b"* OK", b"a OK")),
        (636, _ANONYMOUS_BIND, (b"\x61\x07\x0a\x01",)),
    )
    for port, request, answers in tries:
        reply = send_in_clear(context.client.connect(access.address, port, _SILENCE), request)
        if any(answer in reply for answer in answers):
            expected = Message("no answer in clear on port {port}", port=port)
            raise ProbeFailed(expected=expected, got=repr(reply[:80]))


def _plain(person: Person) -> str:
    """Return the credentials of a person for SASL PLAIN (RFC 4616)."""
    return base64.b64encode(f"\0{person.address}\0{person.password}".encode()).decode()


@probe(Message("a wrong password is refused"), "Art. 6.4", through=(ACCESS,))
def wrong_password(context: ProbeContext) -> str:
    """IMAP and submission refuse it, while the right one works."""
    person = context.person("colleague")
    with reading(context, person):
        pass
    wrong = f"{person.password}x"
    _imap_refuses(context, person, wrong)
    return _submission_refuses(context, person, wrong)


@probe(
    Message("a locked person cannot sign in but still receives mail"),
    "Art. 5.1",
    through=(ACCESS,),
)
def locked(context: ProbeContext) -> str:
    """Try the right password, then send a letter from a colleague."""
    person, sender = context.person("locked"), context.person("colleague")
    _imap_refuses(context, person, person.password)
    reply = _submission_refuses(context, person, person.password)
    token = context.token()
    expect(write(context, sender, person.address, token), "250")
    _in_mailbox(context, person, token)
    return joined([reply, Message("the letter arrived")])


def _imap_refuses(context: ProbeContext, person: Person, password: str) -> None:
    with imap(context) as session:
        refusal = session.sign_in(person.address, password)
    # Other refusals, such as [UNAVAILABLE], do not concern the password (RFC 5530).
    if "AUTHENTICATIONFAILED" not in refusal:
        raise ProbeFailed(
            expected=Message("IMAP to refuse {address}", address=person.address),
            got=refusal or Message("sign-in"),
        )


def _submission_refuses(context: ProbeContext, person: Person, password: str) -> str:
    access = context.host(ACCESS)
    with in_clear(context, context.client, access.address, 587) as smtp:
        smtp.starttls(context=context.trust)
        smtp.ehlo()
        smtp.user, smtp.password = person.address, password
        try:
            smtp.auth("PLAIN", smtp.auth_plain)
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code == 535:
                return f"535 {error.smtp_error!r}"
            raise
    raise ProbeFailed(
        expected=Message("submission to refuse {address}", address=person.address),
        got=Message("sign-in"),
    )


def _in_mailbox(context: ProbeContext, person: Person, token: str) -> None:
    """Find the letter on the store, because nobody can sign in, and remove it."""
    store = context.site.centre.store_host(person.store)
    query = f"-u {person.id} mailbox INBOX header message-id {token}"

    def look() -> str:
        return context.on(store, f"doveadm search {query}").strip()

    context.until(look, Message("the letter in the mailbox of {address}", address=person.address))
    context.on(store, f"doveadm expunge {query}")
