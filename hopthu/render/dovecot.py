"""Dovecot: mail stores, the proxy in front of them, and the passwords Postfix asks about."""

from __future__ import annotations

from collections.abc import Mapping

from hopthu.desired import Mailbox
from hopthu.entries import suffix
from hopthu.lifecycle import LIVE
from hopthu.render.base import TLS
from hopthu.render.context import Context, template
from hopthu.render.files import File, Files
from hopthu.render.openldap import LDAPI

OWNER, OWNER_ID = "vmail", 5000
"""The Unix user all mail belongs to; a fixed id, so that a restored store finds its own files."""

MAIL = "/var/vmail"
"""Mailboxes of people lie in `people/ID` below it, those of units in `units/ID`."""

FOLDERS = ("Drafts", "Sent", "Junk", "Trash")
"""The folders every mailbox has beside INBOX (RFC 6154)."""

SHARED = "Đơn vị"
"""Where heads and delegates see the mailboxes of their units."""

SHARING_MAP = "/var/lib/dovecot/sharing/map"
"""Which unit mailboxes are listed to whom; the rights themselves lie in the mailboxes."""

SASL = "/var/spool/postfix/private/auth"
"""Where Postfix asks whether a password is right."""


def files(context: Context) -> Files:
    """Return the configuration of a store, of an access host, or of one that is both."""
    texts = {"dovecot.conf": _configuration(context)}
    modes = {"quota-warning": 0o755}
    if context.host.has("store"):
        for name in ("sieve/junk.sieve", "quota-warning"):
            texts[name] = template(f"dovecot/{name}.j2", context)
    return {
        f"/etc/dovecot/{name}": File.text(text, mode=modes.get(name, 0o644))
        for name, text in texts.items()
    }


def mailboxes(context: Context) -> Mapping[str, tuple[str, ...]]:
    """Return the ids of the `people` and `units` whose live mailboxes are on this host."""
    live = [m for m in _of_host(context) if m.state in LIVE]
    return {
        "people": tuple(m.id for m in live if m.kind == "personal"),
        "units": tuple(m.id for m in live if m.kind == "unit"),
    }


def unit_readers(context: Context) -> Mapping[str, frozenset[str]]:
    """Return who reads each live unit mailbox of this host: its head and delegate (Art. 7.2)."""
    readers: dict[str, set[str]] = {unit: set() for unit in mailboxes(context)["units"]}
    for access in context.desired.access:
        if access.unit in readers:
            readers[access.unit].add(access.person)
    return {unit: frozenset(people) for unit, people in readers.items()}


def may_sign_in(context: Context) -> frozenset[str]:
    """Return who may have a session on this host: active people, on a mere store its own."""
    mailboxes = context.desired.mailboxes if context.host.has("access") else _of_host(context)
    return frozenset(m.id for m in mailboxes if m.kind == "personal" and m.state == "active")


def _of_host(context: Context) -> tuple[Mailbox, ...]:
    return tuple(m for m in context.desired.mailboxes if m.store in context.host.stores)


def _configuration(context: Context) -> str:
    host, centre = context.host, context.centre
    return template(
        "dovecot/dovecot.conf.j2",
        context,
        store=host.has("store"),
        access=host.has("access"),
        tls=TLS,
        ldapi=LDAPI,
        sasl=SASL,
        suffix=suffix(context.desired.domain),
        sign_in=_sign_in(context),
        live="(|(hopthuState=active)(hopthuState=locked))",
        mail=MAIL,
        owner=OWNER,
        uid=OWNER_ID,
        folders=FOLDERS,
        prefix=SHARED,
        sharing_map=SHARING_MAP,
        proxies=[other.address for other in centre.with_role("access") if other != host],
        address_of_store=_address_of_store(context),
    )


def _sign_in(context: Context) -> str:
    """Return the LDAP filter that finds who may sign in under what was typed.

    A store takes only its own people: elsewhere they would find an empty mailbox. An access host
    takes everybody, for it sends them on.
    """
    host, domain = context.host, context.desired.domain
    here = "" if host.has("access") else f"(mailHost={host.fqdn})"
    typed = f"(|(mailLocalAddress=%{{user}})(mailLocalAddress=%{{user}}@{domain}))"
    return f"(&(hopthuState=active){here}{typed})"


def _address_of_store(context: Context) -> str:
    """Return the expression that turns a store's name into its address, without asking DNS.

    A dot is written `[.]`, for an escaped one makes doveconf 2.4.1 abort.
    """
    names = [
        f"regexp('^{store.fqdn.replace('.', '[.]')}$', '{store.address}')"
        for store in context.centre.with_role("store")
    ]
    return f"%{{ldap:mailHost | {' | '.join(names)}}}"
