"""Connections to a store end when another host takes it over (docs/decisions/pairs.md).

A host that died says nothing. Whoever waits for its answer would wait for ten minutes (Postfix, for
a letter that was being confirmed) or until people give up (an IMAP session behind a proxy).
"""

from __future__ import annotations

from hopthu.daemons.record import Daemon, FileSet
from hopthu.daemons.registry import daemons_of
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.render.context import Context, template
from hopthu.render.files import File, Files

_FILTER = "/etc/hopthu/standing-by"
_SHOW = "ss --tcp --numeric --no-header --filter="


def files(context: Context) -> Files:
    """Return the filter of what ends; nothing if no host stands by for a store of another name."""
    others = (host for host in context.centre.hosts if host.fqdn != context.host.fqdn)
    waiting = [host for host in others if host.stands_by]
    ports = sorted({port for host in waiting for port in _ports(context.centre, host)})
    if not waiting:
        return {}
    values = {"addresses": [host.address for host in waiting], "ports": ports}
    return {_FILTER: File.text(template("reconnect/standing-by.j2", context, **values))}


def _ports(centre: Centre, store: Host) -> set[int]:
    """Return the ports at which a store serves other hosts."""
    return {
        port
        for daemon in daemons_of(store)
        for passage in daemon.passages
        if passage.role == "store"
        and {centre.partner(store)}.isdisjoint(passage.sources(centre, store))
        for port in passage.ports
    }


DAEMON = Daemon(
    name="reconnect",
    title=Message("Connections to stores"),
    roles=("access", "edge", "store"),
    # They know the new address before they connect again.
    after=("dovecot", "postfix", "quota"),
    packages={"access": ("iproute2",), "edge": ("iproute2",), "store": ("iproute2",)},
    file_sets=(
        FileSet(
            name="reconnect",
            render=files,
            configure=Message("Write which hosts stand by"),
            activate=Message("End the connections to hosts that stand by"),
            activation="reload",
            phrase=Message("connections to hosts that stand by end"),
            command=f"{_SHOW}{_FILTER} --kill >/dev/null",
            test=f"{_SHOW}{{stage}}{_FILTER} >/dev/null",
        ),
    ),
    exempt={
        "services": "nothing runs: connections end once",
        "versions": "ss has ended connections since before Debian 10",
        "health": "the daemons that connect again are asked themselves",
        "probes": "they use the mail of a store, whichever host serves it",
    },
)
