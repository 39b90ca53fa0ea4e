"""Hosts asked what of them is not as applied; the command around it."""

import fcntl
import json
import os
import subprocess
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
from hopthu.drift.collector import look
from hopthu.errors import HopthuError, HostFailed
from hopthu.history.data_digest import digest
from hopthu.history.record import Record
from hopthu.inventory import loader as inventories
from hopthu.inventory.loader import Inventory
from hopthu.remote import script
from hopthu.ssh import Outcome, Ssh, Target
from hopthu.validate import read

ON = date(2026, 6, 1)
FIRST, SECOND = "20261125T031948Z-1a2b3c4", "20261126T080000Z-5d6e7f8"


def record(key: str = FIRST, **more: str) -> Record:
    return replace(
        Record(key, "c" * 40, "d" * 64, "2026-06-01", "an", "2026-11-25T03:19:48Z"),
        result="applied",
        **more,  # type: ignore[arg-type]
    )


# --- what a host says: the script, on this machine


def kept(state: Path, made: Record, baseline: str | None = "") -> None:
    """Have a record, as keep.sh leaves it."""
    folder = state / "records" / made.id
    folder.mkdir(parents=True)
    (folder / "record.json").write_text(made.as_json())
    if baseline is not None:
        (folder / "baseline").write_text(baseline)
    (state / "deployed").unlink(missing_ok=True)
    (state / "deployed").symlink_to(f"records/{made.id}")


def said(state: Path, found: str = "") -> list[str]:
    """Run the script on a host that is as `found` says."""
    done = subprocess.run(
        ["bash", "-c", script("drift.sh"), "drift"],
        input=f"cat <<'END'\n{found}END\n",
        env={**os.environ, "HOPTHU_STATE": str(state)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "" == done.stderr
    return done.stdout.splitlines()


def test_a_host_says_what_differs(tmp_path: Path) -> None:
    """And only that, beside its record and the last that was an apply."""
    kept(tmp_path, record(), "a x\t1\nb x\t1\nc x\n")
    back = record(SECOND, data="e" * 64)
    kept(tmp_path, replace(back, result="rolled back"), "a x\t1\nb x\t1\nc x\n")
    lines = said(tmp_path, "a x\t2\nb x\t1\nd x\n")
    assert [FIRST, SECOND] == [Record.from_json(lines[n].partition(" ")[2]).id for n in (1, 0)]
    assert ["- a x\t1", "- c x", "+ a x\t2", "+ d x"] == lines[2:]


def test_a_host_says_that_it_knows_nothing(tmp_path: Path) -> None:
    """No record, or one of before there were baselines."""
    assert [] == said(tmp_path)
    kept(tmp_path, record(), None)
    assert "bare" == said(tmp_path)[-1]


def test_a_host_says_what_broke_off(tmp_path: Path) -> None:
    """Under way while an apply holds the lock, unfinished when nobody does."""
    (tmp_path / "applying").write_text(record().as_json())
    (tmp_path / "holder").write_text('{"who": "an"}\n')
    with (tmp_path / "lock").open("w") as lock:
        assert [f"unfinished {record().as_json().strip()}"] == said(tmp_path)
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert ['busy {"who": "an"}'] == said(tmp_path)


# --- what is made of it

HOST = '{"fqdn": "%s.x", "address": "10.0.0.1", "secrets": "s", "age_identity": "k"%s}'


def centre(folder: Path, more: str = "") -> Inventory:
    """Return an inventory of a provider, a store with a replica, and an edge host."""
    (folder / "inventory").mkdir(exist_ok=True)
    hosts = {"directory": "dir1", "store": "store1", "edge": "edge1"}
    lines = [f'{role} = [("{name}", {HOST % (name, more)})]\n' for role, name in hosts.items()]
    (folder / "inventory" / "demo.py").write_text("".join(lines))
    return inventories.load(folder, "demo")


class Hosts(Ssh):
    """Hosts that answer as they are told to; an exception is raised."""

    def __init__(self, answers: Mapping[str, str | Exception]) -> None:
        super().__init__()
        self.answers = answers

    def run(self, target: Target, *_: object, **__: object) -> Outcome:
        """Answer, or fail, as told."""
        answer = self.answers[target.name]
        if isinstance(answer, Exception):
            raise answer
        return Outcome(0, answer, "") if answer != "broken" else Outcome(1, "", "no bash")


CLEAN = f"record {record().as_json()}applied {record().as_json()}"


@pytest.fixture
def holds(monkeypatch: pytest.MonkeyPatch) -> dict[str, Entries]:
    """What the directory of each host holds."""
    found: dict[str, Entries] = {"dir1": {"uid=an": {}}, "store1": {"uid=an": {}}}

    def read_entries(ssh: Ssh, target: Target) -> tuple[str, Entries]:
        if target.name not in found:
            raise HostFailed(f"{target.name}: cannot be read")
        return "x", found[target.name]

    monkeypatch.setattr(collector, "read_entries", read_entries)
    monkeypatch.setattr(collector, "_SETTLED", 0.0)
    return found


def told(
    tmp_path: Path,
    applied: Callable[[Record], Entries | None] = lambda _: {"uid=an": {}},
    **answers: str | Exception,
) -> tuple[list[str], Mapping[str, str]]:
    """Return what is told of the hosts, those not named being clean."""
    inventory = centre(tmp_path)
    every = {host.name: CLEAN for host in inventory.centre.hosts} | answers
    report = look(inventory, inventory.centre.hosts, Hosts(every), applied)
    assert set(every) == {*report.looked_at, *report.failed}
    return [f"{d.host}: {d.summary}" for d in report.drifts], report.failed


def test_a_clean_centre(tmp_path: Path, holds: object) -> None:
    """Nothing differs, nothing is told."""
    assert ([], {}) == told(tmp_path)


def test_each_host_is_told_though_others_are_away(tmp_path: Path, holds: object) -> None:
    """Why is told too."""
    drifts, failed = told(
        tmp_path,
        edge1=CLEAN
        + "+ account eve\t1 1 / /bin/sh locked\n- package a\t1\n+ package a\t2\nnewer a\n",
        store1=HostFailed("cannot reach store1"),
    )
    expected = ["edge1: unknown account: eve", "edge1: package a was updated to 2; 1 was applied"]
    assert (expected, {"store1": "cannot reach store1"}) == (drifts, failed)
    assert ([], {"edge1": "edge1: no bash"}) == told(tmp_path, edge1="broken")
    why = {"dir1": "an apply is under way by an since 8: look again when it is done"}
    assert ([], why) == told(tmp_path, dir1=CLEAN + 'busy {"who": "an", "started": "8"}')
    for holder in ("{}", "", '"an"'):  # one that has only just begun
        assert why.keys() == told(tmp_path, dir1=CLEAN + f"busy {holder}")[1].keys()


def test_what_no_record_vouches_for(tmp_path: Path, holds: object) -> None:
    """A host without an apply, with an old record, or with one that broke off, is not clean."""
    assert ["edge1: nothing was ever applied here"] == told(tmp_path, edge1="")[0]
    (bare,) = told(tmp_path, edge1=CLEAN + "bare\n")[0]
    assert "does not say what the host was" in bare
    (broken,) = told(tmp_path, edge1=CLEAN + f"unfinished {record().as_json()}")[0]
    assert f"edge1: the apply {FIRST} broke off here; apply again" == broken


def test_provider_by_the_data_replica_by_the_provider(
    tmp_path: Path, holds: dict[str, Entries]
) -> None:
    """What is wrong at the provider is not told once more for each replica."""
    holds["dir1"] = holds["store1"] = {"uid=an": {"cn": ("B",)}}
    assert ["dir1: directory entry uid=an: cn is B, not -"] == told(tmp_path)[0]
    holds["store1"] = {}
    assert [
        "dir1: directory entry uid=an: cn is B, not -",
        "store1: directory entry uid=an is gone",
    ] == told(tmp_path)[0]
    (unknown,) = told(tmp_path, lambda _: None, store1="")[0][:1]
    assert "not in this checkout" in unknown


def test_a_directory_that_cannot_be_read(tmp_path: Path, holds: dict[str, Entries]) -> None:
    """It is told, as is what the others hold; without the provider replicas are not judged."""
    mine = holds.pop("store1")
    holds["dir1"] = {}
    drifts, failed = told(tmp_path)
    assert ["dir1: directory entry uid=an is gone"] == drifts
    assert {"store1": "store1: cannot be read"} == failed
    del holds["dir1"]
    holds["store1"] = mine
    assert ([], {"dir1": "dir1: cannot be read"}) == told(tmp_path)


# --- what the entries were meant to be


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


def test_entries_of_the_last_apply(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """By the data that was applied, wherever it is: in the working copy, or in its commit."""
    # One host keeps all stores, whatever the data calls them.
    inventory = centre(tmp_path_factory.mktemp("i"), ', "stores": ["store1", "store2"]')
    applied = Applied(root, ON, inventory.centre)
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

DRIFTED = CLEAN + "+ account eve\t1001 1 / /bin/sh locked\n"


@pytest.fixture
def demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, holds: object
) -> Callable[..., int | None]:
    """Return what runs `hopthu drift demo` against hosts that are clean but for those named."""

    def run(*arguments: str, more: str = "", **answers: str | Exception) -> int | None:
        inventory = centre(tmp_path, more)
        every = {host.name: CLEAN for host in inventory.centre.hosts} | answers
        monkeypatch.setattr("hopthu.cli.drift.Ssh", lambda: Hosts(every))
        monkeypatch.setattr(Applied, "entries", lambda *_: {"uid=an": {}})
        return main(["drift", "demo", "--root", str(tmp_path), "--lang", "en", *arguments])

    return run


def test_exit_codes(demo: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    """0 as applied, 5 drift, 4 not looked at, 2 what nobody can mean; notes are no drift."""
    assert 0 == demo()
    assert "3 host(s) are as applied.\n" == capsys.readouterr().out
    assert 5 == demo(edge1=DRIFTED)
    assert "unknown account: eve" in capsys.readouterr().out
    assert 0 == demo("--limit", "store1", edge1=DRIFTED)
    assert "1 host(s) are as applied.\n" == capsys.readouterr().out
    assert 4 == demo(edge1=DRIFTED, store1=HostFailed("away"))
    out = capsys.readouterr().out
    assert "unknown account: eve" in out
    assert "store1 was not looked at: away" in out
    assert 0 == demo(edge1=CLEAN + "- package a\t1\n+ package a\t2\nnewer a\n")
    assert 2 == demo("--limit", "edge9")
    assert 2 == demo(more=', "expected": "account eve"')
    assert 2 == demo(more=', "expected": ["acount eve"]')
    assert 0 == demo(more=', "expected": ["account eve"]', edge1=DRIFTED)


def test_json_and_state(
    demo: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second day only what is new makes it fail."""
    state = str(tmp_path / "state.json")
    for code, new in ((5, 1), (0, 0)):
        assert code == demo("--state", state, "--format", "json", edge1=DRIFTED)
        assert new == len(json.loads(capsys.readouterr().out)["drift"])
    assert 0 == demo("--state", state)
    assert "No longer so:\n  edge1: account eve" in capsys.readouterr().out
    assert 0 == demo("--state", state)
    assert "" == capsys.readouterr().out


def test_news_by_mail(
    demo: Callable[..., int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In Vietnamese, once; what was not taken is told the next day."""
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


def test_mail_that_is_not_taken_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what the mail system said."""
    sendmail = tmp_path / "sendmail"
    sendmail.write_text("#!/bin/sh\necho no such user >&2; exit 67\n")
    sendmail.chmod(0o755)
    monkeypatch.setattr(mail, "SENDMAIL", str(sendmail))
    with pytest.raises(HopthuError, match="no such user"):
        mail.send("x", "y", "an@x")
