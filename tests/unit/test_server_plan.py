"""Finding the data of a record on the servers: known data, or data from git."""

import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from hopthu.git.repository import UNKNOWN, Repository
from hopthu.history.data_digest import digest
from hopthu.history.record import Record
from hopthu.servers.survey import applied
from hopthu.validate import Loaded, read

BASE = Path(__file__).parents[1] / "rules" / "base"
ON = date(2026, 7, 31)


def git(root: Path, *arguments: str) -> str:
    somebody = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid"]
    done = subprocess.run(
        ["git", "-C", str(root), *somebody, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with one edit more than its commit."""
    shutil.copytree(BASE / "data", tmp_path / "data")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "base"]):
        git(tmp_path, *command)
    people = tmp_path / "data" / "people.yaml"
    people.write_text(people.read_text(encoding="utf-8").replace("Kế toán", "Thủ quỹ"), "utf-8")
    return tmp_path


@pytest.fixture
def loaded(root: Path) -> Loaded:
    return read(root, ON)


def record(data: str, commit: str) -> Record:
    return Record("20260731T080000Z-0123456", commit, data, ON.isoformat(), "Lê Thị B", "")


def test_known_data_needs_no_git(root: Path, loaded: Loaded) -> None:
    """The data itself was applied, committed or not."""
    assert loaded == applied(Repository(root), record(digest(loaded.source), UNKNOWN), loaded)
    assert None is applied(Repository(root), None, loaded)


def test_earlier_data_comes_from_git(root: Path, loaded: Loaded) -> None:
    """By the commit of the record, if its data was applied; otherwise it is unknown."""
    head = git(root, "rev-parse", "HEAD")
    git(root, "stash", "-q")
    before = digest(read(root, ON).source)
    git(root, "stash", "pop", "-q")
    found = applied(Repository(root), record(before, head), loaded)
    assert found is not None
    titles = {p.title for p in found.organisation.people["tran-thi-hoan"].posts}
    assert titles != {p.title for p in loaded.organisation.people["tran-thi-hoan"].posts}
    for data, commit in ((before, UNKNOWN), (before, "0" * 40), ("another", head)):
        assert None is applied(Repository(root), record(data, commit), loaded)
