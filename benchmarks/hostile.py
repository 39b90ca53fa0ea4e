"""How `hopthu check` takes data of a size nobody writes by hand: each shape at n and at 4 n.

    python benchmarks/hostile.py [--most 75000] [--shape NAME ...]

Four times as much may take four times as long; sixteen times would be the square.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
BASE = ROOT / "tests" / "rules" / "base" / "data"
ROW = "{unit: so-tai-chinh, title: a, from: 2025-03-01, decision: qd-1, request: cv-1}"


def person(number: int = 1, *, mailbox: str = "{address: annv}", more: str = "") -> str:
    """Return a person, with `more` fields."""
    return (
        f"- id: nguyen-van-an-{number}\n  name: Nguyễn Văn An\n  category: civil_servant\n"
        f"  mailbox: {mailbox}\n  posts:\n    - {ROW}\n{more}"
    )


def _aliases(names: list[str]) -> str:
    return person(mailbox=f"{{address: annv, aliases: [{', '.join(names)}]}}")


SHAPES: Mapping[str, Callable[[int], str]] = {
    "unknown keys in one record": lambda n: person(more="".join(f"  k{k}: 1\n" for k in range(n))),
    "posts in one person": lambda n: person().replace(f"    - {ROW}\n", f"    - {ROW}\n" * n),
    "aliases of one person": lambda n: _aliases([f"a{k}" for k in range(n)]),
    "bad aliases of one person": lambda n: _aliases([f"A{k}" for k in range(n)]),
    "one id": lambda n: person() * n,
    "one address": lambda n: "".join(person(k) for k in range(n)),
    "records with one error": lambda n: "".join(
        person(k, mailbox=f"{{address: a{k}}}") for k in range(n)
    ),
    "keys given twice": lambda n: person(more="  category: cadre\n" * n),
    "deep nesting": lambda n: person(more=f"  k: {'[' * n}{']' * n}\n"),
    "one long text": lambda n: person().replace("Nguyễn Văn An", "A" * n),
}


def seconds(shape: str, number: int, form: str) -> float:
    """Return how long a check of people of the shape takes; it must end with exit code 2."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir()
        for path in BASE.iterdir():
            (data / path.name).write_bytes(path.read_bytes())
        with (data / "people.yaml").open("a", encoding="utf-8") as people:
            people.write(SHAPES[shape](number))
        start = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "hopthu", "check", "--root", folder, "--format", form],
            env={**os.environ, "XDG_CACHE_HOME": folder, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=False,
        )
        if done.returncode != 2 or done.stderr:
            raise SystemExit(f"{shape}: exit {done.returncode}: {done.stderr.decode()[-500:]}")
        return time.monotonic() - start


def main() -> None:
    """Print a table of every shape asked for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--most", type=int, default=40_000, help="the larger of both sizes")
    asked.add_argument("--shape", nargs="+", choices=SHAPES, default=list(SHAPES))
    asked.add_argument("--format", default="text", choices=["text", "json"])
    given = asked.parse_args()
    few = given.most // 4
    print(f"| shape | {few:,} | {given.most:,} | times |\n|---|---|---|---|")
    for shape in given.shape:
        first, second = (seconds(shape, n, given.format) for n in (few, given.most))
        print(f"| {shape} | {first:.1f} s | {second:.1f} s | {second / first:.1f} |", flush=True)


if __name__ == "__main__":
    main()
