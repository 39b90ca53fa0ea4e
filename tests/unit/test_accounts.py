"""Unix accounts, as this machine tells of them."""

import grp
import pwd
import subprocess

from hopthu.operations.accounts import Account, Accounts


def told(user: str) -> Account:
    """Ask this machine as a host is asked."""
    command = str(Accounts().command(user))
    done = subprocess.run(["sh", "-c", command], check=True, capture_output=True, text=True)
    return Accounts().process(done.stdout.splitlines())


def test_an_account_is_read_whole() -> None:
    """Numbers, home, shell, and every group."""
    entry = pwd.getpwnam("daemon")
    found = told("daemon")
    assert (str(entry.pw_uid), str(entry.pw_gid)) == (found.uid, found.gid)
    assert (entry.pw_dir, entry.pw_shell) == (found.home, found.shell)
    assert grp.getgrgid(entry.pw_gid).gr_name in found.groups


def test_nobody_is_told_of_as_such() -> None:
    """No error, and nothing a shell would run."""
    assert Account() == told("nobody-of-that-name") == told("x; echo a:b:1:1::/:/bin/sh; echo y")
