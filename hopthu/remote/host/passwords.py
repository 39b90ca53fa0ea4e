"""Passwords in the directory: root on the provider sets them, and nothing reads a hash.

Hashes arrive on standard input and reach the directory through a pipe: none is in a file or in the
arguments of a program.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from hopthu.remote.host import ldap
from hopthu.remote.host.state import Failed

_CLIENT = "hopthuClientPassword"
_REFUSED = 122
"""The exit code of `ldapmodify` for an assertion that does not hold."""


class SignIns(TypedDict):
    """The ids of those who may sign in, and of those who have a password."""

    active: list[str]
    having: list[str]


class Set(TypedDict):
    """How many changes were made, why not more, and the directory's position after them."""

    number: int
    refusal: str
    position: str


class Revoked(TypedDict):
    """Client passwords that were taken away, as `MOMENT LABEL`, and the position after that."""

    taken: list[str]
    position: str


class Dates(TypedDict):
    """Since when this host keeps dates of somebody's sign-ins, and the last one, empty for none."""

    since: str
    last: str


def sign_ins(top: str) -> SignIns:
    """Return who may sign in and who has a password."""
    people = f"ou=people,{top}"
    return {
        "active": [each["uid"][0] for each in ldap.search(people, "(hopthuState=active)", "uid")],
        "having": [each["uid"][0] for each in ldap.search(people, "(userPassword=*)", "uid")],
    }


def last_sign_ins(top: str) -> dict[str, Dates]:
    """Return dates of the sign-ins here of everybody who may sign in and has a password.

    They are kept since the last change of an entry. Whoever has a client password is left out:
    those sign in by a search, which leaves no date.
    """
    filter_ = f"(&(hopthuState=active)(userPassword=*)(!({_CLIENT}=*)))"
    attributes = ("uid", "modifyTimestamp", "authTimestamp")
    return {
        each["uid"][0]: {
            "since": each["modifyTimestamp"][0],
            "last": each.get("authTimestamp", [""])[0],
        }
        for each in ldap.search(f"ou=people,{top}", filter_, *attributes)
    }


def without() -> int:
    """Return the number of people who may sign in but have no password yet; no name is returned."""
    filter_ = "(&(hopthuState=active)(!(userPassword=*)))"
    return sum(1 for _ in ldap.search(f"ou=people,{ldap.suffix()}", filter_, "1.1"))


def change(top: str, filter_: str, ldif: str) -> Set:
    """Make changes of entries that match a filter, in order, until the directory refuses one."""
    code, said, errors = ldap.modify(ldif, f"!assert={filter_}")
    number = said.count("modifying entry ")
    refusal = ""
    if code:  # the entry that is named last is the one that was refused
        number = max(number - 1, 0)
        lines = [line for line in (said + errors).splitlines() if line]
        refusal = " ".join(lines[-2:]) or f"exit code {code}"
    return {"number": number, "refusal": refusal, "position": ldap.position(top)}


def date(ldif: str) -> None:
    """Date issued passwords back, so that slapd itself refuses them from their deadline on.

    Who has replaced theirs in this second keeps the date of that. `relax`: slapd sets this time
    itself.
    """
    code, _, errors = ldap.modify(ldif, "!relax", "!assert=(pwdReset=TRUE)", go_on=True)
    if code not in (0, _REFUSED):
        raise Failed(f"ldapmodify: {errors.strip() or f'exit code {code}'}")


def clients(top: str, person: str) -> list[str]:
    """Return a person's client passwords as `MOMENT LABEL`; labels are percent-encoded."""
    return [each.partition(" ")[2] for each in _clients(top, person)]


def revoke(
    top: str, person: str, labels: Sequence[str] | None, *, stopped: bool = False
) -> Revoked:
    """Take client passwords away, all if `labels` is None; with `stopped` if sending is stopped."""
    values = [
        value
        for value in _clients(top, person)
        if labels is None or value.partition(" ")[2].partition(" ")[2] in labels
    ]
    filter_ = "(hopthuStopped=*)" if stopped else "(objectClass=*)"
    # By value: one that is issued at this moment is not taken away without a word.
    parts = "-\n".join(f"delete: {_CLIENT}\n{_CLIENT}: {each}\n" for each in values)
    change_ = f"dn: {_dn(top, person)}\nchangetype: modify\n{parts}"
    if not values or not _changed(change_, filter_):
        return {"taken": [], "position": ""}
    taken = [each.partition(" ")[2] for each in values]
    return {"taken": taken, "position": ldap.position(top)}


def release(top: str, person: str, now: str) -> bool:
    """Have somebody who was stopped send again, unless a client password is left.

    Returns whether the person is stopped still. `now` tells this release from earlier ones: a stop
    from before it that a host has kept to itself is over.
    """
    change_ = (
        f"dn: {_dn(top, person)}\nchangetype: modify\nreplace: hopthuStopped\n-\n"
        f"replace: hopthuReleased\nhopthuReleased: {now}\n"
    )
    if _changed(change_, f"(!({_CLIENT}=*))"):
        return False
    return bool(ldap.entry(_dn(top, person), "hopthuStopped").get("hopthuStopped"))


def _changed(ldif: str, filter_: str) -> bool:
    """Make one change of an entry; return False if the entry does not match."""
    code, _, errors = ldap.modify(ldif, f"!assert={filter_}")
    if code not in (0, _REFUSED):
        raise Failed(f"ldapmodify: {errors.strip() or f'exit code {code}'}")
    return not code


def knows_clients() -> bool:
    """Return whether the directory of this host has the attribute of client passwords.

    A replica that does not would stop following the provider at the first one.
    """
    types = ldap.entry("cn=Subschema", "attributeTypes").get("attributeTypes", [])
    return any(f" NAME '{_CLIENT}' " in each for each in types)


def _clients(top: str, person: str) -> list[str]:
    return list(ldap.entry(_dn(top, person), _CLIENT).get(_CLIENT, []))


def _dn(top: str, person: str) -> str:
    return f"uid={person},ou=people,{top}"
