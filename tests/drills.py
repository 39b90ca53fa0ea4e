"""A line for each drill that was run: benchmarks/drills.md."""

from __future__ import annotations

import re
import subprocess
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "benchmarks" / "drills.md"
_ELSE, _SHORT = ":!benchmarks/drills.md", 12
_SEED = re.compile(r"^seed (\d+)$", re.MULTILINE)


def row(day: date, commit: str, name: str, output: str, outcome: str, seconds: float) -> str:
    """Return the row of a drill; the seed is what the drill printed, if it has one."""
    seed = found.group(1) if (found := _SEED.search(output)) else "–"
    return f"| {day} | {commit} | {name} | {seed} | {outcome} | {seconds / 60:.0f} min |\n"


def checked_out(root: Path = ROOT) -> str:
    """Return the newest commit that others have too, marked where there is more than it holds.

    One that was not pushed has another name once it is. Without a remote it is that checked out.
    """

    def said(*arguments: str) -> str:
        argv = ["git", "-C", str(root), *arguments]
        return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()

    commit = said("merge-base", "HEAD", "origin/HEAD") or said("rev-parse", "HEAD")
    more = said("diff", "--name-only", commit, "--", ".", _ELSE) or said(
        "ls-files", "--others", "--exclude-standard", "--", ".", _ELSE
    )
    return commit[:_SHORT] + (" and changes" if more else "")
