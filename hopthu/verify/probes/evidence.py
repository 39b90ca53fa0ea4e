"""Evidence on the servers: which mailboxes exist, and what the journals report (Art. 4, 5.1)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from hopthu.daemons.openldap import LDAPI
from hopthu.daemons.postfix import TABLES
from hopthu.daily.deployed import overdue
from hopthu.directory.entries import suffix
from hopthu.history.host_records import read_records
from hopthu.i18n.message import Message
from hopthu.plan.phrases import describe_day
from hopthu.validate import read
from hopthu.verify import journal
from hopthu.verify.context import ProbeContext
from hopthu.verify.ldap import parse
from hopthu.verify.probe import DIRECTORY, ProbeFailed, probe

_LIVE = "(|(hopthuState=active)(hopthuState=locked))"


@probe(Message("directory, mailboxes and recipients are the same set"), "Art. 4", uses=(DIRECTORY,))
def registered(context: ProbeContext) -> str:
    """Compare the ids on the stores and the addresses on every mail host with the directory."""
    addresses = _in_directory(context)
    ids = set(addresses.values())
    centre = context.site.centre
    users = [_users(context, host.name) for host in centre.with_role("store")]
    _same(Message("users of the stores"), set().union(*users), ids)
    if sum(map(len, users)) != len(ids):
        raise ProbeFailed(
            expected=Message("each mailbox on one store"), got=Message("some on several")
        )
    for host in centre.hosts:
        if host.has("edge", "access"):
            rows = context.on(host, f"postmap -s lmdb:{TABLES}/mailboxes").splitlines()
            taken = dict(row.split("\t", 1) for row in rows)
            recipients = Message("recipients on {host}", host=host.name)
            _same(recipients, set(taken.items()), set(addresses.items()))
    return Message(
        "{mailboxes} mailboxes, {addresses} addresses",
        mailboxes=len(ids),
        addresses=len(addresses),
    )


def _in_directory(context: ProbeContext) -> dict[str, str]:
    """Return every address that accepts mail, with the id of its mailbox."""
    script = (
        f"ldapsearch -LLL -Q -Y EXTERNAL -H {LDAPI} -o ldif-wrap=no "
        f"-b {suffix(context.domain)} '{_LIVE}' uid mailLocalAddress"
    )
    entries = parse(context.on(context.site.centre.provider, script))
    found = {a.lower(): e["uid"][0] for e in entries for a in e.get("maillocaladdress", ())}
    if not found:
        raise ProbeFailed(expected=Message("mailboxes in the directory"), got=Message("none"))
    return found


def _users(context: ProbeContext, host: str) -> set[str]:
    return set(context.on(context.site.centre.host(host), "doveadm user '*'").split())


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
    root, on = context.site.root, context.site.on
    hosts = read_records(context.ssh, context.inventory)
    for host, late in overdue(root, hosts, read(root, on), on).items():
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
    lines = [line for host in context.site.centre.hosts for line in journal.read(context, host)]
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
