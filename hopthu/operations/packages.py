"""Debian packages."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from pyinfra.api import StringCommand, operation
from pyinfra.operations import apt

from hopthu.operations import effects


@operation()
def installed(packages: Sequence[str], update: bool) -> Generator[StringCommand, None, None]:
    """Install Debian packages without recommended ones; configuration files are not changed.

    + packages: names of the packages
    + update: update the package lists first

    **Example:**

    .. code:: python

        packages.installed(name="Install the demon", packages=["demon"], update=True)
    """
    effects.note("packages")
    yield from apt.packages._inner(
        packages=list(packages),
        update=update,
        no_recommends=True,
        extra_install_args="-o Dpkg::Options::=--force-confold",
    )
