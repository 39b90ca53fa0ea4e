"""Records, their ids and administrators, and the digest of the data."""

import json
import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from hopthu.errors import HostFailed, UsageError
from hopthu.git import repository
from hopthu.git.repository import Commit, Repository
from hopthu.history.data_digest import digest
from hopthu.history.operator import administrator
from hopthu.history.record import Record, moment, names, new_id, summaries
from hopthu.i18n.catalogue import translate
from hopthu.i18n.message import Message
from hopthu.load import load
from hopthu.plan.diff import Change
from hopthu.tool.version import Tool

RECORD = Record(
    id="20261125T031948Z-1a2b3c4-dirty",
    commit="1a2b3c4" + "0" * 33,
    data="d" * 64,
    on="2026-11-25",
    who="Trần Thị Hoa <hoatt@example.org>",
    started="2026-11-25T03:19:48Z",
    finished="2026-11-25T03:20:10Z",
    host="store1",
    checksum="c" * 64,
    documents=("qd-77-skhdt-2019",),
    changes=("Nguyễn Văn An moves [mailbox nguyen-van-an]",),
    steps=("Configure Dovecot",),
    result="applied",
)


def test_record_survives_json() -> None:
    """On one line, Vietnamese readable, keys of later versions ignored."""
    text = RECORD.as_json()
    earlier = {key: value for key, value in json.loads(text).items() if key != "tool"}
    assert RECORD == Record.from_json(json.dumps(earlier))
    assert "0.1.0 (1a2b3c4d5e6f)" in replace(RECORD, tool="0.1.0 (1a2b3c4d5e6f)").as_json()
    assert ["Trần" in text, 1] == [True, text.count("\n")]
    later = json.dumps({**json.loads(text), "weather": "fine"})
    assert RECORD == Record.from_json(later)
    assert RECORD.dirty


@pytest.mark.parametrize(
    "rubbish",
    [
        "",
        "[]",
        "{}",
        "{half",
        json.dumps({**json.loads(RECORD.as_json()), "id": "../../etc"}),
        json.dumps({**json.loads(RECORD.as_json()), "commit": "--output=/etc/passwd"}),
        json.dumps({**json.loads(RECORD.as_json()), "who": 7}),
        json.dumps({**json.loads(RECORD.as_json()), "changes": "all"}),
        json.dumps({**json.loads(RECORD.as_json()), "result": "fine"}),
        json.dumps({**json.loads(RECORD.as_json()), "on": "soon"}),
    ],
)
def test_invalid_record_is_an_error(rubbish: str) -> None:
    """It says where the record was."""
    with pytest.raises(HostFailed, match="store1: not a valid record of hopthu"):
        Record.from_json(rubbish, "store1")


def test_ids_sort_by_time_and_name_the_commit() -> None:
    """In any time zone."""
    hanoi = timezone(timedelta(hours=7))
    early = new_id(datetime(2026, 11, 25, 10, 19, 48, tzinfo=hanoi), "1a2b3c4d5e", dirty=False)
    late = new_id(datetime(2026, 11, 25, 9, 0, 0, tzinfo=UTC), "unknown", dirty=True)
    assert ["20261125T031948Z-1a2b3c4", "20261125T090000Z-unknown-dirty"] == sorted([late, early])
    assert [early, late] == [replace(RECORD, id=i).id for i in (early, late)]
    assert "2026-11-25T03:19:48Z" == moment(datetime(2026, 11, 25, 10, 19, 48, tzinfo=hanoi))


def test_sentences_name_the_ids_they_concern() -> None:
    """Only whole ids: `an` is not `nguyen-van-an`."""
    summary = Message("{name} may use the mailbox [of Finance]", name="An")
    changes = [Change("access", "so-tai-chinh/nguyen-van-an", "grant", None, None, (), summary)]
    (sentence,) = summaries(changes)
    assert "An may use the mailbox [of Finance] [access so-tai-chinh/nguyen-van-an]" == sentence
    named = [key for key in ("so-tai-chinh", "nguyen-van-an", "an", "") if names(sentence, {key})]
    assert ["so-tai-chinh", "nguyen-van-an"] == named
    assert not names("a sentence without an id", {"id"})


MOVED = Message("{name}: mail moves from {old} to {new}", name="An", old="store1", new="store2")
MOVES = Change("mailbox", "an", "move", "store1", "store2", (), MOVED)


def test_sentences_can_be_said_in_vietnamese_later() -> None:
    """From JSON as before it; in records of earlier versions they are English."""
    record = replace(RECORD, changes=(*summaries([MOVES]), "by hand"))
    text = record.as_json()
    for known in (record, Record.from_json(text)):
        assert record == known
        moved, plain = known.changes
        assert "An: mail moves from store1 to store2 [mailbox an]" == moved
        assert "An: thư chuyển từ kho thư store1 sang kho thư store2 [mailbox an]" == translate(
            moved, "vi"
        )
        assert "by hand" == translate(plain, "vi")
    (earlier, _) = Record.from_json(json.dumps(json.loads(text) | {"made_of": None})).changes
    assert moved == translate(earlier, "vi")


@pytest.mark.parametrize(
    "made_of",
    [
        "x",
        ["x", 7],
        [None],
        [{"template": "{text:>99999999999}", "values": {"text": "x"}}],
        [{"template": "{text.__class__}", "values": {"text": "x"}}],
        [{"template": "{text}", "values": {"text": "another sentence"}}],
        [{"template": "{text}", "values": {}}],
        [{"template": "{text}", "values": "x"}],
        [{"template": 7, "values": {}}],
        [{"values": {}}],
    ],
)
def test_what_is_recorded_counts_and_not_what_it_is_made_of(made_of: object) -> None:
    """A host could have written anything; the sentence stays as it is."""
    keys = json.loads(replace(RECORD, changes=("x",)).as_json()) | {"made_of": made_of}
    (sentence,) = Record.from_dict(keys).changes
    assert ("x", "x") == (sentence, translate(sentence, "vi"))


@pytest.mark.parametrize(
    ("environ", "who"),
    [
        ({"HOPTHU_WHO": "Lê Văn Bình", "GITHUB_ACTOR": "binhlv"}, "Lê Văn Bình"),
        ({"HOPTHU_WHO": "root", "GITHUB_ACTOR": "binhlv"}, "binhlv"),
        (
            {"GITLAB_USER_LOGIN": "binhlv", "GITLAB_USER_NAME": "Lê Văn Bình"},
            "Lê Văn Bình (binhlv)",
        ),
        ({"GITLAB_USER_LOGIN": "binhlv"}, "binhlv"),
        ({"SUDO_USER": "binhlv", "LOGNAME": "root"}, "binhlv"),
        ({"LOGNAME": "binhlv"}, "binhlv"),
        ({"HOPTHU_WHO": " Lê\n\x1b[31m  Bình "}, "Lê [31m Bình"),
    ],
)
def test_administrator_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], who: str
) -> None:
    """The first name that is not root, on one line, without control characters."""
    _no_git_settings(monkeypatch, tmp_path)
    assert who == administrator(Repository(tmp_path), environ)


def test_git_names_the_administrator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before sudo does: a name says more than a login."""
    _no_git_settings(monkeypatch, tmp_path)
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "config", "user.name", "Lê Văn Bình")
    assert "Lê Văn Bình" == administrator(Repository(tmp_path), {"SUDO_USER": "binhlv"})
    _git(tmp_path, "config", "user.email", "binhlv@example.org")
    named = administrator(Repository(tmp_path), {"SUDO_USER": "binhlv"})
    assert "Lê Văn Bình <binhlv@example.org>" == named


def test_root_is_not_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Except in a throwaway centre."""
    _no_git_settings(monkeypatch, tmp_path)
    with pytest.raises(UsageError, match="HOPTHU_WHO"):
        administrator(Repository(tmp_path), {"LOGNAME": "root"})
    assert "root" == administrator(Repository(tmp_path), {}, throwaway=True)


def test_commit_and_uncommitted_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data and code are separate; documentation does not count."""
    _checkout(tmp_path, monkeypatch)
    head = _git(tmp_path, "rev-parse", "HEAD").strip()
    assert Commit(head) == Repository(tmp_path).checked_out()
    (tmp_path / "README.md").write_text("edited")
    assert not Repository(tmp_path).checked_out().dirty
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "new.j2").write_text("new")
    assert Commit(head, code=True) == Repository(tmp_path).checked_out()
    (tmp_path / "data" / "units.yaml").write_text("- id: b\n")
    assert Commit(head, data=True, code=True) == Repository(tmp_path).checked_out()


def test_unpacked_archive_has_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor has a folder inside another repository, nor has either where there is no git."""
    unpacked = tmp_path / "unpacked"
    (unpacked / "data").mkdir(parents=True)
    assert Commit("unknown") == Repository(unpacked).checked_out()
    _checkout(tmp_path, monkeypatch)
    assert Commit("unknown") == Repository(unpacked).checked_out()


def test_no_checkout_needs_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout does: what was edited in it would pass as its first commit."""
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    assert Commit("unknown") == Repository(tmp_path).checked_out()
    (tmp_path / ".git").mkdir()
    with pytest.raises(UsageError, match="git is not installed"):
        Repository(tmp_path).checked_out()


def test_error_of_git_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record must not say `unknown` because of a damaged repository."""
    _checkout(tmp_path, monkeypatch)
    (tmp_path / ".git" / "config").write_text("[half")
    with pytest.raises(UsageError, match="bad config"):
        Repository(tmp_path).checked_out()


@pytest.mark.parametrize("lost", ["HEAD", "objects", "refs", "the commit"])
def test_a_damaged_checkout_is_not_one_without_commits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """Its data would be compared with nothing."""
    _checkout(tmp_path, monkeypatch)
    commit = _git(tmp_path, "rev-parse", "HEAD").strip()
    path = f"objects/{commit[:2]}/{commit[2:]}" if lost == "the commit" else lost
    (tmp_path / ".git" / path).rename(tmp_path / "lost")
    with pytest.raises(UsageError, match="cannot determine which commit"):
        Repository(tmp_path).checked_out()


def test_a_repository_without_commits_has_no_commit(tmp_path: Path) -> None:
    """As `git init` leaves it."""
    _git(tmp_path, "init", "--quiet")
    assert Commit("unknown") == Repository(tmp_path).checked_out()


def _write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / "data" / name.replace("__", "/")
        path = path.with_suffix(".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


UNITS = "- id: a\n  name: Một\n- id: b\n  name: Hai\n"


def test_digest_ignores_formatting(tmp_path: Path) -> None:
    """Comments, order of records and keys, one file or several."""
    one = _write(tmp_path / "1", units=UNITS, policy="domain: x.vn\noperator: a\n")
    other = _write(
        tmp_path / "2",
        units__second="# second\n- name: Hai\n  id: b\n",
        units__first="- {id: a, name: Một}\n",
        policy__1="operator: a\n",
        policy__2="domain: x.vn\n",
    )
    assert digest(load(one)) == digest(load(other))


@pytest.mark.parametrize(
    "other",
    [
        {"units": UNITS.replace("Hai", "Ba")},
        {"units": "- id: a\n  name: Một\n"},
        {"units": UNITS, "policy": "domain: x.vn\n"},
        {"people": UNITS},
    ],
)
def test_digest_depends_on_everything_else(tmp_path: Path, other: dict[str, str]) -> None:
    """A value, a record, a key of policy, and the kind of a record."""
    assert digest(load(_write(tmp_path / "1", units=UNITS))) != digest(
        load(_write(tmp_path / "2", **other))
    )


def test_cached_digest_equals_the_computed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For files large enough for the cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    rows = [f"- id: a{n}\n  name: {'x' * 60}\n" for n in range(5000)]
    root = _write(tmp_path / "1", units="".join(rows))
    cold = digest(load(root))
    assert cold == digest(load(root))
    assert cold == digest(load(_write(tmp_path / "2", units="".join(reversed(rows)))))


@pytest.fixture(autouse=True)
def _clean_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs these tests may have edits of their own."""
    monkeypatch.setattr(repository, "tool", lambda: Tool("0.1.0", "a" * 40))


def _checkout(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _no_git_settings(monkeypatch, root)
    (root / "data").mkdir(exist_ok=True)
    (root / "data" / "units.yaml").write_text("- id: a\n")
    (root / "README.md").write_text("read")
    _git(root, "init", "-q")
    _git(root, "add", "data", "README.md")
    _git(root, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "first")


def _no_git_settings(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Keep this machine's own git settings, and the repository around, out of it."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(home.parent))


def _git(root: Path, *arguments: str) -> str:
    argv = ["git", "-C", str(root), *arguments]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout
