"""Several mailboxes are filled at once; programs on stores are stand-ins that run here."""

import json
import os
import signal
import threading
import time
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pytest

from hopthu.errors import HostFailed
from hopthu.i18n.message import Message
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Centre, Host
from hopthu.mail_import.accounts import Account
from hopthu.mail_import.chosen import Chosen, mailboxes
from hopthu.mail_import.outcome import Outcome
from hopthu.mail_import.run import Run
from hopthu.mail_import.source import Source
from hopthu.remote.copy_run import Result
from hopthu.ssh import Ssh, Target
from hopthu.validate import read

ROOT = Path(__file__).parents[2]
STORE = Host("store1", "store1.x.vn", "10.0.0.1", frozenset({"store", "directory"}), ("store1",))
INVENTORY = Inventory(Path("x.py"), Centre("x", (STORE,)), {"store1": {}}, {})
SOURCE = Source("imap.example.vn", 993, True, "", "", "")


def line(word: str, meant: object) -> str:
    """Return a line of the program on a store."""
    return json.dumps([word, json.dumps(meant)])


DONE = line("copied", asdict(Result(folders=1, there=5, bytes=9, copied=5)))


class Stores(Ssh):
    """Runs a shell script of its own in place of a program on a store."""

    def __init__(self, script: str, reachable: bool = True) -> None:
        """Run `script`, which has the id of the mailbox in $id."""
        super().__init__()
        self.script, self.reachable = script, reachable

    def argv(self, _target: Target, script: str) -> list[str]:
        """Return what runs here."""
        if not self.reachable:
            raise HostFailed(Message("cannot reach store1"))
        key = script.partition("hopthu migrate: ")[2].partition("'")[0]
        return ["bash", "-c", f"id={key}; {self.script}"]


@pytest.fixture(scope="module")
def three() -> list[Chosen]:
    """Three people whose mail is to come."""
    accounts = [
        Account(n, person, "u", "secret")
        for n, person in enumerate(("le-van-binh", "nguyen-van-an", "tran-thi-hoa"), 1)
    ]
    on = date(2026, 11, 25)
    found = mailboxes(read(ROOT, on), on, accounts)
    return [Chosen(a, m, STORE) for a, m in zip(accounts, found, strict=True)]


def run(ssh: Ssh, chosen: list[Chosen], jobs: int = 2) -> tuple[tuple[Outcome, ...], list[int]]:
    """Fill the mailboxes; return what became of them, and the numbers of messages told."""
    told: list[int] = []
    runner = Run(ssh, INVENTORY, SOURCE, True, lambda *numbers: told.append(numbers[2]))
    return runner.all(chosen, jobs), told


def test_each_mailbox_has_its_outcome_in_the_order_of_the_list(three: list[Chosen]) -> None:
    """Whoever is done first, and whatever else a host says."""
    script = (
        "head -n 2 >/dev/null; [ $id = le-van-binh ] && sleep 0.3; echo noise >&2; echo motd; "
        f"echo '{line('done', 2)}'; echo '{DONE}'"
    )
    with Stores(script) as ssh:
        outcomes, told = run(ssh, three)
    assert [each.mailbox.id for each in three] == [each.chosen.mailbox.id for each in outcomes]
    assert {(5, False)} == {(each.here, each.failed) for each in outcomes}
    assert 2 in told
    assert 15 == told[-1]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("head -n 2 >/dev/null; echo 'Killed: 9' >&2; exit 137", "the copy ended early: Killed: 9"),
        ("exit 1", "the copy ended early: no output"),
        ("exec <&-; echo 'no systemd-run' >&2; sleep 0.2", "the copy ended early: no systemd-run"),
        (f"head -n 2 >/dev/null; echo '{line('done', 1)}'", "the copy ended early"),
        (f"head -n 2 >/dev/null; echo '{line('failed', {'code': 'busy'})}'", "another run"),
        # What a store that was taken over may say.
        (f"head -n 2 >/dev/null; echo '{line('failed', {'code': 'x'})}'", "store1: what it"),
        (f"head -n 2 >/dev/null; echo '{line('done', 'x')}'", "store1: what it answers to done"),
        (f"head -n 2 >/dev/null; echo '{line('copied', {'there': {}})}'", "store1: what it"),
        ("head -n 2 >/dev/null; echo '[\"done\", \"{\"]'", "store1: its answer was cut short"),
        ("head -n 2 >/dev/null; head -c 20000000 /dev/zero", "store1: an answer without end"),
    ],
)  # fmt: skip
def test_a_program_that_dies_is_named_and_others_go_on(
    three: list[Chosen], script: str, reason: str
) -> None:
    """Its last words are the reason."""
    fine = f"head -n 2 >/dev/null; echo '{DONE}'"
    with Stores(f"if [ $id = nguyen-van-an ]; then {script}; else {fine}; fi") as ssh:
        outcomes, _ = run(ssh, three, jobs=1)
    assert [False, True, False] == [each.failed for each in outcomes]
    assert str(outcomes[1].reason).startswith(reason)


def test_a_store_that_cannot_be_reached_fails_its_mailboxes(three: list[Chosen]) -> None:
    """Others may be on another one."""
    with Stores("", reachable=False) as ssh:
        outcomes, _ = run(ssh, three)
    assert ["cannot reach store1"] * 3 == [each.reason for each in outcomes]


def test_an_interruption_ends_the_programs(three: list[Chosen], tmp_path: Path) -> None:
    """And begins no other."""
    script = f"head -n 2 >/dev/null; echo $$ >>{tmp_path}/begun; exec sleep 60"

    def interrupt() -> None:
        while not (tmp_path / "begun").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)  # to the process, as a terminal does

    thread = threading.Thread(target=interrupt)
    began = time.monotonic()
    with Stores(script) as ssh:
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            run(ssh, three, jobs=1)
    thread.join()
    assert time.monotonic() - began < 30
    (pid,) = (tmp_path / "begun").read_text().split()
    assert not Path("/proc", pid).exists()
