"""Unix accounts of daemons.

pyinfra's `server.user` does the same, but asks for the last login of everybody on the host first:
a second and a half where nothing is to be done.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from pyinfra import host
from pyinfra.api import FactBase, QuoteString, StringCommand, operation

NO_SHELL = "/usr/sbin/nologin"


@dataclass(frozen=True, slots=True)
class Account:
    """An account: its number, its main group's, home and shell; and the groups it is in."""

    uid: str = ""
    gid: str = ""
    home: str = ""
    shell: str = ""
    groups: frozenset[str] = frozenset()


class Accounts(FactBase[Account]):
    """The account a host has by a name; one without a number where there is none."""

    def command(self, user: str) -> StringCommand:
        """Ask the host's own sources of users and groups."""
        name = QuoteString(user)
        return StringCommand("getent passwd", name, "&& id -nG --", name, "|| true")

    def process(self, output: list[str]) -> Account:
        """Read a line of passwd(5) and one of groups."""
        if len(output) != 2:
            return Account()
        _, _, uid, gid, _, home, shell = output[0].split(":")
        return Account(uid, gid, home, shell, frozenset(output[1].split()))

    @staticmethod
    def default() -> Account:
        """Return what a host without the account has."""
        return Account()


@operation()
def user(user: str, number: int, home: str) -> Generator[StringCommand, None, None]:
    """Have an account nobody signs in to.

    + user: its name, and that of its group, which there must be
    + number: of the account and of its group
    + home: its home, which is not made

    **Example:**

    .. code:: python

        accounts.user(name="Have the user vmail", user="vmail", number=5000, home="/var/vmail")
    """
    held = host.get_fact(Accounts, user=user)
    if (held.uid, held.gid, held.home, held.shell) == (str(number), str(number), home, NO_SHELL):
        host.noop(f"the user {user} is as it should be")
        return
    command = "usermod" if held.uid else "useradd --no-create-home"
    yield StringCommand(
        command, f"--uid {number} --gid {number}",
        "--home-dir" if not held.uid else "--home", QuoteString(home),
        "--shell", NO_SHELL, QuoteString(user),
    )  # fmt: skip


@operation()
def member(user: str, group: str) -> Generator[StringCommand, None, None]:
    """Have an account in a group beside its own.

    + user: name of the account, which there must be when this is done
    + group: name of the group

    **Example:**

    .. code:: python

        accounts.member(name="Let slapd read the key", user="openldap", group="ssl-cert")
    """
    if group in host.get_fact(Accounts, user=user).groups:
        host.noop(f"{user} is in {group}")
        return
    yield StringCommand("usermod --append --groups", QuoteString(group), QuoteString(user))
