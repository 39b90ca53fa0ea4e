"""The revision that `check` and `plan` compare with if none is named."""

import shutil
import sys
from pathlib import Path
from types import FrameType

import pytest
from test_saved_plan import edit
from test_server_plan import git

from hopthu.app.workspace import Workspace
from hopthu.cli import main
from hopthu.git.repository import HEAD, Base, Repository

DATA = Path(__file__).parents[1] / "rules" / "base" / "data"
DAY = ["--on", "2026-11-25", "--lang", "en", "--root"]


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A repository with one commit of valid data, on the branch `main`."""
    root = tmp_path / "remote"
    shutil.copytree(DATA, root / "data")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-qm", "base")
    return root


@pytest.fixture
def clone(remote: Path, tmp_path: Path) -> Path:
    """A clone of it."""
    git(tmp_path, "clone", "-q", str(remote), "clone")
    return tmp_path / "clone"


def head(root: Path) -> str:
    return git(root, "rev-parse", "HEAD")


def remove_somebody(root: Path) -> None:
    """Commit that a person's record is gone, which nobody else cites."""
    path = root / "data" / "people.yaml"
    before, *records = path.read_text(encoding="utf-8").split("- id: ")
    kept = [record for record in records if not record.startswith("tran-thi-hoan\n")]
    path.write_text("- id: ".join([before, *kept]), encoding="utf-8")
    git(root, "commit", "-qam", "somebody less")


def test_without_a_remote_it_is_head(remote: Path, tmp_path: Path) -> None:
    assert HEAD == Repository(remote).base()
    assert not Repository(remote).is_ahead(HEAD)
    assert HEAD == Repository(tmp_path).base()


def test_it_is_the_last_commit_in_common_with_the_default_branch(remote: Path, clone: Path) -> None:
    """Of another branch as well, and after the remote has gone on."""
    shared = head(clone)
    assert Base(shared, "origin/main") == Repository(clone).base()
    assert not Repository(clone).is_ahead(Repository(clone).base())
    git(clone, "checkout", "-q", "-b", "transfer")
    edit(clone, "people", "title: Kế toán", "title: Thủ quỹ")
    git(clone, "commit", "-qam", "an edit")
    git(remote, "commit", "-q", "--allow-empty", "-m", "meanwhile")
    git(clone, "fetch", "-q")
    assert Base(shared, "origin/main") == Repository(clone).base()
    assert Repository(clone).is_ahead(Repository(clone).base())


def test_a_remote_added_by_hand_has_a_usual_name(remote: Path, clone: Path) -> None:
    """`git remote add` and `git fetch` may leave the remote's HEAD out."""
    git(clone, "remote", "set-head", "origin", "--delete")
    assert Base(head(clone), "origin/main") == Repository(clone).base()
    git(clone, "remote", "rename", "origin", "province")
    assert Base(head(clone), "province/main") == Repository(clone).base()
    git(clone, "update-ref", "-d", "refs/remotes/province/main")
    assert HEAD == Repository(clone).base()


def test_a_history_that_shares_nothing_is_not_compared_with(clone: Path) -> None:
    git(clone, "checkout", "-q", "--orphan", "another")
    git(clone, "commit", "-qm", "from the start")
    assert HEAD == Repository(clone).base()


def test_a_commit_before_there_was_data_is_not_compared_with(tmp_path: Path) -> None:
    root = tmp_path / "empty"
    git(tmp_path, "init", "-q", "-b", "main", str(root))
    git(root, "commit", "-q", "--allow-empty", "-m", "nothing yet")
    git(tmp_path, "clone", "-q", str(root), "clone")
    clone = tmp_path / "clone"
    shutil.copytree(DATA, clone / "data")
    git(clone, "add", ".")
    git(clone, "commit", "-qm", "data")
    assert HEAD == Repository(clone).base()
    assert 0 == main(["plan", *DAY, str(clone)])


@pytest.mark.parametrize("command", ["check", "plan"])
def test_committing_hides_no_removal(
    clone: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the output says what the data was compared with."""
    shared = head(clone)
    remove_somebody(clone)
    assert 2 == main([command, *DAY, str(clone)])
    told = capsys.readouterr()
    assert "tran-thi-hoan: the record was removed [id-removed" in told.out
    note = f"note: compared with {shared[:12]}, the last commit in common with origin/main\n"
    assert note == told.err
    git(clone, "update-ref", "refs/remotes/origin/main", "HEAD")
    assert 0 == main([command, *DAY, str(clone)])
    assert "" == capsys.readouterr().err


def test_a_base_and_servers_are_not_named_together(
    remote: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("check", "plan"):
        assert 2 == main([command, *DAY, str(remote), "--base", "HEAD", "--live", "lab"])
        assert "--base and --live cannot be used together" in capsys.readouterr().err


def test_few_functions_hand_the_repository_on(clone: Path, tmp_path: Path) -> None:
    """On its way through `plan`: what is asked of it is asked of one object."""
    given: set[str] = set()
    kinds = (Repository, Workspace)

    def called(frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        if event == "call" and "hopthu" in code.co_filename:
            names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            values = (frame.f_locals.get(name) for name in names if name != "self")
            if any(isinstance(value, kinds) or value == clone for value in values):
                given.add(f"{code.co_filename}:{code.co_name}")

    sys.setprofile(called)
    try:
        assert 0 == main(["plan", *DAY, str(clone), "--out", str(tmp_path / "plan.json")])
    finally:
        sys.setprofile(None)
    assert 10 < len(given) <= 30
