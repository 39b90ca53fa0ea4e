"""`check --base`: the working copy against what git has."""

import shutil
import subprocess
from pathlib import Path

import pytest

from hopthu.cli import main
from hopthu.errors import UsageError
from hopthu.git.repository import Repository
from hopthu.git.revision import checked_out, differing

BASE = Path(__file__).parents[1] / "rules" / "base"
CHECK = ["check", "--on", "2026-11-25", "--lang", "en", "--root"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose one commit holds the base of the invalid cases."""
    shutil.copytree(BASE / "data", tmp_path / "data")
    for command in (
        ["init", "--quiet"],
        ["add", "data"],
        ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "x"],
    ):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    return tmp_path


def test_unchanged_data_has_no_problem(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main([*CHECK, str(root), "--base", "HEAD"])
    assert "No problem found.\n" == capsys.readouterr().out


def test_data_valid_by_itself_may_change_recorded_history(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A title of the past put otherwise: fine in itself, not against what was recorded."""
    people = root / "data" / "people.yaml"
    people.write_text(people.read_text(encoding="utf-8").replace("Kế toán", "Thủ quỹ"), "utf-8")
    commit = ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qam", "y"]
    subprocess.run(["git", "-C", str(root), *commit], check=True)
    assert 0 == main([*CHECK, str(root)])
    assert 2 == main([*CHECK, str(root), "--base", "HEAD^"])
    assert '"title" was "Kế toán" [history-rewritten, Art. 5.2]' in capsys.readouterr().out


def test_an_unknown_revision_is_reported(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == main([*CHECK, str(root), "--base", "no-such-branch"])
    assert "no such revision" in capsys.readouterr().err


def test_an_empty_revision_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty --base comes from an unset variable; without a base anything would pass."""
    assert 2 == main([*CHECK, str(root), "--base", ""])
    assert "--base names no revision" in capsys.readouterr().err


def test_a_revision_that_cannot_be_read_is_refused(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No removal of its records could be noticed."""
    people = root / "data" / "people.yaml"
    good = people.read_text(encoding="utf-8")
    people.write_text("- [\n" + good, encoding="utf-8")
    commit(root, "data")
    people.write_text(good, encoding="utf-8")
    assert 2 == main([*CHECK, str(root), "--base", "HEAD"])
    assert "the data of HEAD cannot be read: data/people.yaml:" in capsys.readouterr().err


def test_a_revision_without_data_is_refused(root: Path) -> None:
    subprocess.run(["git", "-C", str(root), "rm", "-rq", "--cached", "data"], check=True)
    commit = ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "none"]
    subprocess.run(["git", "-C", str(root), *commit], check=True)
    with pytest.raises(UsageError), checked_out(Repository(root), "HEAD"):
        pass


def test_only_files_that_differ_are_written(root: Path) -> None:
    """Unchanged files are named but not written; changed and removed ones are written."""
    current = {
        f"data/{path.name}": path.read_bytes()
        for path in (root / "data").iterdir()
        if path.name != "documents.yaml"
    }
    current["data/people.yaml"] += b"# more\n"
    with differing(Repository(root), "HEAD", current) as (folder, _, same):
        assert {"data/units.yaml", "data/policy.yaml"} == same
        assert {"people.yaml", "documents.yaml"} == {p.name for p in (folder / "data").iterdir()}
        laid = (folder / "data" / "people.yaml").read_bytes()
    assert current["data/people.yaml"] == laid + b"# more\n"
    everything = {f"data/{p.name}": p.read_bytes() for p in (root / "data").iterdir()}
    with differing(Repository(root), "HEAD", everything) as (folder, _, same):
        assert (set(everything), []) == (same, [*folder.iterdir()])


def commit(root: Path, *paths: str) -> None:
    subprocess.run(["git", "-C", str(root), "add", *paths], check=True)
    some = ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "more"]
    subprocess.run(["git", "-C", str(root), *some], check=True)


def test_gitattributes_of_a_revision_have_no_effect(root: Path) -> None:
    """Attributes that git keeps for archives and checkouts change nothing."""
    (root / ".gitattributes").write_text(
        "data/people.yaml export-ignore\ndata/units.yaml text eol=crlf\n", encoding="utf-8"
    )
    commit(root, ".gitattributes")
    current = {path.name: path.read_bytes() for path in (root / "data").iterdir()}
    with checked_out(Repository(root), "HEAD") as (folder, _):
        assert current == {path.name: path.read_bytes() for path in (folder / "data").iterdir()}


@pytest.mark.parametrize("target", ["../people.yaml", "/etc/passwd"])
def test_a_link_in_a_revision_is_refused(root: Path, target: str) -> None:
    """Its target at that time is unknown; without it the comparison would miss records."""
    people = root / "data" / "people.yaml"
    people.rename(root / "people.yaml")
    people.symlink_to(target)
    commit(root, "data")
    with (
        pytest.raises(UsageError, match=r"data/people\.yaml is not a regular file"),
        checked_out(Repository(root), "HEAD"),
    ):
        pass


def test_missing_git_is_reported(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert 2 == main([*CHECK, str(root), "--base", "HEAD"])
    assert "git is not installed on this machine" in capsys.readouterr().err


def test_outside_a_clone_the_fix_is_a_clone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(BASE / "data", tmp_path / "data")
    assert 2 == main([*CHECK, str(tmp_path), "--base", "HEAD"])
    assert "run it in a clone of the repository" in capsys.readouterr().err
