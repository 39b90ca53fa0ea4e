"""Debian packages."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence

from pyinfra import host
from pyinfra.api import StringCommand, operation
from pyinfra.operations import apt

from hopthu.operations.run import note, surveyed


def missing(packages: Iterable[str]) -> set[str]:
    """Return those that are not installed."""
    return {*packages}.difference(surveyed()["packages"])


@operation()
def installed(packages: Sequence[str], update: bool) -> Generator[StringCommand, None, None]:
    """Install Debian packages without recommended ones; configuration files are not changed.

    + packages: names of the packages
    + update: update the package lists first

    **Example:**

    .. code:: python

        packages.installed(name="Install the demon", packages=["demon"], update=True)
    """
    note("packages")
    if not missing(packages):
        host.noop(f"all {len(packages)} packages are installed")
        return
    yield from apt.packages._inner(
        packages=list(packages),
        update=update,
        no_recommends=True,
        extra_install_args="-o Dpkg::Options::=--force-confold",
    )
