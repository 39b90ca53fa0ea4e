"""What the servers themselves say: who exists, and what went wrong (Art. 4, 5.1)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from hopthu.daemons.openldap import LDAPI
from hopthu.daemons.postfix import TABLES
from hopthu.directory.entries import suffix
from hopthu.verify import journal
from hopthu.verify.context import ProbeContext
from hopthu.verify.ldap import parse
from hopthu.verify.probe import DIRECTORY, ProbeFailed, probe

_LIVE = "(|(hopthuState=active)(hopthuState=locked))"


@probe("directory, mailboxes and recipients are the same set", "Art. 4", uses=(DIRECTORY,))
def registered(world: ProbeContext) -> str:
    """Ids the stores know, and addresses every mail host takes, are the directory's."""
    addresses = _in_directory(world)
    ids = set(addresses.values())
    centre = world.site.centre
    users = [_users(world, host.name) for host in centre.with_role("store")]
    _same("users of the stores", set().union(*users), ids)
    if sum(map(len, users)) != len(ids):
        raise ProbeFailed(expected="each mailbox on one store", got="some on several")
    for host in centre.hosts:
        if host.has("edge", "access"):
            rows = world.on(host, f"postmap -s lmdb:{TABLES}/mailboxes").splitlines()
            taken = dict(row.split("\t", 1) for row in rows)
            _same(f"recipients on {host.name}", set(taken.items()), set(addresses.items()))
    return f"{len(ids)} mailboxes, {len(addresses)} addresses"


def _in_directory(world: ProbeContext) -> dict[str, str]:
    """Return every address that takes mail, with the id it leads to."""
    script = (
        f"ldapsearch -LLL -Q -Y EXTERNAL -H {LDAPI} -o ldif-wrap=no "
        f"-b {suffix(world.domain)} '{_LIVE}' uid mailLocalAddress"
    )
    entries = parse(world.on(world.site.centre.provider, script))
    found = {a.lower(): e["uid"][0] for e in entries for a in e.get("maillocaladdress", ())}
    if not found:
        raise ProbeFailed(expected="mailboxes in the directory", got="none")
    return found


def _users(world: ProbeContext, host: str) -> set[str]:
    return set(world.on(world.site.centre.host(host), "doveadm user '*'").split())


def _same(what: str, got: AbstractSet[object], expected: AbstractSet[object]) -> None:
    extra, missing = got - expected, expected - got
    if extra or missing:
        names = sorted(map(str, extra))[:5], sorted(map(str, missing))[:5]
        raise ProbeFailed(
            expected=f"{what} to be the directory's {len(expected)}",
            got=f"{len(got)}: {len(extra)} too many {names[0]}, {len(missing)} missing {names[1]}",
        )


@probe("the journals hold no failure of ours", "Art. 5.1", uses=(), last=True)
def clean_journal(world: ProbeContext) -> str:
    """Since the last apply; what is allowed has its reason, what outsiders cause is counted."""
    ours = {host.address for host in world.site.centre.hosts}
    allowed, outside = journal.allowed(), journal.outside()
    lines = [line for host in world.site.centre.hosts for line in journal.read(world, host)]
    rest = [line for line in lines if not any(rule.covers(line) for rule in allowed)]
    bad = [line for line in rest if not any(rule.covers(line, ours) for rule in outside)]
    if bad:
        shown = "\n    ".join(map(str, dict.fromkeys(bad)))
        raise ProbeFailed(
            expected="no line outside allowed-journal.yaml and outside-journal.yaml",
            got=f"{len(bad)}:\n    {shown}",
        )
    return f"{len(lines) - len(rest)} warnings allowed, {len(rest)} caused from outside"
