"""Postfix: which port accepts which mail, and where each address leads (Art. 4, 5.1, 6.2, 7.2).

docs/decisions/mail-flow.md describes the flow of mail. All values from the data are written to
look-up tables by the few functions here, which check them: a name in the data must never become a
row, a column, an option or an action.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hopthu.daemons.accounts import MAIL, POSTFIX, Account
from hopthu.daemons.base import SUITES
from hopthu.daemons.record import Alert, Daemon, FileSet, Passage, Service, Version, itself
from hopthu.desired.probes import MINUTE, PREFIX, account
from hopthu.desired.state import Desired, Mailbox, with_probes
from hopthu.directory.entries import suffix
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.memoize import memoize_by_identity
from hopthu.model.lifecycle import REFUSED
from hopthu.model.policy import Outside
from hopthu.render.context import Context, rendered, template
from hopthu.render.files import File, Files

TABLES = "/etc/postfix/hopthu"
"""The folder of the look-up tables on a host, both text and index."""

SOCKET_ACCESS = "/etc/tmpfiles.d/hopthu-postfix.conf"
"""What lets Postfix reach the socket of the directory."""

STOPPED = f"{TABLES}/stopped.cf"
"""How Postfix asks the directory whether somebody was stopped, on access hosts."""

QUOTA_SOCKET = "/run/hopthu-quota/socket"
"""Where Postfix asks whether the mailbox of a recipient is full."""


@dataclass(frozen=True, slots=True)
class FromStores:
    """A port for an account of stores, by certificate, on hosts with one of some `roles`.

    Rspamd sees what comes in as sent by `user`, signed in; no id begins with a `_`.
    """

    port: int
    user: str
    roles: tuple[str, ...]
    account: Account
    what: str


NOTICES = FromStores(10465, "_vacation", ("access",), MAIL, "Vacation notices, by certificate.")
REPORTS = FromStores(
    10466, "_report", ("access",), POSTFIX, "Letters that people report, by certificate."
)
TRAINING = FromStores(
    10467, "_training", ("edge", "access"), POSTFIX, "Letters to learn from, by certificate."
)

TRAINING_SIZE = 1024**2
"""The largest letter that scanners learn from, in bytes: those with more are attachments."""

ENTRANCE = 10025
"""Where Dovecot hands such letters in at Postfix of its own host: on loopback of stores."""

MILTER = 11332
"""Where Rspamd checks letters: on loopback. It believes who has signed in, and signs (DKIM)."""

AGAIN = 10026
"""Where Postfix hands a letter to a list in once more: on loopback of access hosts."""

MOST_ON_LISTS = 200_000
"""More recipients than a letter to all lists of a province comes to."""

RECIPIENTS = 2000
"""More recipients than a letter has before lists are replaced by who is on them."""

_STUCK = 3
"""Destinations that get nothing before a way out of the queue is at fault: two may be by chance."""

_LOCAL_PART = re.compile(r"[a-z0-9]+(?:(?:[._]|-+)[a-z0-9]+)*")
_ID = _LOCAL_PART
_HOST_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
_ADDRESS = re.compile(rf"{_LOCAL_PART.pattern}@{_HOST_NAME.pattern}")
# An SMTP reply line has at most 512 octets, including code, address and Postfix's own text
# (RFC 5321 §4.5.3.1.5).
_REPLY = re.compile(r"[!-~](?:[ -~]{0,298}[!-~])?")

Row = tuple[str, str]


def files(context: Context) -> Files:
    """Return main.cf, master.cf and the bounce texts; raise `ValueError` on a hostile name."""
    for host in (context.host, *context.centre.hosts, *context.centre.gone):
        _checked(_HOST_NAME, host.fqdn)
        _checked(_ID, host.name)
        ipaddress.ip_address(host.address)
    for domain in (context.desired.domain, *context.desired.former()):
        _checked(_HOST_NAME, domain)
    stores = context.centre.with_mail
    alone = "" if context.host.has("edge", "access") else "store-"
    outside = _outside(context.policy.probe.outside)
    monitors = [each.address for each in context.centre.with_role("monitor")]
    sources = {
        "/etc/postfix/main.cf": f"{alone}main.cf.j2",
        "/etc/postfix/master.cf": f"{alone}master.cf.j2",
        "/etc/postfix/bounce.cf": "bounce.cf.j2",
    }
    if context.host.has("access"):
        sources |= {SOCKET_ACCESS: "tmpfiles.conf.j2"}
    return rendered(
        "postfix",
        sources,
        context,
        certificate=context.certificate,
        tables=TABLES,
        stores=stores,
        suites=SUITES,
        over=[each.domain for each in context.desired.over],
        probes=PREFIX if context.policy.probe.accounts else "",
        minutes=account(MINUTE, ""),
        outside=outside,
        outside_to_probe=[each for each in (outside.server, *monitors) if each],
        most=MOST_ON_LISTS,
        notices=NOTICES,
        recipients=RECIPIENTS,
        scanners=scanners(context.centre),
        training=training_domain(context.desired.domain),
        lessons=TRAINING,
        training_size=TRAINING_SIZE,
        entrance=ENTRANCE,
        again=AGAIN,
        milter=MILTER,
        reports_to=reports_to(context.desired.domain),
        report_hosts=context.centre.with_role("access"),
        reports=REPORTS,
        quota=QUOTA_SOCKET,
        stopped=STOPPED,
    )


def scanners(centre: Centre) -> tuple[Host, ...]:
    """Return the hosts that scan mail: each learns by itself from what people move."""
    return tuple(host for host in centre.hosts if host.has("edge", "access"))


def training_domain(domain: str) -> str:
    """Return where letters for scanners to learn from go: below ours, where nobody can write."""
    return f"training.{domain}"


def reports_to(domain: str) -> str:
    """Return the address, reserved for the operator, to which people report letters."""
    return f"abuse@{domain}"


def _outside(outside: Outside) -> Outside:
    """Return the mail server outside that probes use, if any."""
    if outside.server:
        ipaddress.ip_address(outside.server)
        _checked(_HOST_NAME, outside.domain)
    return outside


def tables(context: Context) -> Files:
    """Return the look-up tables; raise `ValueError` on a value that must not be in one.

    They are text files that are indexed on the host. They change without a reload (Art. 5.1: a
    person's address works, or stops working, with the apply that changes it). A host that only
    stores mail has none.
    """
    if not context.host.has("edge", "access"):
        return {}
    desired = with_probes(context.desired)
    found = dict(_of_every_host(desired, context.centre))
    if context.host.has("access"):
        found["lists"] = _table(lists(desired))
        found["senders"] = _table(senders(desired))
        found["sent"] = _table(sent(desired))
    # postmap reads its settings from a main.cf. With a separate one the tables can be built before
    # Postfix is configured, and while its configuration is broken.
    settings = {f"{TABLES}/main.cf": File.text("compatibility_level = 3.10\n")}
    if context.host.has("access"):
        base = suffix(context.desired.domain)
        settings[STOPPED] = File.text(template("postfix/stopped.cf.j2", context, base=base))
    return settings | {f"{TABLES}/{name}": table for name, table in found.items()}


@memoize_by_identity(1)
def _of_every_host(desired: Desired, centre: Centre) -> Mapping[str, File]:
    """Return the tables of every host, in the order in which they must be indexed.

    The routes come first, so that an address is accepted only once its route exists.
    """
    found = {
        "transport": routes(desired, centre),
        "mailboxes": mailboxes(desired),
        "aliases": aliases(desired),
        "refused": refused(desired),
    }
    # An address leads to one place (Art. 4): it must not be in several tables.
    _unique((*found["mailboxes"], *found["aliases"], *found["refused"], *lists(desired)))
    # Only root needs to read who may send from which address, and what else there is; the quota
    # check reads where addresses lead.
    groups = dict.fromkeys(("transport", "aliases"), "postfix")
    return {name: _table(rows, groups.get(name)) for name, rows in found.items()}


def routes(desired: Desired, centre: Centre) -> Sequence[Row]:
    """Return every address that accepts mail → the store of its mailbox; and of folders Sent.

    Stores are given by IP address, so that no DNS is needed inside the centre; main.cf defines the
    name that the store's certificate must have.
    """
    hosts = {label: centre.store_host(label) for label in {m.store for m in desired.live()}}
    ways = {
        label: f"lmtp:inet:[{ipaddress.ip_address(host.address)}]:24"
        for label, host in hosts.items()
    }
    found = [(address, ways[mailbox.store]) for address, mailbox in _live(desired)]
    units = (mailbox for mailbox in desired.live() if mailbox.kind == "unit")
    return [*found, *((_sent_of(unit, desired), ways[unit.store]) for unit in units)]


def mailboxes(desired: Desired) -> Sequence[Row]:
    """Return every address that accepts mail → the id of its mailbox (Art. 4)."""
    return [(address, _checked(_ID, mailbox.id)) for address, mailbox in _live(desired)]


def aliases(desired: Desired) -> Sequence[Row]:
    """Return addresses without a mailbox of their own → the address they lead to.

    Reserved addresses lead to the operator (Art. 6.5), also those at former domains; those of a
    merged or split unit lead for a time to its successor (Art. 5.2). Aliases of people and units
    are not among them: their stores know every address of a mailbox.
    """
    live = {mailbox.id: mailbox for mailbox in desired.live()}
    rows = []
    for name, mailbox_id in desired.reserved:
        if mailbox_id not in live:
            raise ValueError(f"{name!r} leads to {mailbox_id!r}, which does not accept mail")
        primary = _primary(live[mailbox_id], desired)
        domains = (desired.domain, *(each.domain for each in desired.receiving))
        rows += [(_address(f"{name}@{domain}"), primary) for domain in domains]
    for mailbox in desired.mailboxes:
        if mailbox.state == "redirected":
            heir = _primary(live[mailbox.leads_to], desired)
            rows += [(_address(each), heir) for each in desired.served(mailbox)]
    return rows


def lists(desired: Desired) -> Sequence[Row]:
    """Return each list → who is on it, in one row (Art. 7.1); one that nobody is on has none."""
    live = {mailbox.id: mailbox for mailbox in desired.live()}
    return [
        (_address(f"{each.address}@{desired.domain}"), ", ".join(members))
        for each in desired.lists
        if (members := sorted({_primary(live[place.mailbox], desired) for place in each.places}))
    ]


def refused(desired: Desired) -> Sequence[Row]:
    """Return the addresses of closed mailboxes → the reply with the unit's address (Art. 5.2).

    To those at former domains that are over the reply names the present address; main.cf has the
    reply to any other address there.
    5.1.6 is "mailbox has moved" (RFC 3463 §3.2).
    """
    live = {mailbox.id: mailbox for mailbox in desired.mailboxes if mailbox.state not in REFUSED}
    rows = [
        (_address(each), _refusal(mailbox.refusal))
        for mailbox in desired.mailboxes
        if mailbox.state in REFUSED
        for each in (*desired.served(mailbox), *mailbox.over)
    ]
    for mailbox in live.values():
        if mailbox.over:
            primary = _primary(live[mailbox.leads_to or mailbox.id], desired)
            rows += [(_address(each), _refusal(_moved_to(primary))) for each in mailbox.over]
    return rows


def _refusal(reply: str) -> str:
    return f"550 5.1.6 {_checked(_REPLY, reply)}"


def _moved_to(address: str) -> str:
    """Return the reply for an address at a former domain that is over, in ASCII (RFC 5321 §4.2)."""
    return f"Address moved, please write to {address} / Dia chi da doi, xin gui den {address}"


def senders(desired: Desired) -> Sequence[Row]:
    """Return every address → the ids of the people who may send from it (Art. 6.2, 7.2).

    For a personal address it is the owner, for a unit's its head and delegate. A person whose
    mailbox is locked may not send from any address; from a former domain nobody may.
    """
    active = {mailbox.id for mailbox in desired.mailboxes if mailbox.state == "active"}
    users: dict[str, set[str]] = {}
    for access in desired.access:
        users.setdefault(access.unit, set()).add(access.person)
    rows = []
    for mailbox in desired.live():
        mine = [mailbox.id] if mailbox.kind == "personal" else sorted(users.get(mailbox.id, ()))
        if owners := [_checked(_ID, owner) for owner in mine if owner in active]:
            allowed = ",".join(owners)
            rows += [
                (_address(f"{local}@{desired.domain}"), allowed) for local in mailbox.addresses
            ]
    return rows


def sent(desired: Desired) -> Sequence[Row]:
    """Return every address of a unit → where what it sends is kept (Art. 7.2).

    A store files what comes there in the folder Sent. No table has it as an address, so that
    nobody can write to it.
    """
    return [
        (_address(f"{local}@{desired.domain}"), _sent_of(mailbox, desired))
        for mailbox in desired.live()
        if mailbox.kind == "unit"
        for local in mailbox.addresses
    ]


def _sent_of(unit: Mailbox, desired: Desired) -> str:
    return _primary(unit, desired).replace("@", "+Sent@")


@memoize_by_identity(1)
def _live(desired: Desired) -> Sequence[tuple[str, Mailbox]]:
    return [
        (_address(each), mailbox) for mailbox in desired.live() for each in desired.served(mailbox)
    ]


def _primary(mailbox: Mailbox, desired: Desired) -> str:
    return _address(f"{mailbox.addresses[0]}@{desired.domain}")


def _address(address: str) -> str:
    return _checked(_ADDRESS, address)


def _checked(shape: re.Pattern[str], value: str) -> str:
    if not shape.fullmatch(value):
        raise ValueError(f"{value!r} is not allowed in a Postfix table")
    return value


def _unique(rows: Iterable[Row]) -> dict[str, str]:
    """Return the rows by key; raise `ValueError` if two rows have one key and different values."""
    found: dict[str, str] = {}
    for key, value in rows:
        if key in found:
            raise ValueError(f"{key!r} leads to both {found[key]!r} and {value!r}")
        found[key] = value
    return found


def _table(rows: Iterable[Row], group: str | None = None) -> File:
    text = "".join(f"{key}\t{value}\n" for key, value in sorted(_unique(rows).items()))
    return File.text(text, 0o640, group) if group else File.text(text, 0o600)


# Postfix's tools only warn about mistakes and exit with 0: any output on stderr is an error.
_SILENT = """\
silent() {{
    output=$("$@" 2>&1 >/dev/null) || output="$output ($1 failed)"
    [ -z "$output" ] || {{ echo "$output" >&2; exit 1; }}
}}
"""

# They do not notice a daemon, restriction or table that does not exist, which would cause
# "451 Server configuration error" for mail. So these names are checked here, those of restrictions
# by searching the binary.
_TEST = f"""{_SILENT}
new={{stage}}/etc/postfix
silent postfix -c $new check
silent postconf -c $new -n
silent postconf -c $new -P
silent postconf -c $new -b $new/bounce.cf
daemons=$(postconf -c $new -hx daemon_directory)
for name in $(postconf -c $new -Fh '*/*/command' | cut -d ' ' -f 1); do
    [ -x $daemons/$name ] || {{{{ echo "master.cf: no such daemon: $name" >&2; exit 1; }}}}
done
for name in $(grep -Eo '\\b(permit|reject|check|defer|warn)_[a-z_]+' $new/main.cf); do
    grep -qaw $name $daemons/smtpd || {{{{ echo "main.cf: smtpd knows no $name" >&2; exit 1; }}}}
done
for table in $(grep -Eo 'lmdb:[^, ]+' $new/main.cf); do
    [ -e "${{{{table#lmdb:}}}}.lmdb" ] || {{{{ echo "main.cf: no such $table" >&2; exit 1; }}}}
done
"""

_QUEUES = "maildrop incoming active deferred hold"
"""The folders in which Postfix has what it must still deliver (qmgr(8))."""

_RELOAD = f"""set -e
[ ! -e {SOCKET_ACCESS} ] || systemd-tmpfiles --create {SOCKET_ACCESS}
systemctl reload-or-restart postfix
"""


def _index(files: Files) -> str:
    """Return the command that updates each table in place in one transaction.

    A look-up sees either the old rows or the new ones, and nothing is reloaded.
    https://www.postfix.org/LMDB_README.html
    """
    return f"postmap -c {TABLES} {' '.join(_maps(files))}"


def _test_tables(files: Files) -> str:
    return f"{_SILENT}silent postmap -c {{stage}}{TABLES} {' '.join(_maps(files, '{stage}'))}"


def _maps(files: Files, folder: str = "") -> Iterator[str]:
    return (f"lmdb:{folder}{path}" for path in files if not path.endswith(".cf"))


def _measures(context: Context) -> Mapping[str, Sequence[str]]:
    """Return the routes, the domains that are ours, and the hosts that mail goes to here."""
    table = f"{TABLES}/transport" if context.host.has("edge", "access") else ""
    domains = " ".join((context.desired.domain, *context.desired.former()))
    return {"queue": [table, domains, *(f"{h.name}={h.address}" for h in context.centre.hosts)]}


DAEMON = Daemon(
    name="postfix",
    title=Message("Postfix"),
    roles=("edge", "access", "store"),
    after=("dovecot", "moves", "quota", "rspamd"),
    packages={"": ("postfix", "postfix-lmdb"), "access": ("postfix-ldap",)},
    versions=(Version("postfix", "3.10", Message("main.cf sets compatibility_level 3.10")),),
    services=(Service("postfix", left=f"cd /var/spool/postfix && find {_QUEUES} -type f"),),
    file_sets=(
        # First, so that no configuration ever names a table that does not exist.
        FileSet(
            name="postfix-tables",
            render=tables,
            configure=Message("Write the tables of addresses, routes and senders"),
            activate=Message("Index the tables"),
            activation="nothing",
            phrase=Message("Postfix: nothing is restarted or reloaded"),
            command=_index,
            test=_test_tables,
            content=True,
        ),
        FileSet(
            name="postfix",
            render=files,
            configure=Message("Configure Postfix"),
            activate=Message("Reload Postfix"),
            activation="reload",
            phrase=Message("Postfix reloads"),
            command=_RELOAD,
            test=_TEST,
        ),
    ),
    open_ports={"edge": (25,), "access": (465, 587)},
    passages=(
        *(
            Passage(
                role=role,
                ports=(each.port,),
                sources=lambda centre, _host: centre.stores,
                accounts=(each.account,),
                why=each.what,
            )
            for each in (NOTICES, REPORTS, TRAINING)
            for role in each.roles
        ),
        Passage(
            role="store",
            ports=(ENTRANCE,),
            sources=itself,
            accounts=(MAIL,),
            why="What people move into or out of Junk, and what they report.",
        ),
        Passage(
            role="access",
            ports=(AGAIN,),
            sources=itself,
            accounts=(POSTFIX,),
            why="A letter to a list once more, by certificate.",
        ),
    ),
    health={"edge": ("mail from outside",), "access": ("sign-in",)},
    measures=_measures,
    alerts=(
        Alert(
            name="QueueStuck",
            expr=f"hopthu_queue_stuck >= {_STUCK}",
            summary=Message("Mail is not delivered: several letters wait, and none gets through."),
        ),
        Alert(
            name="LetterWaits",
            expr='hopthu_queue_oldest_seconds{to!="outside"} > 4 * 3600',
            summary=Message("A letter inside the centre has waited for more than four hours."),
        ),
    ),
    probes=("internal", "unknown-recipient", "no-open-relay", "forged-sender", "closed-mailbox"),
)
