"""An installed hopthu, and a province's own repository: applied to a lab and proven there."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hopthu.verify.catalogue import PROBES
from wheel import Installed, install

WHO = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]


@pytest.fixture
def hopthu(tmp_path: Path) -> Installed:
    return install(tmp_path)


@pytest.fixture
def root(hopthu: Installed, tmp_path: Path) -> Iterator[Path]:
    """A new repository whose lab is up, every role on one host."""
    root = tmp_path / "mail"
    hopthu.run(
        "init", "mail", "--domain", "mail.example.vn", "--province", "tỉnh Thử Nghiệm",
        root=tmp_path,
        GIT_CEILING_DIRECTORIES=str(tmp_path.parent),
    )  # fmt: skip
    own = root / "templates" / "base" / "journald.conf.j2"
    own.parent.mkdir(parents=True)
    own.write_text('{% include "hopthu/base/journald.conf.j2" %}\n# of the province\n')
    for arguments in (["add", "--all"], ["commit", "-qm", "Begin"]):
        subprocess.run(["git", "-C", str(root), *WHO, *arguments], check=True)
    hopthu.run("lab", "up", "--layout", "single", root=root)
    yield root
    hopthu.run("lab", "down", root=root)
    assert not (root / ".lab").exists()


def test_a_province_of_its_own_is_applied_and_proven(hopthu: Installed, root: Path) -> None:
    """Its domain, its people, its template; every probe passes; no drift; the tool on record."""
    hopthu.run("apply", "lab", "--yes", root=root)
    tail = "tail -1 /etc/systemd/journald.conf.d/hopthu.conf"
    assert "# of the province\n" == hopthu.run("lab", "ssh", "mail1", "--", tail, root=root).stdout
    policy = (root / "data" / "policy.yaml").read_text()
    assert "probe_" not in policy  # nobody named by hand: accounts follow from the policy
    report = json.loads(hopthu.run("verify", "lab", "--format", "json", root=root).stdout)
    passed, left_out = (
        {probe["id"] for probe in report[part] if probe.get("passed", True)}
        for part in ("probes", "left_out")
    )
    assert {"unit-former"} == left_out  # nobody has lost a right yet
    assert {probe.id for probe in PROBES} - left_out == passed
    hopthu.run("drift", "lab", root=root)
    history = json.loads(
        hopthu.run("history", "--inventory", "lab", "--format", "json", root=root).stdout
    )
    name = hopthu.run("--version", root=root).stdout.removeprefix("hopthu ").strip()
    assert name in json.dumps(history)
