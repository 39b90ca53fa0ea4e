"""A host of a pair dies under mail, and one line of the policy has the other one serve its store.

The pair has kernels of its own, on the bridge of a lab with all other roles on a container.
"""

from __future__ import annotations

import json
import os
import random
import shlex
import smtplib
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from labs import Lab, churn, copied, decide, git, queues_are_empty
from own_kernels import OwnKernel
from test_letters_to_lists import DOMAIN, HEAD, MEMBER, UNIT, send, shown, signed_in, staff
from test_moving import held
from test_pair_kernels import LEAST

from hopthu.cli.clock import today
from hopthu.desired.state import desired
from hopthu.lab import prepare
from hopthu.lab.state import LabHost
from hopthu.lab.up import up
from hopthu.validate import read

pytestmark = [pytest.mark.lab, pytest.mark.drill]
LAYOUT = """\
domain: thanhhoa.gov.vn
hosts:
  mail1: {address: 10.88.0.11, roles: [edge, access, store, directory], stores: [store2]}
outside:
  internet: {address: 10.88.0.101, fqdn: mx.example.org}
  client: {address: 10.88.0.102}
"""
SAME = "ro:Primary/Secondary ds:UpToDate/UpToDate"
LIST, STAFF, AT_ONCE = f"canbo_{UNIT}", 60, 4.0
"""A list with so many people and more, and in how many seconds after a letter to it a host dies."""
GONE = "ro:Secondary/Unknown"
"""What a kernel says once it has noticed, some seconds after the other one went silent."""
READABLE, MACHINE = 300.0, 60.0
"""Seconds from the decision until mail is read again, and of these the machine's."""
ROUNDS, SENDERS, AT_WORK = 10, ((HEAD, "binhlv"), (MEMBER, "annv")), 6
"""To measure how fast letters come: how many each of twenty people gets, who sends them, and by how
many programs at once."""
SESSIONS = 31
"""How many a person may hold, which the switch changes on the way: a file goes back with it."""
LOAD = 0.6
"""Of what the host could do if people worked one after another."""
JUST = 1.0
"""Seconds before a death in which marks may be lost."""


@dataclass(frozen=True)
class Pair:
    """A checkout whose policy has store1 on two hosts of a lab."""

    lab: Lab
    root: Path
    hosts: tuple[OwnKernel, OwnKernel]
    waited: list[float] = field(default_factory=list)
    """Seconds from each decision until mail was read again."""

    def serve(self, host: OwnKernel) -> None:
        """Have a host serve store1 by the data: one line of it."""
        served_by(self.root, host.host.name)

    def apply(self, expect: int = 0) -> str:
        """Apply the data; return what was said."""
        done = self.lab.hopthu("apply", "lab", "--yes", root=self.root, expect=expect)
        return done.stdout + done.stderr

    def sides(self) -> tuple[OwnKernel, OwnKernel]:
        """Return the host that serves, and the one that stands by; both are up."""
        a, b = self.hosts
        return (a, b) if "ro:Primary" in self.says(a) else (b, a)

    def says(self, host: OwnKernel) -> str:
        """Return what the kernel of a host says of the copies."""
        return self.lab.ssh(host.host.name, "cat /proc/drbd")

    def until(self, host: OwnKernel, wanted: str) -> None:
        """Wait until the kernel of a host says something of the copies."""
        deadline = time.monotonic() + 300
        while wanted not in (seen := self.says(host)):
            assert time.monotonic() < deadline, seen
            time.sleep(1)

    def returns(self, host: OwnKernel, serving: OwnKernel) -> None:
        """Have a host that died come back: it stands by, and has everything again."""
        host.start()
        host.wait()
        self.until(serving, SAME)
        active = "systemctl is-active var-vmail.mount dovecot || true"
        assert {"inactive"} == {*self.lab.ssh(host.host.name, active).split()}


def served_by(root: Path, host: str) -> None:
    """Have a host serve store1 by the data of a checkout: one line of it."""
    path = root / "data" / "policy.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    (at,) = (n for n, line in enumerate(lines) if line.startswith("    store1: {"))
    lines[at] = f"    store1: {{drbd: {host}}}"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    git(root, "commit", "--quiet", "--all", "--message", f"{host} serves store1")


def allow(root: Path, sessions: int) -> None:
    """Have people hold so many sessions by the data of a checkout, which no commit has yet."""
    path = root / "data" / "policy.yaml"
    path.write_text(
        f"limits: {{sessions: {sessions}}}\n{path.read_text(encoding='utf-8')}", "utf-8"
    )
    decide(root, "limits.sessions", 9901, today())


def allowed(lab: Lab, host: OwnKernel) -> int:
    """Return how many sessions people may hold by the files of a host."""
    asked = "doveconf -h -f protocol=imap mail_max_userip_connections"
    return int(lab.ssh(host.host.name, asked))


def checkout(folder: Path) -> Path:
    """Return a new checkout, by whose policy store1a serves store1, with a list of people there."""
    made = copied(folder)
    (made / "lab" / "pair.yaml").write_text(LAYOUT)
    staff(made, STAFF)
    subprocess.run([sys.executable, "-m", "hopthu", "format"], cwd=made, check=True)
    served_by(made, "store1a")
    return made


def begun(lab: Lab, root: Path) -> Pair:
    """Bring up the lab and the two hosts; they are new. `HOPTHU_LAB` has to be the lab's folder."""
    up("pair", layouts=root, domain="thanhhoa.gov.vn")
    a, b = (
        OwnKernel(lab, LabHost(name, address, "store1.thanhhoa.gov.vn", ("store",), ("store1",)))
        for name, address in (("store1a", "10.88.0.31"), ("store1b", "10.88.0.32"))
    )
    for host in (a, b):
        host.make()
        host.start()
    prepare.prepare(lab.state, root, today())
    for host in (a, b):
        host.wait()
    return Pair(lab, root, (a, b))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """The pair, with what is in the checkout applied."""
    root = checkout(tmp_path_factory.mktemp("pair") / "checkout")
    lab = Lab(tmp_path_factory.mktemp("lab"))
    found: Pair | None = None
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOPTHU_LAB", str(lab.folder))
        try:
            found = begun(lab, root)
            found.apply()
            found.until(found.hosts[0], SAME)
            yield found
        finally:
            for host in found.hosts if found else ():
                host.kill()
            lab.disconnect()
            lab.hopthu("lab", "down", root=root)


def delivered(lab: Lab, host: str) -> None:
    """Wait until a store has been given some letters from now on."""
    seen = "journalctl --quiet --identifier dovecot --grep 'stored mail into' --since"
    enough = f'until [ "$({seen} @%d | wc -l)" -ge 5 ]; do sleep 1; done' % time.time()
    lab.ssh(host, f"timeout 300 sh -c {shlex.quote(enough)}")


def test_a_second_apply_changes_nothing(pair: Pair) -> None:
    assert "0 of " in pair.apply()
    assert "inactive" in pair.lab.ssh("store1b", "systemctl is-active dovecot || true")
    assert "always" == pair.lab.ssh("store1a", "doveconf -h mail_fsync").strip()
    assert "" == pair.lab.ssh("store1b", "ls /var/vmail")


def test_a_switch_waits_for_the_copy(pair: Pair) -> None:
    """While the partner is away it is left as it is; while it is behind it does not take over."""
    serving, other = pair.sides()
    other.kill()
    pair.serve(other)
    assert other.host.name in pair.apply(expect=4)
    pair.serve(serving)
    pair.returns(other, serving)
    pair.lab.ssh(serving.host.name, "drbdadm disconnect store1")
    pair.serve(other)
    assert "is not known to be up to date" in pair.apply(expect=3)
    pair.lab.ssh(serving.host.name, "drbdadm connect store1")
    pair.serve(serving)
    pair.until(serving, SAME)
    assert "0 of " in pair.apply()


# Run on a host that nobody but its partner is cut off from: it hears of no decision, takes a letter
# after it, and answers again.
_UNHEARD = """
systemd-run --on-active={after} --quiet sh -c 'echo "Message-ID: <apart@here>" |
  doveadm save -u {person} -m INBOX; systemctl start ssh'
systemctl stop ssh.socket ssh
"""


def test_a_split_is_ended_by_a_command(pair: Pair) -> None:
    """Both wrote: the one that stands by keeps its copy aside, and takes the other's."""
    lab, (serving, other) = pair.lab, pair.sides()
    (person, *_), _ = busy(pair.root)
    for host in pair.hosts:
        host.isolate(on=True)
    pair.until(other, GONE)
    lab.ssh(serving.host.name, _UNHEARD.format(after=240, person=person))
    pair.serve(other)
    assert "it stands by, and is left as it is" in pair.apply()
    serving.wait()
    for host in pair.hosts:
        host.isolate(on=False)
    pair.until(serving, "cs:StandAlone ro:Primary")
    assert "both" in pair.apply(expect=3)
    keep = ("pair", "discard", "lab", "store1", "--keep", "/root/aside", "--yes")
    said = lab.hopthu(*keep, root=pair.root).stdout
    assert f"{serving.host.name} gives up" in " ".join(said.split())
    pair.until(other, SAME)
    ids = [each["hdr.message-id"] for each in held(lab, other.host.name, person)]
    assert "<apart@here>" not in ids
    look = "mount -t ext4 -o ro,noload,loop /root/aside /mnt && grep -rl '<apart@here>' /mnt"
    assert person in lab.ssh(serving.host.name, look)
    pair.apply()


def rate(pair: Pair, token: str) -> float:
    """Return how many letters a second come into INBOXes of store1, each sent to one person."""
    lab, (serving, _) = pair.lab, pair.sides()
    people = [*enumerate([*busy(pair.root)[1]] * ROUNDS)]
    senders = SENDERS * (AT_WORK // len(SENDERS))

    def write(smtp: smtplib.SMTP, address: str, to: Sequence[tuple[int, str]]) -> None:
        for number, each in to:
            assert 250 == send(smtp, f"{address}@{DOMAIN}", [each], f"{token}-{number}")

    with ExitStack() as stack, ThreadPoolExecutor(AT_WORK) as pool:
        programs = [stack.enter_context(signed_in(lab, *sender)) for sender in senders]
        shares = [people[number::AT_WORK] for number in range(AT_WORK)]
        started = time.time()
        list(pool.map(write, programs, (address for _, address in senders), shares))
    queues_are_empty(lab, ["mail1"])
    copies = came(lab, serving.host.name, token)
    assert len(people) == len(copies)
    return len(copies) / (max(at for _, at in copies) - started)


def test_what_a_pair_costs_the_centre(pair: Pair) -> None:
    """From sending to INBOX, in turn with the same disk alone, in the same minutes."""
    lab, (serving, _) = pair.lab, pair.sides()
    rate(pair, "warm")
    both, alone = [], []
    for turn in range(3):
        both.append(rate(pair, f"both{turn}"))
        lab.ssh(serving.host.name, "drbdadm disconnect store1")
        try:
            alone.append(rate(pair, f"alone{turn}"))
        finally:
            lab.ssh(serving.host.name, "drbdadm connect store1")
            pair.until(serving, SAME)
    ratio = median(both) / median(alone)
    rounded = [[round(each, 1) for each in rates] for rates in (both, alone)]
    sys.stdout.write(f"letters/s: pair {rounded[0]}, alone {rounded[1]}, ratio {ratio:.2f}\n")
    assert ratio > LEAST


@dataclass
class Judged:
    """What became of what was confirmed before and after a death."""

    letters: int = 0
    acts: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    just_before: int = 0


def write_to_list(lab: Lab, token: str) -> None:
    """Write a letter to everybody on the list, as their unit."""
    with signed_in(lab, HEAD, "binhlv") as smtp:
        assert 250 == send(smtp, f"{UNIT}@{DOMAIN}", [f"{LIST}@{DOMAIN}"], token)


def came(lab: Lab, host: str, token: str) -> list[tuple[str, float]]:
    """Return whose INBOX has a letter, once for each copy, and when it was put there."""
    found = lab.ssh(
        host,
        "find /var/vmail/people -path '*/Maildir/new/*' -o -path '*/Maildir/cur/*' | "
        f"xargs grep -lZ '^Subject: {token}' | xargs -0 -r stat -c '%.Y %n'",
    )
    lines = (line.partition(" ") for line in found.splitlines())
    return [(path.split("/")[4], float(at)) for at, _, path in lines]


def read_again(lab: Lab, host: str, who: str) -> list[dict[str, str]]:
    """Return the messages of a mailbox; whoever first meets an index that was torn is put off."""
    try:
        return held(lab, host, who)
    except AssertionError:
        return held(lab, host, who)


def judged(
    lab: Lab, host: str, done: Mapping[str, Any], holders: dict[str, str], killed: float
) -> Judged:
    """Compare what a store has with what was confirmed."""
    found = {who: read_again(lab, host, who) for who in {*done["people"], *holders.values()}}
    says = Judged()

    def old(at: float) -> bool:
        """Whether something was not only just done when the host died."""
        just = killed - JUST < at < killed
        says.just_before += just
        return not just

    def count(who: str, names: list[str]) -> None:
        ids = [each["hdr.message-id"] for each in found[who]]
        says.lost.extend(name for name in names if name not in ids)
        says.twice.extend(name for name in names if ids.count(name) > 1)

    for address, names in done["sent"].items():
        says.letters += len(names)
        count(holders[address], names)
    for who, work in done["people"].items():
        says.acts += len(work["held"]) + len(work["gone"])
        count(who, [*work["held"]])
        there = {each["hdr.message-id"]: each for each in found[who]}
        says.back += [n for n, at in work["gone"].items() if n in there and old(at)]
        says.marks += [str(each) for each in work["lost"] if old(each["at"])]
        for name in work["held"].keys() & there.keys():
            wanted, here = work["held"][name], there[name]
            flags = {*here["flags"].split()} - {"\\Seen", "\\Recent"}
            right = wanted["folder"] in ("", here["mailbox"]) and (
                wanted["flags"] is None or flags == {*wanted["flags"]}
            )
            if not right and old(wanted["at"]):
                says.marks.append(f"{name}: {wanted} confirmed, {here} found")
    return says


def busy(root: Path) -> tuple[list[str], dict[str, str]]:
    """Return people of store1 who work there, and the others there by their addresses."""
    loaded = read(root, today())
    live = desired(loaded.organisation, loaded.policy, today()).live()
    there = [m for m in live if m.store == "store1" and m.kind == "personal"]
    return [m.id for m in there[:4]], {
        f"{m.addresses[0]}@thanhhoa.gov.vn": m.id for m in there[4:24]
    }


def test_a_planned_switch_under_mail(pair: Pair) -> None:
    """Nothing is lost by it, whenever it was done; who is at work signs in again.

    The new host goes on serving if its files go back to those of when it stood by.
    """
    lab, (serving, other) = pair.lab, pair.sides()
    people, holders = busy(pair.root)
    with churn(lab, people, holders, pair.root, LOAD / (len(people) + 1)) as done:
        delivered(lab, serving.host.name)
        allow(pair.root, SESSIONS)
        pair.serve(other)
        plan = lab.hopthu("plan", "--live", "lab", root=pair.root).stdout
        assert "its copy is up to date" in " ".join(plan.split())
        pair.apply()
    queues_are_empty(lab, ["mail1"], within=600)
    says = judged(lab, other.host.name, done, holders, killed=0)
    assert says.letters
    assert [] == says.lost == says.twice == says.back == says.marks
    pair.until(other, SAME)
    assert SESSIONS == allowed(lab, other)
    lab.hopthu("rollback", "lab", "--yes", "--limit", other.host.name, root=pair.root)
    assert SESSIONS != allowed(lab, other)
    assert "active" == lab.ssh(other.host.name, "systemctl is-active dovecot").strip()
    pair.apply()
    assert SESSIONS == allowed(lab, other)


def death(pair: Pair, chance: random.Random) -> dict[str, object]:
    """Have the host that serves die at some moment under load, and the other take over."""
    lab, (serving, other) = pair.lab, pair.sides()
    people, holders = busy(pair.root)
    members, token = (
        shown((lab, pair.root), f"{LIST}@{DOMAIN}", str(today())),
        f"tat-ca-{time.time():.0f}",
    )
    share = LOAD / (len(people) + 1)  # together, and with who writes to the others
    with churn(lab, people, holders, pair.root, share) as done:
        delivered(lab, serving.host.name)
        time.sleep(chance.uniform(0, 15))  # the moment that the seed names
        write_to_list(lab, token)
        time.sleep(chance.uniform(0, AT_ONCE))
        serving.kill()
        killed = time.time()
        pair.until(other, GONE)
        pair.serve(other)
        decided = time.time()
        said = pair.apply()
        applied = time.time()
    assert "it stands by, and is left as it is" in said
    assert lab.ssh(other.host.name, "ls /run/hopthu-last-letters"), "no letter is known again"
    queues_are_empty(lab, ["mail1"])  # no letter waits for the dead host to answer
    says = judged(lab, other.host.name, done, holders, killed)
    copies = came(lab, other.host.name, token)
    of_list = Counter(who for who, _ in copies)
    says.lost.extend(f"{token} for {who}" for who in members - of_list.keys())
    says.twice.extend(f"{token} for {who}" for who, number in of_list.items() if number > 1)
    before = sum(at < killed for _, at in copies)
    pair.returns(serving, other)
    readable = max(work["back"] for work in done["people"].values()) - decided
    assert readable > 0, "nobody has noticed"
    assert READABLE > max(work["longest_outage"] for work in done["people"].values())
    pair.waited.append(readable)
    return {
        "died": serving.host.name, **vars(says), "list": f"{before} of {len(members)} before",
        "apply": round(applied - decided, 1), "readable": round(readable, 1),
    }  # fmt: skip


def test_a_store_dies_at_random_moments(pair: Pair) -> None:
    """Twenty times, or as often as HOPTHU_KILLS says, each host in turn."""
    seed = int(os.environ.get("HOPTHU_SEED") or random.randrange(1_000_000))  # noqa: S311
    sys.stdout.write(f"seed {seed}\n")
    chance = random.Random(seed)  # noqa: S311  (the same moments for the same seed)
    for _ in range(int(os.environ.get("HOPTHU_KILLS", "20"))):
        found = death(pair, chance)
        sys.stdout.write(f"{json.dumps(found)}\n")
        assert found["letters"]
        assert [] == found["lost"] == found["twice"] == found["back"] == found["marks"]
        assert READABLE >= pair.waited[-1]


def test_of_that_the_machine_needs_a_minute(pair: Pair) -> None:
    """Nobody hesitated: all of the time from the decision until mail was read was the machine's."""
    if not pair.waited:
        pytest.skip("nobody died")
    assert MACHINE >= max(pair.waited)
