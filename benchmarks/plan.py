"""Measure `hopthu plan` of one transfer in a large province: `python benchmarks/plan.py`.

Somebody who is delegate of a unit in a ward goes to a department on the other store: the plan
must say so in three lines, on its documents, and nothing else. Against `hopthu check` of the same
data in the same run; cold is without a cache, warm with all but the edit known. The check of the
edit compares it with the last commit; its peer is that of a copy which has none.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.rows import Row, against, table

_ON = "2026-11-25"
_DECISION, _REQUEST = "qd-900-ubnd-tinh-2026", "cv-900-so-tai-chinh-2026"
_POST = (
    "    - {unit: so-tai-chinh, title: Chuyên viên, from: 2026-09-07, "
    f"decision: {_DECISION}, request: {_REQUEST}}}\n"
)
_DOCUMENTS = f"""\
- {{id: {_DECISION}, kind: decision, number: 900/QĐ-UBND, issuer: ubnd-tinh, date: 2026-09-01}}
- {{id: {_REQUEST}, kind: request, number: 900/STC-VP, issuer: so-tai-chinh, date: 2026-09-03}}
"""
_DELEGATE = r"^- id: \S*phuong-\S*\n(?:  .*\n)*?  delegates:\n    - \{person: ([a-z0-9-]+),"
_LINES = (
    r"^What the edit writes:$",
    r"^  decision 900/QĐ-UBND \(qd-900-ubnd-tinh-2026\), new: kind: decision, .*$",
    r"^  official letter 900/STC-VP \(cv-900-so-tai-chinh-2026\), new: kind: request, .*$",
    r"^    person \S.*$",
    r"^      \+ posts from 2026-09-07: unit: Sở Tài chính \(so-tai-chinh\), title: .*$",
    r"^What changes on 2026-11-25:$",
    r"^  decision 900/QĐ-UBND of 2026-09-01 by Ủy ban nhân dân tỉnh Thanh Hóa$",
    r"^  official letter 900/STC-VP of 2026-09-03 by Sở Tài chính$",
    r"^    \S.*$",
    (
        r"^      ~ .* moves from .* to Sở Tài chính, as Chuyên viên"
        r" \[mailbox .*; posts from 2026-09-07\]$"
    ),
    r"^      ~ .*: mail moves from store2 to store1 \[mailbox .*\]$",
    r"^      - .* loses access to the mailbox of .* as delegate \[access .*\]$",
    r"^What changes later:$",
    r"^  decision 900/QĐ-UBND of 2026-09-01 by Ủy ban nhân dân tỉnh Thanh Hóa$",
    r"^  official letter 900/STC-VP of 2026-09-03 by Sở Tài chính$",
    r"^    \S.*$",
    r"^      ~ no longer on 2031-01-01: .* loses access to the mailbox of .* \[access .*\]$",
    r"^Rows written: 3\. Changes on 2026-11-25: 3, later: 1\.$",
    r"^Data files: data/documents\S*, data/people\S* \(digest [0-9a-f]{32}\)\.$",
    r"^Compared with [0-9a-f]{12}; checksum [0-9a-f]{16}\.$",
)


def measure(folder: Path, say: Callable[[str], None], people: int = 61_000) -> list[Row]:
    """Take every figure; end the program where the plan says more or less than it should."""
    root = folder / "transfer"
    say(f"plan of one transfer, {people} people")
    program = [sys.executable, str(Path(__file__).with_name("province.py"))]
    chosen = ["--people", str(people), "--out", str(root)]
    subprocess.run([*program, *chosen], check=True, stdout=subprocess.DEVNULL)
    _git(root, "init", "--quiet")
    _git(root, "add", "--all")
    _git(root, "commit", "--quiet", "--message", "before")
    transfer(root)
    plain = folder / "without-git"
    shutil.copytree(root, plain, ignore=shutil.ignore_patterns(".git"))
    unaware, _ = _hopthu("check", plain, folder / "check-without-git")
    cold_check, _ = _hopthu("check", root, folder / "check")
    cold, _ = _hopthu("plan", root, folder / "plan")
    warm, told = _hopthu("plan", root, folder / "plan")
    lines = told.splitlines()
    if len(lines) != len(_LINES) or not all(map(re.search, _LINES, lines)):
        sys.exit(f"the plan of one transfer does not say what it should:\n{told}")
    what = f"plan of one transfer, {people:,} people"
    compared = f"check {people:,} people, compared with the last commit, cold"
    return [
        against(compared, cold_check, 1.3 * unaware, "1.3 × check without a commit"),
        against(f"{what}, warm", warm, 5, "limit"),
        against(f"{what}, cold", cold, 1.3 * cold_check, "1.3 × check"),
    ]


def transfer(root: Path) -> None:
    """Edit the data: the first delegate in a ward goes to the department of finance."""
    units = (root / "data" / "units.yaml").read_text(encoding="utf-8")
    delegate = re.findall(_DELEGATE, units, re.MULTILINE)[0]
    record = re.compile(rf"^- id: {delegate}\n(?:  .*\n)+", re.MULTILINE)
    for path in [*(root / "data").glob("people.yaml"), *(root / "data" / "people").rglob("*.yaml")]:
        text = path.read_text(encoding="utf-8")
        if found := record.search(text):
            path.write_text(text[: found.end()] + _POST + text[found.end() :], encoding="utf-8")
    folder = root / "data" / "documents"
    path = folder / "2026.yaml" if folder.is_dir() else folder.with_suffix(".yaml")
    with path.open("a", encoding="utf-8") as documents:
        documents.write(_DOCUMENTS)


def _hopthu(command: str, root: Path, cache: Path) -> tuple[float, str]:
    argv = [sys.executable, "-m", "hopthu", command, "--root", str(root), "--on", _ON]
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "LC_ALL": "C.UTF-8"}
    started = time.monotonic()
    done = subprocess.run(argv, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    seconds = time.monotonic() - started
    if done.returncode:
        sys.exit(f"{' '.join(argv)} ended with {done.returncode}:\n{done.stdout}")
    return seconds, done.stdout


def _git(root: Path, *arguments: str) -> None:
    somebody = ["-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    subprocess.run(["git", "-C", str(root), *somebody, *arguments], check=True)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description="Measure `hopthu plan` of one transfer.")
    parser.add_argument("--people", type=int, default=61_000)
    people = parser.parse_args().people
    with tempfile.TemporaryDirectory(prefix="hopthu-bench-") as folder:
        rows = measure(Path(folder), lambda step: print(f"… {step}", file=sys.stderr), people)
    print(table(rows))


if __name__ == "__main__":
    main()
