"""Desired state → the entries of the directory (Art. 4, 7).

Units and people are listed flat under their permanent ids, not in a tree of units: a transfer or a
merger changes attributes, never the name of an entry.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from hopthu.desired.state import Desired, Mailbox
from hopthu.directory.ldif import Add, Attributes, Change, Entries, Modify
from hopthu.directory.password_rules import RULES, sign_in_attributes
from hopthu.i18n.vietnamese import search_forms
from hopthu.inventory.topology import Centre, Host
from hopthu.memoize import memoize_by_identity
from hopthu.model.former_domains import compared, in_full
from hopthu.model.policy import Policy

SEARCH_FORMS = "lang-vi-x-search"
"""The option of attributes that hold what people may type instead of the value (RFC 3866).

A search by `cn` finds the values of `cn;lang-vi-x-search` too. Of all options only language tags
are known to every slapd, so replicas copy them before they have their new configuration.
"""

UNIQUE = ("mail", "mailLocalAddress")
"""Attributes whose values no two entries may share (Art. 4), closed entries included."""

_KINDS = ("people", "units")
"""The folders of the two kinds of mailboxes."""

_SEARCHED = ("cn", "sn", "givenName", "title", "ou")

DERIVED = tuple(f"{name};{SEARCH_FORMS}" for name in _SEARCHED)
"""The attributes that follow from others of the same entry."""

MANAGED = (
    "objectClass", "dc", "o", "ou", "uid", "cn", "sn", "givenName", "displayName", "description",
    "title", "departmentNumber", "mail", "mailLocalAddress", "mailHost", "hopthuState",
    "hopthuQuota", "hopthuMoving", "hopthuFrozen", "hopthuAddress", "hopthuHolder", "authzTo",
    *RULES, *DERIVED,
)  # fmt: skip
"""The attributes that an apply sets. All others, such as passwords, belong to the directory."""

LIVE = "(|(hopthuState=active)(hopthuState=locked))"
"""Matches the entries of mailboxes that receive mail."""

PENDING_FILTER = "(hopthuMoving=*)"
"""Matches the entries of mailboxes with a pending move to another store."""

PENDING_ATTRIBUTES = ("uid", "mailHost", "hopthuMoving")
"""The attributes of such an entry that a move reads."""

PASSWORD_UNTIL = "hopthuPasswordUntil"  # noqa: S105  (an attribute)
"""The moment from which an issued password that its owner has not replaced no longer signs in."""

CLIENT_PASSWORD = "hopthuClientPassword"  # noqa: S105  (an attribute)
"""The passwords of a person's mail programs, as `hopthu.credentials.client` writes them."""

STOPPED = "hopthuStopped"
"""Since when nothing is accepted that a person signs in to send (Art. 6.5)."""


def suffix(domain: str) -> str:
    """Return the DN under which all entries of `domain` are (RFC 2247)."""
    return ",".join(f"dc={label}" for label in domain.split("."))


def sign_in_rules(domain: str) -> str:
    """Return the DN of the password policy, which locks accounts against guessing."""
    return f"cn=sign-in,{suffix(domain)}"


def replica_dn(top: str) -> str:
    """Return the DN of the identity that may copy the directory; those below it may as well."""
    return f"cn=replica,{top}"


def access_dn(top: str) -> str:
    """Return the DN above the identities of access hosts."""
    return f"cn=access,{replica_dn(top)}"


def host_dn(host: Host, top: str) -> str:
    """Return the DN of the identity of a host that copies the directory.

    Access hosts have one each, so that the directory says which of them has stopped somebody.
    """
    return f"cn={host.fqdn},{access_dn(top)}" if host.has("access") else replica_dn(top)


def stopped_by(modifier: str) -> str:
    """Return the name of the access host that changed an entry last, empty if none did."""
    found = re.match(r"cn=([^,]+),cn=access,cn=replica,", modifier)
    return found[1] if found else ""


def person_dn(person: str, top: str) -> str:
    """Return the DN of the person with the id `person` under the suffix `top`."""
    return f"uid={person},ou=people,{top}"


def unit_dn(unit: str, top: str) -> str:
    """Return the DN of the unit with the id `unit` under the suffix `top`."""
    return f"ou={unit},ou=units,{top}"


def probes_dn(top: str) -> str:
    """Return the DN above the accounts for probing, which stand below it as others below `top`."""
    return f"ou=probes,{top}"


def addresses_dn(top: str) -> str:
    """Return the DN above the entries of addresses."""
    return f"ou=addresses,{top}"


def address_dn(address: str, domain: str) -> str:
    """Return the DN of the entry that says who holds an address, for all its spellings.

    A local part at our `domain` is compared as the rules compare it, without dots and capitals:
    `van.phong` and `vanphong` have one entry, so the directory refuses the second holder.
    """
    return f"hopthuAddress={_kept(address, domain)},{addresses_dn(suffix(domain))}"


def _kept(address: str, domain: str) -> str:
    return in_full(compared(address), domain)


def with_first_passwords(
    todo: tuple[Change, ...], top: str, hashes: Mapping[str, str], without: Collection[str]
) -> tuple[Change, ...]:
    """Return `todo` with a password for each new person and for each person who has none.

    `hashes` are by person id; `without` are the DNs of entries without a password. A password that
    is set in the meantime is never replaced: the directory refuses a second value.
    """
    by_dn = {person_dn(person, top): {"userPassword": (hash_,)} for person, hash_ in hashes.items()}
    new = tuple(
        Add(change.dn, {**change.attributes, **by_dn[change.dn]})
        if isinstance(change, Add) and change.dn in by_dn
        else change
        for change in todo
    )
    late = (Modify(dn, by_dn[dn], "add") for dn in without if dn in by_dn)
    return (*new, *late)


@memoize_by_identity(2)
def entries(desired: Desired, centre: Centre, policy: Policy) -> Entries:
    """Return all entries that should exist, parents first."""
    top = suffix(desired.domain)
    found: dict[str, Attributes] = {
        top: {
            "objectClass": ("dcObject", "organization"),
            "dc": (desired.domain.split(".")[0],),
            "o": (desired.domain,),
        },
        sign_in_rules(desired.domain): sign_in_attributes(policy),
        **_replicas(top, centre),
        **{f"ou={kind},{top}": _folder(kind) for kind in _KINDS},
        addresses_dn(top): _folder("addresses"),
    }
    # Before the mailboxes: of two changes that the directory might refuse, this one comes first.
    found |= _addresses(desired)
    found |= _mailboxes(desired, desired.mailboxes, centre, top)
    if desired.probes:
        probes = probes_dn(top)
        found[probes] = _folder("probes")
        found |= {f"ou={kind},{probes}": _folder(kind) for kind in _KINDS}
        found |= _mailboxes(desired, desired.probes, centre, probes)
    return found


def _mailboxes(
    desired: Desired, mailboxes: Sequence[Mailbox], centre: Centre, top: str
) -> dict[str, Attributes]:
    """Return the entries of mailboxes below `top`."""
    labels = {mailbox.store for mailbox in mailboxes}
    hosts = {label: (centre.store_host(label).fqdn,) for label in labels}
    found: dict[str, Attributes] = {}
    for mailbox in mailboxes:
        dn, attributes = (
            (unit_dn(mailbox.id, top), _unit(mailbox))
            if mailbox.kind == "unit"
            else (person_dn(mailbox.id, top), _person(mailbox))
        )
        found[dn] = attributes | _mailbox(mailbox, desired.served(mailbox), hosts[mailbox.store])
    return found


def _folder(name: str) -> Attributes:
    return {"objectClass": ("organizationalUnit",), "ou": (name,)}


def _addresses(desired: Desired) -> dict[str, Attributes]:
    """Return the entries that keep each address ever served, with the id of its holder.

    They are never deleted, so that an address stays its holder's even if the holder's own entry,
    the history and the records on hosts are lost.
    """
    domain, kind = desired.domain, ("hopthuServedAddress",)
    above = addresses_dn(suffix(domain))
    held = ((local, mailbox.id) for mailbox in desired.mailboxes for local in mailbox.addresses)
    found: dict[str, Attributes] = {}
    for each, holder in (*desired.given_up, *held):
        address = _kept(each, domain)
        found[f"hopthuAddress={address},{above}"] = {
            "objectClass": kind,
            "hopthuAddress": (address,),
            "hopthuHolder": (holder,),
        }
    return found


def _replicas(top: str, centre: Centre) -> dict[str, Attributes]:
    """Return the identities of hosts that copy the directory.

    Access hosts alone may act for people at the provider, of whom each may change nothing there but
    their own password.
    """
    role = {"objectClass": ("organizationalRole",)}
    # slapd numbers the values of this attribute.
    for_people = {"authzTo": (f"{{0}}dn.onelevel:ou=people,{top}",)}
    return {
        replica_dn(top): {**role, "cn": ("replica",)},
        access_dn(top): {**role, "cn": ("access",)},
        **{
            host_dn(host, top): {**role, "cn": (host.fqdn,), **for_people}
            for host in centre.with_role("access")
        },
    }


def _mailbox(
    mailbox: Mailbox, addresses: tuple[str, ...], host: tuple[str]
) -> dict[str, tuple[str, ...]]:
    attributes = {
        "uid": (mailbox.id,),
        "displayName": (mailbox.name,),
        "mail": addresses[:1] if mailbox.addresses else (),
        # Includes the primary address, so that `mail` of one entry can never be an alias of
        # another: the directory checks each attribute for uniqueness separately.
        "mailLocalAddress": addresses,
        "mailHost": host,
        "hopthuState": (mailbox.state,),
        "hopthuQuota": (str(mailbox.quota),),
    }
    # A unit whose successor took its one address over has none; the directory has no empty values.
    return {name: values for name, values in attributes.items() if values}


def _unit(mailbox: Mailbox) -> dict[str, tuple[str, ...]]:
    attributes = {
        "objectClass": ("organizationalUnit", "inetLocalMailRecipient", "hopthuMailbox"),
        # Address books search by it, and show it; the unit is its own department in them.
        "cn": (mailbox.name,),
        "ou": (mailbox.name,),
        "description": (mailbox.name,),
    }
    # The entry is named after its id. The directory compares without capitals.
    names = () if mailbox.name.casefold() == mailbox.id else attributes["ou"]
    return {**attributes, **_search_forms(attributes), "ou": (*names, mailbox.id)}


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
    # The directory has no empty values: an attribute has a value or is absent.
    present = {name: values for name, values in attributes.items() if values[0]}
    return {**present, **_search_forms(present)}


def _search_forms(attributes: Attributes) -> dict[str, tuple[str, ...]]:
    """Return what else people type who look for these values: no marks, another spelling."""
    forms = {
        f"{name};{SEARCH_FORMS}": search_forms(values[0])
        for name in _SEARCHED
        if (values := attributes.get(name))
    }
    return {name: values for name, values in forms.items() if values}


def where_mail_is(current: Entries, wanted: Entries) -> Entries:
    """Return `wanted` with every mailbox left on the host where its mail is now.

    A mailbox that should be on another host is marked with it (`hopthuMoving`); hopthu.migration
    copies the mail and only then changes `mailHost`. Only entries that differ are needed.
    """
    return {dn: _in_place(current.get(dn, {}), new) for dn, new in wanted.items()}


def _in_place(current: Attributes, wanted: Attributes) -> Attributes:
    here, there = (attributes.get("mailHost", ()) for attributes in (current, wanted))
    if not here or not there or here == there:
        return wanted
    return {**wanted, "mailHost": here, "hopthuMoving": there}
