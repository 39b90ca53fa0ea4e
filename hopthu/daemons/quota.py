"""The quota check: whether the mailbox of a recipient is full, for Postfix (Art. 5.1).

docs/decisions/mail-flow.md explains whom it asks, and why nothing else decides.
"""

from __future__ import annotations

from hopthu.daemons import accounts
from hopthu.daemons.base import OWN_SUITES, QUOTA, TLS
from hopthu.daemons.dovecot import MAIL, OWNER, QUOTA_STATUS
from hopthu.daemons.postfix import QUOTA_SOCKET
from hopthu.daemons.record import LOAD_UNITS, Daemon, FileSet, Passage, Service
from hopthu.daemons.staged import verified
from hopthu.i18n.message import Message
from hopthu.inventory.topology import Centre, Host
from hopthu.render.context import Context, rendered
from hopthu.render.files import Files

_PROGRAM = "/usr/local/lib/hopthu/check_quota.py"
_SETTINGS = "/etc/hopthu/quota/stunnel.conf"
_UNITS = "/etc/systemd/system"


def files(context: Context) -> Files:
    """Return the program that asks, where mail is taken in, and on a store the door at which."""
    values = {
        "account": accounts.QUOTA.name,
        "asked": QUOTA_STATUS,
        "certificate": context.certificate,
        "mail": MAIL,
        "owner": OWNER,
        "port": QUOTA,
        "program": _PROGRAM,
        "settings": _SETTINGS,
        "socket": QUOTA_SOCKET,
        "suites": OWN_SUITES,
        "takers": _takers(context.centre, context.host),
        "tls": TLS,
    }
    asks = {
        _PROGRAM: "check_quota.py",
        f"{_UNITS}/hopthu-quota.service": "hopthu-quota.service.j2",
        f"{_UNITS}/hopthu-quota.socket": "hopthu-quota.socket.j2",
    }
    answers = {
        _SETTINGS: "stunnel.conf.j2",
        f"{_UNITS}/hopthu-quota-store.service": "hopthu-quota-store.service.j2",
    }
    places = (asks if _takes(context.host) else {}) | (answers if _keeps(context.host) else {})
    return rendered("quota", places, context, **values)


def _restart(files: Files) -> str:
    units = ("hopthu-quota.service", "hopthu-quota-store.service")
    here = [unit for unit in units if f"{_UNITS}/{unit}" in files]
    return f"{LOAD_UNITS} && systemctl restart {' '.join(here)}"


def _takes(host: Host) -> bool:
    return host.has("edge", "access")


def _keeps(host: Host) -> bool:
    return host.has("store")


def _takers(centre: Centre, _store: Host) -> tuple[Host, ...]:
    return tuple(host for host in centre.hosts if _takes(host))


DAEMON = Daemon(
    name="quota",
    title=Message("Quota check"),
    roles=("edge", "access", "store"),
    after=("dovecot", "rspamd"),
    # The group of Postfix reads the tables, and its processes ask.
    packages={
        "edge": ("python3", "postfix"),
        "access": ("python3", "postfix"),
        "store": ("stunnel4",),
    },
    services=(
        Service("hopthu-quota", restart="always", on=_takes),
        Service("hopthu-quota-store", restart="always", on=_keeps),
    ),
    file_sets=(
        FileSet(
            name="quota",
            render=files,
            configure=Message("Configure the quota check"),
            activate=Message("Restart the quota check"),
            activation="restart",
            phrase=Message("the quota check restarts; mail is accepted meanwhile"),
            command=_restart,
            test=verified("hopthu-quota*"),
            reads_certificate=(_PROGRAM,),
        ),
    ),
    passages=(
        Passage(
            role="store",
            ports=(QUOTA,),
            sources=_takers,
            accounts=(accounts.QUOTA,),
            why="Whether mailboxes are full, by certificate.",
        ),
    ),
    exempt={"versions": "it uses the standard library of Python, and stunnel as moves do"},
    probes=("full-mailbox",),
)
