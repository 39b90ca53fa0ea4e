"""A daemon and a role that an installed package brings: nothing else is touched."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from labs import Lab, applied, copied, git

EXAMPLE = Path(__file__).parents[1] / "example"
ROLES = "roles: [edge, access, store, directory]"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose layout of a single host has the role too."""
    root = copied(tmp_path_factory.mktemp("example") / "checkout")
    layout = root / "lab" / "single.yaml"
    text = layout.read_text(encoding="utf-8")
    assert 1 == text.count(ROLES)
    layout.write_text(text.replace(ROLES, f"{ROLES[:-1]}, metrics]"), encoding="utf-8")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "A host with the role")
    return root


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the package is installed."""
    return Path(shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("package") / "installed"))


@pytest.fixture(scope="module")
def lab(
    snapshots: Path, package: Path, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """A lab of one host, applied, then with the role and the package on the path."""
    folder = tmp_path_factory.mktemp("metered")
    for lab in applied(snapshots, "single", folder, root, (package,)):
        lab.hopthu("apply", "lab", "--yes", root=root)
        yield lab


def test_it_is_installed_filtered_tested_and_proven(lab: Lab, root: Path) -> None:
    """Installed, running, its port open, its probe passed; a second apply changes nothing."""
    assert "active\n" == lab.ssh("mail1", "systemctl is-active hopthu-queue-exporter")
    assert "9199" in lab.ssh("mail1", "nft list table inet hopthu")
    found = lab.hopthu(
        "verify", "lab", "--probe", "queue-length", "--format", "json", root=root
    ).stdout
    assert [("queue-length", True)] == [
        (probe["id"], probe["passed"]) for probe in json.loads(found)["probes"]
    ]
    assert "\n0 of " in lab.hopthu("apply", "lab", "--yes", root=root).stdout


def test_a_change_that_does_not_pass_its_test_is_not_taken(
    lab: Lab, root: Path, package: Path
) -> None:
    """Its own test runs on the host before anything is replaced."""
    program = package / "hopthu_example" / "templates" / "queue-exporter" / "program.py.j2"
    before = program.read_text(encoding="utf-8")
    program.write_text("def broken(:\n", encoding="utf-8")
    try:
        done = lab.hopthu("plan", "--live", "lab", root=root)
        assert "the queue exporter restarts" in done.stdout
        lab.hopthu("apply", "lab", "--yes", root=root, expect=4)
    finally:
        program.write_text(before, encoding="utf-8")
    assert "active\n" == lab.ssh("mail1", "systemctl is-active hopthu-queue-exporter")
    assert "queue_messages" in lab.ssh("mail1", "cat /usr/local/lib/hopthu/queue-exporter")
    lab.hopthu("apply", "lab", "--yes", root=root)


def test_drift_finds_what_was_changed_by_hand(lab: Lab, root: Path) -> None:
    """Its files are managed like any other daemon's."""
    program = "/usr/local/lib/hopthu/queue-exporter"
    lab.ssh("mail1", f"cp -p {program} /root/kept; echo '# by hand' >>{program}")
    try:
        assert program in lab.hopthu("drift", "lab", root=root, expect=5).stdout
    finally:
        lab.ssh("mail1", f"cp -p /root/kept {program}")
    lab.hopthu("drift", "lab", root=root)


def test_docs_list_it(lab: Lab, root: Path) -> None:
    """The generated page has its row, its role and its port."""
    program = "from hopthu.docs.daemons import page; print(page())"
    page = lab.run([sys.executable, "-c", program], root).stdout
    assert "| queue-exporter | metrics |" in page
    assert "| metrics | 9199 | every network | every one | queue-exporter |" in page
    assert "| metrics | tells how full the queue is |" in page
