"""What every host has whatever its roles: certificate, packet filter, journal limits."""

from __future__ import annotations

import ipaddress

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

_OPEN_TO_ALL = {"edge": (25,), "access": (465, 587, 993, 4190)}
_OPEN_TO_US = {"store": (24, 993, 4190), "directory": (636,), "access": (636,)}


def tls(context: Context) -> Files:
    """Return the host's certificate chain and key (Art. 5.1, 6.4)."""
    keys = context.keys
    return {
        f"{TLS}/ca.pem": File(keys["ca.pem"]),
        f"{TLS}/host.pem": File(keys["host.pem"] + keys["ca.pem"]),
        f"{TLS}/host.key": File(keys["host.key"], mode=0o640, group="ssl-cert", secret=True),
    }


def system(context: Context) -> Files:
    """Return packet filter and journal settings.

    A port is open to everybody, to the hosts of the centre, or closed; LMTP in particular asks no
    client for a certificate, so only our own Postfix hosts may reach it. The address book is also
    open to the networks that policy says may look people up (Art. 1).
    """
    host = context.host
    everybody = sorted({p for role, ports in _OPEN_TO_ALL.items() if host.has(role) for p in ports})
    ours = sorted({p for role, ports in _OPEN_TO_US.items() if host.has(role) for p in ports})
    return {
        "/etc/nftables.conf": File.text(
            template(
                "base/nftables.conf.j2",
                context,
                everybody=everybody,
                ours=[port for port in ours if port not in everybody],
                readers=_readers(context) if host.has("access") else [],
                stores=[s.address for s in context.centre.other_stores(host)],
                moves=MOVES,
            ),
            mode=0o755,
        ),
        "/etc/systemd/journald.conf.d/hopthu.conf": File.text(
            template("base/journald.conf.j2", context)
        ),
    }


def _readers(context: Context) -> list[str]:
    """Return the IPv4 ranges of the networks that may look people up."""
    networks = context.policy.networks.values()
    ranges = [r for n in networks if "directory" in n.may for r in n.ranges if ":" not in r]
    # nft takes no set whose ranges overlap.
    return [str(r) for r in ipaddress.collapse_addresses(map(ipaddress.IPv4Network, ranges))]
