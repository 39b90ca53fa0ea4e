"""Passwords in the directory: root on the provider sets them, and nothing reads a hash.

Hashes arrive on standard input and reach the directory through a pipe: none is in a file or in the
arguments of a program.
"""

from __future__ import annotations

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


def revoke(top: str, person: str, label: str, now: str) -> str:
    """Take a client password away; return the directory's position, empty if there was none.

    In the same change whoever was stopped before `now` sends again, as with a new password.
    """
    dn = f"uid={person},ou=people,{top}"
    for value in _clients(top, person):
        if value.split()[2:] == [label]:
            change_ = (
                f"dn: {dn}\nchangetype: modify\ndelete: {_CLIENT}\n{_CLIENT}: {value}\n-\n"
                f"replace: hopthuStopped\n-\nreplace: hopthuReleased\nhopthuReleased: {now}\n"
            )
            code, _, errors = ldap.modify(change_)
            if code:
                raise Failed(f"ldapmodify: {errors.strip() or f'exit code {code}'}")
            return ldap.position(top)
    return ""


def knows_clients() -> bool:
    """Return whether the directory of this host has the attribute of client passwords.

    A replica that does not would stop following the provider at the first one.
    """
    types = ldap.entry("cn=Subschema", "attributeTypes").get("attributeTypes", [])
    return any(f" NAME '{_CLIENT}' " in each for each in types)


def _clients(top: str, person: str) -> list[str]:
    return list(ldap.entry(f"uid={person},ou=people,{top}", _CLIENT).get(_CLIENT, []))
