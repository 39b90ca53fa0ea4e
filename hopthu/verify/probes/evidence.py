"""Evidence on the servers: which mailboxes exist, and what the journals report (Art. 4, 5.1)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from hopthu.daemons.dovecot import SETTINGS
from hopthu.daemons.openldap import LDAPI
from hopthu.daemons.postfix import TABLES
from hopthu.daily.deployed import overdue
from hopthu.directory.entries import LIVE, suffix
from hopthu.git.repository import Repository
from hopthu.history.host_records import read_records
from hopthu.i18n.message import Message
from hopthu.model.phrases import describe_day
from hopthu.remote.host.mailboxes import found
from hopthu.validate import read
from hopthu.verify import journal
from hopthu.verify.context import ProbeContext
from hopthu.verify.failure import ProbeFailed
from hopthu.verify.ldap import Entry, parse
from hopthu.verify.probe import DIRECTORY, probe


@probe(Message("directory, mailboxes and recipients are the same set"), "Art. 4", uses=(DIRECTORY,))
def registered(context: ProbeContext) -> str:
    """Compare the mailboxes of every store and the addresses of every mail host with the directory.

    Any store finds all mailboxes, and knows which store has each.
    """
    entries = _in_directory(context)
    places = {(e["uid"][0], e.get("mailhost", [""])[0]) for e in entries}
    addresses = {(a.lower(), e["uid"][0]) for e in entries for a in e.get("maillocaladdress", ())}
    centre = context.site.centre
    stores = {host.fqdn for host in centre.stores}
    if elsewhere := sorted(mailbox for mailbox, fqdn in places if fqdn not in stores):
        raise ProbeFailed(expected=Message("each mailbox on a store"), got=", ".join(elsewhere[:5]))
    for host in centre.at_work:
        if host.has("store"):
            rows = context.calls(host)(found, SETTINGS)
            mailboxes = Message("mailboxes that {host} finds", host=host.name)
            _same(mailboxes, {tuple(row) for row in rows}, places)
        if host.has("edge", "access"):
            lines = context.on(host, f"postmap -s lmdb:{TABLES}/mailboxes").splitlines()
            recipients = Message("recipients on {host}", host=host.name)
            _same(recipients, {tuple(line.split("\t", 1)) for line in lines}, addresses)
    return Message(
        "{mailboxes} mailboxes, {addresses} addresses",
        mailboxes=len(places),
        addresses=len(addresses),
    )


def _in_directory(context: ProbeContext) -> tuple[Entry, ...]:
    """Return the entries of all mailboxes that receive mail, as the provider has them."""
    search = (
        f"ldapsearch -LLL -Q -Y EXTERNAL -H {LDAPI} -o ldif-wrap=no "
        f"-b {suffix(context.domain)} '{LIVE}' uid mailHost mailLocalAddress"
    )
    entries = parse(context.on(context.site.centre.provider, search))
    if not entries:
        raise ProbeFailed(expected=Message("mailboxes in the directory"), got=Message("none"))
    return entries


def _same(what: Message, got: AbstractSet[object], expected: AbstractSet[object]) -> None:
    extra, missing = got - expected, expected - got
    if extra or missing:
        raise ProbeFailed(
            expected=Message(
                "{what} to be the {number} of the directory", what=what, number=len(expected)
            ),
            got=Message(
                "{number}: {extra} too many {extra_names}, {missing} missing {missing_names}",
                number=len(got),
                extra=len(extra),
                extra_names=sorted(map(str, extra))[:5],
                missing=len(missing),
                missing_names=sorted(map(str, missing))[:5],
            ),
        )


@probe(Message("what fell due until today is applied"), "Art. 5.2", uses=())
def on_its_day(context: ProbeContext) -> str:
    """Compare today with the day up to which each host was applied, by the data it was applied."""
    repository, on = Repository(context.site.root), context.site.on
    hosts = read_records(context.ssh, context.inventory)
    for host, late in overdue(repository, hosts, read(repository.root, on), on).items():
        if late.days:
            first = late.days[0]
            raise ProbeFailed(
                expected=Message("nothing due until {day}", day=describe_day(on)),
                got=Message(
                    "{host} applied up to {since}; due on {day}: {change}",
                    host=host,
                    since=describe_day(late.since),
                    day=describe_day(first.on),
                    change=first.changes[0].summary,
                ),
            )
    return Message("nothing is due on {number} hosts", number=len(hosts))


@probe(Message("the journals contain no failure of the servers"), "Art. 5.1", uses=(), last=True)
def clean_journal(context: ProbeContext) -> str:
    """Read the journals since the last apply; count allowed lines and those caused from outside."""
    ours = {host.address for host in context.site.centre.hosts}
    allowed, outside = journal.allowed(), journal.outside()
    lines = [line for host in context.hosts for line in journal.read(context, host)]
    rest = [line for line in lines if not any(rule.covers(line) for rule in allowed)]
    bad = [line for line in rest if not any(rule.covers(line, ours) for rule in outside)]
    if bad:
        shown = "\n    ".join(map(str, dict.fromkeys(bad)))
        raise ProbeFailed(
            expected=Message("only lines of allowed-journal.yaml and outside-journal.yaml"),
            got=f"{len(bad)}:\n    {shown}",
        )
    return Message(
        "{allowed} warnings allowed, {outside} caused from outside",
        allowed=len(lines) - len(rest),
        outside=len(rest),
    )
