"""Sessions of people on this host."""

from __future__ import annotations

import re
from pathlib import Path

from hopthu.remote.host import ldap
from hopthu.remote.host.state import Failed, comes, output, run

_PATIENCE = 20.0
_RSPAMD, _MAILBOXES = Path("/var/lib/rspamd"), "lmdb:/etc/postfix/hopthu/mailboxes"
_COUNTS = re.compile("hopthu:(inside|outside|refused):")
_VALKEY = ("valkey-cli", "-s", "/run/valkey/valkey.sock")


def end(top: str, position: str, person: str, *, access: bool, patience: float = _PATIENCE) -> None:
    """End all sessions of a person here, once the directory of this host has a change.

    `position` is that of the directory with that change; what is older still accepts the
    earlier password. With `access` sessions that send mail end as well, and what the person sent no
    longer counts: the release in the directory comes after that.
    """
    if not comes(lambda: ldap.has(_position(top), position), patience):
        raise Failed(
            "the directory here does not have the new password yet: the old one still works"
        )
    output("doveadm", "auth", "cache", "flush", person)
    # A session that was being opened when the password changed is found by the second look.
    if not comes(lambda: _gone(person) and _gone(person), patience):
        raise Failed(f"sessions of {person} are still open")
    # Postfix does not tell whose a session is until it sends: all that are signed in end here, and
    # mail programs open new ones.
    if access:
        run("pkill", "-TERM", "-f", "^smtpd -n submissions? ", fine=(0, 1))
        _forget(person)


def _forget(person: str) -> None:
    """Forget that the directory was told of a person's stop, and all counts.

    A stop that it was not told of stays: a release by which that is over ends it.
    """
    (_RSPAMD / f"told.{person}").unlink(missing_ok=True)
    rows = (line.split("\t") for line in output("postmap", "-s", _MAILBOXES).splitlines())
    names = {person, *(address for address, owner in rows if owner == person)}
    # Once through all keys, of which most are words of letters.
    keys = output(*_VALKEY, "--scan", "--pattern", "hopthu:*", "--count", "10000").split()
    counts = [key for key in keys if _COUNTS.match(key) and key.rpartition(":")[2] in names]
    if counts:
        output(*_VALKEY, "del", *counts)


def signed_in() -> list[str]:
    """Return the users with an open IMAP or ManageSieve session; none if Dovecot does not run."""
    try:
        table = run("doveadm", "-f", "tab", "who", fine=None).stdout
    except FileNotFoundError:
        return []
    return sorted(_people(table))


def with_sessions() -> set[str]:
    """Return the users with an open IMAP or ManageSieve session; raise `Failed` if unknown."""
    return _people(output("doveadm", "-f", "tab", "who"))


def _people(table: str) -> set[str]:
    rows = [line.split("\t") for line in table.splitlines()[1:]]
    return {row[0] for row in rows if row[2:3] in (["imap"], ["sieve"])}


def _position(top: str) -> str:
    try:
        return ldap.position(top)
    except Failed:
        return ""


def _gone(person: str) -> bool:
    _, *sessions = output("doveadm", "-f", "tab", "who", person).splitlines() or [""]
    if not sessions:
        return True
    run("doveadm", "kick", person, fine=None)
    return False
