"""The line a drill leaves."""

import subprocess
from datetime import date
from pathlib import Path

import pytest

import drills

pytest_plugins = ["pytester"]


def test_a_row_says_when_what_and_how_it_ended() -> None:
    """With the seed that repeats it."""
    row = drills.row(date(2026, 11, 26), "1a2b3c4", "test_kills", "seed 42\n", "failed", 310)
    assert "| 2026-11-26 | 1a2b3c4 | test_kills | 42 | failed | 5 min |\n" == row


def test_one_without_a_seed() -> None:
    """Not every drill is drawn by chance."""
    assert "| – | passed |" in drills.row(
        date(2026, 11, 26), "1", "t", "no seed here\n", "passed", 1
    )


def git(root: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    argv = ["git", "-C", str(root), *who, *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def test_the_commit_is_one_that_others_have(tmp_path: Path) -> None:
    """One that was not pushed may get another name when it is; without a remote it is HEAD."""
    ours, clone = tmp_path / "ours", tmp_path / "clone"
    ours.mkdir()
    git(ours, "init", "--quiet")
    git(ours, "commit", "--quiet", "--allow-empty", "--message", "one")
    one = git(ours, "rev-parse", "--short=12", "HEAD")
    git(tmp_path, "clone", "--quiet", str(ours), str(clone))
    assert [one, one] == [drills.checked_out(ours), drills.checked_out(clone)]
    (clone / "new").touch()
    assert f"{one} and changes" == drills.checked_out(clone)
    git(clone, "add", "new")
    git(clone, "commit", "--quiet", "--message", "two")
    assert f"{one} and changes" == drills.checked_out(clone)


@pytest.mark.slow
def test_every_drill_is_written_down(pytester: pytest.Pytester, tmp_path: Path) -> None:
    """Passed or failed; other tests are not."""
    page = tmp_path / "drills.md"
    here = Path(drills.__file__).parent
    pytester.makeconftest(
        f"import sys; sys.path.insert(0, {str(here)!r})\n"
        + (here / "conftest.py").read_text(encoding="utf-8")
        + f"\nfrom pathlib import Path\ndrills.PAGE = Path({str(page)!r})\n"
    )
    pytester.makeini("[pytest]\nmarkers = drill: a drill")
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.drill
        def test_good():
            print("seed 7")

        @pytest.mark.drill
        def test_bad():
            assert False

        def test_other():
            pass
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=2, failed=1)
    rows = page.read_text(encoding="utf-8").splitlines()
    assert [("test_good", "7", "passed"), ("test_bad", "–", "failed")] == [
        tuple(cell.strip() for cell in row.split("|")[3:6]) for row in rows
    ]
