"""A host of a pair dies under mail, and one line of the policy has the other one serve its store.

The pair has kernels of its own, on the bridge of a lab with all other roles on a container.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from labs import Lab, copied, environment, git
from own_kernels import OwnKernel

from hopthu.cli.clock import today
from hopthu.lab import prepare
from hopthu.lab.state import LabHost
from hopthu.lab.up import up

pytestmark = [pytest.mark.lab, pytest.mark.drill]
LAYOUT = """\
domain: thanhhoa.gov.vn
hosts:
  mail1: {address: 10.88.0.11, roles: [edge, access, store, directory], stores: [store2]}
outside:
  internet: {address: 10.88.0.101, fqdn: mx.example.org}
  client: {address: 10.88.0.102}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose policy has store1 on two hosts."""
    made = copied(tmp_path_factory.mktemp("pair") / "checkout")
    (made / "lab" / "pair.yaml").write_text(LAYOUT)
    served_by(made, "store1a")
    return made


def served_by(root: Path, host: str) -> None:
    """Have a host serve store1 by the data of a checkout: one line of it."""
    path = root / "data" / "policy.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    (at,) = (n for n, line in enumerate(lines) if line.startswith("    store1: {"))
    lines[at] = f"    store1: {{drbd: {host}}}"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    git(root, "commit", "--quiet", "--all", "--message", f"{host} serves store1")


@pytest.fixture(scope="module")
def pair(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Lab, OwnKernel, OwnKernel]]:
    """The lab, and the two hosts; what is in the checkout is applied."""
    lab = Lab(tmp_path_factory.mktemp("lab"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOPTHU_LAB", str(lab.folder))
        up("pair", layouts=root, domain="thanhhoa.gov.vn")
        hosts = [
            OwnKernel(
                lab, LabHost(name, address, "store1.thanhhoa.gov.vn", ("store",), ("store1",))
            )
            for name, address in (("store1a", "10.88.0.31"), ("store1b", "10.88.0.32"))
        ]
        try:
            for host in hosts:
                host.make()
                host.start()
            prepare.prepare(lab.state, root, today())
            for host in hosts:
                host.wait()
            lab.hopthu("apply", "lab", "--yes", root=root)
            yield lab, *hosts
        finally:
            for host in hosts:
                host.kill()
            lab.disconnect()
            lab.hopthu("lab", "down", root=root)


@contextmanager
def traffic(lab: Lab, root: Path) -> Iterator[dict[str, dict[str, object]]]:
    """Keep mail coming and going, as `labs.traffic` does, with the data of a checkout."""
    program = str(Path(__file__).with_name("traffic.py"))
    with subprocess.Popen(
        [sys.executable, program], cwd=root, env=environment(lab), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True,
    ) as walker:  # fmt: skip
        assert walker.stdin
        assert walker.stdout
        assert walker.stdout.readline() == "walking\n"
        found: dict[str, dict[str, object]] = {}
        try:
            yield found
        finally:
            walker.stdin.close()
            said = walker.stdout.read()
        assert walker.wait() == 0, said
        found.update(json.loads(said))


def until(lab: Lab, host: str, wanted: str) -> None:
    """Wait until the kernel of a host says something of its copy."""
    deadline = time.monotonic() + 300
    while wanted not in (seen := lab.ssh(host, "cat /proc/drbd")):
        assert time.monotonic() < deadline, seen
        time.sleep(1)


def delivered(lab: Lab, host: str) -> None:
    """Wait until a store has been given some letters from now on."""
    seen = "journalctl --quiet --identifier dovecot --grep 'saved mail to' --since"
    enough = f'until [ "$({seen} @%d | wc -l)" -ge 5 ]; do sleep 1; done' % time.time()
    lab.ssh(host, f"timeout 300 sh -c {shlex.quote(enough)}")


def test_a_second_apply_changes_nothing(root: Path, pair: tuple[Lab, OwnKernel, OwnKernel]) -> None:
    lab, _, _ = pair
    until(lab, "store1a", "ro:Primary/Secondary ds:UpToDate/UpToDate")
    assert "0 of " in lab.hopthu("apply", "lab", "--yes", root=root).stdout
    assert "inactive" in lab.ssh("store1b", "systemctl is-active dovecot || true")
    assert "" == lab.ssh("store1b", "ls /var/vmail")


def test_a_switch_and_a_death_under_mail(
    root: Path, pair: tuple[Lab, OwnKernel, OwnKernel]
) -> None:
    """First planned, then because the host that serves has lost its power."""
    lab, _, b = pair
    with traffic(lab, root) as switched:
        delivered(lab, "store1a")
        served_by(root, "store1b")
        assert "both copies are the same" in lab.hopthu("plan", "--live", "lab", root=root).stdout
        lab.hopthu("apply", "lab", "--yes", root=root)
    until(lab, "store1b", "ro:Primary/Secondary ds:UpToDate/UpToDate")
    with traffic(lab, root) as died:
        delivered(lab, "store1b")
        b.kill()
        served_by(root, "store1a")
        said = lab.hopthu("plan", "--live", "lab", root=root).stdout
        assert "store1a takes over, store1b does not answer" in said
        done = lab.hopthu("apply", "lab", "--yes", root=root)
        assert "it stands by, and is left as it is" in done.stdout + done.stderr
    for each in (*switched.values(), *died.values()):
        assert each["accepted"]
        assert ([], []) == (each["missing"], each["twice"]), each
    b.start()
    b.wait()
    until(lab, "store1a", "ro:Primary/Secondary ds:UpToDate/UpToDate")
    assert "inactive" in lab.ssh("store1b", "systemctl is-active var-vmail.mount || true")
    lab.hopthu("apply", "lab", "--yes", root=root)
