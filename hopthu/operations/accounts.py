"""Unix accounts of daemons, and their groups.

pyinfra's `server.user` and `server.group` do the same, but each asks the host by itself; and the
former reads the last login of every account of the host, which takes 1.5 s even if nothing is to be
done.
"""

from __future__ import annotations

from collections.abc import Generator

from pyinfra import host
from pyinfra.api import QuoteString, StringCommand, operation

from hopthu.operations.run import surveyed

NO_SHELL = "/usr/sbin/nologin"


@operation()
def group(group: str, number: int) -> Generator[StringCommand, None, None]:
    """Create or correct a group.

    + group: name of the group
    + number: its GID

    **Example:**

    .. code:: python

        accounts.group(name="Create the group vmail", group="vmail", number=5000)
    """
    found = surveyed()["groups"].get(group)
    if found == number:
        host.noop(f"group {group} is up to date")
        return
    command = "groupadd" if found is None else "groupmod"
    yield StringCommand(command, f"--gid {number}", QuoteString(group))


@operation()
def user(user: str, number: int, home: str) -> Generator[StringCommand, None, None]:
    """Create or correct an account without login.

    + user: name of the account and of its group, which must exist
    + number: UID of the account and GID of its group
    + home: home directory, which is not created

    **Example:**

    .. code:: python

        accounts.user(name="Create the user vmail", user="vmail", number=5000, home="/var/vmail")
    """
    found = surveyed()["accounts"].get(user)
    wanted = (number, number, home, NO_SHELL)
    if found and wanted == (found["uid"], found["gid"], found["home"], found["shell"]):
        host.noop(f"user {user} is up to date")
        return
    command = "usermod" if found else "useradd --no-create-home"
    yield StringCommand(
        command, f"--uid {number} --gid {number}",
        "--home-dir" if not found else "--home", QuoteString(home),
        "--shell", NO_SHELL, QuoteString(user),
    )  # fmt: skip


@operation()
def member(user: str, group: str) -> Generator[StringCommand, None, None]:
    """Add an account to a group.

    + user: name of the account, which must exist when this runs
    + group: name of the group

    **Example:**

    .. code:: python

        accounts.member(name="Let slapd read the key", user="openldap", group="ssl-cert")
    """
    found = surveyed()["accounts"].get(user)
    if found and group in found["groups"]:
        host.noop(f"user {user} is in group {group}")
        return
    yield StringCommand("usermod --append --groups", QuoteString(group), QuoteString(user))
