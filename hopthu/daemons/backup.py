"""The copies of mail, directory and records, and the host that keeps them.

docs/decisions/backup.md
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from hopthu.daemons.base import TLS
from hopthu.daemons.dovecot import MAIL
from hopthu.daemons.openldap import DATABASE
from hopthu.daemons.operator import HOME
from hopthu.daemons.program import program
from hopthu.daemons.record import LOAD_UNITS, Alert, Daemon, FileSet, Passage, Place, Service
from hopthu.daemons.staged import compiled, verified
from hopthu.i18n.message import Message
from hopthu.inventory.secrets import passwords, wrapped
from hopthu.inventory.topology import Centre, Host
from hopthu.render.context import Context, rendered, template
from hopthu.render.files import File, Files

PORT = 8000
FOLDER = "/srv/hopthu-backup"
"""Where the backup host keeps the repositories, `HOST/KIND`; `STORE/KIND` of a store on two."""
KEYS = "/srv/hopthu-keys"
"""Beside them what opens them, `HOST.key.age`, for whoever has the age identity alone.

The folder of the repositories is that of the server, which sends what is in it to hosts.
"""
ACCOUNT = "restic-rest-server"
SETTINGS = "/etc/hopthu/backup"
PROGRAM = "/usr/local/lib/hopthu/backup"
"""The program of the timers, a folder that Python runs; the modules of hopthu/remote/host in it."""


DRILL, REBUILD, PRUNE = "drill", "rebuild", "prune"
WHEN = {
    "mail": ("*-*-* 01:00 Asia/Ho_Chi_Minh", 30),
    "directory": ("hourly", 5),
    "records": ("hourly", 5),
    DRILL: ("*-*-* 05:00 Asia/Ho_Chi_Minh", 30),
    REBUILD: ("Sat *-*-1..7 09:00 Asia/Ho_Chi_Minh", 30),
    PRUNE: ("*-*-* 08:00 Asia/Ho_Chi_Minh", 5),
}
"""When each kind is copied, copies tried, old ones removed; over how many minutes hosts are spread.

https://www.freedesktop.org/software/systemd/man/systemd.timer.html
"""
EVERY = {"mail": 24, "directory": 1, "records": 1}
"""Hours between two copies, as `WHEN` has them."""
LONGEST = {"mail": 15, "directory": 1, "records": 1, DRILL: 15, REBUILD: 72, PRUNE: 15}
"""Hours after which a run is ended; sending a copy has fewer."""
OLD = {kind: math.ceil(hours + WHEN[kind][1] / 60 + LONGEST[kind]) for kind, hours in EVERY.items()}
"""Hours within which another copy arrives: one was missed if it does not.

So much is lost at most with a disk: a copy is of the moment at which it is begun, and what comes
while the next one is made and sent is on that disk alone.
"""
REBUILT_WITHIN = 40
"""Days after which everything should have been restored again."""
_WITHIN = {
    **{kind: hours * 3600 for kind, hours in OLD.items()},
    DRILL: 26 * 3600,
    REBUILD: REBUILT_WITHIN * 86_400,
    PRUNE: 26 * 3600,
}
"""Seconds after which each job should have ended well again."""

_SLICE = {"/etc/systemd/system/hopthu-backup.slice": "hopthu-backup.slice.j2"}
"""The unit in which all of it runs, with what it may take."""
_REBUILT = {"mail": "mail", "directory": DATABASE}
"""What is restored of a host as if it were lost, and how the program is told so."""
DRILLED = {DRILL: {"mail"}, REBUILD: {*_REBUILT}}
"""Of which kinds each drill tries copies."""

_TITLES = {
    "mail": "Copy the mail of this host",
    "directory": "Copy the directory of this host",
    "records": "Copy the journal of this host, and the clone of hopthu on it",
    DRILL: "Restore mailboxes of this host from their copy, beside, and compare them",
    REBUILD: "Restore all of this host from its copies, beside, and compare it",
    PRUNE: "Remove old copies from this host",
}

_TEST = f"""\
{verified("hopthu-backup.slice hopthu-backup-*.service")}{compiled(PROGRAM)}\
settings={{stage}}{SETTINGS}/dovecot.conf
[ ! -e $settings ] || doveconf -c $settings -n >/dev/null
"""


def unit(kind: str, suffix: str) -> str:
    """Return the name of the unit that copies a kind."""
    return f"{_name(kind)}.{suffix}"


def _name(kind: str) -> str:
    return f"hopthu-backup-{kind}"


def _jobs(context: Context) -> Sequence[str]:
    """Return what runs by itself on the host in `context`: it keeps copies, or makes some."""
    if context.host in context.centre.keepers:
        return [PRUNE]
    kinds = context.centre.copied(context.host)
    return [*kinds, *(drill for drill, tried in DRILLED.items() if tried & {*kinds})]


def files(context: Context) -> Files:
    """Return what copies this host, or removes old copies from it, if the centre has copies."""
    kinds = context.centre.copied(context.host)
    if context.host in context.centre.keepers:
        days = context.policy.retention.backup_days
        return {
            **program(PROGRAM, "timers"),
            **rendered("backup", _SLICE, context),
            **_timed(context, PRUNE, [FOLDER], f"{FOLDER} {days}"),
            **_wrapped(context),
        }
    if not kinds:
        return {}
    settings = {
        keeper.name: template(
            "backup/environment.j2", context, server=keeper.address, port=PORT,
            user=context.host.copied_as, tls=TLS,
            passwords=passwords(context.keys["backup.key"], keeper),
        )
        for keeper in context.centre.keepers
    }  # fmt: skip
    found = {**program(PROGRAM, "timers"), **rendered("backup", _SLICE, context)}
    for name, text in settings.items():
        found[f"{SETTINGS}/to/{name}"] = File(text.encode(), mode=0o600, secret=True)
    if "mail" in kinds:
        found |= rendered("backup", {f"{SETTINGS}/dovecot.conf": "dovecot.conf.j2"}, context)
    rebuilt = [kind for kind in kinds if kind in _REBUILT]
    clone = context.host.clone if context.host.has("operator") else ""
    runs = {
        "mail": ([MAIL], ""),
        "directory": (["-/var/lib/ldap"], ""),
        "records": ([HOME] if clone else [], clone),
        DRILL: ([MAIL], ""),
        REBUILD: ([f"-{MAIL}", "-/var/lib/ldap"], " ".join(map(_REBUILT.__getitem__, rebuilt))),
    }
    for kind in _jobs(context):
        found |= _timed(context, kind, *runs[kind])
    return found


def _wrapped(context: Context) -> Files:
    """Return what opens the copies of each host, encrypted: a lost centre has it nowhere else."""
    found = {host.copied_as: context.keys[wrapped(host)] for host in _copied(context.centre)}
    return {
        f"{KEYS}/{name}.key.age": File(content, mode=0o600, secret=True)
        for name, content in found.items()
    }


def _timed(context: Context, kind: str, places: Sequence[str], arguments: str = "") -> Files:
    """Return the unit and the timer of a kind, which writes to places and is given arguments."""
    when, spread = WHEN[kind]
    units = {
        f"/etc/systemd/system/{unit(kind, suffix)}": f"hopthu-backup.{suffix}.j2"
        for suffix in ("service", "timer")
    }
    return rendered(
        "backup", units, context,
        title=_TITLES[kind], command=f"{PROGRAM} {kind} {arguments}".rstrip(), when=when,
        spread=f"{spread}min", places=places, hours=LONGEST[kind],
    )  # fmt: skip


def server(context: Context) -> Files:
    """Return the settings of the server that keeps copies, and who may send some."""
    if context.host not in context.centre.keepers:
        return {}
    htpasswd = f"{SETTINGS}/htpasswd"
    values = {
        "port": PORT, "folder": FOLDER, "tls": TLS, "htpasswd": htpasswd,
        "certificate": context.certificate,
    }  # fmt: skip
    places = {
        f"/etc/default/{ACCOUNT}": "server.default.j2",
        f"/etc/systemd/system/{ACCOUNT}.service.d/hopthu.conf": "server.service.j2",
    }
    return rendered("backup", places, context, **values) | {
        htpasswd: File(context.keys["htpasswd"], mode=0o640, group=ACCOUNT, secret=True)
    }


def _copied(centre: Centre, _keeper: Host | None = None) -> list[Host]:
    return [host for host in centre.at_work if centre.copied(host)]


def _keeps(host: Host) -> bool:
    return host.has("backup")


def _measures(context: Context) -> Mapping[str, Sequence[str]]:
    """Return what copies the host keeps, if it does, and the jobs on it: none without mail."""
    centre = context.centre
    due = () if context.host.stands_by else _jobs(context)
    jobs = [f"{kind}/{_name(kind)}/{_WITHIN[kind]}" for kind in due]
    found = {"jobs": jobs} if jobs else {}
    if context.host in centre.keepers:
        kept = [f"{of.copied_as}/{kind}" for of in centre.at_work for kind in centre.copied(of)]
        found["copies"] = [FOLDER, *kept]
    return found


def _old(kind: str, hours: int) -> str:
    return f'time() - hopthu_copy_arrived_seconds{{kind="{kind}"}} > {hours * 3600}'


DAEMON = Daemon(
    name="backup",
    title=Message("Backup"),
    roles=("backup", "store", "directory", "operator"),
    after=("base", "openldap", "dovecot", "operator"),
    packages={
        "backup": (ACCOUNT,),
        "store": ("restic",),
        "directory": ("restic",),
        "operator": ("restic",),
    },
    services=(Service(ACCOUNT, on=_keeps),),
    units=tuple(unit(kind, "timer") for kind in WHEN),
    need_mail=tuple(map(_name, ("mail", DRILL, REBUILD))),
    file_sets=(
        FileSet(
            name="backup-server",
            render=server,
            configure=Message("Configure the server that keeps copies"),
            activate=Message("Restart the server that keeps copies"),
            activation="restart",
            phrase=Message("the server that keeps copies restarts; copies wait meanwhile"),
            command=f"{LOAD_UNITS} && systemctl restart {ACCOUNT}",
            places=(Place(FOLDER, ACCOUNT),),
        ),
        FileSet(
            name="backup",
            render=files,
            configure=Message("Configure the copies of this host"),
            activate=Message("Load the copies of this host"),
            activation="nothing",
            phrase=Message("copies of mail and directory: one in progress goes on"),
            test=_TEST,
            reads_certificate=(f"{PROGRAM}/",),
        ),
    ),
    passages=(
        Passage(
            role="backup",
            ports=(PORT,),
            sources=_copied,
            why="Copies of mail and directory, which can be added and not changed.",
        ),
    ),
    measures=_measures,
    alerts=(
        Alert(
            name="CopyMissed",
            expr=" or ".join(_old(kind, hours) for kind, hours in OLD.items()),
            summary=Message("No new copy has arrived for too long."),
        ),
    ),
    exempt={
        "versions": "its configuration does not depend on the version",
        "health": "it serves nobody",
        "probes": "`hopthu backup status` asks for it; a lab test restores from its copies",
    },
)
