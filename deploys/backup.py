"""The copies of mail and directory, and the server that keeps them."""

from __future__ import annotations

from pyinfra.api import deploy
from pyinfra.operations import files

from deploys.common import install, rendered, timers, verified
from hopthu.daemons.backup import ACCOUNT, DAEMON, FOLDER, PROGRAM, WHEN, unit
from hopthu.operations import config, services
from hopthu.operations.names import step_name
from hopthu.render.files import Files

_TEST = f"""\
{verified("hopthu-backup-*.service")}settings={{stage}}/etc/hopthu/backup/dovecot.conf
[ ! -e $settings ] || doveconf -c $settings -n >/dev/null
python3 -IS -m compileall -q {{stage}}{PROGRAM}
"""


@deploy(step_name("Backup"))
def backup() -> None:
    """Install → configure → activate what this host has to do with copies, if anything."""
    if wanted := rendered("backup-server"):
        _server(wanted)
    if wanted := rendered("backup"):
        _copies(wanted)


def _server(wanted: Files) -> None:
    install(DAEMON)
    files.directory(
        name=step_name("Create {folder} for {owner} alone", folder=FOLDER, owner=ACCOUNT),
        path=FOLDER,
        user=ACCOUNT,
        group=ACCOUNT,
        mode="700",
    )
    configured = config.files(
        name=step_name("Configure the server that keeps copies"),
        daemon="backup-server",
        files=wanted,
    )
    config.activate(
        name=step_name("Restart the server that keeps copies"),
        daemon="backup-server",
        command=f"systemctl daemon-reload && systemctl restart {ACCOUNT}",
        after=[configured],
    )
    services.service(
        name=step_name("Keep {service} running", service=f"{ACCOUNT}.service"),
        service=f"{ACCOUNT}.service",
        running=True,
        enabled=True,
    )


def _copies(wanted: Files) -> None:
    install(DAEMON)
    configured = config.files(
        name=step_name("Configure the copies of this host"),
        daemon="backup",
        files=wanted,
        test=_TEST,
    )
    config.activate(
        name=step_name("Load the copies of this host"),
        daemon="backup",
        command="systemctl daemon-reload",
        after=[configured],
    )
    wanted_timers = (unit(kind, "timer") for kind in WHEN)
    timers(each for each in wanted_timers if f"/etc/systemd/system/{each}" in wanted)
