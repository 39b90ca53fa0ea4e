"""Nothing is forwarded outside by any route, and no notice goes there (Art. 8).

docs/decisions/forwarding.md has the routes, with what each leaves in a log.
"""

from __future__ import annotations

import re

from hopthu.daemons import valkey
from hopthu.daemons.dovecot import MAIL, VACATION, filter_extensions, vacation_host
from hopthu.daemons.postfix import NOTICES, TABLES
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Host
from hopthu.remote.host.vacation import answers
from hopthu.verify.context import Person, ProbeContext
from hopthu.verify.failure import ProbeFailed
from hopthu.verify.mail import (
    filtering,
    in_clear,
    letter,
    managesieve,
    reading,
    receive,
    submit,
    write,
    write_from_outside,
)
from hopthu.verify.probe import ACCESS, ACCOUNTS, EDGE, STORE, probe
from hopthu.verify.probes.units import kept_once
from hopthu.verify.smtp import expect, offer

_SENDING = {
    "enotify": 'notify "mailto:{outside}";',
    "reject": 'reject "x";',
    "ereject": 'ereject "x";',
    "editheader": 'addheader "Bcc" "{outside}";',
    "include": 'include :global "x";',
    "vnd.dovecot.pipe": 'pipe "x";',
    "vnd.dovecot.execute": 'execute "x";',
}
"""What sends mail in Sieve, or would help to, by the extension that has it; each is refused."""


@probe(
    Message("no filter forwards mail, and a unit has no filters"),
    "Art. 8",
    through=(ACCESS, STORE),
)
def filters(context: ProbeContext) -> str:
    """Upload what sends mail, which is refused; have one forward, which does nothing."""
    person, sender = context.person("stranger"), context.elsewhere("colleague")
    token, wanted = context.token(), sorted(_extensions(context))
    with filtering(context, person) as session:
        if (found := session.extensions()) != wanted:
            expected = Message("filters may use {extensions}", extensions=" ".join(wanted))
            raise ProbeFailed(expected=expected, got=" ".join(found))
        for extension, action in _SENDING.items():
            script = f'require "{extension}"; {action.format(outside=context.citizen)}'
            session.refuses(script, extension)
        with session.active(f'redirect "{context.citizen}"; discard;'):
            expect(write(context, sender, person.address, token), "250")
            receive(context, person, token)
    _told_why(context, person)
    _unit_has_none(context)
    return Message(
        "a filter forwards to {address}, and mail stays in INBOX", address=context.citizen
    )


def _told_why(context: ProbeContext, person: Person) -> None:
    """Look at what Dovecot has told the owner of the filter."""
    expected = "local policy prohibits the use of a redirect action"
    log = f"{MAIL}/people/{person.id}/.dovecot.sieve.log"
    if expected not in (got := context.on(context.host(STORE), f"tail -n 1 {log}")):
        raise ProbeFailed(expected=expected, got=got.strip())


def _unit_has_none(context: ProbeContext) -> None:
    """Sign in for the filters of a unit, as its delegate: there is nobody whom it lets."""
    person, unit = context.person("delegate"), context.mailbox("unit")
    for name in (unit.id, context.address(unit)):
        with managesieve(context) as session:
            session.denies(person.address, person.password, name)


@probe(
    Message("a vacation notice answers a colleague once and nobody outside"),
    "Art. 8",
    through=(EDGE, ACCESS, STORE),
)
def vacation(context: ProbeContext) -> str:
    """Have a filter call each notice something else; look at what the store says of each letter.

    At the place where notices come in, try who else might get one, and without a certificate.
    """
    person, colleague = context.person("head"), context.elsewhere("reader")
    first, second, outside = (context.token() for _ in range(3))
    script = (
        f'require ["variables", "{VACATION}"]; '
        'if header :matches "Message-ID" "*" { set "id" "${1}"; } '
        'vacation :handle "${id}" "Tôi đi vắng.";'
    )
    with filtering(context, person) as session:
        if VACATION not in _extensions(context):
            session.refuses(script, VACATION)
            return Message("the policy has no notices")
        _forget(context, person, colleague)
        with session.active(script):
            for token, outcome in ((first, "sent vacation response"), (second, "5.7.1")):
                expect(write(context, colleague, person.address, token), "250")
                receive(context, person, token)
                _logged(context, token, outcome)
            expect(write_from_outside(context, person.address, outside), "250")
            receive(context, person, outside)
            _logged(context, outside, "discarding vacation response")
    _one_notice(context, colleague, first, person.address)
    _listener(context, person, colleague)
    return Message(
        "{colleague} had one notice of {person}, {outside} none",
        colleague=colleague.address,
        person=person.address,
        outside=context.citizen,
    )


def _extensions(context: ProbeContext) -> tuple[str, ...]:
    return filter_extensions(context.site.policy, context.site.centre)


def _forget(context: ProbeContext, person: Person, colleague: Person) -> None:
    """Have it forgotten that there was a notice by an earlier run."""
    host = vacation_host(context.site.centre, context.host(STORE))
    key = f"hopthu:vacation:{person.address}:{colleague.address}"
    context.on(host, f"valkey-cli -s {valkey.SOCKET} del {key}")


def _logged(context: ProbeContext, token: str, outcome: str) -> None:
    """Wait until the store says what became of the notice for a letter, and compare."""
    script = f"journalctl --since=-15min -u dovecot -o cat --grep 'msgid=<{token}.* vacation '"

    def told() -> str:
        return context.attempt(context.host(STORE), script).out.strip()

    line = context.until(told, Message("the log to say what became of the notice"))
    if outcome not in line:
        raise ProbeFailed(expected=outcome, got=line)


def _one_notice(context: ProbeContext, colleague: Person, token: str, sender: str) -> None:
    """Find the one notice that answers a letter, and remove it."""
    expected = Message("one notice from {address}", address=sender)
    with reading(context, colleague) as session:
        found = context.until(lambda: session.find("INBOX", token, "In-Reply-To"), expected)
        written_by = str(session.read(found[0])["From"])
        session.remove(found)
    if len(found) != 1 or sender not in written_by:
        raise ProbeFailed(expected=expected, got=f"{len(found)}: {written_by}")


def _listener(context: ProbeContext, person: Person, colleague: Person) -> None:
    """Offer notices to others where the store hands them in, and one without a certificate."""
    store, unit = context.host(STORE), context.address(context.mailbox("unit"))
    closed, reserved = context.address(context.mailbox("closed")), f"postmaster@{context.domain}"
    others = [context.citizen, f"list_{unit}", reserved, closed, unit.replace("@", "+Sent@")]
    place = vacation_host(context.site.centre, store).address
    told = context.calls(store)(
        answers, place, NOTICES.port, person.address, [colleague.address, *others]
    )
    codes = "".join(each[:1] for each in told)
    if codes != f"2{'5' * len(others)}4":
        expected = Message("notices to {address} alone, by certificate", address=colleague.address)
        raise ProbeFailed(expected=expected, got="; ".join(told))


@probe(
    Message("no alias, list or hidden copy leads outside"),
    "Art. 8",
    through=(EDGE, ACCESS),
    needs=(ACCOUNTS,),
)
def forwarding(context: ProbeContext) -> str:
    """Read where each alias leads; have a unit write to its list, and see to whom that goes."""
    rows = 0
    for host in (context.host(EDGE), context.host(ACCESS)):
        known = {key for key, _ in _table(context, host, "mailboxes")}
        for key, value in _table(context, host, "aliases"):
            rows += 1
            if astray := {*value.split(", ")} - known:
                expected = Message("{address} to lead to mailboxes here", address=key)
                raise ProbeFailed(expected=expected, got=f"{host.name}: {', '.join(astray)}")
    _goes_where_it_should(context)
    return Message("{rows} aliases and lists lead to mailboxes here", rows=rows)


def _table(context: ProbeContext, host: Host, name: str) -> list[tuple[str, str]]:
    lines = context.on(host, f"postmap -s lmdb:{TABLES}/{name}").splitlines()
    return [(key, value) for key, _, value in (line.partition("\t") for line in lines)]


def _goes_where_it_should(context: ProbeContext) -> None:
    head, token = context.person("head"), context.token()
    unit = context.address(context.mailbox("unit"))
    to, copy = f"list_{unit}", unit.replace("@", "+Sent@")
    readers = [context.person(part) for part in ("colleague", "reader")]
    expect(write(context, head, to, token, sender=unit), "250")
    for reader in readers:
        mark = str(receive(context, reader, token).message["X-Auto-Response-Suppress"])
        if mark != "OOF":
            expected = Message("a letter to a list that no notice may answer")
            raise ProbeFailed(expected=expected, got=mark)
    kept_once(context, head, token)
    wanted = {to, copy, *(reader.address for reader in readers)}
    if (sent := _recipients(context, token)) != wanted:
        raise ProbeFailed(
            expected=Message("a letter to go to {addresses}", addresses=", ".join(sorted(wanted))),
            got=", ".join(sorted(sent)),
        )
    forbidden = letter(context.token(), head.address, copy)
    expect(submit(context, head, copy, forbidden), "550", text="5.1.1", step="RCPT")
    with in_clear(context, context.client, context.host(EDGE).address, 25) as smtp:
        smtp.ehlo()
        expect(offer(smtp, context.citizen, [copy], forbidden), "550", text="5.1.1", step="RCPT")


def _recipients(context: ProbeContext, token: str) -> set[str]:
    """Return to whom Postfix has sent a letter to a list, once it has done with it.

    It goes to the list first, and then, under another id, to everybody who is on it.
    """
    logged = "journalctl --since=-15min -u postfix -o cat --grep"
    script = f"""
id=$({logged} 'message-id=<{token}' | cut -d : -f 1 | head -n 1)
again=$({logged} "orig_queue_id=$id" | cut -d : -f 1)
{logged} "^($id|$again): (to=|removed)"
"""

    def told() -> str:
        lines = context.attempt(context.host(ACCESS), script).out
        return lines if lines.count(": removed") == 2 else ""

    lines = context.until(told, Message("the log to say that the letter is sent"))
    return set(re.findall(r": to=<([^>]*)>", lines))
