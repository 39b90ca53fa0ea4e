"""What a host has, read on this machine."""

import grp
import json
import os
import pwd
import subprocess
from pathlib import Path

import pytest

from hopthu.remote.host import survey
from hopthu.remote.host.state import Failed


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose programs are found first, of a host that hopthu has not configured."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path / "state"))
    return tmp_path


def test_accounts_are_complete(host: Path) -> None:
    """UID, GID, home, shell, and every group."""
    program(host, "systemctl", "echo '[]'")
    entry = pwd.getpwnam("daemon")
    found = survey.survey(["a.service"], [])["accounts"]
    groups = subprocess.run(["id", "-nG", "daemon"], check=True, capture_output=True, text=True)
    assert {
        "uid": entry.pw_uid,
        "gid": entry.pw_gid,
        "home": entry.pw_dir,
        "shell": entry.pw_shell,
        "groups": groups.stdout.split(),
    } == found["daemon"]
    assert grp.getgrgid(entry.pw_gid).gr_name in found["daemon"]["groups"]
    assert "nobody-of-that-name" not in found


def test_groups_have_their_numbers(host: Path) -> None:
    """Those without a member as well."""
    program(host, "systemctl", "echo '[]'")
    groups = {each.gr_name: each.gr_gid for each in grp.getgrall()}
    assert groups == survey.survey(["a.service"], [])["groups"]


def test_packages_are_those_that_are_installed(host: Path) -> None:
    """One whose configuration alone is left, or that is half installed, is not; one on hold is."""
    program(host, "systemctl", "echo '[]'")
    states = ("installed postfix", "config-files exim4", "half-configured rspamd", "installed a-b")
    program(host, "dpkg-query", f"printf '%s\\n' {' '.join(map(repr, states))}")
    assert ["postfix", "a-b"] == survey.survey(["a.service"], [])["packages"]


def test_services_are_active_and_enabled_apart(host: Path) -> None:
    """A socket listens, a timer waits; what is not installed is neither."""
    there = (
        ("postfix.service", "exited", "enabled"),
        ("a.socket", "listening", "disabled"),
        ("b.timer", "", "static"),
        ("c.service", "failed", "enabled"),
        ("removed.service", "running", ""),
        ("d@1.service", "running", ""),
    )
    units = [{"unit": name, "sub": sub} for name, sub, _ in there if sub]
    files = [{"unit_file": name, "state": state} for name, _, state in there if state]
    states = (("b.timer", "static"), ("c.service", "enabled"), ("removed.service", ""),
              ("d@1.service", "enabled"))  # fmt: skip
    shown = "\n".join(f"Id={name}\nPartOf=\nUnitFileState={state}\n" for name, state in states)
    for name, said in (
        ("list-units", json.dumps(units)), ("list-unit-files", json.dumps(files)), ("show", shown),
    ):  # fmt: skip
        (host / name).write_text(said)
    program(host, "systemctl", f"for word; do cat {host}/$word 2>/dev/null && exit; done")
    expected = {
        "postfix.service": (True, True),
        "a.socket": (True, False),
        "b.timer": (False, True),
        "c.service": (False, True),
        "removed.service": (True, False),
        "d@1.service": (True, True),
    }
    asked = [*(name for name, *_ in there), "none.service"]
    assert expected == survey.services(asked)


def test_a_host_that_does_not_answer_is_an_error(host: Path) -> None:
    """A service that cannot be asked for is not one that is stopped."""
    program(host, "systemctl", "echo 'Failed to connect to bus' >&2; exit 1")
    with pytest.raises(Failed, match="Failed to connect to bus"):
        survey.survey(["a.service"], [])
