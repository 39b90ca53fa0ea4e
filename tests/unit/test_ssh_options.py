"""How ssh(1) is called."""

import os
from pathlib import Path

import pytest

from hopthu.ssh import Ssh, Target


def test_warnings_of_ssh_are_not_printed_into_reports() -> None:
    """Such as of a key exchange; errors are, since they say why a host cannot be reached."""
    options = Target.of("edge1", {}).options
    assert ["-o", "LogLevel=ERROR"] == options[options.index("LogLevel=ERROR") - 1 :][:2]


def test_a_connection_that_was_begun_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not opened a second time; and closed at the end, whether it was used or not."""
    program = tmp_path / "ssh"
    program.write_text(f'#!/bin/sh\necho $3 >>{tmp_path}/began\ntouch "$3"\nexec cat\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    used, unused = Target("dir1", "dir1"), Target("edge1", "edge1")
    with Ssh() as ssh:
        for target in (used, unused):
            ssh.begin(target)
        ssh.connect(used)
        ssh.connect(used)
        began = ssh._masters["dir1"], ssh._begun["edge1"]
    assert 1 == (tmp_path / "began").read_text().count("dir1")
    assert all(master.returncode is not None for master in began)
