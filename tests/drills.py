"""A line for each drill that was run: benchmarks/drills.md."""

from __future__ import annotations

import re
import subprocess
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "benchmarks" / "drills.md"
_SEED = re.compile(r"^seed (\d+)$", re.MULTILINE)


def row(day: date, commit: str, name: str, output: str, outcome: str, seconds: float) -> str:
    """Return the row of a drill; the seed is what the drill printed, if it has one."""
    seed = found.group(1) if (found := _SEED.search(output)) else "–"
    return f"| {day} | {commit} | {name} | {seed} | {outcome} | {seconds / 60:.0f} min |\n"


def checked_out(root: Path = ROOT) -> str:
    """Return the commit that is checked out, marked where there is more than it holds."""
    said = [
        subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True
        ).stdout.strip()
        for arguments in (
            ["rev-parse", "--short=12", "HEAD"],
            ["status", "--porcelain", "--", ".", ":!benchmarks/drills.md"],
        )
    ]
    return said[0] + (" and changes" if said[1] else "")
