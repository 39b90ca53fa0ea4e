"""The order of hosts, what prevents an apply, and the lock on a host."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import IO, Any, cast

import pytest

from hopthu import answers as said_by_hosts
from hopthu.answers import Lines
from hopthu.apply import health, preflight
from hopthu.apply import lease as leases
from hopthu.apply.lease import Lease
from hopthu.apply.order import batches
from hopthu.desired.state import Desired, Mailbox
from hopthu.errors import HostFailed, Refused
from hopthu.events.step import Step
from hopthu.inventory.topology import Centre, Host
from hopthu.model.policy import Network, Policy
from hopthu.operations.content_operations import parts
from hopthu.remote.host.preflight import facts
from hopthu.ssh import Target
from host_calls import answer

ROOT = Path(__file__).parents[2]


def _mailbox(key: str, store: str, **more: Any) -> Mailbox:
    unit = "unit" if key.startswith("so-") else "personal"
    given = {"kind": unit, "addresses": (key,), "state": "active", **more}
    return Mailbox(id=key, name=key, store=store, quota=1, unit="u", unit_name="u", **given)


def test_health_check_uses_a_mailbox_of_the_host() -> None:
    """The operator's, else another unit's; on a store one of its own mailboxes."""
    store = Host("s", "s.vn", "192.0.2.1", frozenset({"store"}), ("s2",))
    edge = Host("e", "e.vn", "192.0.2.2", frozenset({"edge"}))
    every = (
        _mailbox("so-cu", "s2", state="closed"),
        _mailbox("an", "s2"),
        _mailbox("so-y-te", "s2"),
        _mailbox("trung-tam", "s1"),
    )
    wanted = Desired(date(2026, 6, 1), "vn", every, (), ())
    assert "trung-tam@vn" == health.question(edge, wanted, "trung-tam")["known"]
    assert "so-y-te@vn" == health.question(store, wanted, "trung-tam")["known"]
    assert "so-y-te@vn" == health.question(edge, wanted, "nobody")["known"]
    assert "" == health.question(edge, replace(wanted, mailboxes=every[:1]), "nobody")["known"]


def _host(name: str, *roles: str, provider: bool = False) -> Host:
    return Host(name, f"{name}.example.org", "192.0.2.1", frozenset(roles), provider=provider)


CENTRE = Centre(
    "test",
    (
        _host("access1", "access"),
        _host("all1", "edge", "store"),
        _host("dir1", "directory"),
        _host("dir2", "directory", provider=True),
        _host("edge1", "edge"),
        _host("edge2", "edge"),
        _host("store1", "store"),
    ),
)
EVERY = {host.name for host in CENTRE.hosts}


def test_serving_hosts_are_changed_one_by_one() -> None:
    """Hosts that are written to first, then stores, then those that accept mail."""
    expected = ["dir2", "dir1", "store1", "access1", "all1", "edge1", "edge2"]
    assert [[name] for name in expected] == batches(CENTRE, {"edge1"}, {"dir2"}, EVERY)


def test_who_is_written_to_gives_up_before_another_begins() -> None:
    """Nothing is written to two directories, nor to one that lacks what the other has."""
    expected = ["dir1", "dir2", "store1", "access1", "all1", "edge1", "edge2"]
    assert [[name] for name in expected] == batches(CENTRE, {"edge1"}, {"dir1"}, EVERY)
    back = ["dir2", "dir1", *expected[2:]]
    assert [[name] for name in back] == batches(CENTRE, {"edge1"}, {"dir1", "dir2"}, EVERY)


def test_new_hosts_are_changed_together() -> None:
    """The order of a first run is that of deploys/site.py."""
    assert [sorted(EVERY)] == batches(CENTRE, set(), set(), EVERY)


def test_only_chosen_hosts_are_in_groups() -> None:
    """Hosts with nothing to do are in no group."""
    assert [["store1"], ["edge2"]] == batches(CENTRE, EVERY, {"dir2"}, {"edge2", "store1"})
    assert [] == batches(CENTRE, set(), set(), set())


GOOD: preflight.Facts = {
    "clock": 1000.5,
    "came_from": "",
    "system": "debian 13",
    "free": {"/": [9999999999, 999999], "/var": [9999999999, -1]},
    "packages": {"postfix": ["3.10.5-1", "ii"], "dovecot-core": ["1:2.4.1", "hi"]},
    "audit": "",
    "serving": False,
    "written": False,
    "queued": 0,
    "applying": "",
    "deployed": "",
}


def _facts(**changes: Any) -> Any:
    return {**GOOD, **changes}


def test_suitable_host_has_no_problem() -> None:
    """Including held packages and file systems that do not count inodes."""
    assert preflight.Found("h") == preflight.judge("h", _facts(), 1000.0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"system": "debian 12"}, "it runs debian 12"),
        ({"free": {"/var": [1048576, 999999]}}, "1 MiB free on /var"),
        ({"free": {"/": [9999999999, 12]}}, "12 inodes free on /"),
        ({"clock": 1060.0}, "its clock is 60 s ahead"),
        ({"clock": 900.0}, "its clock is 100 s behind"),
        ({"audit": "x is half installed"}, "half installed"),
        ({"packages": {"dovecot-core": ["1:2.3.21", "ii"]}}, "dovecot-core is version 1:2.3.21"),
    ],
)
def test_unsuitable_host_is_reported(changes: dict[str, Any], words: str) -> None:
    """Before the first change anywhere."""
    found = preflight.judge("h", _facts(**changes), 1000.0)
    assert words in " ".join(found.problems)
    with pytest.raises(HostFailed, match="nothing was changed on any host"):
        preflight.refuse([found])


@pytest.mark.parametrize(
    ("connection", "code", "said"),
    [
        ("10.88.0.1 50022 10.88.0.41 22", 0, "10.88.0.1"),
        ("10.88.0.41 50022 10.88.0.41 22", 0, ""),
        ("", 1, None),
    ],
)
def test_a_host_says_from_where_a_run_comes(connection: str, code: int, said: str | None) -> None:
    """Unless it comes from the host itself; without an SSH session it says nothing at all."""
    done = answer(facts, ["bash", "nix"], env={"SSH_CONNECTION": connection})
    assert code == done.code
    assert said == (done.result and done.result["came_from"])
    assert code or ["bash"] == [*done.result["packages"]]


OPERATORS = Policy(networks={"operators": Network(("10.38.1.0/24",), ("administer",))})


def test_a_run_that_would_shut_itself_out_is_refused() -> None:
    """With the address as the hosts see it, and what to write."""
    hosts = ("edge1", "store1")
    found = [preflight.judge(host, _facts(came_from="10.9.8.7"), 1000.0) for host in hosts]
    with pytest.raises(Refused) as caught:
        preflight.refuse_shut_out(found, CENTRE, OPERATORS)
    expected = "the packet filter of edge1, store1 would shut out 10.9.8.7"
    assert expected in str(caught.value)
    assert "administer" in str(caught.value.fix)


def test_no_mail_is_left_in_a_queue_that_stops() -> None:
    """A person decides on it; where Postfix goes on, or nothing waits, it does not matter."""
    counts = {"edge1": 3, "dir1": 2, "dir2": 0}
    found = [preflight.judge(host, _facts(queued=n), 1000.0) for host, n in counts.items()]
    with pytest.raises(Refused, match=r"where mail waits in its queue: dir1 \(2\); nothing was"):
        preflight.refuse_waiting(found, CENTRE)
    preflight.refuse_waiting([found[0], found[2]], CENTRE)


@pytest.mark.parametrize("address", ["10.38.1.9", ""])
def test_a_run_from_an_operators_network_goes_on(address: str) -> None:
    """Or from the host itself, whose own connections no filter sees."""
    found = preflight.judge("edge1", _facts(came_from=address), 1000.0)
    preflight.refuse_shut_out([found], CENTRE, OPERATORS)


def test_slow_answer_is_not_a_wrong_clock() -> None:
    """The error of a clock is known only as precisely as the answer was fast."""
    assert () == preflight.judge("h", _facts(clock=1012.0), 1000.0, took=10).problems


def test_removed_packages_do_not_count() -> None:
    """Only their configuration is left."""
    assert () == preflight.judge("h", _facts(packages={"slapd": ["2.4", "rc"]}), 1000.0).problems


def test_records_are_read() -> None:
    """Invalid ones count as missing."""
    asked = _facts(applying=json.dumps({"who": "An"}), deployed="rubbish")
    found = preflight.judge("h", asked, 1000.0)
    assert {"who": "An"} == found.applying
    assert {} == found.deployed


STUBBED = """
import subprocess, sys
from pathlib import Path
from hopthu.remote.host import lease
folder, run, patience, baseline, restore, longest = sys.argv[1:]

def shell(script, *words):
    done = subprocess.run(["bash", "-c", script, "x", *words], capture_output=True, text=True)
    return done.returncode, done.stdout.splitlines()

def note(text):
    with Path(folder, "calls").open("a") as calls:
        calls.write(text + chr(10))

def restores(record, sets):
    note(f"restore {record or 'last'} {' '.join(sets)}")
    code, said = shell(restore)
    if code:
        raise (lease.NoRecord if code == 7 else lease.Failed)(" ".join(said))

def keeps(record, text, sets, files, found):
    note(f"keep {record} {' '.join(sets)}: {text} {' '.join(found())}")

lease.baseline = lambda parts=(), rows=None: shell(baseline, *parts)[1]
lease.merged = lambda old, begin, end: end
lease.keep, lease.restore, lease._LONGEST = keeps, restores, float(longest)
lease.lease(run, float(patience), ["tls", "postfix"], '{"who": "An"}')
"""


class LeaseProcess:
    """The lease of a host at work in a folder; keep and restore only log their calls."""

    def __init__(
        self,
        folder: Path,
        run: str,
        patience: int = 5,
        restore: str = "",
        baseline: str = "echo 'account root'",
        longest: float = 60,
    ) -> None:
        """Begin; `ldapmodify` is a stub of the test's own, where it writes one.

        Commands are given `longest` seconds to end in a rollback.
        """
        self.folder = folder
        words = (run, str(patience), baseline, restore, str(longest))
        self.process = subprocess.Popen(
            [sys.executable, "-c", STUBBED, folder, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "HOPTHU_STATE": f"{folder}/state",
                "HOPTHU_RUN": f"{folder}/run",
                "PATH": f"{folder}/bin:{os.environ['PATH']}",
            },
        )

    def say(self, *words: str) -> None:
        """Make a request."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{json.dumps(words)}\n")
        self.process.stdin.flush()

    def answer(self) -> tuple[str, str]:
        """Return its next line: the word, and the text."""
        assert self.process.stdout is not None
        word, *texts = json.loads(self.process.stdout.readline())
        return word, "".join(texts).strip()

    def ends(self) -> None:
        """Go away, and see it end well."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(timeout=20) == 0

    @property
    def calls(self) -> list[str]:
        """Return the calls of keep and restore."""
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []


RECORD = '{"id": "one"}'


def test_host_is_locked_by_one_run(tmp_path: Path) -> None:
    """A second run learns who has the lock."""
    first = LeaseProcess(tmp_path, "run1")
    assert ("ready", "") == first.answer()
    second = LeaseProcess(tmp_path, "run2")
    assert ("held", '{"who": "An"}') == second.answer()
    second.ends()
    first.ends()
    third = LeaseProcess(tmp_path, "run3")
    assert ("ready", "") == third.answer()
    third.ends()
    assert [] == third.calls


def test_change_is_recorded(tmp_path: Path) -> None:
    """The run in progress can be read on the host, and is a record in the end."""
    lease = LeaseProcess(tmp_path, "run1")
    lease.answer()
    lease.say("begin", RECORD)
    assert ("begun", "") == lease.answer()
    assert {"id": "one"} == json.loads((tmp_path / "state" / "applying").read_text())
    lease.say("keep", "one", RECORD, "{}")
    assert ("kept", "") == lease.answer()
    lease.ends()
    assert ['keep one tls postfix: {"id": "one"} account root'] == lease.calls


def _lease(script_: str) -> Lease:
    """A lease whose host answers as `script_` does."""
    lease = Lease.__new__(Lease)
    lease._ssh = subprocess.Popen(
        ["sh", "-c", script_],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    lease._said = Lines(cast(IO[bytes], lease._ssh.stdout))
    lease._target, lease._over, lease.changing = Target("h", "h"), False, True
    lease._talking, lease._writing = threading.Lock(), threading.Lock()
    lease._record = "no record was requested"
    return lease


def test_record_can_be_awaited_twice() -> None:
    """After Ctrl-C another thread waits while the first still waits for the same answer."""
    lease = _lease("""read x; sleep 0.5; echo '["kept"]'; read x; echo '["returned"]'""")
    lease.request_record("one", "{}", {})
    first = threading.Thread(target=lease.wait_recorded)
    first.start()
    lease.wait_recorded()
    first.join()
    assert lease.roll_back()


class Shared:
    """The connections of a run: commands reach a host the way `argv` says, and none other."""

    def argv(self, target: Target, line: str) -> list[str]:
        """Return what runs a command as root there: here by this machine's shell."""
        assert "h" == target.name
        return ["sh", "-c", line]


def test_lease_uses_the_shared_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second run learns who has the lock; the end of the program releases it."""
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("HOPTHU_RUN", str(tmp_path / "run"))
    given: Any = (Shared(), Target("h", "h"))
    holder = {"who": "An", "started": "2026-11-25T15:47:00Z", "from": "op1"}
    monkeypatch.setenv("SSH_CONNECTION", "10.9.8.7 4711 10.9.8.1 22")
    lease = Lease(*given, "run1", holder, ["tls"])
    assert lease.alive
    assert "10.9.8.7" == lease.facts(["bash"])["came_from"]
    with pytest.raises(Refused) as refused:
        Lease(*given, "run2", holder, ["tls"])
    expected = "An has been running an apply since 2026-11-25 15:47 UTC, from op1 (lock on h)"
    assert expected == refused.value.what
    lease.end()
    assert not lease.alive
    Lease(*given, "run3", holder, ["tls"]).end()


@pytest.mark.parametrize("said", ["printf x; cat", "yes '[' | tr -d '\\n'", "printf 5"])
def test_an_answer_that_never_ends_is_not_waited_for(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All other hosts are locked meanwhile."""
    monkeypatch.setattr(leases, "_ANSWER", 0.3)
    monkeypatch.setattr(said_by_hosts, "_LONGEST", 1 << 20)
    lease = _lease(said)
    try:
        with pytest.raises(HostFailed, match=r"^h: "):
            lease.begin("{}")
    finally:
        lease._ssh.kill()


@pytest.mark.parametrize("word", ["5", '{"ready": ""}', '["ready", 5]', "[" * 100_000, "[]"])
def test_an_answer_of_other_types_is_the_failure_of_its_host(word: str) -> None:
    """Its administrators may say anything."""
    lease = _lease(f"read x; echo '{word}'")
    with pytest.raises(HostFailed, match=r"^h: "):
        lease.begin("{}")


def test_an_answer_of_something_else_is_quoted() -> None:
    """As of a shell that greets everybody; nothing is taken for granted then."""
    lease = _lease("read x; echo Welcome")
    with pytest.raises(HostFailed, match="h: the connection was lost: Welcome"):
        lease.begin("{}")


def test_missing_record_fails_at_every_call() -> None:
    """Whatever was requested before."""
    refused = json.dumps(["failed", "no disk"])
    lease = _lease(f"read x; echo '{refused}'; read x; echo '[\"nothing\"]'")
    with pytest.raises(HostFailed, match="no record was requested"):
        lease.wait_recorded()
    lease.request_record("one", "{}", {})
    for _ in range(2):
        with pytest.raises(HostFailed, match="h: no disk"):
            lease.wait_recorded()
    assert not lease.roll_back()


def test_host_is_rolled_back_if_the_operator_dies(tmp_path: Path) -> None:
    """The end of input during a change restores the last record."""
    lease = LeaseProcess(tmp_path, "run1")
    lease.answer()
    lease.say("begin", RECORD)
    lease.answer()
    lease.ends()
    assert ["restore last tls postfix"] == lease.calls
    assert not (tmp_path / "state" / "applying").exists()


@pytest.mark.slow
def test_host_is_rolled_back_without_heartbeats(tmp_path: Path) -> None:
    """A cut cable does not end the input, but heartbeats stop."""
    lease = LeaseProcess(tmp_path, "run1", patience=1)
    lease.answer()
    lease.say("begin", RECORD)
    lease.answer()
    assert lease.process.wait(timeout=20) == 0
    assert ["restore last tls postfix"] == lease.calls


def test_failed_rollback_is_reported(tmp_path: Path) -> None:
    """The host gives the reason and keeps the record of the run in progress."""
    lease = LeaseProcess(tmp_path, "run1", restore="echo no disk; exit 1")
    lease.answer()
    lease.say("begin", RECORD)
    lease.answer()
    lease.say("return")
    assert ("failed", "no disk") == lease.answer()
    lease.ends()
    assert (tmp_path / "state" / "applying").exists()


@pytest.mark.parametrize(
    ("output", "word"),
    [
        ("ldap_modify: No such object (32)", "returned"),
        ("ldap_add: Already exists (68)", "returned"),
        ("ldap_modify: No such object (32)\nldap_modify: Server is busy (51)", "failed"),
        ("ldap_sasl_interactive_bind: Can't contact LDAP server (-1)", "failed"),
        ("", "failed"),
    ],
)
def test_failure_to_undo_directory_changes_is_reported(
    tmp_path: Path, output: str, word: str
) -> None:
    """A change that was never made is no failure; after others the host counts as unfinished."""
    (tmp_path / "bin").mkdir()
    stub = tmp_path / "bin" / "ldapmodify"
    stub.write_text(
        f"#!/bin/sh\n[ -z '{output}' ] || echo '{output}' >&2\nexit 32\n".replace("'t", "")
    )
    stub.chmod(0o755)
    lease, back = LeaseProcess(tmp_path, "run1"), tmp_path / "state" / "back.ldif"
    lease.answer()
    lease.say("begin", RECORD)
    lease.answer()
    back.write_text("dn: x\n")
    lease.say("return")
    assert word == lease.answer()[0]
    lease.ends()
    broken = word == "failed"
    assert [broken, broken] == [back.exists(), (tmp_path / "state" / "applying").exists()]
    again = LeaseProcess(tmp_path, "run2")
    again.answer()
    assert broken == back.exists(), "the next run must be able to take it back as well"
    again.ends()


def test_changes_by_others_on_an_unchanged_host_are_not_adopted(tmp_path: Path) -> None:
    """A host on which the run changes nothing is recorded as it was when the run began."""
    baseline = f"cat {tmp_path}/now; touch {tmp_path}/seen"
    lease = LeaseProcess(tmp_path, "run1", baseline=baseline)
    (tmp_path / "now").write_text("file as it was\n")
    lease.answer()
    lease.say("look")
    while not (tmp_path / "seen").exists():
        assert lease.process.poll() is None
    (tmp_path / "now").write_text("file edited by hand\n")
    lease.say("keep", "one", RECORD, "{}")
    assert ("kept", "") == lease.answer()
    lease.ends()
    assert ['keep one tls postfix: {"id": "one"} file as it was'] == lease.calls


def _looks_at(folder: Path, *look: str, change: bool = True) -> str:
    """Return what a host's record says of itself where each part of it is a line of its own."""
    every = "files services access"
    lease = LeaseProcess(
        folder, "run1", baseline=f"[ $# -gt 0 ] || set -- {every}; printf '%s.' \"$@\""
    )
    lease.answer()
    lease.say("look", *look)
    if change:
        lease.say("begin", RECORD)
        lease.answer()
    lease.say("keep", "one", RECORD, "{}")
    lease.answer()
    lease.ends()
    return lease.calls[-1].rpartition(" ")[2]


def test_only_parts_that_can_change_are_read(tmp_path: Path) -> None:
    """The record has the others; a host without a record is read completely."""
    assert "files.services.access." == _looks_at(tmp_path, "files", "access")
    record = tmp_path / "state" / "deployed" / "baseline"
    record.parent.mkdir()
    record.touch()
    assert "files.access." == _looks_at(tmp_path, "files")
    assert "files.services.access." == _looks_at(tmp_path)
    assert "files.access." == _looks_at(tmp_path, "files", "access", change=False)


def test_parts_to_read_depend_on_the_effects() -> None:
    """An operation without a declared effect may change anything."""
    assert ("files", "access") == parts([])
    tables, reload = Step("Index the tables", "tables"), Step("Reload Postfix")
    assert ("files",) == parts([tables])
    assert () == parts([tables, reload])
    assert () == parts([tables, Step("Install Postfix", "packages")])


def test_first_change_cannot_be_rolled_back(tmp_path: Path) -> None:
    """The host says so, and stays as it is."""
    lease = LeaseProcess(tmp_path, "run1", restore="exit 7")
    lease.answer()
    lease.say("begin", RECORD)
    lease.answer()
    lease.say("return")
    assert ("nothing", "") == lease.answer()
    lease.ends()


@pytest.mark.slow
def test_commands_of_a_dead_run_do_not_start(tmp_path: Path) -> None:
    """A running command is waited for; after that the shell of the run is gone."""
    lease = LeaseProcess(tmp_path, "run1")
    lease.answer()
    shell = tmp_path / "run" / "run1" / "sh"
    marks = tmp_path / "marks"
    lease.say("begin", RECORD)
    lease.answer()
    slow = subprocess.Popen([shell, "-c", f"echo began >>{marks}; sleep 1; echo ended >>{marks}"])
    while not marks.exists():
        assert slow.poll() is None
    lease.say("return")
    assert ("returned", "") == lease.answer()
    assert "began\nended\n" == marks.read_text()
    lease.ends()
    assert not shell.exists()


@pytest.mark.slow
def test_a_command_that_does_not_end_is_ended(tmp_path: Path) -> None:
    """With all that it has started, none of which goes on to its next command meanwhile."""
    lease = LeaseProcess(tmp_path, "run1", longest=1)
    lease.answer()
    lease.say("begin", RECORD)
    lease.answer()
    script = "echo began; sleep 15"
    for _ in range(20):
        script = f"({script}; echo on)"
    argv = [tmp_path / "run" / "run1" / "sh", "-c", f"trap '' TERM; {script}"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as hung:
        assert hung.stdout
        assert "began\n" == hung.stdout.readline()
        lease.say("return")
        assert ("returned", "") == lease.answer()
        assert "" == hung.stdout.read()
    lease.ends()


def test_nothing_runs_while_files_are_restored(tmp_path: Path) -> None:
    """Nor while changes of the directory are taken back."""
    marks = tmp_path / "marks"
    tries = f"flock -s -n {tmp_path}/run/run1/busy echo ran >>{marks} || echo refused >>{marks}"
    (tmp_path / "bin").mkdir()
    stub = tmp_path / "bin" / "ldapmodify"
    stub.write_text(f"#!/bin/sh\n{tries}\n")
    stub.chmod(0o755)
    lease = LeaseProcess(tmp_path, "run1", restore=tries)
    lease.answer()
    lease.say("begin", RECORD)
    lease.answer()
    (tmp_path / "state" / "back.ldif").write_text("dn: x\n")
    lease.say("return")
    assert ("returned", "") == lease.answer()
    lease.ends()
    assert "refused\nrefused\n" == marks.read_text()


@pytest.mark.slow
def test_a_directory_that_does_not_answer_is_not_waited_for(tmp_path: Path) -> None:
    """The host says so, and the next run can take the changes back as well."""
    (tmp_path / "bin").mkdir()
    stub = tmp_path / "bin" / "ldapmodify"
    stub.write_text("#!/bin/sh\nexec sleep 15\n")
    stub.chmod(0o755)
    lease, back = LeaseProcess(tmp_path, "run1", longest=1), tmp_path / "state" / "back.ldif"
    lease.answer()
    lease.say("begin", RECORD)
    lease.answer()
    back.write_text("dn: x\n")
    lease.say("return")
    word, text = lease.answer()
    assert "failed" == word
    assert "timed out" in text
    lease.ends()
    assert back.exists()
