"""The base of every host: certificate, packet filter, journal limits."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address

from hopthu.daemons.record import Daemon, FileSet, Service
from hopthu.daemons.registry import daemons_of, services_of
from hopthu.i18n.message import Message
from hopthu.render.context import Context, template
from hopthu.render.files import File, Files

TLS = "/etc/hopthu/tls"

MOVES = 874
"""The port on which a store receives mailboxes from other stores (rsync over TLS, rsync-ssl(1))."""

SUITES = ":".join(
    f"{exchange}-{cipher}"
    for exchange in ("ECDHE-ECDSA", "ECDHE-RSA", "DHE-RSA")
    for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
)
"""The cipher suites of TLS 1.2: forward secrecy and authenticated encryption only (Art. 6.4).

They are Mozilla's "intermediate" set: https://wiki.mozilla.org/Security/Server_Side_TLS. With
TLS 1.3 OpenSSL offers nothing weaker by default. Every daemon is configured with them, because the
defaults still include SHA-1, Camellia and short tags, and Postfix's anonymous key exchange.
"""


def tls(context: Context) -> Files:
    """Return the host's certificate chain and key (Art. 5.1, 6.4)."""
    keys = context.keys
    return {
        f"{TLS}/ca.pem": File(keys["ca.pem"]),
        f"{TLS}/host.pem": File(keys["host.pem"] + keys["ca.pem"]),
        f"{TLS}/host.key": File(keys["host.key"], mode=0o640, group="ssl-cert", secret=True),
    }


def units(context: Context) -> Files:
    """Return drop-in files that make systemd restart a daemon that has died (Art. 5.1).

    They are separate files, which systemd loads without touching the daemon.
    """
    return {
        f"/etc/systemd/system/{service.unit}.service.d/restart.conf": File.text(
            template(
                "base/restart.conf.j2",
                context,
                unit=service.unit,
                restart=service.restart,
                seconds=service.pause,
                kill_mode=service.kill_mode,
            )
        )
        for service in services_of(context.host)
        if service.restart
    }


def system(context: Context) -> Files:
    """Return packet filter and journal settings.

    A port is open to everybody, to the hosts that need it, or closed. Some ports are also open to
    networks to which the policy gives a permission, such as the address book (Art. 1).
    """
    host = context.host
    everybody = sorted({
        port
        for daemon in daemons_of(host)
        for role, ports in daemon.open_ports.items()
        if host.has(role)
        for port in ports
    })  # fmt: skip
    return {
        "/etc/nftables.conf": File.text(
            template(
                "base/nftables.conf.j2",
                context,
                everybody=everybody,
                networks=_networks(context),
                inside=_inside(context, everybody),
            ),
            mode=0o755,
        ),
        "/etc/systemd/journald.conf.d/hopthu.conf": File.text(
            template("base/journald.conf.j2", context)
        ),
    }


@dataclass(frozen=True, slots=True)
class Opening:
    """A rule of the packet filter: ports that `sources`, addresses or ranges, may reach."""

    why: str
    ports: tuple[int, ...]
    sources: tuple[str, ...]


def _inside(context: Context, everybody: Collection[int]) -> list[Opening]:
    """Return the openings for hosts of the centre, without the ports open to `everybody`.

    An attacker on one host reaches no more than its role needs (Art. 5.1).
    """
    host, centre = context.host, context.centre
    openings = []
    for passage in (each for daemon in daemons_of(host) for each in daemon.passages):
        ports = tuple(port for port in passage.ports if port not in everybody)
        others = {each.address for each in passage.sources(centre, host) if each != host}
        if host.has(passage.role) and ports and others:
            sources = tuple(sorted(others, key=IPv4Address))
            openings.append(Opening(passage.why, ports, sources))
    return openings


def _networks(context: Context) -> list[Opening]:
    """Return the openings for networks of the policy that have a permission."""
    host = context.host
    return [
        Opening(passage.why, passage.ports, sources)
        for daemon in daemons_of(host)
        for passage in daemon.networks
        if host.has(passage.role) and (sources := _ranges(context, passage.may))
    ]


def _ranges(context: Context, may: str) -> tuple[str, ...]:
    """Return the IPv4 ranges of the networks that have the permission `may`."""
    networks = context.policy.networks.values()
    ranges = [r for n in networks if may in n.may for r in n.ranges if ":" not in r]
    # nft refuses a set with overlapping ranges.
    return tuple(map(str, ipaddress.collapse_addresses(map(ipaddress.IPv4Network, ranges))))


DAEMON = Daemon(
    name="base",
    title="the base of every host",
    roles=(),
    deploy="deploys.base:base",
    packages={"": ("nftables", "ssl-cert", "ca-certificates", "openssl", "zstd")},
    services=(Service("nftables", restart=""),),
    file_sets=(
        FileSet(
            name="tls",
            render=tls,
            activation="reload",
            phrase=Message("Dovecot and Postfix reload the certificate"),
        ),
        FileSet(
            name="system",
            render=system,
            activation="restart",
            phrase=Message("the packet filter is loaded, the journal restarts"),
        ),
        FileSet(
            name="units",
            render=units,
            activation="nothing",
            phrase=Message("restarts after a crash: nothing is restarted or reloaded now"),
        ),
    ),
    probes=("tls-only", "clean-journal"),
    exempt={"versions": "its configuration does not depend on the version"},
)
