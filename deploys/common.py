"""Functions that every deploy uses."""

from __future__ import annotations

from collections.abc import Iterable

from pyinfra import host
from pyinfra.operations import server

from hopthu.daemons.record import Daemon
from hopthu.operations import packages, services
from hopthu.operations.names import step_name
from hopthu.operations.run import current
from hopthu.operations.site import site_of_run
from hopthu.render.files import Files

# Answers to the questions of Debian packages. Otherwise Postfix would be started with a default
# configuration, which answers "554 relay denied" to mail for the centre's own domain.
_ANSWERS = {"postfix": "postfix postfix/main_mailer_type select No configuration"}


def install(daemon: Daemon) -> None:
    """Install the Debian packages that the record of `daemon` has for the roles of the host.

    Package lists are updated only if packages are missing.
    """
    wanted = daemon.packages_on(host.groups)
    missing = packages.missing(wanted)
    for package in host.loop(sorted(missing & _ANSWERS.keys())):
        server.shell(
            name=step_name("Answer the questions of package {package}", package=package),
            commands=[f"echo '{_ANSWERS[package]}' | debconf-set-selections"],
        )
    packages.installed(
        name=step_name("Install {title}", title=daemon.title),
        packages=list(wanted),
        update=bool(missing),
    )


def rendered(daemon: str) -> Files:
    """Return the files of the file set `daemon` for this host, by path."""
    run = current()
    if run and daemon in (known := run.files.get(host.name, {})):
        return known[daemon]
    return site_of_run().files(host.name, daemon)


def verified(units: str) -> str:
    """Return the test of staged units that match a pattern, for `config.files`.

    systemd only warns about unknown settings, and starts the unit nevertheless.
    """
    return f"""\
output=$(systemd-analyze verify {{stage}}/etc/systemd/system/{units} 2>&1) ||
    output="$output (failed)"
[ -z "$output" ] || {{{{ echo "$output" >&2; exit 1; }}}}
"""


def timers(units: Iterable[str]) -> None:
    """Keep timers running, which start what they are for."""
    for unit in host.loop(list(units)):
        services.service(
            name=step_name("Keep {service} running", service=unit),
            service=unit,
            running=True,
            enabled=True,
        )
