"""Who signs in, and how: never before TLS, not with a wrong password, not while locked."""

from __future__ import annotations

import base64
import smtplib

from hopthu.verify.context import Person, ProbeContext
from hopthu.verify.mail import from_outside, imap, in_clear, letter, reading, submit
from hopthu.verify.probe import ProbeFailed, probe
from hopthu.verify.smtp import Smtp, expect
from hopthu.verify.vantage import open_doors, say

_NEVER_OPEN = (24, 110, 143, 389)
"""LMTP, POP3, IMAP and LDAP without TLS: nobody outside the centre has any use for them."""
_SILENCE = 2.0
"""Seconds after which a server that was spoken to has nothing to say."""
_ANONYMOUS_BIND = bytes.fromhex("300c020101600702010304008000")
"""A simple bind with no name and no password, in BER (RFC 4511 §4.2)."""


@probe(
    "sign-in before TLS is refused on every port",
    "Art. 6.4",
    parts=("colleague",),
    needs=("internet",),
)
def tls_only(world: ProbeContext) -> str:
    """Try what a program set up wrongly would: send a password in clear."""
    person = world.person("colleague")
    _mx_signs_nobody_in(world)
    _submission_waits_for_tls(world, person)
    _sieve_waits_for_tls(world, person)
    _plaintext_is_not_understood(world, person)
    hosts = world.site.centre.hosts
    found = open_doors(world.client, ((h.address, port) for h in hosts for port in _NEVER_OPEN))
    if found:
        ports = ", ".join(map(str, _NEVER_OPEN))
        raise ProbeFailed(expected=f"{ports} closed on every host", got=f"{', '.join(found)} open")
    return "25 signs nobody in; 587 and 4190 wait for STARTTLS; 465, 636 and 993 speak TLS only"


def _mx_signs_nobody_in(world: ProbeContext) -> None:
    with from_outside(world) as smtp:
        _no_auth(smtp, "mx:25 after STARTTLS")
    with in_clear(world, world.outside, f"mx.{world.domain}", 25) as smtp:
        smtp.ehlo()
        _no_auth(smtp, "mx:25")


def _submission_waits_for_tls(world: ProbeContext, person: Person) -> None:
    access = world.host("access")
    with in_clear(world, world.client, access.address, 587) as smtp:
        smtp.ehlo()
        _no_auth(smtp, "mail:587 before STARTTLS")
        code, text = smtp.docmd("AUTH", f"PLAIN {_plain(person)}")
        if code < 500:
            raise ProbeFailed(expected="AUTH before STARTTLS refused", got=f"{code} {text!r}")
        code, text = smtp.mail(person.address)
        if code != 530:
            raise ProbeFailed(expected="530 to MAIL before STARTTLS", got=f"{code} {text!r}")


def _no_auth(smtp: Smtp, where: str) -> None:
    if smtp.has_extn("auth"):
        raise ProbeFailed(expected=f"no AUTH offered at {where}", got=smtp.esmtp_features["auth"])


def _sieve_waits_for_tls(world: ProbeContext, person: Person) -> None:
    """RFC 5804: the greeting lists the mechanisms, none before TLS."""
    access = world.host("access")
    heard = say(
        world.client.connect(access.address, 4190, _SILENCE),
        f'AUTHENTICATE "PLAIN" "{_plain(person)}"\r\nLOGOUT\r\n'.encode(),
    ).decode(errors="replace")
    lines = heard.upper().splitlines()
    if '"STARTTLS"' not in lines:
        raise ProbeFailed(expected="ManageSieve on 4190 to offer STARTTLS", got=repr(heard[:200]))
    offered = [line for line in lines if line.startswith('"SASL"') and "PLAIN" in line]
    if offered or not any(line.startswith("NO") for line in lines):
        raise ProbeFailed(expected="sign-in on 4190 refused before TLS", got=repr(heard[:200]))


def _plaintext_is_not_understood(world: ProbeContext, person: Person) -> None:
    access = world.host("access")
    tries = (
        (465, f"EHLO x\r\nAUTH PLAIN {_plain(person)}\r\n".encode(), (b"250", b"235")),
        (993, f'a LOGIN {person.address} "{person.password}"\r\n'.encode(), (b"* OK", b"a OK")),
        (636, _ANONYMOUS_BIND, (b"\x61\x07\x0a\x01",)),
    )
    for port, words, answers in tries:
        heard = say(world.client.connect(access.address, port, _SILENCE), words)
        if any(answer in heard for answer in answers):
            raise ProbeFailed(expected=f"no answer in clear on port {port}", got=repr(heard[:80]))


def _plain(person: Person) -> str:
    """RFC 4616."""
    return base64.b64encode(f"\0{person.address}\0{person.password}".encode()).decode()


@probe("a wrong password is refused", "Art. 6.4", parts=("colleague",))
def wrong_password(world: ProbeContext) -> str:
    """By IMAP and by submission, while the right one works."""
    person = world.person("colleague")
    with reading(world, person):
        pass
    wrong = f"{person.password}x"
    _imap_refuses(world, person, wrong)
    return _submission_refuses(world, person, wrong)


@probe(
    "a locked person cannot sign in and still receives",
    "Art. 5.1",
    parts=("locked", "colleague"),
)
def locked(world: ProbeContext) -> str:
    """Try the right password, then look for a letter from a colleague."""
    person, sender = world.person("locked"), world.person("colleague")
    _imap_refuses(world, person, person.password)
    reply = _submission_refuses(world, person, person.password)
    token = world.token()
    message = letter(token, sender.address, person.address)
    expect(submit(world, sender, person.address, message), "250")
    _in_mailbox(world, person, token)
    return f"{reply}; the letter is there"


def _imap_refuses(world: ProbeContext, person: Person, password: str) -> None:
    with imap(world) as session:
        refusal = session.sign_in(person.address, password)
    # Any other refusal, such as [UNAVAILABLE], would say nothing of the password (RFC 5530).
    if "AUTHENTICATIONFAILED" not in refusal:
        got = refusal or "sign-in"
        raise ProbeFailed(expected=f"IMAP to refuse {person.address}", got=got)


def _submission_refuses(world: ProbeContext, person: Person, password: str) -> str:
    access = world.host("access")
    with in_clear(world, world.client, access.address, 587) as smtp:
        smtp.starttls(context=world.trust)
        smtp.ehlo()
        smtp.user, smtp.password = person.address, password
        try:
            smtp.auth("PLAIN", smtp.auth_plain)
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code == 535:
                return f"535 {error.smtp_error!r}"
            raise
    raise ProbeFailed(expected=f"submission to refuse {person.address}", got="sign-in")


def _in_mailbox(world: ProbeContext, person: Person, token: str) -> None:
    """Nobody can sign in to look, so the store is asked; the letter is taken away again."""
    store = world.site.centre.store_host(person.store)
    query = f"-u {person.id} mailbox INBOX header message-id {token}"

    def look() -> str:
        return world.on(store, f"doveadm search {query}").strip()

    world.until(look, f"the letter in the mailbox of {person.id}")
    world.on(store, f"doveadm expunge {query}")
