"""What dates in the deployed data bring about happens on its day, once, by the one applier."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import click
import pytest
from click.testing import CliRunner, Result
from test_saved_plan import edit
from test_server_plan import git

from hopthu.app import archive
from hopthu.app import daily as dates
from hopthu.app.workspace import Workspace
from hopthu.cli import daily as command
from hopthu.cli.history import history as show_history
from hopthu.daily.drifts import due_drifts
from hopthu.errors import DataError, HopthuError, HostFailed
from hopthu.events.event import Emit
from hopthu.git.repository import UNKNOWN, Repository
from hopthu.history.data_digest import digest
from hopthu.history.host_records import HostRecords
from hopthu.history.overview import Overview
from hopthu.history.record import Record
from hopthu.i18n.message import Message
from hopthu.validate import read
from hopthu.verify.context import ProbeContext
from hopthu.verify.probe import Trial
from hopthu.verify.probes import evidence
from hopthu.verify.probing import run_one

BASE = Path(__file__).parents[1] / "rules" / "base"
INVENTORY = """
_data = {"address": "127.0.0.1", "fqdn": "m.thanhhoa.gov.vn", "stores": ["store1", "store2"],
         "secrets": "s", "age_identity": "a"}
_throwaway = True
edge = access = store = directory = [
    ("m", _data), ("n", {**_data, "fqdn": "n.thanhhoa.gov.vn", "provider": True})
]
"""
APPLIED = date(2026, 8, 5)
DAY = date(2026, 8, 15)
"""The day on which somebody retires."""


@dataclass
class Hosts:
    """Hosts that were applied, and what is applied to them; `fails` is the exit code of that."""

    root: Path
    records: dict[str, HostRecords] = field(default_factory=dict)
    runs: list[tuple[str, str, str]] = field(default_factory=list)
    fails: int = 0

    def take(self, on: date, who: str = "Lê Thị B") -> None:
        """Record HEAD of the checkout as applied to every host."""
        commit = git(self.root, "rev-parse", "HEAD")
        record = Record(
            f"{on:%Y%m%d}T080000Z-{commit[:7]}", commit, digest(read(self.root, on).source),
            on.isoformat(), who, f"{on}T08:00:00Z", result="applied",
        )  # fmt: skip
        self.records = {name: HostRecords(name, replace(record, host=name)) for name in "mn"}

    def change(self, host: str, **keys: str) -> None:
        """Change the record of a host."""
        record = self.records[host].deployed
        assert record
        self.records[host] = HostRecords(host, replace(record, **keys))  # type: ignore[arg-type]

    def apply(self, workspace: Workspace, inventory: Path, _emit: Emit) -> tuple[int, str]:
        """Take the place of an apply of the worktree."""
        folder, on = workspace.root, workspace.on.isoformat()
        assert (folder / "inventory" / "lab.py").samefile(inventory)
        who = workspace.environment["HOPTHU_WHO"]
        self.runs.append((git(folder, "rev-parse", "HEAD"), on, who))
        assert "" == git(folder, "status", "--porcelain")
        if self.fails:
            return self.fails, "error: a host failed\n"
        for name in self.records:
            self.change(name, on=on)
        return 0, ""


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hosts:
    """Two hosts with all of a checkout in which somebody retires on `DAY`."""
    root = tmp_path / "province"
    shutil.copytree(BASE / "data", root / "data")
    (root / "inventory").mkdir()
    (root / "inventory" / "lab.py").write_text(INVENTORY, encoding="utf-8")
    retire(root)
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "base")
    made = Hosts(root)
    made.take(APPLIED)
    monkeypatch.setattr(dates, "read_records", lambda *_: tuple(made.records.values()))
    monkeypatch.setattr(dates, "apply_here", made.apply)
    return made


def retire(root: Path) -> None:
    """Have somebody leave on `DAY`."""
    with (root / "data" / "people.yaml").open("a", encoding="utf-8") as people:
        people.write(f"""
- id: vu-van-xuyen-2
  name: Vũ Văn Xuyến
  category: civil_servant
  mailbox: {{address: xuyenvv2}}
  posts:
    - {{unit: so-tai-chinh, title: Kế toán, from: 2025-03-01, decision: qd-210-ubnd-2025,
       request: cv-31-stc-2025}}
  left: {{how: retired, on: {DAY}, decision: qd-210-ubnd-2025, request: cv-31-stc-2025}}
""")


def run(hosts: Hosts, *arguments: str, on: date = DAY) -> Result:
    """Run `hopthu daily lab` on a day."""
    words = ["lab", "--root", str(hosts.root), "--on", on.isoformat(), "--lang", "en", *arguments]
    return CliRunner().invoke(command.daily, words, standalone_mode=False)


def by(hosts: Hosts, applier: str) -> None:
    """Name the applier in the policy, and apply that."""
    with (hosts.root / "data" / "policy.yaml").open("a", encoding="utf-8") as policy:
        policy.write(f"\ndaily: {{by: {applier}}}\n")
    git(hosts.root, "commit", "-qam", "who applies")
    hosts.take(APPLIED)


def test_the_timer_applies_what_is_due(hosts: Hosts) -> None:
    """On the day itself; the record says that it was the timer."""
    done = run(hosts, "--as", "timer")
    assert 0 == done.return_value, done.output
    ((commit, on, who),) = hosts.runs
    assert (git(hosts.root, "rev-parse", "HEAD"), "2026-08-15") == (commit, on)
    assert who.startswith("timer on ")
    assert done.output.startswith("Applied on 2026-08-15: ")
    assert "Vũ Văn Xuyến" in done.output


def test_nothing_is_done_twice_or_early(hosts: Hosts) -> None:
    """The day before nothing is due, and after the run nothing is left."""
    assert 0 == run(hosts, "--as", "timer", on=date(2026, 8, 13)).return_value
    assert [] == hosts.runs
    for _ in range(2):
        assert 0 == run(hosts, "--as", "timer").return_value
    assert 1 == len(hosts.runs)
    assert run(hosts, "--as", "timer").output.startswith("Nothing is due on 2026-08-15.")


def test_missed_days_are_caught_up(hosts: Hosts) -> None:
    """A run weeks later does what fell due meanwhile."""
    assert 0 == run(hosts, "--as", "timer", on=date(2026, 9, 30)).return_value
    assert ["2026-09-30"] == [on for _, on, _ in hosts.runs]


@pytest.mark.parametrize("applier", ["timer", "pipeline", "nobody"])
def test_only_the_named_one_applies(hosts: Hosts, applier: str) -> None:
    """With both switched on, the other one reports that something is not done."""
    by(hosts, applier)
    for caller in ({"timer", "pipeline"} - {applier}) | {""}:
        done = run(hosts, *(["--as", caller] if caller else []))
        assert 5 == done.return_value
        assert f"and not done: 2. Applied by: {applier}." in done.output
    assert [] == hosts.runs
    if applier != "nobody":
        assert 0 == run(hosts, "--as", applier).return_value
        assert 1 == len(hosts.runs)


def test_a_newer_commit_is_not_applied(hosts: Hosts) -> None:
    """Neither one that is checked out, nor an edit: not even who applies is read from there."""
    deployed = git(hosts.root, "rev-parse", "HEAD")
    edit(hosts.root, "people", "Vũ Văn Xuyến", "Vũ Văn Xuyên")
    with (hosts.root / "data" / "policy.yaml").open("a", encoding="utf-8") as policy:
        policy.write("\ndaily: {by: nobody}\n")
    git(hosts.root, "commit", "-qam", "not approved")
    edit(hosts.root, "people", "Vũ Văn Xuyên", "An edit")
    branch = git(hosts.root, "rev-parse", "HEAD")
    assert 0 == run(hosts, "--as", "timer").return_value
    assert [deployed] == [commit for commit, _, _ in hosts.runs]
    assert branch == git(hosts.root, "rev-parse", "HEAD")
    assert "M data/people.yaml" == git(hosts.root, "status", "--porcelain")
    assert 1 == len(git(hosts.root, "worktree", "list").splitlines())


def test_hooks_of_the_clone_do_not_run(hosts: Hosts) -> None:
    hook = hosts.root / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {hosts.root}/ran\n", encoding="utf-8")
    hook.chmod(0o755)
    assert 0 == run(hosts, "--as", "timer").return_value
    assert not (hosts.root / "ran").exists()


def test_a_repository_may_lie_in_a_folder_of_another(hosts: Hosts) -> None:
    """As `hopthu init` inside a repository makes one."""
    inner = hosts.root / "mail"
    inner.mkdir()
    for name in ("data", "inventory"):
        git(hosts.root, "mv", name, f"mail/{name}")
    git(hosts.root, "commit", "-qm", "moved")
    hosts.root = inner
    hosts.take(APPLIED)
    assert 0 == run(hosts, "--as", "timer").return_value


def test_a_failed_apply_is_reported_and_tried_again(hosts: Hosts) -> None:
    """The exit code and the output are those of the apply."""
    hosts.fails = 4
    for _ in range(2):
        done = run(hosts, "--as", "timer")
        assert 4 == done.return_value
        assert "Not applied on 2026-08-15: exit code 4.\n    error: a host failed" in done.output
    assert 2 == len(hosts.runs)


@dataclass
class Work:
    """What is due in an archive; carrying it out says that it failed, if there is a reason."""

    tasks: tuple[str, ...] = ("task",)
    fails: str = ""
    who: list[str] = field(default_factory=list)
    damaged: tuple[str, ...] = ()

    def drill(self, workspace: Workspace, *_: object) -> list[str]:
        """Read some of what is there."""
        self.who.append(workspace.environment["HOPTHU_WHO"])
        return [*self.damaged]

    def __call__(self, *_: object) -> Any:
        """Return it."""
        return self

    def carried_out(self, workspace: Workspace, inventory: Path) -> tuple[tuple[str, ...], int]:
        """Take the place of an archive run of the worktree; note who does it."""
        assert (workspace.root / "inventory" / "lab.py").samefile(inventory)
        assert "" == git(workspace.root, "status", "--porcelain")
        self.who.append(workspace.environment["HOPTHU_WHO"])
        left = (f"not done: {self.fails}",) if self.fails else ()
        return ("a mailbox was archived", *left), 4 if left else 0

    def said(self) -> list[Message]:
        """Return what is due."""
        return [Message("a mailbox is due")]


@pytest.fixture
def archived(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> Work:
    """What is due in the archive that a host of the centre keeps."""
    inventory = hosts.root / "inventory" / "lab.py"
    keeper = 'backup = [("b", {**_data, "fqdn": "b.thanhhoa.gov.vn"})]\n'
    inventory.write_text(f"{inventory.read_text()}{keeper}", encoding="utf-8")
    git(hosts.root, "commit", "-qam", "backup")
    hosts.take(APPLIED)
    work = Work()
    monkeypatch.setattr(archive, "work", work)
    monkeypatch.setattr(dates, "archive_here", work.carried_out)
    monkeypatch.setattr(archive, "drill", work.drill)
    return work


def test_the_archive_follows_the_dates(hosts: Hosts, archived: Work) -> None:
    """Whether any were due, by the one that applies."""
    done = run(hosts, "--as", "timer")
    assert 0 == done.return_value, done.output
    assert "Applied on" in done.output
    assert "a mailbox was archived" in done.output
    again = run(hosts, "--as", "timer")
    assert ["Nothing is due on 2026-08-15.", "a mailbox was archived"] == again.output.splitlines()
    assert all(who.startswith("timer on ") for who in archived.who)
    archived.fails = "it is damaged"
    done = run(hosts, "--as", "timer")
    assert 4 == done.return_value
    assert "not done: it is damaged" in done.output


def test_the_report_does_not_wait_for_the_archive(
    hosts: Hosts, archived: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that hangs there ends the run, after hours; what was applied has been told by then."""
    sent: list[str] = []
    state = hosts.root / "announced"
    monkeypatch.setattr(command, "send", lambda text, subject, *_: sent.append(subject + text))
    words = ("--as", "timer", "--mail", "a@b", "--state", str(state))

    def hang(*_: object) -> None:
        assert ["Applied on"] == [each[each.index("Applied") :][:10] for each in sent]
        assert state.exists()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(archive, "work", hang)
        assert isinstance(run(hosts, *words).exception, (KeyboardInterrupt, click.Abort))
    assert 1 == len(sent)
    run(hosts, *words)
    assert "The archive of closed mailboxes" in sent[-1]
    assert "a mailbox was archived" in sent[-1]
    assert 2 == len(sent)
    archived.tasks = ()
    run(hosts, *words)
    assert 2 == len(sent)


def test_the_archive_is_filled_by_the_code_that_was_applied(
    hosts: Hosts, archived: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As dates are: never by what the checkout has meanwhile, which nobody has reviewed."""
    run(hosts, "--as", "timer")
    archived.who.clear()
    ran: list[list[str]] = []

    def program(argv: list[str], folder: Path, known: Mapping[str, str]) -> tuple[int, str]:
        assert str(folder) == known["PYTHONPATH"]
        assert known["HOPTHU_WHO"].startswith("timer on ")
        assert git(hosts.root, "rev-parse", "HEAD") == git(folder, "rev-parse", "HEAD")
        ran.append(argv)
        return 4, "a mailbox was archived\nanother was not\n"

    def other(_root: Path, folder: Path, _have: object, known: Mapping[str, str]) -> dict[str, str]:
        return {**known, "PYTHONPATH": str(folder)}

    monkeypatch.setattr(dates, "other_code", other)
    monkeypatch.setattr(dates, "run_program", program)
    done = run(hosts, "--as", "timer")
    assert 4 == done.return_value
    assert ["a mailbox was archived", "another was not"] == done.output.splitlines()[1:]
    (argv,) = ran
    assert ["-m", "hopthu", "archive", "run"] == argv[2:6]
    assert ["--on", str(DAY), "--yes", "--lang", "en"] == argv[-5:]
    assert 1 == len(archived.who), "it is read all the same"


def test_some_of_the_archive_is_read_every_night(hosts: Hosts, archived: Work) -> None:
    """By the one that applies, whether anything is due or not; what is damaged is said."""
    archived.tasks, archived.damaged = (), ("people/an: the archive is not what it was",)
    done = run(hosts, "--as", "timer")
    assert 4 == done.return_value
    assert "people/an: the archive is not what it was" in done.output
    archived.who.clear()
    assert 0 == run(hosts).return_value
    assert [] == archived.who


def test_what_is_due_in_the_archive_and_not_done_is_said(hosts: Hosts, archived: Work) -> None:
    """By whoever does not apply: exit 5. After an apply that failed nothing is archived."""
    run(hosts, "--as", "timer")
    done = run(hosts)
    assert 5 == done.return_value
    assert "Due in the archive and not done:\na mailbox is due" in done.output
    archived.tasks = ()
    assert 0 == run(hosts).return_value
    hosts.take(APPLIED)
    hosts.fails, archived.who = 4, []
    assert 4 == run(hosts, "--as", "timer").return_value
    assert [] == archived.who


def test_an_archive_that_does_not_answer_keeps_no_report_back(
    hosts: Hosts, archived: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was applied is in it all the same."""
    assert archived

    def down(*_: object) -> None:
        raise HostFailed(Message("b does not answer"))

    monkeypatch.setattr(archive, "work", down)
    done = run(hosts, "--as", "timer")
    assert 4 == done.return_value
    assert done.output.startswith("Applied on")
    assert "The archive: b does not answer" in done.output


def test_guards_refuse_before_anything_is_applied(hosts: Hosts) -> None:
    """Their limits are those of the deployed policy, and the exit code is 3."""
    with (hosts.root / "data" / "policy.yaml").open("a", encoding="utf-8") as policy:
        policy.write("\nguards: {close: {few: 0, percent: [0, 0, 0], most: 0}}\n")
    git(hosts.root, "commit", "-qam", "strict")
    hosts.take(APPLIED)
    done = run(hosts, "--as", "timer")
    assert isinstance(done.exception, HopthuError)
    assert (3, []) == (done.exception.exit_code, hosts.runs)
    assert "province-wide: mailboxes: 1, limit 0" in str(done.exception)


REFUSED: Mapping[str, tuple[dict[str, str], str]] = {
    "rolled back": ({"result": "rolled back"}, "m: it was rolled back"),
    "uncommitted": ({"commit": UNKNOWN}, "m: what was applied is in no commit"),
    "different": ({"commit": "0" * 40}, "hosts have different commits"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_hosts_must_have_one_commit(hosts: Hosts, case: str) -> None:
    keys, reason = REFUSED[case]
    hosts.change("m", **keys)
    done = run(hosts, "--as", "timer")
    assert isinstance(done.exception, HopthuError)
    assert 3 == done.exception.exit_code
    assert reason in str(done.exception)


def test_hosts_must_be_reached_and_complete(hosts: Hosts) -> None:
    """Exit 4 if one does not answer, 3 if an apply was interrupted or is in progress."""
    record = hosts.records["m"].deployed
    for wrong, code in (
        (HostRecords("m", error="cannot reach m"), 4),
        (HostRecords("m"), 3),
        (HostRecords("m", record, record, broken=True), 3),
        (HostRecords("m", record, record), 3),
    ):
        hosts.records["m"] = wrong
        done = run(hosts, "--as", "timer")
        assert isinstance(done.exception, HopthuError)
        assert code == done.exception.exit_code
    assert [] == hosts.runs


def test_a_host_that_lags_behind_is_caught_up(hosts: Hosts) -> None:
    """The run of that day reached one host and failed at the next."""
    hosts.change("m", on=DAY.isoformat())
    assert 0 == run(hosts, "--as", "timer").return_value
    assert 1 == len(hosts.runs)


def test_the_clone_must_have_the_commit(hosts: Hosts) -> None:
    for name in "mn":
        hosts.change(name, commit="0" * 40)
    done = run(hosts, "--as", "timer")
    assert "this clone does not have the deployed commit 000000000000" in str(done.exception)


def test_another_version_applies_nothing(hosts: Hosts) -> None:
    """An upgrade of hopthu could change more than what is due."""
    for name in "mn":
        hosts.change(name, tool="0.0.1 (0123456789ab)")
    done = run(hosts, "--as", "timer")
    assert "the hosts were applied by hopthu 0.0.1 (0123456789ab)" in str(done.exception)
    assert [] == hosts.runs


def test_an_inventory_must_be_committed(hosts: Hosts) -> None:
    git(hosts.root, "rm", "-q", "--cached", "inventory/lab.py")
    git(hosts.root, "commit", "-qm", "without inventory")
    hosts.take(APPLIED)
    assert "is not in the deployed commit" in str(run(hosts, "--as", "timer").exception)


def test_data_that_is_not_valid_on_the_day_is_reported(hosts: Hosts) -> None:
    """It was valid when it was applied."""
    text = (hosts.root / "data" / "documents.yaml").read_text(encoding="utf-8")
    (hosts.root / "data" / "documents.yaml").write_text("- {id: x}\n" + text, encoding="utf-8")
    git(hosts.root, "commit", "-qam", "invalid")
    for name in "mn":
        hosts.change(name, commit=git(hosts.root, "rev-parse", "HEAD"))
    assert isinstance(run(hosts, "--as", "timer").exception, DataError)


def test_days_are_announced_a_week_and_a_day_before(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each once, also if the program did not run on the very day."""
    mails: list[tuple[str, str]] = []
    monkeypatch.setattr(command, "send", lambda text, subject, *_: mails.append((subject, text)))
    state = str(tmp_path / "state")
    for day in (5, 7, 7, 10, 13, 14):
        run(hosts, "--as", "timer", "--mail", "a@b.vn", "--state", state, on=date(2026, 8, day))
        announced = "Due on 2026-08-15 without further edits:"
        assert {5: 0, 7: 0, 10: 1, 13: 1, 14: 2}[day] == sum(announced in t for _, t in mails)
    run(hosts, "--as", "timer", "--mail", "a@b.vn", "--state", state)
    subject, text = mails[-1]
    assert "lab: Applied on 2026-08-15: 2 change(s)." == subject
    assert "Due on 2026-08-15:" in text
    run(hosts, "--as", "timer", "--mail", "a@b.vn", "--state", state)
    assert 3 == len(mails)


def test_announcements_name_the_guard_that_will_refuse(hosts: Hosts) -> None:
    with (hosts.root / "data" / "policy.yaml").open("a", encoding="utf-8") as policy:
        policy.write("\nguards: {close: {few: 0, percent: [0, 0, 0], most: 0}}\n")
    git(hosts.root, "commit", "-qam", "strict")
    hosts.take(APPLIED)
    told = run(hosts, "--as", "timer", on=date(2026, 8, 14)).output
    assert 'refused: guard "close", province-wide: mailboxes: 1, limit 0' in told


def test_failures_are_mailed(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    mails: list[tuple[str, str]] = []
    monkeypatch.setattr(command, "send", lambda text, subject, *_: mails.append((subject, text)))
    hosts.records["m"] = HostRecords("m", error="cannot reach m")
    run(hosts, "--as", "timer", "--mail", "a@b.vn")
    ((subject, text),) = mails
    assert "lab: The daily run failed" == subject
    assert "error: cannot reach m" == text
    run(hosts, "--as", "timer", "--mail", "a@b.vn", "--dry-run")
    assert 1 == len(mails)


def test_drift_and_history_say_what_is_not_done(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the day it is due until it is done; a checkout without the commit knows nothing."""
    records = [*hosts.records.values()]
    answer, drift = due_drifts(Repository(hosts.root), records, "n", DAY)
    assert "n due mailbox vu-van-xuyen-2 change" == f"{answer.host} {answer.name}"
    assert "n due mailbox vu-van-xuyen-2 close" == f"{drift.host} {drift.name}"
    assert drift.summary.startswith("due on 2026-08-15 and not applied: Vũ Văn Xuyến")
    assert [] == [*due_drifts(Repository(hosts.root), records, "n", date(2026, 8, 14))]

    def history(*more: str) -> str:
        view = Overview("lab", tuple(hosts.records.values()))
        monkeypatch.setattr("hopthu.app.history.overview", lambda *_: view)
        words = ["--root", str(hosts.root), "--on", str(DAY), "--lang", "en", *more]
        return CliRunner().invoke(show_history, words).output

    assert "Due on 2026-08-15 and not done: 2; `hopthu daily` lists it." in history()
    assert "2026-08-15" == json.loads(history("--format", "json"))["due"]["days"][0]["on"]
    assert 0 == run(hosts, "--as", "timer").return_value
    assert "not done" not in history()
    assert [] == [*due_drifts(Repository(hosts.root), [*hosts.records.values()], "n", DAY)]
    hosts.change("m", result="rolled back")
    assert "It is not known what is due: m: it was rolled back" in history()
    assert [] == [*due_drifts(Repository(hosts.root), [*hosts.records.values()], "n", DAY)]


def test_a_state_file_of_something_else_is_refused(hosts: Hosts, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_text("{}", encoding="utf-8")
    done = run(hosts, "--as", "timer", "--state", str(state))
    assert "cannot be read" in str(done.exception)


def probe(hosts: Hosts, monkeypatch: pytest.MonkeyPatch, on: date = DAY) -> str:
    """Return what the probe of `hopthu verify` saw on a day, or why it failed."""
    monkeypatch.setattr(evidence, "read_records", lambda *_: tuple(hosts.records.values()))
    unused = dict.fromkeys(field.name for field in fields(ProbeContext))
    site = SimpleNamespace(root=hosts.root, on=on)
    context = ProbeContext(**cast("Any", unused | {"site": site}))
    result = run_one(Trial(evidence.on_its_day, {}), context)
    return f"{'passed' if result.passed else 'failed'}: {result.detail}"


def test_verify_says_what_is_due_and_not_done(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the day itself until it is done on every host."""
    passed, failed = "passed: nothing is due on 2 hosts", "failed: expected nothing due until 2026-"
    assert passed == probe(hosts, monkeypatch, date(2026, 8, 14))
    told = probe(hosts, monkeypatch, date(2026, 8, 20))
    assert told.startswith(f"{failed}08-20; got m applied up to 2026-08-05; due on 2026-08-15: ")
    assert "Vũ Văn Xuyến" in told
    hosts.change("m", on="2026-08-15")
    assert probe(hosts, monkeypatch).startswith(f"{failed}08-15; got n applied up to 2026-08-05")
    hosts.change("n", on="2026-08-15")
    assert passed == probe(hosts, monkeypatch)


def test_verify_judges_what_was_applied_committed_or_not(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The working copy where it is what hosts have, else their commit; never a newer edit."""
    edit(hosts.root, "people", f"on: {DAY}", "on: 2026-09-30")
    assert "due on 2026-08-15" in probe(hosts, monkeypatch)
    hosts.take(APPLIED)
    for name in "mn":
        hosts.change(name, commit=UNKNOWN)
    assert "passed" in probe(hosts, monkeypatch)
    assert "due on 2026-09-30" in probe(hosts, monkeypatch, date(2026, 9, 30))


def test_verify_does_not_pass_what_it_cannot_know(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that does not answer, that was never applied to, or whose data nobody has here."""
    record = hosts.records["m"].deployed
    assert record
    for wrong, reason in (
        (HostRecords("m", error="cannot reach m"), "failed: cannot reach m"),
        (HostRecords("m"), "failed: m: nothing is deployed"),
        (
            HostRecords("m", replace(record, data="0" * 64)),
            "failed: m: this clone does not have what was applied",
        ),
    ):
        hosts.records["m"] = wrong
        assert probe(hosts, monkeypatch).startswith(reason)


def test_a_failure_that_cannot_be_mailed_is_still_the_failure(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A centre that is down takes no report either: exit 4, and the run says both."""

    def refuse(*_: object) -> None:
        raise HopthuError(Message("cannot send mail: it is down"))

    monkeypatch.setattr(command, "send", refuse)
    hosts.records["m"] = HostRecords("m", error="cannot reach m")
    done = run(hosts, "--as", "timer", "--mail", "a@b.vn")
    assert isinstance(done.exception, HopthuError)
    assert (4, "cannot reach m") == (done.exception.exit_code, str(done.exception))
    assert "note: cannot send mail: it is down" in done.output
