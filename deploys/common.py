"""The few lines every deploy repeats."""

from __future__ import annotations

from pyinfra import host
from pyinfra.facts.deb import DebPackages
from pyinfra.operations import apt

from hopthu.render.files import Files
from hopthu.site import Site


def install(what: str, *packages: str) -> None:
    """Install the Debian `packages` of `what`; the package lists are renewed only if some miss."""
    missing = set(packages) - set(host.get_fact(DebPackages))
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
