"""The few lines every deploy repeats."""

from __future__ import annotations

from pyinfra import host
from pyinfra.facts.deb import DebPackages
from pyinfra.operations import server

from hopthu.daemons.record import Daemon
from hopthu.daemons.site import Site
from hopthu.operations import packages
from hopthu.render.files import Files

# Answers to what Debian asks while it installs a package. Postfix would else be started with a
# configuration that answers "554 relay denied" to mail for our own domain, until ours is in place.
_ANSWERS = {"postfix": "postfix postfix/main_mailer_type select No configuration"}


def install(daemon: Daemon) -> None:
    """Install the Debian packages of `daemon`; package lists are renewed only if some are missing.

    Packages are those that its record names for the roles of the host.
    """
    wanted = daemon.packages_on(host.groups)
    missing = set(wanted) - set(host.get_fact(DebPackages))
    for package in host.loop(sorted(missing & _ANSWERS.keys())):
        server.shell(
            name=f"Answer what Debian asks about {package}",
            commands=[f"echo '{_ANSWERS[package]}' | debconf-set-selections"],
        )
    packages.installed(name=f"Install {daemon.title}", packages=list(wanted), update=bool(missing))


def rendered(daemon: str) -> Files:
    """Return the files of `daemon` this host should hold, keyed by path."""
    return Site.of_run().files(host.name, daemon)
