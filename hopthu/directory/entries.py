"""desired → the entries of the directory (Art. 4, 7).

Units and people stand beside each other under their permanent ids, not in a tree of units: a
transfer or a merger changes attributes, never the name of an entry.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hopthu.desired.state import Desired, Mailbox
from hopthu.directory.ldif import Add, Attributes, Change, Entries, Modify
from hopthu.inventory.topology import Centre
from hopthu.memoize import memoize_by_identity
from hopthu.model.policy import Policy

UNIQUE = ("mail", "mailLocalAddress")
"""What no two entries may share (Art. 4); closed ones count."""

MANAGED = (
    "objectClass", "dc", "o", "ou", "uid", "cn", "sn", "givenName", "displayName", "description",
    "title", "departmentNumber", "mail", "mailLocalAddress", "mailHost", "hopthuState",
    "hopthuQuota", "hopthuMoving", "hopthuFrozen", "pwdAttribute", "pwdLockout", "pwdMaxFailure",
    "pwdFailureCountInterval", "pwdLockoutDuration",
)  # fmt: skip
"""The attributes an apply decides. All others, such as passwords, belong to the directory."""

PENDING_FILTER = "(hopthuMoving=*)"
"""Finds the entries of mailboxes that wait to be moved to another store."""

PENDING_ATTRIBUTES = ("uid", "mailHost", "hopthuMoving")
"""What a move needs to know of such an entry."""

LOCKOUT_SECONDS = 900
"""How long too many wrong passwords close an account, and within what time they are counted.

Long enough to make guessing useless (1,152 tries a day), short enough that a clumsy owner, or one
whom somebody else locks out, waits rather than calls.
"""


def suffix(domain: str) -> str:
    """Return the DN everything of `domain` is under (RFC 2247)."""
    return ",".join(f"dc={label}" for label in domain.split("."))


def sign_in_rules(domain: str) -> str:
    """Return the DN of the entry that says when an account is closed to password guessing."""
    return f"cn=sign-in,{suffix(domain)}"


def person_dn(person: str, top: str) -> str:
    """Return the DN of the person with the id `person` under the suffix `top`."""
    return f"uid={person},ou=people,{top}"


def unit_dn(unit: str, top: str) -> str:
    """Return the DN of the unit with the id `unit` under the suffix `top`."""
    return f"ou={unit},ou=units,{top}"


def with_first_passwords(
    todo: tuple[Change, ...], top: str, hashes: Mapping[str, str], without: Collection[str]
) -> tuple[Change, ...]:
    """Return `todo` with a password for each new person, and each who has none.

    `hashes` are by person id, `without` the DNs of entries that have no password. One that is set
    meanwhile is never replaced: the directory allows one value, and refuses a second.
    """
    by_dn = {person_dn(person, top): {"userPassword": (hash_,)} for person, hash_ in hashes.items()}
    new = tuple(
        Add(change.dn, {**change.attributes, **by_dn.get(change.dn, {})})
        if isinstance(change, Add)
        else change
        for change in todo
    )
    late = (Modify(dn, by_dn[dn], "add") for dn in without if dn in by_dn)
    return (*new, *late)


@memoize_by_identity(2)
def entries(desired: Desired, centre: Centre, policy: Policy) -> Entries:
    """Return every entry that should exist, parents first."""
    top = suffix(desired.domain)
    found: dict[str, Attributes] = {
        top: {
            "objectClass": ("dcObject", "organization"),
            "dc": (desired.domain.split(".")[0],),
            "o": (desired.domain,),
        },
        sign_in_rules(desired.domain): _sign_in(policy),
        f"ou=people,{top}": _folder("people"),
        f"ou=units,{top}": _folder("units"),
    }
    labels = {mailbox.store for mailbox in desired.mailboxes}
    hosts = {label: (centre.store_host(label).fqdn,) for label in labels}
    for mailbox in desired.mailboxes:
        dn, attributes = (
            (unit_dn(mailbox.id, top), _unit(mailbox))
            if mailbox.kind == "unit"
            else (person_dn(mailbox.id, top), _person(mailbox))
        )
        found[dn] = attributes | _mailbox(mailbox, desired.domain, hosts[mailbox.store])
    return found


def _folder(name: str) -> Attributes:
    return {"objectClass": ("organizationalUnit",), "ou": (name,)}


def _sign_in(policy: Policy) -> Attributes:
    return {
        "objectClass": ("organizationalRole", "pwdPolicy"),
        "cn": ("sign-in",),
        "pwdAttribute": ("userPassword",),
        "pwdLockout": ("TRUE",),
        "pwdMaxFailure": (str(policy.limits.failed_sign_ins),),
        "pwdFailureCountInterval": (str(LOCKOUT_SECONDS),),
        "pwdLockoutDuration": (str(LOCKOUT_SECONDS),),
    }


def _mailbox(mailbox: Mailbox, domain: str, host: tuple[str]) -> dict[str, tuple[str, ...]]:
    addresses = tuple(f"{local}@{domain}" for local in mailbox.addresses)
    return {
        "uid": (mailbox.id,),
        "displayName": (mailbox.name,),
        "mail": addresses[:1],
        # The primary one too, so that `mail` of one can never be an alias of another: the
        # directory compares each attribute with itself only.
        "mailLocalAddress": addresses,
        "mailHost": host,
        "hopthuState": (mailbox.state,),
        "hopthuQuota": (str(mailbox.quota),),
    }


def _unit(mailbox: Mailbox) -> dict[str, tuple[str, ...]]:
    return {
        "objectClass": ("organizationalUnit", "inetLocalMailRecipient", "hopthuMailbox"),
        "ou": (mailbox.id,),
        "description": (mailbox.name,),
    }


def _person(mailbox: Mailbox) -> dict[str, tuple[str, ...]]:
    # Vietnamese order: the family name first, the given name last.
    words = mailbox.name.split()
    attributes = {
        "objectClass": ("inetOrgPerson", "inetLocalMailRecipient", "hopthuMailbox"),
        "cn": (mailbox.name,),
        "sn": (words[0],),
        "givenName": (words[-1],),
        "departmentNumber": (mailbox.unit,),
        "ou": (mailbox.unit_name,),
        "title": (mailbox.title,),
    }
    # The directory knows no empty values: an attribute has one or is not there.
    return {name: values for name, values in attributes.items() if values[0]}


def where_mail_is(held: Entries, wanted: Entries) -> Entries:
    """Return `wanted` with every mailbox left on the host where its mail is now.

    One that should be on another host is marked with it (`hopthuMoving`); hopthu.migration takes
    the mail there, and only then changes where the mailbox is. Only entries that differ matter.
    """
    return {dn: _in_place(held.get(dn, {}), new) for dn, new in wanted.items()}


def _in_place(held: Attributes, wanted: Attributes) -> Attributes:
    here, there = (attributes.get("mailHost", ()) for attributes in (held, wanted))
    if not here or not there or here == there:
        return wanted
    return {**wanted, "mailHost": here, "hopthuMoving": there}
