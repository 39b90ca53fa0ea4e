"""What every host has whatever its roles: certificate, packet filter, journal limits."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address

from hopthu.inventory.topology import Host
from hopthu.render.context import Context, template
from hopthu.render.files import File, Files

TLS = "/etc/hopthu/tls"

MOVES = 874
"""The port at which a store takes mailboxes from other stores (rsync over TLS, rsync-ssl(1))."""

SUITES = ":".join(
    f"{exchange}-{cipher}"
    for exchange in ("ECDHE-ECDSA", "ECDHE-RSA", "DHE-RSA")
    for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
)
"""What TLS 1.2 may agree to: fresh keys and authenticated encryption only (Art. 6.4).

The set of Mozilla's "intermediate": https://wiki.mozilla.org/Security/Server_Side_TLS. Of TLS 1.3
OpenSSL offers nothing weaker by itself. Each daemon is told, for their own defaults still have
SHA-1, Camellia, short tags, and Postfix key exchange without any certificate.
"""

_DAEMONS = {
    "slapd": ("directory", "access", "store"),
    "dovecot": ("access", "store"),
    "postfix": ("edge", "access"),
    "clamav-daemon": ("edge", "access"),
    "rspamd": ("edge", "access"),
    "valkey-server": ("edge", "access"),
}
"""What runs on hosts of which roles."""

_ALWAYS = {"rspamd", "valkey-server"}
"""What its package starts again even after an orderly end."""

_OPEN_TO_ALL = {"edge": (25,), "access": (465, 587, 993, 4190)}


def tls(context: Context) -> Files:
    """Return the host's certificate chain and key (Art. 5.1, 6.4)."""
    keys = context.keys
    return {
        f"{TLS}/ca.pem": File(keys["ca.pem"]),
        f"{TLS}/host.pem": File(keys["host.pem"] + keys["ca.pem"]),
        f"{TLS}/host.key": File(keys["host.key"], mode=0o640, group="ssl-cert", secret=True),
    }


def units(context: Context) -> Files:
    """Return what systemd does when a daemon has died (Art. 5.1): start it again.

    In a file of its own each, which systemd takes up without touching the daemon.
    """
    paces = {unit: 2 for unit, roles in _DAEMONS.items() if context.host.has(*roles)}
    if context.host.signature_mirror:
        # Nobody waits for it, and whatever it fails over is asked of the mirror again.
        paces["clamav-freshclam"] = 60
    return {
        f"/etc/systemd/system/{unit}.service.d/restart.conf": File.text(
            template(
                "base/restart.conf.j2",
                context,
                unit=unit,
                restart="always" if unit in _ALWAYS else "on-failure",
                seconds=seconds,
            )
        )
        for unit, seconds in paces.items()
    }


def system(context: Context) -> Files:
    """Return packet filter and journal settings.

    A port is open to everybody, to the hosts that need it, or closed. The address book is open to
    the networks that policy says may look people up (Art. 1).
    """
    host = context.host
    everybody = sorted({p for role, ports in _OPEN_TO_ALL.items() if host.has(role) for p in ports})
    return {
        "/etc/nftables.conf": File.text(
            template(
                "base/nftables.conf.j2",
                context,
                everybody=everybody,
                readers=_readers(context) if host.has("access") else [],
                inside=_inside(context, everybody),
            ),
            mode=0o755,
        ),
        "/etc/systemd/journald.conf.d/hopthu.conf": File.text(
            template("base/journald.conf.j2", context)
        ),
    }


@dataclass(frozen=True, slots=True)
class Passage:
    """Ports that only some hosts of the centre reach: `why`, which, and the addresses of those."""

    why: str
    ports: tuple[int, ...]
    sources: tuple[str, ...]


def _inside(context: Context, everybody: Collection[int]) -> list[Passage]:
    """Return who of the centre reaches what, less what `everybody` reaches anyway.

    A host that is lost to a stranger opens no more than its role needs (Art. 5.1).
    """
    host, centre = context.host, context.centre
    found: list[tuple[str, tuple[int, ...], Iterable[Host]]] = []
    if host.has("store"):
        others = centre.other_stores(host)
        posts = [other for other in centre.hosts if other.has("edge", "access")]
        found += [
            (
                "Mail that Postfix delivers, or a store for a mailbox here.",
                (24,),
                [*posts, *others],
            ),
            ("People, passed on by the proxy.", (993, 4190), centre.with_role("access")),
            ("Mailboxes that move here, from other stores.", (MOVES,), others),
        ]
    if host.has("directory"):
        replicas = filter(centre.keeps_directory, centre.hosts)
        found.append(("Replicas of the directory.", (636,), replicas))
    return [
        Passage(why, ports, sources)
        for why, wanted, hosts in found
        if (ports := tuple(port for port in wanted if port not in everybody))
        if (sources := tuple(sorted({h.address for h in hosts if h != host}, key=IPv4Address)))
    ]


def _readers(context: Context) -> list[str]:
    """Return the IPv4 ranges of the networks that may look people up."""
    networks = context.policy.networks.values()
    ranges = [r for n in networks if "directory" in n.may for r in n.ranges if ":" not in r]
    # nft takes no set whose ranges overlap.
    return [str(r) for r in ipaddress.collapse_addresses(map(ipaddress.IPv4Network, ranges))]
