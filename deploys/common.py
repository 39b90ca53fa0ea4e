"""The few lines every deploy repeats."""

from __future__ import annotations

from pyinfra import host
from pyinfra.facts.deb import DebPackages
from pyinfra.operations import apt, server

from hopthu.render.files import Files
from hopthu.render.site import Site

# Answers to what Debian asks while it installs a package. Postfix would else be started with a
# configuration that answers "554 relay denied" to mail for our own domain, until ours is in place.
_ANSWERS = {"postfix": "postfix postfix/main_mailer_type select No configuration"}


def install(what: str, *packages: str) -> None:
    """Install the Debian `packages` of `what`; the package lists are renewed only if some miss."""
    missing = set(packages) - set(host.get_fact(DebPackages))
    for package in host.loop(sorted(missing & _ANSWERS.keys())):
        server.shell(
            name=f"Answer what Debian asks about {package}",
            commands=[f"echo '{_ANSWERS[package]}' | debconf-set-selections"],
        )
    apt.packages(
        name=f"Install {what}",
        packages=list(packages),
        update=bool(missing),
        no_recommends=True,
        extra_install_args="-o Dpkg::Options::=--force-confold",
    )


def rendered(daemon: str) -> Files:
    """Return the files of `daemon` this host should hold, keyed by path."""
    return Site.of_run().files(host.name, daemon)
