"""Unix accounts, read on this machine."""

import grp
import pwd
import subprocess

from hopthu.operations.accounts import Account, Accounts


def account(user: str) -> Account:
    """Ask this machine as a host is asked."""
    command = str(Accounts().command(user))
    done = subprocess.run(["sh", "-c", command], check=True, capture_output=True, text=True)
    return Accounts().process(done.stdout.splitlines())


def test_account_is_parsed_completely() -> None:
    """UID, GID, home, shell, and every group."""
    entry = pwd.getpwnam("daemon")
    found = account("daemon")
    assert (str(entry.pw_uid), str(entry.pw_gid)) == (found.uid, found.gid)
    assert (entry.pw_dir, entry.pw_shell) == (found.home, found.shell)
    assert grp.getgrgid(entry.pw_gid).gr_name in found.groups


def test_missing_account_is_empty() -> None:
    """There is no error, and the shell runs nothing."""
    assert (
        Account() == account("nobody-of-that-name") == account("x; echo a:b:1:1::/:/bin/sh; echo y")
    )
