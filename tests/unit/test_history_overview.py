"""`hopthu history` for a centre, a host, or a person."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from hopthu.app import history as runs
from hopthu.cli import history as command
from hopthu.cli import main
from hopthu.errors import HostFailed, UsageError
from hopthu.git.repository import Repository
from hopthu.history import host_records, overview, undeployed
from hopthu.history.format_text import as_text
from hopthu.history.host_records import HostRecords
from hopthu.history.journal import Head, Run, line, read
from hopthu.history.overview import missing
from hopthu.history.record import Record
from hopthu.history.undeployed import Pending
from hopthu.inventory import loader
from hopthu.inventory.topology import Centre, Host
from hopthu.remote.host.journal import digest
from hopthu.remote.host.records import Records

ROOT = Path(__file__).parents[2]
FIRST, SECOND, THIRD = (
    Record(
        id=f"2026112{n}T080000Z-{n}a2b3c4",
        commit=f"{n}a2b3c4" + "0" * 33,
        data="d" * 64,
        on=f"2026-11-2{n}",
        who="Lê Văn Bình",
        started=f"2026-11-2{n}T08:00:00Z",
        finished=f"2026-11-2{n}T08:01:00Z",
        documents=("qd-9",),
        changes=(
            "An moves [mailbox an]",
            "An may read [access stc/an]",
            "Chi leaves [person chi]",
        ),
        result="applied",
    )
    for n in (1, 2, 3)
)
HOSTS = (
    HostRecords("dir1", replace(SECOND, host="dir1")),
    HostRecords("edge1", replace(FIRST, host="edge1", id=f"{FIRST.id}-dirty"), THIRD, broken=True),
    HostRecords("store1", None, THIRD),
    HostRecords("store2", error="cannot reach store2"),
)
RUNS = (
    Run(replace(SECOND, result="failed"), {"dir1": "applied", "edge1": "returned", "x1": "odd"}),
    Run(replace(FIRST, changes=(), documents=()), {"dir1": "applied", "edge1": "applied"}),
)


def test_overview_of_a_centre(utc: None) -> None:
    """Hosts, undeployed commits, runs newest first, and what is wrong."""
    view = overview.Overview(
        "lab",
        HOSTS,
        (
            Pending(FIRST.commit, ("dir1", "edge1"), (("a" * 40, "Chuyển công tác"),)),
            Pending(SECOND.commit, ("store1",), ahead=2),
            Pending(THIRD.commit, ("store2",), ahead=None),
        ),
        RUNS,
        unrecorded=("20261120T080000Z-0a2b3c4",),
    )
    expected = """\
dir1    2a2b3c4 of 2026-11-22 15:01 +07 by Lê Văn Bình, applied
edge1   1a2b3c4 of 2026-11-21 15:01 +07 by Lê Văn Bình, applied, with uncommitted changes
edge1   an apply of 3a2b3c4 of 2026-11-23 15:01 +07 by Lê Văn Bình was interrupted: apply again
store1  nothing is deployed
store1  an apply of 3a2b3c4 of 2026-11-23 15:01 +07 by Lê Văn Bình is in progress
store2  unknown: cannot reach store2
dir1, edge1: commits since 1a2b3c4 that are not deployed: 1
    aaaaaaa Chuyển công tác
store1: commits in 2a2b3c4 that are not checked out here: 2
store2: this clone does not have 3a2b3c4: fetch it

2026-11-22 15:00 +07  2a2b3c4  Lê Văn Bình  failed  20261122T080000Z-2a2b3c4
  documents: qd-9
    An moves [mailbox an]
    An may read [access stc/an]
    Chi leaves [person chi]
  applied: dir1
  undone after a failure: edge1
  odd: x1

2026-11-21 15:00 +07  1a2b3c4  Lê Văn Bình  applied  20261121T080000Z-1a2b3c4
  applied: dir1, edge1

Hosts have runs on record that the journal lacks: 20261120T080000Z-0a2b3c4
"""
    assert expected == click.unstyle(as_text(view))
    assert "chưa triển khai gì" in as_text(view, "vi")
    assert view.unreached


def test_overview_of_a_person(utc: None) -> None:
    """Their runs, and only the sentences that concern them, or the run as a whole."""
    back = "back to 1a2b3c4 from 2a2b3c4, by qd-9"
    (run,) = RUNS[:1]
    run = replace(run, record=replace(run.record, changes=(back, *run.record.changes)))
    text = as_text(overview.Overview("lab", HOSTS[:1], runs=(run,), asked="chi"))
    assert back in text
    assert "Chi leaves" in text
    assert "An moves" not in text


def test_long_lists_are_cut(utc: None) -> None:
    """Ten runs, ten sentences, ten documents; --all shows every run."""
    many = tuple(str(n) for n in range(13))
    runs = [Run(replace(FIRST, changes=many, documents=many), {"dir1": "applied"})] * 12
    view = overview.Overview("lab", HOSTS[:1], runs=tuple(runs))
    text = as_text(view)
    assert 10 == text.count("    … and 3 more\n")
    assert "documents: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 3 more\n" in text
    assert text.endswith("… and 2 earlier runs (--all shows them)\n")
    assert 12 == as_text(view, every=True).count("    … and 3 more\n")


def test_missing_information_is_stated(utc: None) -> None:
    """No run, none that matches, no journal, or one that was changed."""
    empty = overview.Overview("lab", HOSTS[:1])
    assert as_text(empty).endswith("\nNo run is recorded.\n")
    of_an = as_text(replace(empty, asked="an\x1b"))
    assert of_an.endswith("\nNo recorded run concerns an\\u001b.\n")
    assert as_text(replace(empty, error="dir1: gone")).endswith(
        "\nThe journal cannot be read: dir1: gone\n"
    )
    broken = read("rubbish\n").broken
    assert as_text(replace(empty, broken=broken)).endswith(
        "\nThe journal was tampered with: line 1 is not a valid run\n"
    )


CENTRE = Centre(
    "lab",
    tuple(
        Host(n, f"{n}.x.vn", "10.0.0.1", frozenset({role}))
        for n, role in (("dir1", "directory"), ("edge1", "edge"))
    ),
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., overview.Overview]:
    """Ask about a centre of two hosts, whose journal is `text` and whose provider says `error`."""
    found = loader.Inventory(tmp_path / "lab.py", CENTRE, {}, {})
    dir1 = HostRecords("dir1", replace(SECOND, host="dir1"), older=(replace(FIRST, host="dir1"),))
    edge1 = HostRecords("edge1", replace(FIRST, host="edge1"))

    def ask(
        key: str = "", text: str = "", error: str = "", heads: tuple[Head, ...] = ()
    ) -> overview.Overview:
        kept = dir1, replace(edge1, heads=heads)

        def journal(*_: object) -> object:
            if error:
                raise HostFailed(error)
            return read(text)

        monkeypatch.setattr(host_records, "read_records", lambda *_, **__: kept)
        monkeypatch.setattr(host_records, "journal", journal)
        return overview.overview(Repository(tmp_path), found, key)

    return ask


@pytest.mark.parametrize(
    "said", ["binhlv", "binhlv@thanhhoa.gov.vn", "le-van-binh", "BinhLV", "Lê Văn Bình"]
)
def test_a_person_is_asked_for_by_id_and_address(
    asked: Callable[..., overview.Overview],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    said: str,
) -> None:
    """Sentences name a mailbox by its id, and its addresses by themselves; both are found."""
    changes = (
        "Bình moves [mailbox le-van-binh]",
        "a leads to Bình [address binhlv@thanhhoa.gov.vn]",
        "An moves [mailbox nguyen-van-an]",
    )
    about_him = Run(replace(FIRST, changes=changes, documents=()), {"dir1": "applied"})
    of_others = Run(replace(SECOND, changes=changes[2:], documents=()), {"dir1": "applied"})
    asked("", _journal(about_him, of_others))  # reads this journal from now on
    monkeypatch.setattr(loader, "load", lambda *_: loader.Inventory(Path("lab.py"), CENTRE, {}, {}))
    monkeypatch.setattr(undeployed, "pending", lambda *_: ())
    main(["history", said, "--inventory", "lab", "--root", str(ROOT), "--on", "2026-11-25"])
    shown = capsys.readouterr().out
    told = ("Bình moves", "leads to Bình", "An moves", "No recorded run")
    assert [True, True, False, False] == [each in shown for each in told]


def test_an_inventory_is_asked_for_by_name(
    asked: Callable[..., overview.Overview],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As `drift` and `verify` take it; with one named, the word is what is looked for in it."""
    asked("", _journal(Run(FIRST, {"dir1": "applied"})))
    loaded: list[str] = []

    def load(_: Path, name: str) -> loader.Inventory:
        loaded.append(name)
        return loader.Inventory(Path("lab.py"), CENTRE, {}, {})

    monkeypatch.setattr(loader, "load", load)
    monkeypatch.setattr(undeployed, "pending", lambda *_: ())
    for words in (["lab"], ["lab", "--inventory", "lab"]):
        main(["history", *words, "--root", str(ROOT), "--on", "2026-11-25"])
        assert (words == ["lab"]) == ("No recorded run concerns lab" not in capsys.readouterr().out)
    assert ["lab", "lab"] == loaded


def test_invalid_data_do_not_keep_from_asking(
    asked: Callable[..., overview.Overview],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    run = Run(replace(FIRST, changes=("An moves [mailbox an]",)), {"dir1": "applied"})
    asked("", _journal(run))
    monkeypatch.setattr(loader, "load", lambda *_: loader.Inventory(Path("lab.py"), CENTRE, {}, {}))
    monkeypatch.setattr(undeployed, "pending", lambda *_: ())
    (tmp_path / "data").mkdir()
    (tmp_path / "data/people.yaml").write_text("broken: [", "utf-8")
    main(["history", "an", "--inventory", "lab", "--root", str(tmp_path)])
    assert "An moves" in capsys.readouterr().out


def _journal(*runs: Run) -> str:
    """A journal as hosts write it."""
    text, before = "", "0" * 64
    for run in runs:
        content = f'{{"prev": "{before}", {line(run)[1:].rstrip()}'
        before = subprocess.run(
            ["sha256sum"], input=content, capture_output=True, text=True, check=True
        ).stdout[:64]
        text += content + "\n"
    return text


JOURNAL = _journal(
    Run(FIRST, {"dir1": "applied", "edge1": "applied"}),
    Run(replace(SECOND, result="returned"), {"dir1": "applied", "edge1": "returned"}),
    Run(replace(THIRD, documents=(), changes=()), {"dir1": "untouched", "edge1": "failed"}),
)


@pytest.mark.parametrize(
    ("key", "runs"),
    [
        ("", [THIRD, SECOND, FIRST]),
        ("an", [SECOND, FIRST]),
        ("stc", [SECOND, FIRST]),
        ("qd-9", [SECOND, FIRST]),
        (THIRD.id, [THIRD]),
        ("dir1", [SECOND, FIRST]),
        ("edge1", [THIRD, SECOND, FIRST]),
        ("a", []),
    ],
)
def test_argument_selects_runs(
    asked: Callable[..., overview.Overview], key: str, runs: list[Record]
) -> None:
    """Person, unit, document or run from the journal; host from its own records."""
    view = asked(key, JOURNAL)
    assert [run.id for run in runs] == [run.record.id for run in view.runs]
    hosts = [key] if key in ("dir1", "edge1") else ["dir1", "edge1"]
    assert hosts == [host.host for host in view.hosts]
    assert ((), (), False) == (view.broken, view.unrecorded, view.unreached)


def test_host_shows_its_own_result(asked: Callable[..., overview.Overview]) -> None:
    """Not the result on other hosts."""
    results = [run.record.result for run in asked("edge1", JOURNAL).runs]
    assert ["failed", "returned", "applied"] == results


def test_unreachable_provider_leaves_the_rest(asked: Callable[..., overview.Overview]) -> None:
    """The journal does not count as changed."""
    view = asked("", error="dir1: no answer")
    assert ("dir1: no answer", True, ()) == (view.error, view.unreached, view.broken)
    assert 2 == len(view.hosts)


def test_json_is_a_contract(asked: Callable[..., overview.Overview]) -> None:
    """Keys never change."""
    plain = asked("", JOURNAL).as_dict()
    assert {"inventory", "hosts", "pending", "runs", "journal"} == plain.keys()
    assert {"host", "deployed", "applying", "broken_off", "error"} == plain["hosts"][0].keys()
    assert {"broken", "unrecorded", "forgotten", "error"} == plain["journal"].keys()
    assert json.loads(FIRST.as_json()) | {"hosts": {"dir1": "applied", "edge1": "applied"}} == (
        json.loads(json.dumps(plain["runs"][-1]))
    )


@pytest.mark.parametrize(
    ("text", "error", "heads", "code"),
    [
        (JOURNAL, "", (), 0),
        (JOURNAL, "gone", (), 4),
        (JOURNAL[9:], "", (), 5),
        ("", "", (), 5),
        (JOURNAL[: JOURNAL.index("\n") + 1], "", (), 5),
        (JOURNAL, "", (Head("f" * 64, FIRST.id),), 5),
    ],
    ids=["whole", "unreached", "changed", "emptied", "cut", "rewritten"],
)
def test_exit_codes(
    asked: Callable[..., overview.Overview],
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    error: str,
    heads: tuple[Head, ...],
    code: int,
) -> None:
    """A journal that was changed is worse than a host that does not answer."""
    view = asked("", text, error, heads)
    monkeypatch.setattr(runs, "overview", lambda *_: view)
    monkeypatch.setattr(runs.inventories, "load", lambda *_: None)
    done = CliRunner().invoke(command.history, ["--inventory", "x"], standalone_mode=False)
    assert code == done.return_value, done.output


def test_journal_lacks_runs_that_hosts_have(
    asked: Callable[..., overview.Overview],
) -> None:
    """It was emptied or cut: what hosts have deployed names its runs."""
    emptied = asked("", "")
    assert (FIRST.id, SECOND.id) == emptied.missing
    text = f"The journal lacks runs that hosts have on record: {FIRST.id}, {SECOND.id}\n"
    assert as_text(emptied).endswith(text)
    assert "Hosts have runs on record" not in as_text(emptied)
    cut = asked("", JOURNAL[: JOURNAL.index("\n") + 1])
    assert (SECOND.id,) == cut.missing
    assert () == asked("", JOURNAL).missing
    assert () == asked("", error="dir1: no answer").missing


def test_journal_lacks_a_line_that_a_host_remembers(
    asked: Callable[..., overview.Overview],
) -> None:
    """It was rewritten, or restored; a journal that cannot be read lacks nothing."""
    known = Head(digest(JOURNAL.splitlines()[-1]), SECOND.id)
    lost = Head("f" * 64, FIRST.id)
    view = asked("", JOURNAL, heads=(known, lost))
    text = f"it lacks a line of run {FIRST.id}, remembered by edge1\n"
    assert as_text(view).endswith(f"The journal was changed, or comes from an older copy: {text}")
    assert 1 == len(view.as_dict()["journal"]["forgotten"])
    assert () == asked("", JOURNAL, heads=(known,)).forgotten
    assert () == asked("", error="dir1: no answer", heads=(lost,)).forgotten


def test_what_a_host_remembers_is_a_digest_and_a_run() -> None:
    """As the journal has them."""
    answer: Records = {
        "deployed": "", "applying": "", "broken": False, "older": [], "last": "",
        "heads": [f"{'a' * 64} {FIRST.id}"],
    }  # fmt: skip
    assert (Head("a" * 64, FIRST.id),) == host_records.parse("edge1", answer).heads


def test_run_without_a_line_may_be_legitimate() -> None:
    """While it is in progress, or if a later one has a line: its operator was killed."""
    journal = read(JOURNAL[: JOURNAL.index("\n") + 1])
    under_way = HostRecords("dir1", FIRST, applying=SECOND)
    done = HostRecords("edge1", SECOND, older=(FIRST,))
    assert () == missing(journal, [under_way, done])
    assert (SECOND.id,) == missing(journal, [done])
    assert (FIRST.id, SECOND.id) == missing(read(""), [done])
    assert () == missing(read(_journal(Run(THIRD, {"edge1": "untouched"}))), [done])


def test_centre_without_runs_lacks_none() -> None:
    """As before the first apply."""
    assert () == missing(read(""), [HostRecords("dir1"), HostRecords("edge1", error="gone")])


@pytest.mark.parametrize(
    ("names", "meant"),
    [
        (["lab"], "lab"),
        (["staging"], "staging"),
        (["lab", "production"], "production"),
        (["lab", "staging"], "lab"),
    ],
)
def test_default_inventory(tmp_path: Path, names: list[str], meant: str) -> None:
    """The only one, else production, else lab."""
    (tmp_path / "inventory").mkdir()
    for name in names:
        (tmp_path / "inventory" / f"{name}.py").touch()
    assert meant == runs.default_inventory(tmp_path)


def test_inventory_is_never_guessed(tmp_path: Path) -> None:
    """There are two of other names, or none at all."""
    with pytest.raises(UsageError):
        runs.default_inventory(tmp_path)
    (tmp_path / "inventory").mkdir()
    for name in ("east", "west"):
        (tmp_path / "inventory" / f"{name}.py").touch()
    with pytest.raises(UsageError) as caught:
        runs.default_inventory(tmp_path)
    assert "pass one of these with --inventory: east, west" == caught.value.fix


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """A checkout; called with a path and a subject it commits a change of that file."""
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)
    _git(tmp_path, "init", "-q")

    def commit(path: str, subject: str) -> str:
        file = tmp_path / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(subject)
        _git(tmp_path, "add", path)
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        _git(tmp_path, *who, "commit", "-qm", subject)
        return _git(tmp_path, "rev-parse", "HEAD").strip()

    return commit


def test_new_version_of_the_tool_is_undeployed(
    checkout: Callable[[str, str], str], tmp_path: Path
) -> None:
    """A province's own repository names its version of hopthu in a file."""
    first = checkout("data/units.yaml", "first")
    (tmp_path / "requirements.txt").write_text("hopthu==2\n")
    _git(tmp_path, "add", "requirements.txt")
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    _git(tmp_path, *who, "commit", "-qm", "hopthu 2")
    second = _git(tmp_path, "rev-parse", "HEAD").strip()
    hosts = [HostRecords("edge1", replace(FIRST, commit=first))]
    expected = (Pending(first, ("edge1",), ((second, "hopthu 2"),)),)
    assert expected == undeployed.pending(Repository(tmp_path), hosts)


def test_undeployed_commits(checkout: Callable[[str, str], str], tmp_path: Path) -> None:
    """Of data and code; a change of the documentation needs no apply."""
    first = checkout("data/units.yaml", "first")
    checkout("docs/plan.md", "docs")
    second = checkout("templates/main.cf", "second")
    hosts = [
        HostRecords("dir1", replace(FIRST, commit=second)),
        HostRecords("edge1", replace(FIRST, commit=first)),
        HostRecords("edge2", replace(FIRST, commit=first)),
        HostRecords("store1", replace(FIRST, commit="unknown")),
        HostRecords("store2", replace(FIRST, commit="9" * 40)),
        HostRecords("store3"),
    ]
    assert (
        Pending(first, ("edge1", "edge2"), ((second, "second"),)),
        Pending("9" * 40, ("store2",), ahead=None),
    ) == undeployed.pending(Repository(tmp_path), hosts)
    _git(tmp_path, "checkout", "-q", first)
    assert (
        Pending(second, ("dir1",), (), 1) == undeployed.pending(Repository(tmp_path), hosts[:1])[0]
    )


def test_without_git_nothing_is_undeployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor if the checkout has no history."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert () == undeployed.pending(Repository(tmp_path), HOSTS)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert () == undeployed.pending(Repository(tmp_path), HOSTS)


def _git(root: Path, *arguments: str) -> str:
    argv = ["git", "-C", str(root), *arguments]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout
