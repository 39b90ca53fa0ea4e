"""The revision a plan is made against: read for its form only, and shared with the head."""

from pathlib import Path

import pytest
from test_saved_plan import ON, edit, edited, git, root

from hopthu.errors import UsageError
from hopthu.git.baseline import load_baseline
from hopthu.git.repository import Repository
from hopthu.git.revision import read_at
from hopthu.history.removals import since_base
from hopthu.load import load
from hopthu.model.builder import build
from hopthu.validate import read, validate

__all__ = ["edited", "root"]


def test_the_baseline_equals_reading_it_alone(root: Path, tmp_path: Path) -> None:
    """What is the same is shared, what differs is built: together as if read by itself."""
    head = read(root, ON)
    side, commit = load_baseline(Repository(root), "HEAD", head)
    git(root, "checkout", "-q", "--", "data")
    assert build(load(root)) == side.organisation
    assert 40 == len(commit)
    people = side.organisation.people
    assert people["le-van-binh"] is head.organisation.people["le-van-binh"]
    assert "Chánh Văn phòng" == people["vu-van-xuyen"].posts[0].title


def test_data_that_violates_current_rules_is_loaded(root: Path) -> None:
    """It was accepted in its day: what breaks rules only, or sets a policy no longer known."""
    git(root, "checkout", "-q", "--", "data")
    edit(root, "units", "kind: office", "kind: office\n  ended: {how: dissolved, on: 2020-01-01, "
         "decision: qd-210-ubnd-2025, request: cv-12-vpubnd-2025}")  # fmt: skip
    edit(root, "policy", "operator", "guards: {closed: 50}\noperator")
    assert [p for p in validate(load(root), ON) if p.severity == "error"]
    git(root, "commit", "-qam", "accepted then")
    git(root, "checkout", "-q", "HEAD~1", "--", "data")
    side, _ = load_baseline(Repository(root), "HEAD", read(root, ON))
    assert "van-phong-ubnd-tinh" == side.policy.operator
    assert side.organisation.units["van-phong-ubnd-tinh"].ended


def test_the_delegate_of_earlier_versions_is_read(root: Path) -> None:
    """A centre goes on after an upgrade: what is deployed was written with one `delegate`."""
    git(root, "checkout", "-q", "--", "data")
    row = "person: nguyen-van-an, from: 2026-02-01, until: 2026-12-31, decision: guq-02-stc-2026"
    edit(root, "units", "- id: so-tai-chinh\n", f"- id: so-tai-chinh\n  delegate: {{{row}}}\n")
    assert ["shape"] == [p.rule for p in validate(load(root), ON) if p.severity == "error"]
    git(root, "commit", "-qam", "as earlier versions wrote it")
    edit(root, "units", f"delegate: {{{row}}}", f"delegates: [{{{row}}}]")
    head = load(root)
    assert () == since_base(Repository(root), head, ON).problems  # type: ignore[union-attr]
    source, _, _ = read_at(Repository(root), "HEAD", head)
    (before,) = (unit for unit in build(source).units.values() if unit.id == "so-tai-chinh")
    assert ["nguyen-van-an"] == [delegate.person for delegate in before.delegates]


@pytest.mark.parametrize(
    ("kind", "old", "new", "match"),
    [
        ("people", "- id: le-van-binh", "- [", "cannot be read: data/people.yaml"),
        ("people", "name: Lê Văn Bình", "name: [1]", "cannot be read: data/people.yaml:2"),
        ("units", "parent: ubnd-tinh", "parent: nowhere-at-all", "names nowhere-at-all"),
        ("people", "{unit: so-tai-chinh", "{unit: nowhere-at-all", "names nowhere-at-all"),
        ("units", "parent: ubnd-tinh", "parent: so-tai-chinh", "is inconsistent: "),
    ],
)
def test_unusable_data_is_a_usage_error(
    root: Path, kind: str, old: str, new: str, match: str
) -> None:
    """With the place, never a traceback or an endless way up."""
    git(root, "checkout", "-q", "--", "data")
    head = read(root, ON)
    edit(root, kind, old, new)
    git(root, "commit", "-qam", "broken")
    with pytest.raises(UsageError, match=match):
        load_baseline(Repository(root), "HEAD", head)


def test_a_revision_without_a_file_is_loaded(root: Path) -> None:
    """The first pull request adds everything."""
    git(root, "checkout", "-q", "--", "data")
    head = read(root, ON)
    git(root, "rm", "-q", "data/people.yaml", "data/documents.yaml")
    git(root, "commit", "-qm", "units only")
    side, _ = load_baseline(Repository(root), "HEAD", head)
    assert {} == side.organisation.people
    assert head.organisation.units == side.organisation.units


def test_a_changed_file_layout_makes_no_difference(root: Path) -> None:
    """One file split into a folder is the same data."""
    git(root, "checkout", "-q", "--", "data")
    (root / "data" / "people").mkdir()
    (root / "data" / "people.yaml").rename(root / "data" / "people" / "all.yaml")
    head = read(root, ON)
    side, _ = load_baseline(Repository(root), "HEAD", head)
    assert head.organisation == side.organisation


def test_an_unknown_revision_is_a_usage_error(root: Path) -> None:
    """A revision git does not know is a usage error, not a traceback."""
    with pytest.raises(UsageError, match="no such revision"):
        load_baseline(Repository(root), "nowhere", read(root, ON))
