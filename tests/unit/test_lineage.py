"""Deployed commits that the checkout lacks: an apply goes forward, or back on purpose."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from test_saved_plan import edit
from test_server_plan import git

from hopthu.errors import Refused
from hopthu.git.repository import UNKNOWN, Repository
from hopthu.history import lineage
from hopthu.history.lineage import Return
from hopthu.history.record import Record
from hopthu.i18n.catalogue import translate
from hopthu.load import load

BASE = Path(__file__).parents[1] / "rules" / "base"
ON = date(2026, 7, 31)
RECORD = Record(
    "20260731T080000Z-0123456", "", "data", "2026-07-31", "Lê Thị B", "2026-07-31T08:00:00Z",
    finished="2026-07-31T08:01:00Z",
)  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout of two commits."""
    root = tmp_path / "mine"
    shutil.copytree(BASE / "data", root / "data")
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "first"]):
        git(root, *command)
    edit(root, "people", "title: Kế toán", "title: Thủ quỹ")
    git(root, "commit", "-qam", "second")
    return root


def record(commit: str) -> Record:
    return replace(RECORD, commit=commit)


def newer(root: Path, **commits: str) -> list[tuple[str, str, bool]]:
    records = {host: record(commit) for host, commit in commits.items()}
    return [
        (", ".join(n.hosts), n.commit, n.known) for n in lineage.newer(Repository(root), records)
    ]


def test_deployed_ancestors_are_accepted(root: Path) -> None:
    """The commit itself and its ancestors; an apply without git is ignored."""
    head, first = git(root, "rev-parse", "HEAD"), git(root, "rev-parse", "HEAD^")
    assert [] == newer(root, dir1=head, edge1=first, store1=UNKNOWN)


def test_clone_that_has_not_pulled_is_detected(root: Path, tmp_path: Path) -> None:
    """Whether it has the commit, as after a fetch, or not."""
    head = git(root, "rev-parse", "HEAD")
    git(root, "branch", "other", "HEAD^")
    stale = tmp_path / "stale"
    git(tmp_path, "clone", "-q", "--single-branch", "--branch", "other", f"file://{root}", "stale")
    deployed = {"dir1": head, "edge1": head, "store1": git(stale, "rev-parse", "HEAD")}
    assert [("dir1, edge1", head, False)] == newer(stale, **deployed)
    git(stale, "fetch", "-q", "origin", "main")
    assert [("dir1, edge1", head, True)] == newer(stale, **deployed)


def test_refusal_names_operator_time_and_fix(root: Path) -> None:
    (found,) = lineage.newer(
        Repository(root), {"dir1": record("a" * 40), "edge1": record("a" * 40)}
    )
    head = git(root, "rev-parse", "--short=12", "HEAD")
    text = translate(lineage.sentence(found), "en")
    for named in ("dir1, edge1", "aaaaaaaaaaaa", "Lê Thị B", "2026-07-31 08:01 UTC"):
        assert named in text
    with pytest.raises(Refused) as refused:
        lineage.go_on(Repository(root), [found], None)
    assert text in str(refused.value)
    assert "git pull" in refused.value.fix
    assert f"--back-to {head} --basis DOCUMENT" in refused.value.fix


def test_going_back_requires_the_commit_checked_out(root: Path) -> None:
    """A fixed `--back-to` in a script cannot go back to something else."""
    found = lineage.newer(Repository(root), {"dir1": record("a" * 40)})
    head = git(root, "rev-parse", "HEAD")
    told = f"back to {head[:12]} from aaaaaaaaaaaa, by qd-1"
    for name in ("HEAD", "main", head, head[:12]):
        assert told == lineage.go_on(Repository(root), found, Return(name, "qd-1"))
    for name in ("HEAD^", "nowhere", ""):
        with pytest.raises(Refused):
            lineage.go_on(Repository(root), found, Return(name, "qd-1"))
    with pytest.raises(Refused, match="HEAD is"):
        lineage.go_on(Repository(root), [], Return("HEAD^", "qd-1"))
    assert lineage.go_on(Repository(root), [], Return("HEAD", "qd-1")) is None
    assert lineage.go_on(Repository(root), [], None) is None


def test_deployed_record_cannot_be_removed(root: Path) -> None:
    """HEAD does not show it any more, but the records of hosts do."""
    first = git(root, "rev-parse", "HEAD^")
    path = root / "data" / "people.yaml"
    text = path.read_text(encoding="utf-8")
    gone = text[text.index("- id: tran-thi-hoan") : text.index("- id: vu-van-xuyen")]
    path.write_text(text.replace(gone, ""), encoding="utf-8")
    git(root, "commit", "-qam", "somebody less")
    source = load(root)
    for commit, expected in ((first, ["id-removed"]), (UNKNOWN, []), ("a" * 40, [])):
        found = lineage.against_records(Repository(root), {"dir1": record(commit)}, source, ON)
        assert expected == [problem.rule for problem in found]


def test_other_branch_counts_up_to_the_common_ancestor(root: Path) -> None:
    """Later changes of the other branch were never here, so they were not removed."""
    edit(root, "units", "aliases: [sotaichinh]", "aliases: [sotaichinh, sotaichin]")
    git(root, "commit", "-qam", "theirs")
    theirs = git(root, "rev-parse", "HEAD")
    git(root, "reset", "-q", "--hard", "HEAD^")
    assert [] == lineage.against_records(Repository(root), {"dir1": record(theirs)}, load(root), ON)
    edit(root, "units", ", aliases: [sotaichinh]", "")
    git(root, "commit", "-qam", "mine")
    found = lineage.against_records(Repository(root), {"dir1": record(theirs)}, load(root), ON)
    assert ["address-kept"] == [problem.rule for problem in found]
