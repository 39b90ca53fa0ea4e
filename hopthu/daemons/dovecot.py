"""Dovecot: mail stores, the proxy in front of them, and authentication for Postfix."""

from __future__ import annotations

from hopthu.daemons import accounts
from hopthu.daemons.base import SUITES, TLS
from hopthu.daemons.openldap import LDAPI
from hopthu.daemons.postfix import (
    ENTRANCE,
    NOTICES,
    TRAINING_SIZE,
    reports_to,
    scanners,
    training_domain,
)
from hopthu.daemons.program import program
from hopthu.daemons.record import Daemon, FileSet, Passage, Place, Service, Version, hosts_with
from hopthu.daemons.staged import compiled, silent
from hopthu.desired import probes
from hopthu.desired.unit_folders import MOST_SHOWN
from hopthu.directory.entries import CLIENT_PASSWORD, LIVE, PASSWORD_UNTIL, probes_dn, suffix
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Policy
from hopthu.model.sign_in_ranges import own_password_ranges, probe_ranges
from hopthu.render.context import Context, rendered, template
from hopthu.render.files import File, Files

OWNER, OWNER_ID, MAIL = accounts.MAIL.name, accounts.MAIL.number, accounts.MAIL.home
"""Mailboxes of people are in `people/ID` below it, those of units in `units/ID`."""

BLOCK = 4096
"""The least disk space that a message takes, in bytes."""

MOST_FOLDERS = 1000
"""Limit of folders in a mailbox; filing by year and matter needs one or two hundred."""

MOST_FILTERS, FILTERS_SIZE = 20, 1024**2
"""Limits of a person's Sieve scripts: their number, and their total size in bytes."""

FILTER_EXTENSIONS = (
    "body", "comparator-i;ascii-numeric", "copy", "date", "duplicate", "encoded-character",
    "envelope", "environment", "extracttext", "fileinto", "foreverypart", "ihave", "imap4flags",
    "index", "mailbox", "mime", "regex", "relational", "subaddress", "variables",
)  # fmt: skip
"""What filters may use of Sieve besides the language itself (RFC 5228); none of it sends mail."""

VACATION = "vacation"
"""The one extension that does (RFC 5230), if policy has notices: to colleagues alone."""

FOLDERS = ("Drafts", "Sent", "Junk", "Trash")
"""The folders of every mailbox besides INBOX (RFC 6154)."""

REPORTED = "Báo cáo thư lạ"
"""The folder to which people move a message that they report to the operator."""

LAST_LETTERS = "/run/hopthu-last-letters"
"""Where a store writes after a crash which letters may be handed in again."""

IN_ORDER = f"{MAIL}/in-order"
"""The file on the disk of the mail that is there when Dovecot has ended in order, and only then."""

AFTER_CRASH = "/usr/local/lib/hopthu/after-crash"
"""The program that makes the mail ready for Dovecot otherwise, a folder that Python runs."""

_LEFT = "/usr/local/lib/hopthu/left-in-order"
"""The program that makes the file."""

MOVES = ("sieve/spam.sieve", "sieve/ham.sieve", "sieve/report.sieve")
"""What runs when a person moves a message into Junk, out of it, or into `REPORTED`."""

SHARED = "Đơn vị"
"""The folder in which heads and delegates see the mailboxes of their units."""

READERS = "/var/lib/dovecot/readers/units"
"""The file of who reads which unit mailboxes, and how; access rights are in the mailboxes."""

NOTHING = f"{MAIL}/nothing"
"""The folder without mail behind the names below `SHARED` that lead to no unit."""

AUTHENTICATION = "dovecot"
"""The Unix group of Dovecot's authentication, which reads `READERS`."""

QUOTA_STATUS = "/run/dovecot/quota-status"
"""The socket on which a store says whether a mailbox is full (docs/decisions/mail-flow.md)."""

NOW = "%{date:year}%{date:month}%{date:day}%{time:hour}%{time:min}%{time:sec}Z"
"""The time in UTC as LDAP writes it (RFC 4517, 3.3.13); Dovecot runs with TZ=UTC for it."""

VALID = f"(|(!(pwdReset=TRUE))({PASSWORD_UNTIL}>={NOW}))"
"""What is asked of an own password: until its owner replaces it, an issued one has a deadline."""

LASTING = f"({PASSWORD_UNTIL}>={NOW})"
"""What is asked of the password of an account for probing: it lasts as long as a run."""

WITH_CLIENT = f"({CLIENT_PASSWORD}=%{{password | sha256 | hexlify}} *)"
"""What is asked of a password of a mail program: that the person has it."""

_MINUTE = f"(uid={probes.account(probes.MINUTE, '*')})"
"""What is asked besides of whom the monitor signs in as."""

NOBODY = "(|)"
"""The LDAP filter that no entry matches (RFC 4526)."""

SASL = "/var/spool/postfix/private/auth"
"""The socket on which Postfix authenticates people."""

SETTINGS, _SIEVE = "/etc/dovecot/dovecot.conf", "/etc/dovecot/sieve"


def files(context: Context) -> Files:
    """Return the configuration of a store, an access host, or a host with both roles."""
    context = context.serving()
    texts = {"dovecot.conf": _configuration(context)}
    modes = {"quota-warning": 0o755}
    if context.host.has("store"):
        for name in ("sieve/junk.sieve", *MOVES, "quota-warning"):
            texts[name] = template(
                f"dovecot/{name}.j2",
                context,
                training=training_domain(context.desired.domain),
                training_size=TRAINING_SIZE,
                reports_to=reports_to(context.desired.domain),
            )
    return {
        f"/etc/dovecot/{name}": File.text(text, mode=modes.get(name, 0o644))
        for name, text in texts.items()
    }


def tidying(context: Context) -> Files:
    """Return what makes the mail of a store ready for Dovecot after a crash."""
    if not context.host.has("store"):
        return {}
    drop_in = {"/etc/systemd/system/dovecot.service.d/after-crash.conf": "after-crash.conf.j2"}
    values = {
        "mail": MAIL, "in_order": IN_ORDER, "left": _LEFT,
        "program": f"/usr/bin/python3 -IS {AFTER_CRASH}",
    }  # fmt: skip
    left = template("dovecot/left-in-order.j2", context, **values)
    return {
        **rendered("dovecot", drop_in, context, **values),
        _LEFT: File.text(left),
        **program(AFTER_CRASH, "after_crash"),
    }


def _test(files: Files) -> str:
    # doveconf does not notice missing files or unknown users.
    settings = f"{{stage}}{SETTINGS}"
    compiled = f"sievec -c {settings} {{stage}}{_SIEVE}\n" if _filters(files) else ""
    return silent(f"doveconf -c {settings} -n 2>&1 >/dev/null") + compiled


def _reload(files: Files) -> str:
    # Without the option it goes by the configuration that Dovecot has loaded, the earlier one.
    compiled = f"sievec -c {SETTINGS} {_SIEVE} && " if _filters(files) else ""
    # Processes of Postfix keep asking the authentication service that they began with, which for
    # them goes on with the earlier configuration.
    asked = SASL.encode() in files[SETTINGS].content
    beside = " && systemctl try-reload-or-restart postfix" if asked else ""
    return f"{compiled}systemctl reload-or-restart dovecot{beside}"


def _filters(files: Files) -> bool:
    return any(path.startswith(f"{_SIEVE}/") for path in files)


def filter_extensions(policy: Policy, centre: Centre) -> tuple[str, ...]:
    """Return what filters may use of Sieve: notices where there is a host to take them."""
    notices = policy.limits.vacation_days and centre.with_role("access")
    return (*FILTER_EXTENSIONS, *((VACATION,) if notices else ()))


def _configuration(context: Context) -> str:
    host, centre = context.host, context.centre
    extensions = filter_extensions(context.policy, centre)
    monitors = _by_monitors(context)
    return template(
        "dovecot/dovecot.conf.j2",
        context,
        store=host.has("store"),
        access=host.has("access"),
        tls=TLS,
        certificate=context.certificate,
        suites=SUITES,
        ldapi=LDAPI,
        sasl=SASL,
        suffix=suffix(context.desired.domain),
        sign_in=_sign_in(context, VALID),
        sign_in_client=_sign_in(context, WITH_CLIENT),
        nobody=NOBODY,
        probes=probes_dn(suffix(context.desired.domain)) if context.desired.probes else "",
        probe_ranges=probe_ranges(context.policy.networks),
        sign_in_probes=_sign_in(context, LASTING),
        monitors=monitors,
        sign_in_monitors=_sign_in(context, _MINUTE),
        monitor_digest=_digest(context) if monitors else "",
        own_password_ranges=own_password_ranges(context.policy.networks),
        alarms_from=_alarms_from(context.centre),
        live=LIVE,
        mail=MAIL,
        owner=OWNER,
        uid=OWNER_ID,
        folders=FOLDERS,
        messages=_messages(context),
        shared_messages=max(1, _messages(context)["units"] * context.policy.quotas.readers // 100),
        most_folders=MOST_FOLDERS,
        most_filters=MOST_FILTERS,
        filters_size=FILTERS_SIZE,
        filter_extensions=extensions,
        last_letters=LAST_LETTERS,
        vacation_host=vacation_host(centre, host) if VACATION in extensions else None,
        vacation_port=NOTICES.port,
        entrance=ENTRANCE,
        scanners=scanners(centre),
        reported=REPORTED,
        reports_to=reports_to(context.desired.domain),
        prefix=SHARED,
        readers=READERS,
        most_shown=MOST_SHOWN,
        nothing=NOTHING,
        proxies=[other.address for other in centre.with_role("access") if other != host],
        other_stores=centre.other_stores(host),
        address_of_store=_address_of_store(context),
    )


def _by_monitors(context: Context) -> list[str]:
    """Return the addresses from which monitors sign in; none without the accounts they have."""
    monitors = context.centre.with_role("monitor") if context.desired.probes else ()
    return [each.address for each in monitors]


def _alarms_from(centre: Centre) -> tuple[Host, ...]:
    """Return the monitors that have nothing but alarms to deliver."""
    monitors = centre.with_role("monitor")
    return tuple(each for each in monitors if not each.has("edge", "access", "store"))


def _digest(context: Context) -> str:
    """Return the digest of the monitor's password; raise `ValueError` if it is not hexadecimal."""
    return bytes.fromhex(context.keys["monitor.pub"].decode()).hex()


def _messages(context: Context) -> dict[str, int]:
    """Return the limit of messages in a mailbox, by kind; never 0, which would mean no limit."""
    quotas = context.policy.quotas
    sizes = {"people": quotas.personal, "units": quotas.unit}
    return {kind: max(1, size // BLOCK) for kind, size in sizes.items()}


def _sign_in(context: Context, password: str) -> str:
    """Return the LDAP filter that finds the person who may sign in with a given user name.

    `password` is what it asks of the password.
    A single store accepts only its own people: others would get an empty mailbox. If there are
    several stores, people of another store get a temporary failure instead of a wrong-password
    error (`userdb elsewhere`). An access host accepts everybody and proxies them to their store.
    """
    host, domain = context.host, context.desired.domain
    everybody = host.has("access") or context.centre.other_stores(host)
    here = "" if everybody else f"(mailHost={host.fqdn})"
    typed = f"(|(mailLocalAddress=%{{user}})(mailLocalAddress=%{{user}}@{domain}))"
    return f"(&(hopthuState=active){here}{typed}{password})"


def _address_of_store(context: Context) -> str:
    """Return the expression that maps a store's name to its address, without DNS.

    A dot is written `[.]`, because an escaped one makes doveconf 2.4.1 abort.
    """
    names = [
        f"regexp('^{store.fqdn.replace('.', '[.]')}$', '{store.address}')"
        for store in context.centre.with_mail
    ]
    return f"%{{ldap:mailHost | {' | '.join(names)}}}"


def vacation_host(centre: Centre, store: Host) -> Host:
    """Return the access host that takes a store's notices: always the same, for it counts them."""
    hosts, stores = centre.with_role("access"), sorted(each.fqdn for each in centre.stores)
    return store if store in hosts else hosts[stores.index(store.fqdn) % len(hosts)]


def places_of_mail(*paths: str) -> tuple[Place, ...]:
    """Return folders of the owner of all mail, for the host that serves it.

    On one that stands by the disk with the mail is mounted there later.
    """
    return tuple(Place(path, OWNER, on=_serves) for path in paths)


def _serves(host: Host) -> bool:
    return host.serves


def _keeps(host: Host) -> bool:
    return host.has("store")


def _authenticates(host: Host) -> bool:
    return host.has("access")


DAEMON = Daemon(
    name="dovecot",
    title=Message("Dovecot"),
    roles=("store", "access"),
    after=("openldap", "rspamd", "pairs"),
    packages={
        "": ("dovecot-core", "dovecot-imapd", "dovecot-ldap", "dovecot-managesieved"),
        "store": ("dovecot-lmtpd", "dovecot-sieve", "dovecot-flatcurve"),
        # Dovecot creates its authentication socket in Postfix's folder, for Postfix's user.
        "access": ("postfix",),
    },
    versions=(
        Version(
            "dovecot-core", "1:2.4", Message("the syntax of its configuration differs in each 2.x")
        ),
    ),
    # The authentication process can spend five seconds looking for its workers, which have gone.
    services=(Service("dovecot", kill_mode="mixed"),),
    need_mail=("dovecot",),
    file_sets=(
        FileSet(
            name="dovecot",
            render=files,
            configure=Message("Configure Dovecot"),
            activate=Message("Make Dovecot load its configuration"),
            activation="reload",
            phrase=Message("Dovecot reloads"),
            command=_reload,
            test=_test,
            places=(
                *places_of_mail(MAIL, f"{MAIL}/people", f"{MAIL}/units", NOTHING),
                Place(READERS.rpartition("/")[0], "root", AUTHENTICATION, 0o750, on=_keeps),
                # Dovecot does not start without it.
                Place(READERS, "root", AUTHENTICATION, 0o640, folder=False, on=_keeps),
                Place(SASL.rpartition("/")[0], "postfix", "root", on=_authenticates),
            ),
        ),
        FileSet(
            name="after-crash",
            render=tidying,
            configure=Message("Configure what Dovecot does after a crash"),
            activate=Message("Load what Dovecot does after a crash"),
            activation="nothing",
            phrase=Message("after a crash: nothing is restarted or reloaded"),
            test=f"{compiled(AFTER_CRASH)}sh -n {{stage}}{_LEFT}\n",
        ),
    ),
    open_ports={"access": (993, 4190)},
    passages=(
        Passage(
            role="store",
            ports=(24,),
            sources=hosts_with("edge", "access"),
            accounts=(accounts.POSTFIX,),
            why="Mail that Postfix delivers.",
        ),
        Passage(
            role="store",
            ports=(24,),
            sources=Centre.other_stores,
            why="Mail that another store has for a mailbox here.",
        ),
        Passage(
            role="store",
            ports=(24,),
            sources=hosts_with("monitor"),
            accounts=(accounts.ALARM,),
            why="Alarms, for the operator's mailbox.",
        ),
        Passage(
            role="store",
            ports=(993, 4190),
            sources=hosts_with("access"),
            accounts=(accounts.LOGIN,),
            why="People, passed on by the proxy.",
        ),
    ),
    health={"store": ("delivery", "reading"), "access": ("reading", "filters")},
    probes=("inbound-store1", "inbound-store2", "unit-head", "no-sharing", "tls-only"),
)
