"""Postfix: which door takes which mail, and where each address leads (Art. 4, 5.1, 6.2, 7.2).

How mail flows is told in docs/decisions/mail-flow.md. Whatever comes from the data ends up in a
table, and goes through one of the few functions here that say what a table may hold: a name in
the data must never become a row, a column, an option or an action.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence

from hopthu.daemons.base import SUITES
from hopthu.daemons.record import Daemon, FileSet, Service, Version
from hopthu.desired.state import Desired, Mailbox
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre
from hopthu.memoize import memoize_by_identity
from hopthu.model.lifecycle import REFUSED
from hopthu.render.context import Context, template
from hopthu.render.files import File, Files

TABLES = "/etc/postfix/hopthu"
"""The folder of the look-up tables on a host, text and index."""

_LOCAL_PART = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_ID = _LOCAL_PART
_HOST_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
# An SMTP reply line holds 512 octets, code, address and Postfix's own words included (RFC 5321
# §4.5.3.1.5).
_REPLY = re.compile(r"[!-~](?:[ -~]{0,298}[!-~])?")

Row = tuple[str, str]


def files(context: Context) -> Files:
    """Return main.cf, master.cf and the texts of notices; raise `ValueError` on a hostile name."""
    for host in (context.host, *context.centre.hosts):
        _checked(_HOST_NAME, host.fqdn)
        ipaddress.ip_address(host.address)
    _checked(_HOST_NAME, context.desired.domain)
    stores = context.centre.with_role("store")
    return {
        f"/etc/postfix/{name}": File.text(
            template(f"postfix/{name}.j2", context, tables=TABLES, stores=stores, suites=SUITES)
        )
        for name in ("main.cf", "master.cf", "bounce.cf")
    }


def tables(context: Context) -> Files:
    """Return the look-up tables; raise `ValueError` on a value that must not be in one.

    All of them in text, indexed on the host. They change without a reload (Art. 5.1: a person's
    address works, or stops working, with the apply that says so).
    """
    desired = context.desired
    found = dict(_of_every_host(desired, context.centre))
    if context.host.has("access"):
        found["senders"] = _table(senders(desired))
    # postmap reads a main.cf for its own settings. With one beside the tables they can be built
    # before Postfix is configured, and while its configuration is broken.
    settings = {f"{TABLES}/main.cf": File.text("compatibility_level = 3.10\n")}
    return settings | {f"{TABLES}/{name}": table for name, table in found.items()}


@memoize_by_identity(1)
def _of_every_host(desired: Desired, centre: Centre) -> Mapping[str, File]:
    """Return the tables that all have, in the order they are to be indexed.

    An address is accepted once its route is known.
    """
    found = {
        "transport": routes(desired, centre),
        "mailboxes": mailboxes(desired),
        "aliases": aliases(desired),
        "refused": refused(desired),
    }
    # An address leads to one place (Art. 4), whichever table says where.
    _unique(row for name in ("mailboxes", "aliases", "refused") for row in found[name])
    return {name: _table(rows) for name, rows in found.items()}


def routes(desired: Desired, centre: Centre) -> Sequence[Row]:
    """Return every address that takes mail → the store that holds its mailbox.

    By IP address, so that no DNS is needed inside the centre; main.cf says which name the
    certificate found there must have.
    """
    hosts = {label: centre.store_host(label) for label in {m.store for m in desired.live()}}
    ways = {
        label: f"lmtp:inet:[{ipaddress.ip_address(host.address)}]:24"
        for label, host in hosts.items()
    }
    return [(address, ways[mailbox.store]) for address, mailbox in _live(desired)]


def mailboxes(desired: Desired) -> Sequence[Row]:
    """Return every address that takes mail → the id of its mailbox (Art. 4)."""
    return [(address, _checked(_ID, mailbox.id)) for address, mailbox in _live(desired)]


def aliases(desired: Desired) -> Sequence[Row]:
    """Return addresses without a mailbox of their own → whose they reach.

    Reserved ones reach the operator's (Art. 6.5), those of a merged or split unit for a time its
    successor's (Art. 5.2). Aliases of people and units are none of these: their stores know every
    address of a mailbox.
    """
    live = {mailbox.id: mailbox for mailbox in desired.live()}
    rows = []
    for name, mailbox_id in desired.reserved:
        if mailbox_id not in live:
            raise ValueError(f"{name!r} leads to {mailbox_id!r}, which takes no mail")
        primary = live[mailbox_id].addresses[0]
        rows.append((_address(name, desired), _address(primary, desired)))
    for mailbox in desired.mailboxes:
        if mailbox.state == "redirected":
            heir = _address(live[mailbox.leads_to].addresses[0], desired)
            rows += [(_address(name, desired), heir) for name in mailbox.addresses]
    return rows


def refused(desired: Desired) -> Sequence[Row]:
    """Return the addresses of closed mailboxes → the answer that names the unit's (Art. 5.2).

    5.1.6 is "mailbox has moved" (RFC 3463 §3.2).
    """
    return [
        (_address(name, desired), f"550 5.1.6 {_checked(_REPLY, mailbox.refusal)}")
        for mailbox in desired.mailboxes
        if mailbox.state in REFUSED
        for name in mailbox.addresses
    ]


def senders(desired: Desired) -> Sequence[Row]:
    """Return address → the sign-in ids that may send as it (Art. 6.2, 7.2).

    A personal address has its owner, a unit's has its head and delegate. Who is locked out of
    their own mailbox sends as nobody.
    """
    active = {mailbox.id for mailbox in desired.mailboxes if mailbox.state == "active"}
    users: dict[str, set[str]] = {}
    for access in desired.access:
        users.setdefault(access.unit, set()).add(access.person)
    rows = []
    for address, mailbox in _live(desired):
        mine = [mailbox.id] if mailbox.kind == "personal" else sorted(users.get(mailbox.id, ()))
        if owners := [_checked(_ID, owner) for owner in mine if owner in active]:
            rows.append((address, ",".join(owners)))
    return rows


@memoize_by_identity(1)
def _live(desired: Desired) -> Sequence[tuple[str, Mailbox]]:
    domain = _checked(_HOST_NAME, desired.domain)
    return [
        (f"{_checked(_LOCAL_PART, name)}@{domain}", mailbox)
        for mailbox in desired.live()
        for name in mailbox.addresses
    ]


def _address(name: str, desired: Desired) -> str:
    return f"{_checked(_LOCAL_PART, name)}@{_checked(_HOST_NAME, desired.domain)}"


def _checked(shape: re.Pattern[str], value: str) -> str:
    if not shape.fullmatch(value):
        raise ValueError(f"{value!r} has no place in a Postfix table")
    return value


def _unique(rows: Iterable[Row]) -> dict[str, str]:
    """Return the rows by key; raise `ValueError` when two claim one key."""
    found: dict[str, str] = {}
    for key, value in rows:
        if key in found:
            raise ValueError(f"{key!r} leads to both {found[key]!r} and {value!r}")
        found[key] = value
    return found


def _table(rows: Iterable[Row]) -> File:
    # Who may send as what is nobody's business on the host but root's.
    lines = (f"{key}\t{value}\n" for key, value in sorted(_unique(rows).items()))
    return File.text("".join(lines), mode=0o600)


DAEMON = Daemon(
    name="postfix",
    title="Postfix",
    roles=("edge", "access"),
    after=("dovecot", "moves", "rspamd"),
    deploy="deploys.postfix:postfix",
    packages={"": ("postfix", "postfix-lmdb")},
    versions=(Version("postfix", "3.10", "main.cf says compatibility_level 3.10"),),
    services=(Service("postfix"),),
    file_sets=(
        FileSet(
            name="postfix",
            render=files,
            activation="reload",
            phrase=Message("Postfix reloads"),
        ),
        FileSet(
            name="postfix-tables",
            render=tables,
            activation="nothing",
            phrase=Message("Postfix: nothing is restarted or reloaded"),
        ),
    ),
    open_ports={"edge": (25,), "access": (465, 587)},
    health={"edge": ("mail from outside",), "access": ("sign-in",)},
    probes=("internal", "unknown-recipient", "no-open-relay", "forged-sender", "closed-mailbox"),
)
