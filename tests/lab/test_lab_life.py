"""The life of a lab: it comes up, is sealed, survives its faults, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import power
import pytest
from labs import CHECKOUT, Lab, bring_up

from hopthu.lab import dns, holder, network, remote, state
from hopthu.lab.state import LabState

# Documentation addresses (RFC 5737): they belong to nobody, and must not be reachable.
ELSEWHERE = "192.0.2.1"


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A small lab, as it boots: nothing is applied to it."""
    yield from bring_up(tmp_path_factory.mktemp("life"), "--layout", "single")


def of(lab: Lab) -> LabState:
    """Return the state of a lab that is up."""
    assert lab.state.alive
    return lab.state


@pytest.fixture
def known(single: Lab) -> LabState:
    """The state of the small lab."""
    return of(single)


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    """Return when `condition` holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def leftovers(folder: Path) -> list[str]:
    """Return what is still there of the lab of `folder`: processes, mounts, cgroups, the folder."""
    name = state.lab_name(folder)
    found = [str(path) for path in [folder] if path.exists()]
    for process in Path("/proc").glob("[0-9]*"):
        for kind in ("cmdline", "mountinfo", "cgroup"):
            try:
                text = (process / kind).read_text(errors="replace")
            except OSError:  # it ended meanwhile
                continue
            if str(folder) in text or f"/{name}" in text:
                found.append(f"{process.name} {kind}")
    look = "mount -t cgroup2 cgroup2 /sys/fs/cgroup && ls /sys/fs/cgroup"
    cgroups = subprocess.run(
        ["unshare", "--mount", "sh", "-c", look], capture_output=True, text=True, check=True
    )
    return found + [line for line in cgroups.stdout.splitlines() if line == name]


def test_hosts_are_up_and_told(single: Lab) -> None:
    """`lab status` asks the hosts themselves."""
    report = json.loads(single.hopthu("lab", "status", "--format", "json").stdout)
    assert {"running"} == {host["state"] for host in report["hosts"].values()}
    assert report["memory"] > 0
    assert "10.88.0.11" in single.hopthu("lab", "status").stdout


def test_ssh_passes_output_and_exit_code_on(single: Lab) -> None:
    """`lab ssh HOST COMMAND` behaves as ssh does."""
    there = single.hopthu("lab", "ssh", "mail1", "--", "hostname -f")
    assert there.stdout == "mail1.thanhhoa.gov.vn\n"
    single.hopthu("lab", "ssh", "mail1", "--", "exit 7", expect=7)
    refused = single.hopthu("lab", "ssh", "mail9", "--", "true", expect=1)
    assert "no host 'mail9'" in refused.stderr


def test_hosts_have_an_identity_of_their_own(single: Lab) -> None:
    """Copies of an image share neither machine id nor SSH key, and the known keys are theirs."""
    names = ("mail1", "internet", "client")
    for file in ("/etc/machine-id", "/etc/ssh/ssh_host_ed25519_key", "/etc/hostname"):
        assert len(names) == len({single.ssh(name, f"cat {file}") for name in names})


def test_unknown_host_key_is_refused(single: Lab, known: LabState) -> None:
    """A host that shows another key is not spoken to: nothing is trusted on first use."""
    kept = known.known_hosts.read_text()
    try:
        lines = kept.splitlines()
        known.known_hosts.write_text(f"{lines[0].split()[0]} {' '.join(lines[1].split()[1:])}\n")
        refused = single.hopthu("lab", "ssh", "mail1", "--", "true", expect=255)
        assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in refused.stderr
    finally:
        known.known_hosts.write_text(kept)


def test_lab_is_sealed(single: Lab, known: LabState) -> None:
    """Neither the controller's place in the lab nor any host has a way out, by address or name."""
    assert holder.run(known, ["ip", "route", "show", "default"]) == ""
    links = json.loads(holder.run(known, ["ip", "-json", "link"]))
    assert {"lo", "br0", "vb-mail1", "vb-internet", "vb-client"} == {x["ifname"] for x in links}
    attempt = f"import socket; socket.create_connection(('{ELSEWHERE}', 25), 3)"
    for name in known.hosts:
        assert single.ssh(name, "ip route show default") == ""
        reached = single.ssh(name, f'python3 -c "{attempt}" 2>&1 || true')
        assert "Network is unreachable" in reached
        assert single.ssh(name, "getent hosts www.debian.org || echo none") == "none\n"


def test_process_that_joins_reaches_the_lab_and_nothing_else(single: Lab, known: LabState) -> None:
    """Joining is harmless twice, moves between labs, and can be undone."""
    program = f"""
import os, socket
from hopthu.lab import network, state
def links(): return open("/proc/self/net/dev").read()
def where(): return os.readlink("/proc/thread-self/ns/net")
before = where()
lab = state.required()
network.join(lab)
network.join(lab)
socket.create_connection(("10.88.0.11", 22), 5).close()
try:
    socket.create_connection(("{ELSEWHERE}", 25), 3)
except OSError as error:
    assert "unreachable" in str(error), error
assert "br0" in links()
network.leave()
network.leave()
assert before == where() and "br0" not in links()
"""
    done = single.run([sys.executable, "-c", program])
    assert done.returncode == 0, done.stderr


def test_names_of_the_lab_are_served(single: Lab, known: LabState) -> None:
    """Every host finds the mail servers of both worlds; what is published is served at once."""
    for name in known.hosts:
        assert "10.88.0.11" in single.ssh(name, "getent hosts mx.thanhhoa.gov.vn")
    assert single.ssh("client", "dig +short MX thanhhoa.gov.vn") == "10 mx.thanhhoa.gov.vn.\n"
    assert single.ssh("client", "dig +short -x 10.88.0.101") == "mx.example.org.\n"
    assert "NXDOMAIN" in single.ssh("client", "dig nothing.example.net")
    long = "v=DKIM1; k=rsa; p=" + "A" * 390
    dns.publish(known, {"test._domainkey.thanhhoa.gov.vn": long})
    served = single.ssh("client", "dig +short TXT test._domainkey.thanhhoa.gov.vn")
    assert long == served.strip().replace('" "', "").strip('"')


def test_outside_takes_and_relays_as_a_provider_does(single: Lab) -> None:
    """Any address of example.org has a mailbox, with TLS offered; it is no open relay."""
    send = "swaks --server mx.example.org --tls --from client@example.org --to"
    single.ssh("client", f"{send} cong-dan@example.org --h-Subject arrived")
    found = "grep -rl 'Subject: arrived' /var/mail/cong-dan/new 2>/dev/null || true"
    wait_for(lambda: single.ssh("internet", found))
    message = single.ssh("internet", "cat /var/mail/cong-dan/new/*")
    assert "Authentication-Results: mx.example.org; dkim=none" in message
    refused = single.ssh("client", f"{send} somebody@example.net || true")
    assert "554 5.7.1 <somebody@example.net>: Relay access denied" in refused


def test_host_without_power_keeps_its_disk(single: Lab, known: LabState) -> None:
    """Off is off; on again, all is as it was written."""
    single.ssh("mail1", "echo kept >/var/kept && sync")
    power.stop(known, "mail1")
    report = json.loads(single.hopthu("lab", "status", "--format", "json").stdout)
    assert report["hosts"]["mail1"]["state"] == "off"
    assert report["hosts"]["client"]["state"] == "running"
    power.start(known, "mail1")
    assert single.ssh("mail1", "cat /var/kept") == "kept\n"
    assert holder.leader(known, "mail1") == of(single).host("mail1").leader


def test_host_reboots_by_itself(single: Lab, known: LabState) -> None:
    """`systemctl reboot` on a host is a reboot, with its disk."""
    before = holder.leader(known, "mail1")
    single.ssh("mail1", "echo rebooted >/var/kept; systemctl --no-block reboot")
    wait_for(lambda: holder.leader(known, "mail1") not in {0, before})
    remote.wait_ready(known, known.host("mail1"))
    assert single.ssh("mail1", "cat /var/kept") == "rebooted\n"


def test_cable_can_be_pulled(known: LabState) -> None:
    """A host without its cable is not reached, and comes back."""
    connect = "import socket; socket.create_connection(('10.88.0.11', 22), 2)"
    argv = holder.command(known, [sys.executable, "-c", connect])
    power.link_down(known, "mail1")
    try:
        unreached = subprocess.run(argv, check=False, capture_output=True, text=True)
    finally:
        power.link_up(known, "mail1")
    assert "Error" in unreached.stderr
    subprocess.run(argv, check=True)


def test_frozen_host_takes_connections_and_says_nothing(known: LabState) -> None:
    """A frozen host is worse than a dead one: its kernel still answers."""
    host = known.host("mail1")
    connect = "import socket; print(socket.create_connection(('10.88.0.11', 22), 2).recv(3))"
    power.freeze(known, "mail1")
    try:
        argv = holder.command(known, [sys.executable, "-c", connect])
        silent = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=30)
    finally:
        power.thaw(known, "mail1")
    assert "TimeoutError" in silent.stderr
    assert remote.run(known, host, "echo back") == "back\n"


def test_journals_of_booted_hosts_are_quiet(single: Lab, known: LabState) -> None:
    """A host just booted has no warning to tell, so a warning later means something."""
    for name in ("internet", "client"):
        warnings = single.ssh(name, "journalctl --boot --priority warning --quiet --no-pager")
        assert warnings == ""


def test_up_again_is_the_same_lab(single: Lab, known: LabState) -> None:
    """A second `up` changes nothing; another layout is refused, and nothing is ended."""
    single.hopthu("lab", "up", "--layout", "single")
    after = state.recorded(single.folder)
    assert after is not None
    assert (known.holder, known.started) == (after.holder, after.started)
    refused = single.hopthu("lab", "up", expect=1)
    assert "another lab is running here (single)" in refused.stderr
    assert after.alive


def test_down_leaves_nothing(tmp_path: Path) -> None:
    """After `down`: no process, mount, cgroup or folder; a second `down` is harmless."""
    lab = Lab(tmp_path / "lab")
    lab.hopthu("lab", "up", "--layout", "single")
    assert leftovers(lab.folder)
    lab.hopthu("lab", "down")
    assert [] == leftovers(lab.folder)
    assert lab.hopthu("lab", "down").stdout == "No lab is running.\n"
    assert "no lab is running" in lab.hopthu("lab", "status", expect=1).stderr


def test_a_lab_goes_on_from_what_another_left(tmp_path: Path, single: Lab) -> None:
    """With its keys, what it wrote and what it removed; nothing is written to what was kept."""
    kept, lab = tmp_path / "kept", Lab(tmp_path / "lab")
    lab.hopthu("lab", "up", "--layout", "single")
    lab.ssh("mail1", "echo written | tee /etc/motd >/var/vmail/letter; rm /etc/issue")
    refused = lab.hopthu("lab", "down", "--keep", str(tmp_path), expect=1)
    assert f"{tmp_path} exists" in refused.stderr
    refused = lab.hopthu("lab", "down", "--keep", str(CHECKOUT / "out" / "kept"), expect=1)
    assert "is in a git repository" in refused.stderr
    nowhere_to_copy(lab, tmp_path / "small" / "kept")
    assert "written\n" == lab.ssh("mail1", "cat /etc/motd")
    lab.hopthu("lab", "down", "--keep", str(kept))
    assert [] == leftovers(lab.folder)
    assert 0o700 == kept.stat().st_mode & 0o777
    for _ in range(2):
        for again in bring_up(tmp_path / "again", "--from", str(kept)):
            there = again.ssh("mail1", "cat /etc/motd /var/vmail/*; ls /etc/issue 2>&- || true")
            assert "written\nwritten\n" == there
            again.ssh(
                "mail1", "echo overwritten | tee /etc/motd >/var/vmail/letter; touch /etc/issue"
            )
    (kept / "hosts" / "client.tar").unlink()
    for folder in (tmp_path, kept):
        nothing = lab.hopthu("lab", "up", "--from", str(folder), expect=1)
        assert "is not a snapshot of a lab" in nothing.stderr


def test_a_store_has_a_disk_of_its_own_for_mail(single: Lab) -> None:
    """As servers do: what cannot be renamed from one disk to another fails here, too."""
    assert "/var/vmail\n" == single.ssh("mail1", "stat --format %m /var/vmail")


def nowhere_to_copy(lab: Lab, folder: Path) -> None:
    """Have `down --keep` fail because the disks do not fit, and see that nothing is left of it."""
    folder.parent.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder.parent)]
    subprocess.run(mount, check=True)
    try:
        lab.hopthu("lab", "down", "--keep", str(folder), expect=1)
        assert [] == [*folder.parent.iterdir()]
    finally:
        subprocess.run(["umount", str(folder.parent)], check=True)


def start(folder: Path, **environment: str) -> subprocess.Popen[str]:
    """Start `hopthu lab up` in a process group of its own that hears Ctrl-C, as a terminal does."""
    return subprocess.Popen(
        ["env", "--default-signal=INT,HUP", sys.executable, "-m", "hopthu", "lab", "up"],
        cwd=CHECKOUT,
        env={**os.environ, "HOPTHU_LAB": str(folder), "PYTHONUNBUFFERED": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def read_until(process: subprocess.Popen[str], text: str) -> None:
    """Read the progress of `up` until it says `text`."""
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return
    pytest.fail(f"it never said {text!r}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("moment", ["booting 8 hosts", " is up"])
def test_interrupted_up_leaves_nothing(
    tmp_path: Path, single: Lab, number: signal.Signals, moment: str
) -> None:
    """Ctrl-C, kill and a closed terminal, early and late: all is taken back, twice pressed too."""
    folder = tmp_path / "lab"
    with start(folder) as process:
        read_until(process, moment)
        found = state.recorded(folder)
        assert found is not None
        os.killpg(process.pid, number)
        os.killpg(process.pid, number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert [] == leftovers(folder)


def test_killed_up_is_cleared_by_the_next(tmp_path: Path, single: Lab) -> None:
    """Nothing can be done on SIGKILL; the next `up`, or `down`, clears it away."""
    folder = tmp_path / "lab"
    with start(folder) as process:
        read_until(process, "booting")
        process.kill()
    found = state.recorded(folder)
    assert found is not None
    assert state.start_time(found.holder) == found.started
    lab = Lab(folder)
    again = lab.hopthu("lab", "up", "--layout", "single")
    assert "removing the remains of an unfinished lab" in again.stderr
    assert state.start_time(found.holder) == 0
    lab.hopthu("lab", "down")
    assert [] == leftovers(folder)


def test_lab_whose_holder_died_is_no_lab(tmp_path: Path, single: Lab) -> None:
    """As after a reboot of this machine: status says none is up, `up` starts anew."""
    lab = Lab(tmp_path / "lab")
    lab.hopthu("lab", "up", "--layout", "single")
    found = of(lab)
    os.kill(found.holder, signal.SIGKILL)
    wait_for(lambda: not holder.members(found))
    assert "no lab is running" in lab.hopthu("lab", "status", expect=1).stderr
    lab.hopthu("lab", "up", "--layout", "single")
    assert found.holder != of(lab).holder
    lab.hopthu("lab", "down")
    assert [] == leftovers(lab.folder)


def test_interrupted_build_leaves_no_half_image(tmp_path: Path) -> None:
    """Ctrl-C while images are built: no process, no mount, and nothing that looks like an image."""
    cache = tmp_path / "cache"
    with start(tmp_path / "lab", HOPTHU_CACHE=str(cache)) as process:
        read_until(process, "building the base image")
        wait_for(lambda: any(cache.glob("lab/*.building/base/usr")), 180)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert [] == leftovers(tmp_path / "lab")
    assert [str(cache)] == leftovers(cache)
    assert [] == [path for path in (cache / "lab").iterdir() if path.is_dir()]


def test_failure_half_way_leaves_nothing(tmp_path: Path, single: Lab, known: LabState) -> None:
    """An image that does not boot: a sentence, exit 1, and everything taken back."""
    broken = tmp_path / "cache" / "lab" / known.images.name
    for layer in ("base", "stack", "outside", "apt"):
        (broken / layer).mkdir(parents=True)
    folder = tmp_path / "lab"
    with start(folder, HOPTHU_CACHE=str(tmp_path / "cache")) as process:
        _, said = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "Traceback" not in said
    assert "error: " in said
    assert [] == leftovers(folder)


@pytest.mark.parametrize(
    ("confine", "complaint"),
    [
        (["--reuid=65534", "--clear-groups"], "the lab needs root"),
        (["--bounding-set=-sys_admin", "--inh-caps=-sys_admin"], "cannot make namespaces"),
    ],
)
def test_machine_that_cannot_says_what_is_missing(
    tmp_path: Path, single: Lab, confine: list[str], complaint: str
) -> None:
    """Without root, or in a container without rights: one sentence and a fix, no traceback."""
    folder = tmp_path / "lab"
    lab = Lab(folder)
    done = lab.run(["setpriv", *confine, sys.executable, "-m", "hopthu", "lab", "up"])
    assert done.returncode == 1
    assert complaint in done.stderr
    assert "fix: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not folder.exists()


def test_two_labs_do_not_meet(tmp_path: Path, single: Lab, known: LabState) -> None:
    """The same addresses in another lab are other hosts; a stopped service stops in one only."""
    other = Lab(tmp_path / "lab")
    other.hopthu("lab", "up", "--layout", "single")
    try:
        other.ssh("mail1", "systemctl kill --signal=KILL cron && touch /other")
        assert single.ssh("mail1", "systemctl is-active cron; ls /other 2>&1 || true") == (
            "active\nls: cannot access '/other': No such file or directory\n"
        )
    finally:
        other.disconnect()
        other.hopthu("lab", "down")
    assert single.ssh("mail1", "echo still here") == "still here\n"
    network.join(known)
    network.leave()
