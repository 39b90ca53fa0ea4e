"""The base of every host: certificate, packet filter, journal limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Network,
    collapse_addresses,
    ip_address,
    ip_network,
)

from hopthu.daemons.accounts import Account
from hopthu.daemons.record import Daemon, FileSet, NetworkPassage, Passage, Service
from hopthu.daemons.registry import daemons_of
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


def _suites(*exchanges: str) -> str:
    ciphers = ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
    return ":".join(f"{exchange}-{cipher}" for exchange in exchanges for cipher in ciphers)


SUITES = _suites("ECDHE-ECDSA", "ECDHE-RSA", "DHE-RSA")
"""The cipher suites of TLS 1.2: forward secrecy and authenticated encryption only (Art. 6.4).

They are Mozilla's "intermediate" set: https://wiki.mozilla.org/Security/Server_Side_TLS. With
TLS 1.3 OpenSSL offers nothing weaker by default. Every daemon is configured with them, because the
defaults still include SHA-1, Camellia and short tags, and Postfix's anonymous key exchange.
"""
OWN_SUITES = _suites("ECDHE-ECDSA", "ECDHE-RSA")
"""Those of them by which our own hosts speak to each other through stunnel.

For DHE it would look for a safe prime at each start and each day, which takes up to a minute of a
processor (stunnel(8), `ciphers`).
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

    They are separate files, which systemd loads without touching the daemon; a host that stands by
    has them too, so that it is ready.
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
        for daemon in daemons_of(context.host)
        for service in daemon.services
        if service.restart and service.on(context.host)
    }


def accounts(context: Context) -> Files:
    """Return the accounts that the packet filter names, which cannot be loaded without them."""
    context = context.serving()
    ways = _ways(context.host, context.centre)
    found = {each.name: each for way in ways for each in way.accounts or ()}
    named = [found[name] for name in sorted(found)]
    text = template("base/sysusers.conf.j2", context, accounts=named)
    return {"/etc/sysusers.d/hopthu-accounts.conf": File.text(text)}


def system(context: Context) -> Files:
    """Return packet filter and journal settings.

    A port is open to everybody, to the hosts that need it, or closed. Some ports are also open to
    networks to which the policy gives a permission, such as the address book (Art. 1). What is not
    open to everybody is open to the accounts that need it, whichever host they are on.
    """
    context = context.serving()
    host, centre = context.host, context.centre
    return {
        "/etc/nftables.conf": File.text(
            template(
                "base/nftables.conf.j2",
                context,
                everybody=_everybody(host),
                openings=_openings(host, centre, context.policy),
                ways=[way for way in _ways(host, centre) if way.accounts],
                refused=_refused(host, centre),
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
    openings = _openings(host, centre, policy)
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


def _openings(host: Host, centre: Centre, policy: Policy) -> list[Opening]:
    """Return the openings for networks of the policy, then those for hosts of the centre."""
    return [*_networks(host, policy), *_inside(host, centre)]


def _inside(host: Host, centre: Centre) -> Iterator[Opening]:
    """Yield the openings for hosts of the centre.

    An attacker on one host reaches no more than its role needs (Art. 5.1).
    """
    known: dict[tuple[int, ...], set[IPv4Address]] = {}
    for passage, ports in _inner(host):
        seen = known.setdefault(ports, set())
        hosts = (each for each in passage.sources(centre, host) if each != host)
        others = {IPv4Address(each.address) for each in hosts} - seen
        seen |= others
        if others:
            yield Opening(passage.why, ports, "ip", tuple(map(str, sorted(others))))


def _inner(host: Host) -> Iterator[tuple[Passage, tuple[int, ...]]]:
    """Yield the passages to a host, each with those of its ports that are not for everybody."""
    everybody = _everybody(host)
    for passage in (each for daemon in daemons_of(host) for each in daemon.passages):
        ports = tuple(port for port in passage.ports if port not in everybody)
        if passage.concerns(host) and ports:
            yield passage, ports


@dataclass(frozen=True, slots=True)
class Way:
    """Ports that `accounts` of a host reach: of hosts that are `there`, its own if none is.

    None if every account does.
    """

    why: str
    ports: tuple[int, ...]
    accounts: tuple[Account, ...] | None
    there: tuple[Host, ...]


def _ways(host: Host, centre: Centre) -> list[Way]:
    """Return the ways from `host` to itself, then to others."""
    targets: dict[tuple[Passage, tuple[int, ...]], list[Host]] = {}
    for target in centre.hosts:
        for passage, ports in _inner(target):
            if host in passage.sources(centre, target):
                targets.setdefault((passage, ports), []).append(target)
    inside = [
        Way(passage.why, ports, passage.accounts, ())
        for (passage, ports), hosts in targets.items()
        if host in hosts
    ]
    others = [
        Way(passage.why, ports, passage.accounts, tuple(each for each in hosts if each != host))
        for (passage, ports), hosts in targets.items()
        if hosts != [host]
    ]
    return [*inside, *others]


@dataclass(frozen=True, slots=True)
class Refused:
    """What no further account of a host reaches: ports of its own, `address . port` of others."""

    here: tuple[int, ...]
    there: tuple[str, ...]


def _refused(host: Host, centre: Centre) -> Refused:
    """Return what the accounts of a host do not reach unless they are named, or root.

    An attacker who has one of its daemons reaches no more than that needs. Other hosts keep out by
    themselves whoever has no way to them.
    """
    networks = (each for daemon in daemons_of(host) for each in daemon.networks)
    here = {port for each in networks if each.concerns(host) for port in each.ports}
    free = {*_everybody(host)}
    for passage, ports in _inner(host):
        (free if passage.accounts is None else here).update(ports)
    there = {
        (IPv4Address(other.address), port)
        for way in _ways(host, centre)
        if way.accounts is not None
        for other in way.there
        for port in way.ports
    }
    return Refused(
        tuple(sorted(here - free)), tuple(f"{each} . {port}" for each, port in sorted(there))
    )


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
            accounts=None,
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
            # What keeps it has its digest (`FileSet.reads_certificate`), and is activated itself.
            activation="nothing",
            phrase=Message("the certificate: daemons that keep it are named themselves"),
            test=_TLS,
        ),
        FileSet(
            name="accounts",
            render=accounts,
            configure=Message("Write the accounts of daemons"),
            activate=Message("Create the accounts of daemons"),
            activation="nothing",
            phrase=Message("accounts of daemons: nothing is restarted or reloaded"),
            # The packet filter names them.
            command="systemd-sysusers",
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
