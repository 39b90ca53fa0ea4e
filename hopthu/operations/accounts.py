"""Unix accounts of daemons.

pyinfra's `server.user` does the same, but first reads the last login of every account of the host,
which takes 1.5 s even if nothing is to be done.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from pyinfra import host
from pyinfra.api import FactBase, QuoteString, StringCommand, operation

NO_SHELL = "/usr/sbin/nologin"


@dataclass(frozen=True, slots=True)
class Account:
    """An account: its UID, the GID of its main group, home, shell, and all its groups."""

    uid: str = ""
    gid: str = ""
    home: str = ""
    shell: str = ""
    groups: frozenset[str] = frozenset()


class Accounts(FactBase[Account]):
    """The account with a given name; its UID is empty if there is none."""

    def command(self, user: str) -> StringCommand:
        """Query the host's user and group databases."""
        name = QuoteString(user)
        return StringCommand("getent passwd", name, "&& id -nG --", name, "|| true")

    def process(self, output: list[str]) -> Account:
        """Parse a line of passwd(5) and one of groups."""
        if len(output) != 2:
            return Account()
        _, _, uid, gid, _, home, shell = output[0].split(":")
        return Account(uid, gid, home, shell, frozenset(output[1].split()))

    @staticmethod
    def default() -> Account:
        """Return the result for a host without the account."""
        return Account()


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
    found = host.get_fact(Accounts, user=user)
    if (found.uid, found.gid, found.home, found.shell) == (
        str(number), str(number), home, NO_SHELL,
    ):  # fmt: skip
        host.noop(f"user {user} is up to date")
        return
    command = "usermod" if found.uid else "useradd --no-create-home"
    yield StringCommand(
        command, f"--uid {number} --gid {number}",
        "--home-dir" if not found.uid else "--home", QuoteString(home),
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
    if group in host.get_fact(Accounts, user=user).groups:
        host.noop(f"user {user} is in group {group}")
        return
    yield StringCommand("usermod --append --groups", QuoteString(group), QuoteString(user))
