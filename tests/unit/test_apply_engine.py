"""The order of hosts, what stops an apply before it begins, and a host held for one run."""

import base64
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hopthu.apply import health, preflight
from hopthu.apply.lease import Lease
from hopthu.apply.order import batches
from hopthu.desired.state import Desired, Mailbox
from hopthu.errors import HostFailed, Refused
from hopthu.inventory.topology import Centre, Host
from hopthu.operations.content_operations import parts
from hopthu.operations.effects import Step
from hopthu.remote import script
from hopthu.ssh import Target

ROOT = Path(__file__).parents[2]


def _mailbox(key: str, store: str, **more: Any) -> Mailbox:
    unit = "unit" if key.startswith("so-") else "personal"
    given = {"kind": unit, "addresses": (key,), "state": "active", **more}
    return Mailbox(id=key, name=key, store=store, quota=1, unit="u", unit_name="u", **given)


def test_host_is_asked_about_a_mailbox_it_serves() -> None:
    """The operator's, whom trouble may reach; else a unit's; on a store one of its own."""
    store = Host("s", "s.vn", "192.0.2.1", frozenset({"store"}), ("s2",))
    edge = Host("e", "e.vn", "192.0.2.2", frozenset({"edge"}))
    every = (
        _mailbox("so-cu", "s2", state="closed"),
        _mailbox("an", "s2"),
        _mailbox("so-y-te", "s2"),
        _mailbox("trung-tam", "s1"),
    )
    wanted = Desired(date(2026, 6, 1), "vn", every, (), ())
    assert "trung-tam@vn" == health.question(edge, wanted, "trung-tam").known
    assert "so-y-te@vn" == health.question(store, wanted, "trung-tam").known
    assert "so-y-te@vn" == health.question(edge, wanted, "nobody").known
    assert "" == health.question(edge, replace(wanted, mailboxes=every[:1]), "nobody").known


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


def test_serving_hosts_go_one_after_another() -> None:
    """What is written to first, then what keeps mail, then what lets it in."""
    expected = ["dir2", "dir1", "store1", "access1", "all1", "edge1", "edge2"]
    assert [[name] for name in expected] == batches(CENTRE, {"edge1"}, EVERY)


def test_hosts_that_serve_nothing_go_together() -> None:
    """The order of a first run is that of deploys/site.py."""
    assert [sorted(EVERY)] == batches(CENTRE, set(), EVERY)


def test_only_the_chosen_hosts() -> None:
    """Hosts with nothing to do are in no wave."""
    assert [["store1"], ["edge2"]] == batches(CENTRE, EVERY, {"edge2", "store1"})
    assert [] == batches(CENTRE, set(), set())


GOOD = {
    "clock": ["1000.5"],
    "os": ["debian 13"],
    "free": ["/ 9999999999 999999", "/var 9999999999 0", "/srv 9999999999 -"],
    "package": ["postfix 3.10.5-1 ii ", "dovecot-core 1:2.4.1 hi "],
    "complete": ["yes"],
}


def _said(**changes: list[str]) -> str:
    return "\n".join(
        f"{key}={value}" for key, values in (GOOD | changes).items() for value in values
    )


def test_fit_host_has_no_problem() -> None:
    """Held and installed packages, file systems that count no inodes."""
    assert preflight.Found("h") == preflight.judge("h", _said(), 1000.0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"os": ["debian 12"]}, "it runs debian 12"),
        ({"free": ["/var 1048576 999999"]}, "1 MiB free on /var"),
        ({"free": ["/ 9999999999 12"]}, "12 inodes free on /"),
        ({"clock": ["1060.0"]}, "its clock is 60 s ahead"),
        ({"clock": ["900"]}, "its clock is 100 s behind"),
        ({"dpkg": ["broken"]}, "half installed"),
        ({"package": ["dovecot-core 1:2.3.21 ii "]}, "dovecot-core is 1:2.3.21"),
        ({"complete": []}, "cut short"),
    ],
)
def test_unfit_host_is_told(changes: dict[str, list[str]], words: str) -> None:
    """Before the first change anywhere."""
    found = preflight.judge("h", _said(**changes), 1000.0)
    assert words in " ".join(found.problems)
    with pytest.raises(HostFailed, match="nothing was changed anywhere"):
        preflight.refuse([found])


def test_slow_answer_is_no_wrong_clock() -> None:
    """What a clock is off by can be known only as well as the answer was quick."""
    assert () == preflight.judge("h", _said(clock=["1012"]), 1000.0, took=10).problems


def test_packages_removed_do_not_count() -> None:
    """Only their settings are left."""
    assert () == preflight.judge("h", _said(package=["slapd 2.4 rc "]), 1000.0).problems


def test_records_are_read() -> None:
    """Rubbish counts as none."""
    record = base64.b64encode(json.dumps({"who": "An"}).encode()).decode()
    found = preflight.judge("h", _said(applying=[record], deployed=["rubbish"]), 1000.0)
    assert {"who": "An"} == found.applying
    assert {} == found.deployed


class Held:
    """`lease.sh` at work in a folder; keep and restore only write down that they were asked."""

    def __init__(
        self,
        folder: Path,
        run: str,
        patience: int = 5,
        restore: str = "",
        baseline: str = "echo 'account root'",
    ) -> None:
        """Begin; `ldapmodify` is a stub of the test's own, where it writes one."""
        self.folder = folder
        stubs = {
            "baseline": baseline,
            "merge-baseline": 'cat "$3"',
            "keep": f'echo "keep $*: $(cat) $(bash -c "$HOPTHU_BASELINE")" >>{folder}/asked',
            "restore": f'echo "restore $*" >>{folder}/asked; {restore}',
        }
        self.process = subprocess.Popen(
            ["bash", "-c", script("lease.sh"), "lease", run, str(patience), "tls", "postfix"],
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
        self.say('{"who": "An"}', *stubs.values(), encoded=True)

    def say(self, *lines: str, encoded: bool = False) -> None:
        """Write lines to it."""
        assert self.process.stdin is not None
        for line in lines:
            text = base64.b64encode(line.encode()).decode() if encoded else line
            self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()

    def answer(self) -> tuple[str, str]:
        """Return its next line: the word, and the text."""
        assert self.process.stdout is not None
        word, _, text = self.process.stdout.readline().strip().partition(" ")
        return word, base64.b64decode(text).decode().strip()

    def ends(self) -> None:
        """Go away, and see it end well."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(timeout=20) == 0

    @property
    def asked(self) -> list[str]:
        """What keep and restore were asked to do."""
        path = self.folder / "asked"
        return path.read_text().splitlines() if path.exists() else []


RECORD = base64.b64encode(b'{"id": "one"}').decode()


def test_host_is_held_by_one(tmp_path: Path) -> None:
    """Whoever comes second is told who is there."""
    first = Held(tmp_path, "run1")
    assert ("ready", "") == first.answer()
    second = Held(tmp_path, "run2")
    assert ("held", '{"who": "An"}') == second.answer()
    second.ends()
    first.ends()
    third = Held(tmp_path, "run3")
    assert ("ready", "") == third.answer()
    third.ends()
    assert [] == third.asked


def test_change_is_kept(tmp_path: Path) -> None:
    """What is under way can be read on the host, and is a record in the end."""
    held = Held(tmp_path, "run1")
    held.answer()
    held.say(f"begin {RECORD}")
    assert ("begun", "") == held.answer()
    assert {"id": "one"} == json.loads((tmp_path / "state" / "applying").read_text())
    held.say(f"keep one {RECORD}")
    assert ("kept", "") == held.answer()
    held.ends()
    assert ['keep one tls postfix: {"id": "one"} account root'] == held.asked


def _lease(script_: str) -> Lease:
    """A lease whose host answers as `script_` does."""
    lease = Lease.__new__(Lease)
    lease._ssh = subprocess.Popen(
        ["sh", "-c", script_],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    lease._target, lease._over, lease.changing = Target("h", "h"), False, True
    lease._talking, lease._writing = threading.Lock(), threading.Lock()
    lease._record = "was told to record nothing"
    return lease


def test_record_is_waited_for_by_whoever_asks() -> None:
    """After Ctrl-C somebody else asks, while the first one still waits for the same answer."""
    lease = _lease("read x; sleep 0.5; echo kept; read x; echo returned")
    lease.keep("one", "{}")
    first = threading.Thread(target=lease.kept)
    first.start()
    lease.kept()
    first.join()
    assert lease.roll_back()


class Shared:
    """The connections of a run: commands reach a host the way `argv` says, and none other."""

    def argv(self, target: Target, line: str) -> list[str]:
        """Return what runs a command as root there: here by this machine's shell."""
        assert "h" == target.name
        return ["sh", "-c", line]


def test_lease_is_taken_over_the_connection_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who comes second is told who is there; the end of the program lets go."""
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("HOPTHU_RUN", str(tmp_path / "run"))
    given: Any = (Shared(), Target("h", "h"))
    holder = {"who": "An", "started": "now", "from": "op1"}
    lease = Lease(*given, "run1", holder, ["tls"])
    assert lease.alive
    with pytest.raises(Refused, match="An applies since now, from op1"):
        Lease(*given, "run2", holder, ["tls"])
    lease.end()
    assert not lease.alive
    Lease(*given, "run3", holder, ["tls"]).end()


def test_host_without_a_record_says_so_each_time() -> None:
    """Whatever was asked before."""
    refused = base64.b64encode(b"no disk").decode()
    lease = _lease(f"read x; echo failed {refused}; read x; echo nothing")
    with pytest.raises(HostFailed, match="told to record nothing"):
        lease.kept()
    lease.keep("one", "{}")
    for _ in range(2):
        with pytest.raises(HostFailed, match="h: no disk"):
            lease.kept()
    assert not lease.roll_back()


def test_dead_operator_returns_the_host(tmp_path: Path) -> None:
    """The end of input in the middle of a change puts the last record back."""
    held = Held(tmp_path, "run1")
    held.answer()
    held.say(f"begin {RECORD}")
    held.answer()
    held.ends()
    assert ["restore last tls postfix"] == held.asked
    assert not (tmp_path / "state" / "applying").exists()


def test_silent_operator_is_dead(tmp_path: Path) -> None:
    """A cut cable ends no input; silence counts."""
    held = Held(tmp_path, "run1", patience=1)
    held.answer()
    held.say(f"begin {RECORD}")
    held.answer()
    assert held.process.wait(timeout=20) == 0
    assert ["restore last tls postfix"] == held.asked


def test_refused_change_is_told(tmp_path: Path) -> None:
    """A host that cannot return says why, and what was under way stays on record there."""
    held = Held(tmp_path, "run1", restore="echo no disk; exit 1")
    held.answer()
    held.say(f"begin {RECORD}")
    held.answer()
    held.say("return")
    assert ("failed", "no disk") == held.answer()
    held.ends()
    assert (tmp_path / "state" / "applying").exists()


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("ldap_modify: No such object (32)", "returned"),
        ("ldap_add: Already exists (68)", "returned"),
        ("ldap_modify: No such object (32)\nldap_modify: Server is busy (51)", "failed"),
        ("ldap_sasl_interactive_bind: Can't contact LDAP server (-1)", "failed"),
        ("", "failed"),
    ],
)
def test_what_the_directory_does_not_take_back_is_told(
    tmp_path: Path, said: str, word: str
) -> None:
    """What was never changed is no failure; after another one the host is known to be half done."""
    (tmp_path / "bin").mkdir()
    stub = tmp_path / "bin" / "ldapmodify"
    stub.write_text(f"#!/bin/sh\n[ -z '{said}' ] || echo '{said}' >&2\nexit 32\n".replace("'t", ""))
    stub.chmod(0o755)
    held, back = Held(tmp_path, "run1"), tmp_path / "state" / "back.ldif"
    held.answer()
    held.say(f"begin {RECORD}")
    held.answer()
    back.write_text("dn: x\n")
    held.say("return")
    assert word == held.answer()[0]
    held.ends()
    broken = word == "failed"
    assert [broken, broken] == [back.exists(), (tmp_path / "state" / "applying").exists()]
    again = Held(tmp_path, "run2")
    again.answer()
    assert broken == back.exists(), "the next run must be able to take it back as well"
    again.ends()


def test_what_others_change_on_a_host_left_alone_is_not_taken_over(tmp_path: Path) -> None:
    """A host on which the run changes nothing is recorded as it was when the run began."""
    held = Held(tmp_path, "run1", baseline=f"cat {tmp_path}/now")
    (tmp_path / "now").write_text("file as it was\n")
    held.answer()
    held.say("look")
    while not (tmp_path / "run" / "run1" / "before").exists() or not (
        (tmp_path / "run" / "run1" / "before").read_text()
    ):
        assert held.process.poll() is None
    (tmp_path / "now").write_text("file edited by hand\n")
    held.say(f"keep one {RECORD}")
    assert ("kept", "") == held.answer()
    held.ends()
    assert ['keep one tls postfix: {"id": "one"} file as it was'] == held.asked


def _looks_at(folder: Path, look: str, *, change: bool = True) -> str:
    """Return what a host's record says of itself where each part of it is a line of its own."""
    every = "files services access"
    held = Held(folder, "run1", baseline=f"[ $# -gt 0 ] || set -- {every}; printf '%s.' \"$@\"")
    held.answer()
    held.say(look)
    if change:
        held.say(f"begin {RECORD}")
        held.answer()
    held.say(f"keep one {RECORD}")
    held.answer()
    held.ends()
    return held.asked[-1].rpartition(" ")[2]


def test_only_what_can_change_is_looked_at(tmp_path: Path) -> None:
    """Where a record says the rest; a host without one is looked at as a whole."""
    assert "files.services.access." == _looks_at(tmp_path, "look files access")
    record = tmp_path / "state" / "deployed" / "baseline"
    record.parent.mkdir()
    record.touch()
    assert "files.access." == _looks_at(tmp_path, "look files")
    assert "files.services.access." == _looks_at(tmp_path, "look")
    assert "files.access." == _looks_at(tmp_path, "look files access", change=False)


def test_parts_of_a_host_that_operations_change() -> None:
    """What is not known to leave the rest alone may touch anything."""
    assert ("files", "access") == parts([])
    tables, reload = Step("Index the tables", "tables"), Step("Reload Postfix")
    assert ("files",) == parts([tables])
    assert () == parts([tables, reload])
    assert () == parts([tables, Step("Install Postfix", "packages")])


def test_first_change_has_nothing_to_return_to(tmp_path: Path) -> None:
    """restore.sh ends with 7 where there is no record."""
    held = Held(tmp_path, "run1", restore="exit 7")
    held.answer()
    held.say(f"begin {RECORD}")
    held.answer()
    held.say("return")
    assert ("nothing", "") == held.answer()
    held.ends()


def test_commands_of_a_dead_run_do_not_begin(tmp_path: Path) -> None:
    """One under way is waited for; after that the run has no shell any more."""
    held = Held(tmp_path, "run1")
    held.answer()
    shell = tmp_path / "run" / "run1" / "sh"
    marks = tmp_path / "marks"
    held.say(f"begin {RECORD}")
    held.answer()
    slow = subprocess.Popen([shell, "-c", f"echo began >>{marks}; sleep 1; echo ended >>{marks}"])
    while not marks.exists():
        assert slow.poll() is None
    held.say("return")
    assert ("returned", "") == held.answer()
    assert "began\nended\n" == marks.read_text()
    held.ends()
    assert not shell.exists()


@pytest.mark.parametrize("error", ["ZeroDivisionError", "ConnectionError", "KeyboardInterrupt"])
def test_what_fails_in_a_greenlet_is_told_once(error: str) -> None:
    """By its caller, and not by gevent as well, whose traceback is nothing for an operator.

    Ctrl-C strikes whichever greenlet runs, pyinfra's spinner too; gevent hands it to the caller.

    In a program of its own, for the engine patches the standard library.
    """
    program = f"""
from hopthu.apply import engine
import gevent
def fails():
    raise {error}
with engine.told_once():
    try:
        gevent.spawn(fails).get()
    except {error}:
        print("raised")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert ("raised\n", "") == (done.stdout, done.stderr)
