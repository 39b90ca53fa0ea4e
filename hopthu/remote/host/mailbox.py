"""What this host knows of one mailbox. No hash and no mail is read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypedDict

from hopthu.remote.host import ldap
from hopthu.remote.host.state import output, run

_PATIENCE = "20"
"""Seconds to search a journal: a person at the telephone does not wait for minutes."""
_TIMED_OUT = 124

_CLIENT = "hopthuClientPassword"
_ATTRIBUTES = (
    *("hopthuState", "mailHost", "pwdReset", "hopthuPasswordUntil"),
    *("pwdAccountLockedTime", "pwdChangedTime", "hopthuStopped", "modifiersName"),
)
_SUBMISSION = ("postfix/submission/smtpd", "postfix/submissions/smtpd")
_LINE = re.compile(r"^([0-9]+)[.].*(?:rip=|\[)([0-9a-fA-F.:]+)[],]")


class Known(TypedDict):
    """What is known: attributes of the entry, none without one, and whether it has a password.

    `clients` are client passwords as moment and label; `quota` is what is used and allowed in KiB,
    empty if nobody knows. `last` has moment and client address of sign-ins by kind, "read", "sent"
    or "refused"; `unread` the kinds for which the journal is too long.
    """

    attributes: dict[str, str]
    password: bool
    clients: list[str]
    quota: list[int]
    sessions: int
    last: dict[str, list[str]]
    unread: list[str]


def known_of(
    top: str, here: str, roles: Sequence[str], person: str, names: Sequence[str], days: int
) -> Known:
    """Return what this host knows, which has these roles and the name `here`.

    `names` are what the owner may sign in with besides the id. The journals of so many days are
    searched.
    """
    uid = f"(uid={person})"
    entries = list(ldap.search(top, uid, *_ATTRIBUTES))
    attributes = {name: each[name][0] for each in entries for name in each if name != "dn"}
    known: Known = {
        "attributes": attributes,
        "password": any(True for _ in ldap.search(top, f"(&{uid}(userPassword=*))", "1.1")),
        "clients": [
            value.partition(" ")[2]
            for each in ldap.search(top, uid, _CLIENT)
            for value in each.get(_CLIENT, [])
        ],
        "quota": [],
        "sessions": 0,
        "last": {},
        "unread": [],
    }
    if "store" in roles and attributes.get("mailHost") == here:
        known["quota"], known["sessions"] = quota(person), _sessions(person)
    if "access" in roles:
        _note_sign_ins(known, person, names, days)
    return known


def quota(person: str, fine: Sequence[int] | None = None) -> list[int]:
    """Return what is used and allowed; empty if there is no limit, or no answer.

    Raises `Failed` if the exit code of doveadm is not one of `fine`, None for any.
    """
    done = run("doveadm", "-f", "tab", "quota", "get", "-u", person, fine=fine)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    # Of what is read of units the rows have other names.
    own = (row[2:4] for row in rows if row[:2] == ["mailbox", "STORAGE"])
    used, limit = next(own, ["", ""])
    return [int(used), int(limit)] if used.isdigit() and limit.isdigit() else []


def _sessions(person: str) -> int:
    _, *rows = output("doveadm", "-f", "tab", "who", person).splitlines()
    return sum(len(row.split("\t")[2].split()) for row in rows)


def _note_sign_ins(known: Known, person: str, names: Sequence[str], days: int) -> None:
    own, *others = (name.replace(".", "[.]") for name in (person, *names))
    every = "|".join((own, *others))
    by_proxy, direct = f"proxy[(]{own},.*: started proxying", f"(login|logged in): user=<{own}>"
    failed = "(auth.failed.*user=<|sasl .* authentication failed:.*sasl_username=)"
    for word, pattern, programs in (
        ("read", f"-login: ({by_proxy}|{direct})", ("dovecot",)),
        ("sent", f"sasl_username={own}(,|$)", _SUBMISSION),
        ("refused", f"{failed}({every})(>|$)", ("dovecot", *_SUBMISSION)),
    ):
        argv = (
            *("timeout", _PATIENCE, "journalctl", "--quiet", "--no-pager", "--reverse"),
            *("--lines", "1", "--since", f"-{days}days", "--output", "short-unix"),
            *("--case-sensitive=no", "--grep", pattern),
            *(f"--identifier={program}" for program in programs),
        )
        done = run(*argv, fine=None)
        if done.returncode == _TIMED_OUT:
            known["unread"].append(word)
        elif line := _LINE.search(done.stdout):
            known["last"][word] = [line[1], line[2]]
