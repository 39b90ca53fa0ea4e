"""Collecting drift from hosts, and the command around it."""

import fcntl
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from test_saved_plan import BASE, git

from hopthu.cli import main
from hopthu.directory.ldif import Entries
from hopthu.drift import collector, mail
from hopthu.drift.applied import Applied
from hopthu.drift.collector import collect
from hopthu.errors import HopthuError, HostFailed
from hopthu.git.repository import Repository
from hopthu.history.data_digest import digest
from hopthu.history.record import Record
from hopthu.i18n.message import Message
from hopthu.inventory import loader as inventories
from hopthu.inventory.loader import Inventory
from hopthu.inventory.topology import Centre, Host
from hopthu.remote.host import drift as on_host
from hopthu.remote.host.drift import Differences
from hopthu.remote.host.records import Records
from hopthu.ssh import OnHost, Outcome, Ssh, Target
from hopthu.validate import read
from host_calls import asked

ON = date(2026, 6, 1)
FIRST, SECOND = "20261125T031948Z-1a2b3c4", "20261126T080000Z-5d6e7f8"


def record(key: str = FIRST, **more: str) -> Record:
    return replace(
        Record(key, "c" * 40, "d" * 64, "2026-06-01", "an", "2026-11-25T03:19:48Z"),
        result="applied",
        **more,  # type: ignore[arg-type]
    )


# --- what a host says of itself


def kept(state: Path, made: Record, baseline: str | None = "") -> None:
    """Create a record as hosts do."""
    folder = state / "records" / made.id
    folder.mkdir(parents=True)
    (folder / "record.json").write_text(made.as_json())
    if baseline is not None:
        (folder / "baseline").write_text(baseline)
    (state / "deployed").unlink(missing_ok=True)
    (state / "deployed").symlink_to(f"records/{made.id}")


@pytest.fixture
def differences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Differences]:
    """Return what a host says whose state is given."""
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path))

    def found(*lines: str) -> Differences:
        monkeypatch.setattr(on_host, "baseline", lambda: [*lines])
        return on_host.differences()

    return found


NOTHING: Differences = {
    "record": "", "applied": "", "busy": "", "unfinished": "", "bare": False,
    "was": [], "found": [], "newer": [],
}  # fmt: skip


def test_host_says_what_differs(tmp_path: Path, differences: Callable[..., Differences]) -> None:
    """And only that, with its record and the last one of an apply."""
    was = "a x\t1\nb x\t1\nc x\npackage p\t1.9\npackage q\t2 hold\n"
    kept(tmp_path, record(), was)
    back = replace(record(SECOND, data="e" * 64), result="rolled back")
    kept(tmp_path, back, was)
    expected = {
        "record": back.as_json(),
        "applied": record().as_json(),
        "was": ["a x\t1", "c x", "package p\t1.9", "package q\t2 hold"],
        "found": ["a x\t2", "d x", "package p\t1.10", "package q\t1.9"],
        "newer": ["p"],
    }
    found = ("a x\t2", "b x\t1", "d x", "package p\t1.10", "package q\t1.9")
    assert {**NOTHING, **expected} == differences(*found)


def test_host_without_baseline_says_so(
    tmp_path: Path, differences: Callable[..., Differences]
) -> None:
    """There is no record, or one from before there were baselines."""
    assert NOTHING == differences("a x")
    kept(tmp_path, record(), None)
    text = record().as_json()
    assert {**NOTHING, "record": text, "applied": text, "bare": True} == differences("a x")


def test_host_names_an_interrupted_apply(
    tmp_path: Path, differences: Callable[..., Differences]
) -> None:
    """It is in progress while an apply has the lock, and unfinished otherwise."""
    (tmp_path / "applying").write_text(record().as_json())
    (tmp_path / "holder").write_text('{"who": "an"}\n')
    with (tmp_path / "lock").open("w") as lock:
        expected = {**NOTHING, "unfinished": record().as_json()}
        assert expected == differences()
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert {**expected, "busy": '{"who": "an"}\n'} == differences()


def test_an_apply_meanwhile_makes_differences_meaningless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have caused them."""
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path))
    kept(tmp_path, record())

    def applied() -> list[str]:
        kept(tmp_path, record(SECOND))
        return ["a x"]

    monkeypatch.setattr(on_host, "baseline", applied)
    assert "{}" == on_host.differences()["busy"]


# --- its report

HOST = '{"fqdn": "%s.x", "address": "10.0.0.1", "secrets": "s", "age_identity": "k"%s}'


def centre(folder: Path, more: str = "") -> Inventory:
    """Return an inventory of a provider, a store with a replica, and an edge host."""
    (folder / "inventory").mkdir(exist_ok=True)
    hosts = {"directory": "dir1", "store": "store1", "edge": "edge1"}
    lines = [f'{role} = [("{name}", {HOST % (name, more)})]\n' for role, name in hosts.items()]
    (folder / "inventory" / "demo.py").write_text("".join(lines))
    return inventories.load(folder, "demo")


class Hosts(Ssh):
    """Hosts with the given answers; exceptions are raised."""

    def __init__(self, answers: Mapping[str, Differences | str | Exception]) -> None:
        super().__init__()
        self.answers = answers

    def run(self, target: Target, *_: object, stdin: bytes = b"", **__: object) -> Outcome:
        """Return or raise the answer; records there are none."""
        answer = self.answers[target.name]
        if asked(stdin)[1] == "records":
            return Outcome(0, json.dumps(NO_RECORDS), "")
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, str):
            return Outcome(1, "", answer)
        return Outcome(0, json.dumps(answer), "")


NO_RECORDS: Records = {
    "deployed": "",
    "applying": "",
    "broken": False,
    "older": [],
    "last": "",
    "heads": [],
}
CLEAN: Differences = {**NOTHING, "record": record().as_json(), "applied": record().as_json()}


@pytest.fixture
def directories(monkeypatch: pytest.MonkeyPatch) -> dict[str, Entries]:
    """What the directory of each host directories."""
    found: dict[str, Entries] = {"dir1": {"uid=an": {}}, "store1": {"uid=an": {}}}

    def read_entries(host: OnHost) -> Entries:
        if host.target.name not in found:
            raise HostFailed(f"{host.target.name}: cannot be read")
        return found[host.target.name]

    monkeypatch.setattr(collector, "read_entries", read_entries)
    monkeypatch.setattr(collector, "_SETTLED", 0.0)
    return found


def drift(
    tmp_path: Path,
    applied: Callable[[Record], Entries | None] = lambda _: {"uid=an": {}},
    **answers: Differences | str | Exception,
) -> tuple[list[str], Mapping[str, str]]:
    """Return the drift and the failures of hosts; those without an answer are clean."""
    inventory = centre(tmp_path)
    every = {host.name: CLEAN for host in inventory.centre.hosts} | answers
    report = collect(inventory, inventory.centre.hosts, Hosts(every), applied)
    assert set(every) == {*report.checked, *report.failed}
    return [f"{d.host}: {d.summary}" for d in report.drifts], report.failed


def test_clean_centre_has_no_drift(tmp_path: Path, directories: object) -> None:
    """Nothing differs, nothing is reported."""
    assert ([], {}) == drift(tmp_path)


def test_hosts_are_reported_if_others_are_unreachable(tmp_path: Path, directories: object) -> None:
    """With the reason for each of these."""
    drifts, failed = drift(
        tmp_path,
        edge1={
            **CLEAN,
            "was": ["package a\t1"],
            "found": ["account eve\t1 1 / /bin/sh locked", "package a\t2"],
            "newer": ["a"],
        },
        store1=HostFailed("cannot reach store1"),
    )
    expected = ["edge1: unknown account: eve", "edge1: package a was updated to 2; last applied: 1"]
    assert (expected, {"store1": "cannot reach store1"}) == (drifts, failed)
    assert ([], {"edge1": "edge1: no python"}) == drift(tmp_path, edge1="no python")
    why = {"dir1": "an apply by an has been in progress since 8; try again when it has finished"}
    assert ([], why) == drift(tmp_path, dir1={**CLEAN, "busy": '{"who": "an", "started": "8"}'})
    for holder in ("{}", "half", '"an"'):  # one that has only just begun
        assert why.keys() == drift(tmp_path, dir1={**CLEAN, "busy": holder})[1].keys()


def test_host_without_a_valid_record_is_not_clean(tmp_path: Path, directories: object) -> None:
    """It has no record, an old one, or one of an interrupted apply."""
    assert ["edge1: nothing was ever applied here"] == drift(tmp_path, edge1=NOTHING)[0]
    (bare,) = drift(tmp_path, edge1={**CLEAN, "bare": True})[0]
    assert "lacks the state of the host" in bare
    (broken,) = drift(tmp_path, edge1={**CLEAN, "unfinished": record().as_json()})[0]
    assert f"edge1: the apply {FIRST} was interrupted here; apply again" == broken


def test_provider_is_compared_with_data_and_replica_with_provider(
    tmp_path: Path, directories: dict[str, Entries]
) -> None:
    """An error at the provider is not repeated for each replica."""
    directories["dir1"] = directories["store1"] = {"uid=an": {"cn": ("B",)}}
    assert ["dir1: directory entry uid=an: cn is B, not -"] == drift(tmp_path)[0]
    directories["store1"] = {}
    assert [
        "dir1: directory entry uid=an: cn is B, not -",
        "store1: directory entry uid=an is missing",
    ] == drift(tmp_path)[0]
    (unknown,) = drift(tmp_path, lambda _: None, store1=NOTHING)[0][:1]
    assert "lacks the data of the last apply" in unknown


def test_unreadable_directory_is_reported(tmp_path: Path, directories: dict[str, Entries]) -> None:
    """With the drift of the others; without the provider replicas are not compared."""
    mine = directories.pop("store1")
    directories["dir1"] = {}
    drifts, failed = drift(tmp_path)
    assert ["dir1: directory entry uid=an is missing"] == drifts
    assert {"store1": "store1: cannot be read"} == failed
    del directories["dir1"]
    directories["store1"] = mine
    assert ([], {"dir1": "dir1: cannot be read"}) == drift(tmp_path)


# --- the intended entries


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with a second commit."""
    (tmp_path / "data").mkdir()
    for path in (BASE / "data").iterdir():
        (tmp_path / "data" / path.name).write_bytes(path.read_bytes())
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def retitle(root: Path) -> None:
    people = root / "data" / "people.yaml"
    text = people.read_text(encoding="utf-8")
    assert "title: Chánh Văn phòng" in text
    people.write_text(text.replace("title: Chánh Văn phòng", "title: Phó Chánh Văn phòng"))


def titles(found: Entries | None) -> set[str]:
    assert found is not None
    return {title for entry in found.values() for title in entry.get("title", ())}


def test_entries_come_from_the_applied_data(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Wherever it is: in the working copy or in its commit."""
    # One host keeps all stores, whatever the data calls them.
    inventory = centre(tmp_path_factory.mktemp("i"), ', "stores": ["store1", "store2"]')
    applied = Applied(Repository(root), ON, inventory.centre)
    first = record(commit="HEAD", data=digest(read(root, ON).source))
    assert "Chánh Văn phòng" in titles(applied.entries(first))
    retitle(root)
    second = record(commit="HEAD", data=digest(read(root, ON).source))
    assert "Chánh Văn phòng" in titles(applied.entries(first))
    assert "Chánh Văn phòng" not in titles(applied.entries(second))
    # Applied from edits that nobody committed, and that are gone; from a commit not fetched.
    git(root, "checkout", "data")
    assert applied.entries(second) is None
    assert applied.entries(replace(second, commit="f" * 40)) is None
    # While somebody edits, nothing is made up.
    (root / "data" / "units.yaml").write_text("- {")
    assert applied.entries(first) is None


# --- the command

DRIFTED: Differences = {**CLEAN, "found": ["account eve\t1001 1 / /bin/sh locked"]}
UPDATED: Differences = {
    **CLEAN, "was": ["package a\t1"], "found": ["package a\t2"], "newer": ["a"],
}  # fmt: skip


@pytest.fixture
def demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, directories: object
) -> Callable[..., int | None]:
    """Return a function that runs `hopthu drift demo`; hosts without an answer are clean."""

    def run(*arguments: str, more: str = "", **answers: Differences | Exception) -> int | None:
        inventory = centre(tmp_path, more)
        every = {host.name: CLEAN for host in inventory.centre.hosts} | answers
        monkeypatch.setattr("hopthu.app.drift.Ssh", lambda: Hosts(every))
        monkeypatch.setattr(Applied, "entries", lambda *_: {"uid=an": {}})
        return main(["drift", "demo", "--root", str(tmp_path), "--lang", "en", *arguments])

    return run


def test_exit_codes(demo: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    """0 without drift, 5 drift, 4 unreachable, 2 invalid input; notes do not count."""
    assert 0 == demo()
    assert "No drift: 3 hosts match what was last applied.\n" == capsys.readouterr().out
    assert 5 == demo(edge1=DRIFTED)
    assert "unknown account: eve" in capsys.readouterr().out
    assert 0 == demo("--limit", "store1", edge1=DRIFTED)
    assert "No drift: 1 host matches what was last applied.\n" == capsys.readouterr().out
    assert 4 == demo(edge1=DRIFTED, store1=HostFailed("away"))
    out = capsys.readouterr().out
    assert "unknown account: eve" in out
    assert "store1 was not checked: away" in out
    assert 0 == demo(edge1=UPDATED)
    assert 2 == demo("--limit", "edge9")
    assert 2 == demo(more=', "expected": "account eve"')
    assert 2 == demo(more=', "expected": ["acount eve"]')
    assert 0 == demo(more=', "expected": ["account eve"]', edge1=DRIFTED)


def test_json_and_state_file(
    demo: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the second day only new drift makes it fail."""
    state = str(tmp_path / "state.json")
    for code, new in ((5, 1), (0, 0)):
        assert code == demo("--state", state, "--format", "json", edge1=DRIFTED)
        assert new == len(json.loads(capsys.readouterr().out)["drift"])
    assert 0 == demo("--state", state)
    assert "Resolved:\n  edge1: account eve" in capsys.readouterr().out
    assert 0 == demo("--state", state)
    assert "" == capsys.readouterr().out


def test_new_drift_is_mailed(
    demo: Callable[..., int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In Vietnamese, once; a mail that was not accepted is sent the next day."""
    sendmail, sent, state = tmp_path / "sendmail", tmp_path / "sent", tmp_path / "state.json"
    monkeypatch.setattr(mail, "SENDMAIL", str(sendmail))
    arguments = ("--state", str(state), "--mail", "an@x", "--lang", "vi")
    assert 1 == demo(*arguments, edge1=DRIFTED)
    assert not state.exists()
    sendmail.write_text(f'#!/bin/sh\n[ "$*" = "-i -t" ] && cat >>{sent}\n')
    sendmail.chmod(0o755)
    for code in (5, 0):
        assert code == demo(*arguments, edge1=DRIFTED)
    text = sent.read_text()
    assert 1 == text.count("Subject: ")
    assert "To: an@x\n" in text
    assert "t=C3=A0i kho=E1=BA=A3n l=E1=BA=A1: eve" in text
    assert "\x1b" not in text
    assert "" == capsys.readouterr().out


def test_failure_to_send_mail_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the output of the mail system."""
    sendmail = tmp_path / "sendmail"
    sendmail.write_text("#!/bin/sh\necho no such user >&2; exit 67\n")
    sendmail.chmod(0o755)
    monkeypatch.setattr(mail, "SENDMAIL", str(sendmail))
    with pytest.raises(HopthuError, match="no such user"):
        mail.send("x", "y", "an@x", Inventory(tmp_path, Centre("c", ()), {}, {}), tmp_path)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"s1": 99, "s2": 0}, ""),
        ({"s1": 99, "s2": 99}, "cannot send mail: no store has the mailbox van-phong-ubnd-tinh"),
        ({"s1": 75, "s2": 99}, "cannot send mail: s1: it is full"),
        ({"s1": None, "s2": 0}, ""),
        ({"s1": None, "s2": 99}, "cannot send mail: s1 does not answer"),
    ],
)
def test_a_report_is_put_into_the_mailbox_of_the_operator(
    answers: dict[str, int | None], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the store that has it; if none takes it, the error says what each has answered."""
    taken: list[bytes] = []

    def run(_ssh: Ssh, target: Target, script: str, *, stdin: bytes = b"") -> Outcome:
        code = answers[target.name]
        if code is None:
            raise HostFailed(Message("{host} does not answer", host=target.name))
        assert f"(uid=van-phong-ubnd-tinh)(mailHost={target.name}.vn))" in script
        assert "-d van-phong-ubnd-tinh " in script
        taken.extend([stdin] * (code == 0))
        return Outcome(code, "", "it is full" if code == 75 else "")

    monkeypatch.setattr(Ssh, "run", run)
    hosts = tuple(Host(n, f"{n}.vn", "10.0.0.1", frozenset({"store"})) for n in answers)
    found = Inventory(Path("lab.py"), Centre("lab", hosts), {name: {} for name in answers}, {})
    if told:
        with pytest.raises(HopthuError, match=told):
            mail.send("text", "news", "operator", found, BASE)
    else:
        mail.send("text", "news", "operator", found, BASE)
        (letter,) = taken
        assert b"To: postmaster@thanhhoa.gov.vn" in letter
        assert b"Subject: news" in letter
