"""Measure `hopthu check` on provinces of growing size: `python benchmarks/check.py`.

Cold is without a cache, warm with one file changed since. The peer is what PyYAML's C loader alone
takes to read the same files, in one process with the garbage collector off, just before.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rows import Row, against, table

_LARGEST_COUNTED = 61_000
_PEER = """
import gc, pathlib, sys, yaml
gc.disable()
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.yaml")):
    yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
"""


@dataclass(frozen=True)
class _Run:
    """How long a command took, and the memory of the largest of its processes, in bytes."""

    seconds: float
    memory: float


def measure(
    folder: Path, say: Callable[[str], None], sizes: tuple[int, ...] = (6_000, 61_000)
) -> list[Row]:
    """Take every figure; the growth is that of cold runs from each size to the next."""
    rows: list[Row] = []
    before: tuple[int, float] | None = None
    for people in sizes:
        for layout in ("folder", "one file"):
            say(f"check {people} people, {layout}")
            root = _province(folder / f"{people}-{layout[:3]}", people, layout == "one file")
            cold = _measure(rows, f"check {people:,} people, {layout}", root, people)
        if before:
            more = people / before[0]
            took = cold / before[1]
            figure = f"{took:.1f} times as long"
            rows.append(Row(f"check {people:,} people", figure, f"people {more:.1f}", took / more))
        before = people, cold
    return rows


def _measure(rows: list[Row], what: str, root: Path, people: int) -> float:
    """Add the figures of one province; return the seconds of the cold run."""
    environment = {"XDG_CACHE_HOME": str(root / "cache")}
    peer = _run([sys.executable, "-c", _PEER, str(root / "data")], {})
    check = [sys.executable, "-m", "hopthu", "check", "--root", str(root)]
    cold = _run(check, environment)
    _change(root)
    warm = _run(check, environment)
    rows.append(against(f"{what}, cold", cold.seconds, peer.seconds, "PyYAML alone"))
    if people <= _LARGEST_COUNTED:
        rows.append(against(f"{what}, one file changed", warm.seconds, 2, "limit"))
        # The forked ones share most of it with the first: this is the most it can be.
        most = cold.memory * min(4, os.cpu_count() or 1) / 2**20
        rows.append(
            Row(f"{what}, memory", f"{most:.0f} MiB at most", "limit 1024 MiB", most / 1024)
        )
    return cold.seconds


def _province(out: Path, people: int, one_file: bool) -> Path:
    program = [sys.executable, str(Path(__file__).with_name("province.py"))]
    chosen = ["--people", str(people), "--out", str(out), *(["--one-file"] if one_file else [])]
    subprocess.run([*program, *chosen], check=True, stdout=subprocess.DEVNULL)
    return out


def _change(root: Path) -> None:
    """Change the name of somebody in the middle of a file."""
    files = sorted(root.glob("data/people*/*.yaml")) or [root / "data" / "people.yaml"]
    path = files[len(files) // 2]
    text = path.read_text(encoding="utf-8")
    middle = text.index("title: ", len(text) // 2) + len("title: ")
    path.write_text(f"{text[:middle]}Phó {text[middle:]}", encoding="utf-8")


def _run(command: list[str], environment: dict[str, str]) -> _Run:
    started = time.monotonic()
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    if status:
        sys.exit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    process.returncode = 0
    return _Run(seconds, usage.ru_maxrss * 1024)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description="Measure `hopthu check`.")
    parser.add_argument("--people", type=int, nargs="+", default=[6_000, 61_000])
    sizes = tuple(parser.parse_args().people)
    with tempfile.TemporaryDirectory(prefix="hopthu-bench-") as folder:
        rows = measure(Path(folder), lambda step: print(f"… {step}", file=sys.stderr), sizes)
    print(table(rows))


if __name__ == "__main__":
    main()
