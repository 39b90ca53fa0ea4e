"""What people move trains every scanner, or reaches the operator (Art. 5.1, 6.5)."""

from __future__ import annotations

from hopthu.daemons.dovecot import MAIL, REPORTED
from hopthu.daemons.postfix import (
    REPORTS,
    TRAINING,
    reports_to,
    scanners,
    training_domain,
)
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Host
from hopthu.remote.host.vacation import answers
from hopthu.verify.context import Person, ProbeContext
from hopthu.verify.failure import ProbeFailed
from hopthu.verify.mail import from_outside, letter, reading, send_from_outside, submit
from hopthu.verify.probe import ACCESS, EDGE, STORE, probe
from hopthu.verify.smtp import Reply, expect


@probe(
    Message("what is moved to Junk and back trains every scanner, and nothing else does"),
    "Art. 5.1",
    through=(EDGE, ACCESS, STORE),
)
def junk(context: ProbeContext) -> str:
    """Move a letter of too few words to be learnt, which each scanner says of it, both times.

    What scanners know is the same afterwards. Then write to where letters are handed in.
    """
    person, token = context.person("stranger"), context.token()
    found = scanners(context.site.centre)
    _forget(context, person)
    with reading(context, person) as session:
        session.keep("INBOX", _short(token, person))
        for times, (here, there) in enumerate((("INBOX", "Junk"), ("Junk", "INBOX")), 1):
            session.move(session.find(here, token), there)
            for host in found:
                _learnt(context, host, token, times)
        session.remove(session.find("INBOX", token))
    _nobody_else(context, person)
    return Message("{count} scanners learn from what is moved", count=len(found))


def _short(token: str, person: Person) -> bytes:
    head = (f"From: {person.address}", f"To: {person.address}", f"Message-ID: <{token}@probe>")
    return "\r\n".join((*head, "Subject: thu", "", "Thu.", "")).encode()


def _forget(context: ProbeContext, person: Person) -> None:
    """Have it forgotten how many letters the person has moved in earlier runs."""
    context.on(context.host(STORE), f"rm -f {MAIL}/people/{person.id}/.dovecot.lda-dupes")


def _learnt(context: ProbeContext, host: Host, token: str, times: int) -> None:
    """Wait until a scanner has said so many times that the letter is too short to learn from."""
    said = (
        f"journalctl --since=-15min -t rspamd -o cat --grep 'skip learning: <{token}.*less tokens'"
    )
    what = Message("{host} to learn from what is moved", host=host.name)
    context.until(lambda: len(context.attempt(host, said).out.splitlines()) >= times, what)


def _nobody_else(context: ProbeContext, person: Person) -> None:
    """Write to the addresses from outside, and as a person; try a scanner without a certificate."""
    domain, store = training_domain(context.domain), context.host(STORE)
    scanner = context.host(EDGE)
    for address in (f"spam@{domain}", f"ham@{scanner.name}.{domain}"):
        message = letter(context.token(), person.address, address)
        expect(submit(context, person, address, message), "550", text="5.1.2", step="RCPT")
        expect(send_from_outside(context, context.citizen, address, message), "554", step="RCPT")
    to = [f"spam@{scanner.name}.{domain}", person.address]
    told = context.calls(store)(answers, scanner.address, TRAINING.port, "", to)
    if "".join(each[:1] for each in told) != "254":
        expected = Message("letters to learn from by certificate alone, and no others")
        raise ProbeFailed(expected=expected, got="; ".join(told))


@probe(
    Message("the operator is written to at every reserved address, and has what people report"),
    "Art. 6.5",
    through=(EDGE, ACCESS, STORE),
)
def reports(context: ProbeContext) -> str:
    """Offer a letter to each address, and a report where stores hand them in; send none."""
    policy, address = context.site.policy, reports_to(context.domain)
    with from_outside(context) as smtp:
        smtp.mail(context.citizen)
        for name in policy.reserved:
            code, text = smtp.rcpt(f"{name}@{context.domain}")
            expect(Reply("RCPT", code, text.decode(errors="replace")), "250")
        smtp.rset()
    person = context.person("stranger")
    with reading(context, person) as session:
        if REPORTED not in session.folders():
            expected = Message("the folder {folder}", folder=REPORTED)
            raise ProbeFailed(expected=expected, got=", ".join(session.folders()))
    to, access = [address, person.address], context.host(ACCESS).address
    told = context.calls(context.host(STORE))(answers, access, REPORTS.port, "", to)
    if "".join(each[:1] for each in told) != "254":
        expected = Message("reports to {address} alone, by certificate", address=address)
        raise ProbeFailed(expected=expected, got="; ".join(told))
    return Message("{count} addresses lead to the operator", count=len(policy.reserved))
