"""What hosts hold and the checkout does not contain: an apply goes forward, or back knowingly."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from test_saved_plan import edit
from test_server_plan import git

from hopthu.errors import Refused
from hopthu.history import lineage
from hopthu.history.record import UNKNOWN, Record
from hopthu.i18n.catalogue import translate
from hopthu.load import load

BASE = Path(__file__).parents[1] / "invalid" / "base"
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
    return [(", ".join(n.hosts), n.commit, n.known) for n in lineage.newer(root, records)]


def test_what_is_checked_out_contains_what_hosts_hold(root: Path) -> None:
    """The commit itself and those before it; of an apply without git nothing is to be said."""
    head, first = git(root, "rev-parse", "HEAD"), git(root, "rev-parse", "HEAD^")
    assert [] == newer(root, dir1=head, edge1=first, store1=UNKNOWN)


def test_a_clone_that_has_not_pulled_is_told(root: Path, tmp_path: Path) -> None:
    """Whether it knows the commit, as after a fetch, or has never heard of it."""
    head = git(root, "rev-parse", "HEAD")
    git(root, "branch", "other", "HEAD^")
    stale = tmp_path / "stale"
    git(tmp_path, "clone", "-q", "--single-branch", "--branch", "other", f"file://{root}", "stale")
    held = {"dir1": head, "edge1": head, "store1": git(stale, "rev-parse", "HEAD")}
    assert [("dir1, edge1", head, False)] == newer(stale, **held)
    git(stale, "fetch", "-q", "origin", "main")
    assert [("dir1, edge1", head, True)] == newer(stale, **held)


def test_who_applied_it_and_when_is_said_with_the_way_on(root: Path) -> None:
    (found,) = lineage.newer(root, {"dir1": record("a" * 40), "edge1": record("a" * 40)})
    head = git(root, "rev-parse", "--short=12", "HEAD")
    said = translate(lineage.sentence(found), "en")
    for named in ("dir1, edge1", "aaaaaaaaaaaa", "Lê Thị B", "2026-07-31 08:01 UTC"):
        assert named in said
    with pytest.raises(Refused) as refused:
        lineage.go_on(root, [found], "")
    assert said in str(refused.value)
    assert "git pull" in refused.value.fix
    assert f"--back-to {head}" in refused.value.fix


def test_going_back_names_what_is_checked_out(root: Path) -> None:
    """A habit of `--back-to` in a script goes back to nothing that is not looked at."""
    found = lineage.newer(root, {"dir1": record("a" * 40)})
    head = git(root, "rev-parse", "HEAD")
    for name in ("HEAD", "main", head, head[:12]):
        assert f"back to {head[:12]} from aaaaaaaaaaaa" == lineage.go_on(root, found, name)
    for name in ("HEAD^", "nowhere", ""):
        with pytest.raises(Refused):
            lineage.go_on(root, found, name)
    with pytest.raises(Refused, match="HEAD is"):
        lineage.go_on(root, [], "HEAD^")
    assert "" == lineage.go_on(root, [], "HEAD")
    assert "" == lineage.go_on(root, [], "")


def test_what_was_applied_may_not_be_taken_out(root: Path) -> None:
    """HEAD does not show it any more; what hosts were given does."""
    first = git(root, "rev-parse", "HEAD^")
    path = root / "data" / "people.yaml"
    text = path.read_text(encoding="utf-8")
    gone = text[text.index("- id: tran-thi-hoan") : text.index("- id: vu-van-xuyen")]
    path.write_text(text.replace(gone, ""), encoding="utf-8")
    git(root, "commit", "-qam", "somebody less")
    source = load(root)
    for commit, expected in ((first, ["id-removed"]), (UNKNOWN, []), ("a" * 40, [])):
        found = lineage.taken(root, {"dir1": record(commit)}, source, ON)
        assert expected == [problem.rule for problem in found]


def test_a_branch_answers_for_what_both_share(root: Path) -> None:
    """What the other branch has more was never here, so that nobody took it out."""
    edit(root, "units", "aliases: [sotaichinh]", "aliases: [sotaichinh, sotaichin]")
    git(root, "commit", "-qam", "theirs")
    theirs = git(root, "rev-parse", "HEAD")
    git(root, "reset", "-q", "--hard", "HEAD^")
    assert [] == lineage.taken(root, {"dir1": record(theirs)}, load(root), ON)
    edit(root, "units", ", aliases: [sotaichinh]", "")
    git(root, "commit", "-qam", "mine")
    found = lineage.taken(root, {"dir1": record(theirs)}, load(root), ON)
    assert ["address-dropped"] == [problem.rule for problem in found]
