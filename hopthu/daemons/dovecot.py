"""Dovecot: mail stores, the proxy in front of them, and the passwords Postfix asks about."""

from __future__ import annotations

from hopthu.daemons.base import SUITES, TLS
from hopthu.daemons.openldap import LDAPI
from hopthu.daemons.record import Daemon, FileSet, Passage, Service, Version
from hopthu.directory.entries import suffix
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.render.context import Context, template
from hopthu.render.files import File, Files

OWNER, OWNER_ID = "vmail", 5000
"""The Unix user all mail belongs to; a fixed id, so that a restored store finds its own files."""

MAIL = "/var/vmail"
"""Mailboxes of people lie in `people/ID` below it, those of units in `units/ID`."""

BLOCK = 4096
"""What a message takes at least of a disk."""

MOST_FOLDERS = 1000
"""So many a mailbox may have; whoever files by year and matter has a hundred or two."""

MOST_FILTERS, FILTERS_SIZE = 20, 1024**2
"""How many Sieve scripts somebody may keep, and of what size together."""

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


def _configuration(context: Context) -> str:
    host, centre = context.host, context.centre
    return template(
        "dovecot/dovecot.conf.j2",
        context,
        store=host.has("store"),
        access=host.has("access"),
        tls=TLS,
        suites=SUITES,
        ldapi=LDAPI,
        sasl=SASL,
        suffix=suffix(context.desired.domain),
        sign_in=_sign_in(context),
        live="(|(hopthuState=active)(hopthuState=locked))",
        mail=MAIL,
        owner=OWNER,
        uid=OWNER_ID,
        folders=FOLDERS,
        messages=_messages(context),
        most_folders=MOST_FOLDERS,
        most_filters=MOST_FILTERS,
        filters_size=FILTERS_SIZE,
        prefix=SHARED,
        sharing_map=SHARING_MAP,
        proxies=[other.address for other in centre.with_role("access") if other != host],
        other_stores=centre.other_stores(host),
        address_of_store=_address_of_store(context),
    )


def _messages(context: Context) -> dict[str, int]:
    """Return how many messages fill a mailbox, however small they are; 0 would mean any number."""
    quotas = context.policy.quotas
    sizes = {"people": quotas.personal, "units": quotas.unit}
    return {kind: max(1, size // BLOCK) for kind, size in sizes.items()}


def _sign_in(context: Context) -> str:
    """Return the LDAP filter that finds who may sign in under what was typed.

    A store has only its own people, for elsewhere they would find an empty mailbox; where there are
    several, whoever is elsewhere is told to try again, not that the password is wrong: `userdb
    elsewhere` sees to it. An access host takes everybody, for it sends them on.
    """
    host, domain = context.host, context.desired.domain
    everybody = host.has("access") or context.centre.other_stores(host)
    here = "" if everybody else f"(mailHost={host.fqdn})"
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


def _senders(centre: Centre, store: Host) -> tuple[Host, ...]:
    postfix = tuple(host for host in centre.hosts if host.has("edge", "access"))
    return (*postfix, *centre.other_stores(store))


def _proxies(centre: Centre, _store: Host) -> tuple[Host, ...]:
    return centre.with_role("access")


DAEMON = Daemon(
    name="dovecot",
    title="Dovecot",
    roles=("store", "access"),
    after=("openldap", "rspamd"),
    deploy="deploys.dovecot:dovecot",
    packages={
        "": ("dovecot-core", "dovecot-imapd", "dovecot-ldap", "dovecot-managesieved"),
        "store": ("dovecot-lmtpd", "dovecot-sieve", "dovecot-flatcurve"),
        # Dovecot makes the socket of its answers in Postfix's own folder, for Postfix's own user.
        "access": ("postfix",),
    },
    versions=(
        Version("dovecot-core", "1:2.4", "the syntax of its configuration is another in each 2.x"),
    ),
    services=(Service("dovecot"),),
    file_sets=(
        FileSet(
            name="dovecot",
            render=files,
            activation="reload",
            phrase=Message("Dovecot reloads"),
        ),
    ),
    open_ports={"access": (993, 4190)},
    passages=(
        Passage(
            role="store",
            ports=(24,),
            sources=_senders,
            why="Mail that Postfix delivers, or a store for a mailbox here.",
        ),
        Passage(
            role="store",
            ports=(993, 4190),
            sources=_proxies,
            why="People, passed on by the proxy.",
        ),
    ),
    health={"store": ("delivery", "reading"), "access": ("reading", "filters")},
    probes=("inbound-store1", "inbound-store2", "unit-head", "no-sharing", "tls-only"),
)
