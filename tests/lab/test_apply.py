"""An apply that dies, is cut off or is wrong: hosts go on serving, and no letter is lost."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import power
import pytest
from labs import CHECKOUT, Lab, copied, decide, git, papers, traffic

from hopthu.cli.clock import today
from hopthu.lab import holder, state

OUTAGE = 20.0
"""Seconds a letter may be late: mail programs and servers try again by themselves."""
SET_FREE = 120.0
"""Seconds within which a host whose operator is gone must be itself again."""
PERSON = """
- id: le-thi-{given}
  name: Lê Thị {name}
  category: civil_servant
  mailbox: {{address: {given}lt}}
  posts:
    - unit: so-tai-chinh
      title: Chuyên viên
      from: {day}
      {basis}
"""


class Checkout:
    """A checkout whose data grows with every test of this module."""

    def __init__(self, root: Path) -> None:
        """Begin with what is shipped."""
        self.root, self.recruited = root, list[str]()

    def recruit(self) -> None:
        """Add a person and change a limit, and commit: every host has something to take up."""
        number = len(self.recruited)
        people = self.root / "data" / "people.yaml"
        text = people.read_text(encoding="utf-8")
        given = f"{'bcdghklmnp'[number % 10]}{'aeiouy'[number // 10]}p"
        basis = papers(self.root, "so-tai-chinh", "STC", 9001 + number, today())
        person = PERSON.format(
            given=given, name=given.capitalize(), day=today(), basis=basis.replace(", ", "\n      ")
        )
        people.write_text(text.rstrip("\n") + person, encoding="utf-8")
        self.recruited.append(given)
        self.limit(20 + number)

    def limit(self, number: int) -> None:
        """Change limits that every host has in a file, and commit."""
        policy = self.root / "data" / "policy.yaml"
        rest = re.sub(r"(?ms)^limits:.*?(?=^\S|\Z)", "", policy.read_text(encoding="utf-8"))
        limits = f"limits: {{failed_sign_ins: {number}, message: {number} MiB}}"
        policy.write_text(f"{limits}\n{rest}", encoding="utf-8")
        decide(self.root, "limits.failed_sign_ins, limits.message", 9001 + number, today())
        git(self.root, "commit", "--quiet", "--all", "--message", f"Limits of {number}")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Code and data of which every test changes a little more."""
    return Checkout(copied(tmp_path_factory.mktemp("rollout") / "checkout"))


def begin(lab: Lab, checkout: Checkout) -> subprocess.Popen[str]:
    """Start an apply in the background."""
    environment = {**os.environ, "HOPTHU_LAB": str(lab.folder), "PYTHONPATH": str(checkout.root)}
    # What a shell starts in the background ignores Ctrl-C, and so do its children, this one not.
    return subprocess.Popen(
        [
            "env",
            "--default-signal=INT,HUP",
            sys.executable,
            "-m",
            "hopthu",
            "apply",
            "lab",
            "--yes",
        ],
        cwd=checkout.root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + SET_FREE
    while not condition():
        assert time.monotonic() < deadline, f"not within {SET_FREE} s: {what}"
        time.sleep(0.5)


def set_free(lab: Lab, host: str) -> bool:
    """Tell whether nobody holds a host any more, and it is not in the middle of a change."""
    return lab.ssh(host, "ls -A /run/hopthu; ls /var/lib/hopthu/applying 2>/dev/null || true") == ""


def is_itself(lab: Lab, checkout: Checkout) -> None:
    """Every host is what its record says: old or new, nothing in between."""
    for host in lab.hosts:
        wait_for(partial(set_free, lab, host), f"{host} is set free")
    lab.hopthu("drift", "lab", root=checkout.root)


@pytest.fixture
def served(centre: Lab) -> Iterator[None]:
    """Whatever a test does, mail goes on, and no letter that was accepted is lost."""
    with traffic(centre) as found:
        yield
    for way, told in found.items():
        assert int(str(told["accepted"])) > 3, (way, told)
        assert [] == told["missing"], (way, told)
        assert [] == told["twice"], (way, told)
        assert float(str(told["longest_outage"])) <= OUTAGE, (way, told)


def kill_and_finish(lab: Lab, checkout: Checkout, kills: int, seed: int) -> None:
    """Kill an apply at random moments; see after each that every host is itself, then finish."""
    chance = random.Random(seed)  # noqa: S311  (the same kills for the same seed)
    sys.stdout.write(f"seed {seed}\n")
    started = time.monotonic()
    checkout.recruit()
    lab.hopthu("apply", "lab", "--yes", root=checkout.root)
    whole = time.monotonic() - started
    for number in range(1, kills + 1):
        checkout.recruit()
        moment = chance.uniform(0, whole)
        sys.stdout.write(f"kill {number} after {moment:.2f} s of {whole:.1f}\n")
        apply = begin(lab, checkout)
        try:
            apply.wait(timeout=moment)
        except subprocess.TimeoutExpired:
            apply.send_signal(signal.SIGKILL)
        apply.communicate()
        is_itself(lab, checkout)
    lab.hopthu("apply", "lab", "--yes", root=checkout.root)
    done = lab.hopthu("apply", "lab", "--yes", root=checkout.root)
    assert re.search(r"^0 of \d+ steps changed", done.stdout, re.MULTILINE), done.stdout


def test_killed_at_random_moments(centre: Lab, checkout: Checkout, served: None) -> None:
    """Show 7, short form: the operator's program dies, no host is left in the middle."""
    kill_and_finish(centre, checkout, kills=5, seed=int(os.environ.get("HOPTHU_SEED", "7")))


@pytest.mark.drill
def test_killed_twenty_times(centre: Lab, checkout: Checkout, served: None) -> None:
    """Show 7: twenty moments, others each time."""
    seed = int(os.environ.get("HOPTHU_SEED", str(time.time_ns() % 10**6)))
    kill_and_finish(centre, checkout, kills=20, seed=seed)


def test_interrupted_host_returns(centre: Lab, checkout: Checkout, served: None) -> None:
    """Ctrl-C leaves every host old or new, and says which."""
    checkout.recruit()
    apply = begin(centre, checkout)
    assert apply.stdout is not None
    seen = ""
    for line in apply.stdout:
        seen += line
        # The second host is being changed.
        if "applied; health checks passed" in seen and "✓" in line:
            break
    apply.send_signal(signal.SIGINT)
    rest, _ = apply.communicate()
    assert apply.returncode == 130, seen + rest
    assert "rolled back; " in rest, seen + rest
    assert "Traceback" not in rest
    is_itself(centre, checkout)


def test_cut_off_host_returns(centre: Lab, checkout: Checkout) -> None:
    """Show 7: the cable of one host is pulled in the middle; it returns, nobody else is touched."""
    known = state.recorded(centre.folder)
    assert known is not None
    checkout.recruit()
    apply = begin(centre, checkout)
    # Once the directory is done it is the turn of the first store.
    assert apply.stdout is not None
    seen = ""
    for line in apply.stdout:
        seen += line
        if "applied; health checks passed" in line:
            break
    inside = Path(f"/proc/{holder.leader(known, 'store1')}/root")
    power.link_down(known, "store1")
    try:
        said, _ = apply.communicate(timeout=300)
        assert apply.returncode == 4, seen + said
        # Before the cable is back: a connection that is reset then would have it return as well.
        applying, runs = inside / "var/lib/hopthu/applying", inside / "run/hopthu"
        wait_for(lambda: not applying.exists() and not any(runs.iterdir()), "store1 returns")
    finally:
        power.link_up(known, "store1")
    assert "store1" in said
    assert "Traceback" not in said
    is_itself(centre, checkout)
    centre.hopthu("apply", "lab", "--yes", root=checkout.root)


def test_host_that_loses_power_is_finished_by_the_next_apply(
    centre: Lab, checkout: Checkout
) -> None:
    """It starts with what it had got by then, and remembers that this was not all."""
    known = state.recorded(centre.folder)
    assert known is not None
    checkout.recruit()
    apply = begin(centre, checkout)
    assert apply.stdout is not None
    for line in apply.stdout:
        if "✓" in line and line.rstrip().endswith("store1"):
            break
    power.stop(known, "store1")
    try:
        said, _ = apply.communicate(timeout=300)
    finally:
        power.start(known, "store1")
    assert apply.returncode == 4, said
    assert "Traceback" not in said
    assert "store1" in said
    done = centre.hopthu("apply", "lab", "--yes", root=checkout.root)
    assert re.search("store1: the apply started by .* was never completed", done.stderr)
    is_itself(centre, checkout)


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("smtpd_client_restrictions = static:REJECT", "edge1 failed its health checks"),
        ("inet_protocols = ipv9", "fatal: "),
    ],
    ids=["does not serve", "is refused by the daemon"],
)
def test_failed_host_returns(centre: Lab, checkout: Checkout, setting: str, why: str) -> None:
    """A setting of the last host, the edge; those before it keep what they got."""
    main = checkout.root / "templates" / "postfix" / "main.cf.j2"
    text = main.read_text(encoding="utf-8")
    checkout.recruit()
    main.write_text(
        f"{text}{{% if host.has('edge') %}}\n{setting}\n{{% endif %}}\n", encoding="utf-8"
    )
    git(checkout.root, "commit", "--quiet", "--all", "--message", "A setting that is wrong")
    try:
        done = centre.hopthu("apply", "lab", "--yes", expect=4, root=checkout.root)
        said = done.stdout + done.stderr
        assert why in said
        assert "edge1: rolled back; health checks passed" in said
        assert "access1: applied; health checks passed" in said
        assert setting not in centre.ssh("edge1", "cat /etc/postfix/main.cf")
        is_itself(centre, checkout)
    finally:
        git(checkout.root, "revert", "--no-edit", "HEAD")
    centre.hopthu("apply", "lab", "--yes", root=checkout.root)


def test_what_somebody_does_to_a_host_meanwhile_is_not_recorded(
    centre: Lab, checkout: Checkout
) -> None:
    """A file altered by hand on a host that has nothing to change; its record would make it ours.

    It stays drift, which the next apply takes back.
    """
    policy, altered = checkout.root / "data" / "policy.yaml", "/etc/postfix/main.cf"
    centre.hopthu("apply", "lab", "--yes", root=checkout.root)
    text = policy.read_text(encoding="utf-8")
    policy.write_text(f"passwords: {{max_age_days: 300}}\n{text}", encoding="utf-8")
    decide(checkout.root, "passwords.max_age_days", 9901, today())
    git(checkout.root, "commit", "--quiet", "--all", "--message", "Passwords of 300 days")
    apply = begin(centre, checkout)
    assert apply.stdout is not None
    for line in apply.stdout:
        if line.startswith("dir1"):  # hosts have been read, and the first is being changed
            centre.ssh("edge1", f"echo '# by hand' >>{altered}")
            break
    said, _ = apply.communicate()
    assert apply.returncode == 4, said
    assert f"edge1: not as this run meant it: {altered}" in said
    assert altered in centre.hopthu("drift", "lab", expect=5, root=checkout.root).stdout
    centre.hopthu("apply", "lab", "--yes", root=checkout.root)
    is_itself(centre, checkout)


def test_full_disk_stops_before_the_first_change(
    centre: Lab, checkout: Checkout, served: None
) -> None:
    """Show 7: a disk without space is found before anything is changed anywhere."""
    checkout.recruit()
    fill = "mount -t tmpfs -o size=100M,nr_inodes=5000 full /tmp"
    centre.ssh("store2", fill)
    try:
        done = centre.hopthu("apply", "lab", "--yes", expect=4, root=checkout.root)
    finally:
        centre.ssh("store2", "umount /tmp")
    assert "store2: 100 MiB free on /tmp" in done.stderr
    assert "nothing was changed on any host" in done.stderr
    is_itself(centre, checkout)


def test_second_administrator_is_told(centre: Lab, checkout: Checkout) -> None:
    """Show 10: who applies, since when; nothing is mixed."""
    checkout.recruit()
    first = begin(centre, checkout)
    wait_for(lambda: centre.ssh("dir1", "ls -A /run/hopthu") != "", "the first apply holds dir1")
    second = centre.hopthu("apply", "lab", "--yes", expect=3, root=checkout.root)
    assert "has been running an apply since" in second.stderr
    said, _ = first.communicate()
    assert first.returncode == 0, said
    is_itself(centre, checkout)


def test_plain_pyinfra_gives_the_same_end_state(centre: Lab, checkout: Checkout) -> None:
    """Point 8: what `pyinfra INVENTORY deploys/site.py` has done, apply finds done."""
    checkout.limit(60)
    program = str(Path(sys.executable).with_name("pyinfra"))
    done = centre.run([program, "-y", "inventory/lab.py", "deploys/site.py"], checkout.root)
    assert done.returncode == 0, done.stdout + done.stderr
    applied = centre.hopthu("apply", "lab", "--yes", root=checkout.root)
    assert "\n0 of " in applied.stdout, applied.stdout
    is_itself(centre, checkout)


def test_deploys_are_of_use_to_others(centre: Lab, checkout: Checkout) -> None:
    """docs/deploys.md: a daemon alone, operations for one that is not ours, and for mailboxes."""
    page = (CHECKOUT / "docs" / "deploys.md").read_text(encoding="utf-8")
    alone, other, mail = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    program = str(Path(sys.executable).with_name("pyinfra"))
    for name, text, group in (("scanners", alone, "edge"), ("mail", mail, "store")):
        (checkout.root / f"{name}.py").write_text(text)
        done = centre.run(
            [program, "inventory/lab.py", f"{name}.py", "--limit", group, "--dry"], checkout.root
        )
        assert done.returncode == 0, done.stdout + done.stderr
    # People are on no host that is called so, thus rights of all are foreseen to go.
    assert re.search(r"Let both read the department's mailbox +2 ", done.stdout + done.stderr)
    harmless = other.replace("demon --check", "grep -q answer").replace("systemctl reload", "echo")
    (checkout.root / "demon.py").write_text(harmless)
    done = centre.run(
        [program, "-y", "inventory/lab.py", "demon.py", "--limit", "edge1"], checkout.root
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "answer = 42\n" == centre.ssh("edge1", "cat /etc/demon.conf")
    centre.ssh("edge1", "rm /etc/demon.conf /var/lib/hopthu/*/demon")
