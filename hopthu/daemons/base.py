"""The base of every host: certificate, packet filter, journal limits."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Network,
    collapse_addresses,
    ip_address,
    ip_network,
)

from hopthu.daemons.record import Daemon, FileSet, NetworkPassage, Passage, Service
from hopthu.daemons.registry import daemons_of, services_of
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Policy
from hopthu.render.context import Context, template
from hopthu.render.files import File, Files

TLS = "/etc/hopthu/tls"

SSH = 22

MOVES = 874
"""The port on which a store receives mailboxes from other stores (rsync over TLS, rsync-ssl(1))."""

QUOTA = 12340
"""The port on which a store says to other hosts whether a mailbox is full."""

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

# Daemons load a certificate that does not match its key without an error, and then cannot be
# reached.
_TLS = f"""\
cd {{stage}}{TLS}
openssl verify -CAfile ca.pem -untrusted host.pem host.pem >/dev/null
openssl x509 -in host.pem -noout -checkend 86400 >/dev/null
[ "$(openssl x509 -in host.pem -noout -pubkey)" = "$(openssl pkey -in host.key -pubout)" ] ||
    {{{{ echo "the host's key is not the one of its certificate" >&2; exit 1; }}}}
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
    everybody = _everybody(host)
    return {
        "/etc/nftables.conf": File.text(
            template(
                "base/nftables.conf.j2",
                context,
                everybody=everybody,
                openings=_openings(host, context.centre, context.policy, everybody),
            ),
            mode=0o755,
        ),
        "/etc/systemd/journald.conf.d/hopthu.conf": File.text(
            template("base/journald.conf.j2", context)
        ),
    }


def admits_ssh(host: Host, centre: Centre, policy: Policy, address: str) -> bool:
    """Return whether the packet filter of `host` admits SSH from `address` (Art. 5.1)."""
    asked = ip_address(address)
    openings = _openings(host, centre, policy, _everybody(host))
    sources = (source for each in openings if SSH in each.ports for source in each.sources)
    return any(asked in ip_network(source) for source in sources)


def _everybody(host: Host) -> list[int]:
    """Return the ports that every network may reach."""
    return sorted({
        port
        for daemon in daemons_of(host)
        for role, ports in daemon.open_ports.items()
        if host.has(role)
        for port in ports
    })  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opening:
    """A rule of the packet filter: ports that `sources` may reach, disjoint ranges of a `family`.

    The family is `ip` or `ip6`, as in nft(8).
    """

    why: str
    ports: tuple[int, ...]
    family: str
    sources: tuple[str, ...]


def _openings(
    host: Host, centre: Centre, policy: Policy, everybody: Collection[int]
) -> list[Opening]:
    """Return the openings for networks of the policy, then those for hosts of the centre."""
    return [*_networks(host, policy), *_inside(host, centre, everybody)]


def _inside(host: Host, centre: Centre, everybody: Collection[int]) -> Iterator[Opening]:
    """Yield the openings for hosts of the centre, without the ports open to `everybody`.

    An attacker on one host reaches no more than its role needs (Art. 5.1).
    """
    for passage in (each for daemon in daemons_of(host) for each in daemon.passages):
        ports = tuple(port for port in passage.ports if port not in everybody)
        others = {each.address for each in passage.sources(centre, host) if each != host}
        if passage.concerns(host) and ports and others:
            yield Opening(passage.why, ports, "ip", tuple(sorted(others, key=IPv4Address)))


def _networks(host: Host, policy: Policy) -> Iterator[Opening]:
    """Yield the openings for networks of the policy that have a permission, by family."""
    for passage in (each for daemon in daemons_of(host) for each in daemon.networks):
        having = (each for each in policy.networks.values() if passage.may in each.may)
        ranges = [ip_network(each) for network in having for each in network.ranges]
        # nft refuses a set with overlapping ranges.
        v4 = collapse_addresses(each for each in ranges if isinstance(each, IPv4Network))
        v6 = collapse_addresses(each for each in ranges if isinstance(each, IPv6Network))
        for family, sources in (("ip", tuple(map(str, v4))), ("ip6", tuple(map(str, v6)))):
            if passage.concerns(host) and sources:
                yield Opening(passage.why, passage.ports, family, sources)


DAEMON = Daemon(
    name="base",
    title=Message("Host"),
    roles=(),
    packages={"": ("nftables", "ssl-cert", "ca-certificates", "openssl", "zstd")},
    services=(Service("nftables", restart=""),),
    passages=(
        Passage(
            role="",
            ports=(SSH,),
            sources=lambda centre, _host: centre.with_role("operator"),
            why="SSH, for the hosts that run hopthu every day.",
        ),
    ),
    networks=(
        NetworkPassage(
            role="",
            ports=(SSH,),
            may="administer",
            why="SSH, for the networks that administer the hosts.",
        ),
    ),
    file_sets=(
        FileSet(
            name="tls",
            render=tls,
            configure=Message("Install the certificate of the host"),
            activate=Message("Make running daemons load the certificate"),
            activation="reload",
            phrase=Message("Dovecot and Postfix reload the certificate"),
            # slapd reads it only at its start. Its configuration has the digest of the certificate,
            # so that it restarts by itself.
            command="for unit in dovecot postfix; do"
            " ! systemctl --quiet is-active $unit || systemctl reload $unit || exit 1; done",
            test=_TLS,
        ),
        FileSet(
            name="system",
            render=system,
            configure=Message("Write the packet filter and journal limits"),
            activate=Message("Load the packet filter and journal limits"),
            activation="restart",
            phrase=Message("the packet filter is loaded, the journal restarts"),
            command="nft -f /etc/nftables.conf && systemctl restart systemd-journald",
            test="nft --check --file {stage}/etc/nftables.conf",
        ),
        FileSet(
            name="units",
            render=units,
            configure=Message("Write the restart rules of daemons"),
            activate=Message("Load the restart rules of daemons"),
            activation="nothing",
            phrase=Message("restarts after a crash: nothing is restarted or reloaded now"),
        ),
    ),
    probes=("tls-only", "ssh-closed", "clean-journal"),
    exempt={"versions": "its configuration does not depend on the version"},
)
