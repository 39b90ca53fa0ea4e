"""Measure all there is to measure: `make bench` writes benchmarks/results.md.

Each figure stands beside the limit or peer it is measured against, taken in the same run, since a
figure alone says more of the machine than of hopthu.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks import check, mail, personnel, plan, scale
from benchmarks.rows import Row, against, table
from hopthu.cli.clock import today

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).with_name("results.md")

NEW_PERSON = """
- id: le-thi-do-thu
  name: Lê Thị Đo Thử
  category: civil_servant
  mailbox: {address: thultd}
  posts:
    - {unit: so-tai-chinh, title: Chuyên viên, from: {day},
       decision: qd-901-do-thu, request: cv-901-do-thu}
"""
DOCUMENTS = """
- {id: qd-901-do-thu, kind: decision, number: 901/QĐ-UBND, issuer: ubnd-tinh, date: {day}}
- {id: cv-901-do-thu, kind: request, number: 901/STC-VP, issuer: so-tai-chinh, date: {day}}
"""


def hopthu(*arguments: str, root: Path = ROOT, lab: Path) -> tuple[float, str]:
    """Run the command line as an administrator would; return seconds and output."""
    environment = {**os.environ, "HOPTHU_LAB": str(lab), "PYTHONPATH": str(root)}
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "hopthu", *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"hopthu {' '.join(arguments)} exited {done.returncode}:\n{done.stderr}")
    return time.monotonic() - started, done.stdout


def recruit(folder: Path) -> Path:
    """Clone the checkout, as it is, and add one person to its data."""
    root = folder / "checkout"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(root)], check=True)
    names = ("data", "deploys", "hopthu", "inventory", "lab", "schemas", "templates")
    for name in names:
        shutil.rmtree(root / name)
        shutil.copytree(ROOT / name, root / name)
    day = today().isoformat()
    for name, record in (("people", NEW_PERSON), ("documents", DOCUMENTS)):
        path = root / "data" / f"{name}.yaml"
        text = path.read_text(encoding="utf-8").rstrip("\n")
        path.write_text(text + record.replace("{day}", day), encoding="utf-8")
    return root


def memory(lab: Path) -> float:
    """Return how much memory the processes of all seven hosts hold, in MiB."""
    status = json.loads(hopthu("lab", "status", "--format", "json", lab=lab)[1])
    return float(status["memory"]) / 1024**2


def measure(folder: Path, say: Callable[[str], None]) -> list[Row]:
    """Take every figure, from a cold cache to the last apply."""
    lab = folder / "lab"
    os.environ["HOPTHU_CACHE"] = str(folder / "cache")
    say("lab up, cold")
    cold = hopthu("lab", "up", lab=lab)[0]
    hopthu("lab", "down", lab=lab)
    say("lab up, warm")
    warm = hopthu("lab", "up", lab=lab)[0]
    try:
        say("apply")
        full = hopthu("apply", "lab", "--yes", lab=lab)[0]
        say("verify")
        proven = hopthu("verify", "lab", lab=lab)[0]
        say("apply again")
        again = hopthu("apply", "lab", "--yes", lab=lab)[0]
        say("apply one new person")
        new = hopthu("apply", "lab", "--yes", root=recruit(folder), lab=lab)[0]
        used = memory(lab)
    finally:
        hopthu("lab", "down", lab=lab)
    return [
        against("`make lab`, image not built yet", cold + full + proven, 480, "limit"),
        against("`make lab`, image cached", warm + full + proven, 120, "limit"),
        against("of that: lab up, cold", cold, 480, "limit"),
        against("of that: lab up, warm", warm, 120, "limit"),
        against("of that: first apply, five hosts", full, 120, "limit"),
        against("of that: verify, every probe", proven, 120, "limit"),
        against("apply with nothing to do", again, full, "first apply"),
        against("apply of one new person", new, again, "apply with nothing to do"),
        Row(
            "memory of the seven hosts, all daemons running",
            f"{used:.0f} MiB",
            "limit 4096 MiB",
            used / 4096,
        ),
    ]


def report(rows: list[Row], missing: list[str]) -> str:
    """Return the table as Markdown, where it was taken, and what of it could not be."""
    return (
        "# Measurements\n\n"
        f"`make bench`, {time.strftime('%Y-%m-%d')}, Python {platform.python_version()},\n"
        f"{os.cpu_count()} cores, shared by the hosts and the operator.\n\n{table(rows)}"
        + "".join(f"\nNot measured: {what}\n" for what in missing)
    )


PARTS: Mapping[str, Callable[[Path, Callable[[str], None]], list[Row]]] = {
    "check": check.measure,
    "plan": plan.measure,
    "lab": measure,
    "mail": mail.measure,
    "scale": scale.measure,
    "personnel": personnel.measure,
}


def _say(step: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} … {step}", file=sys.stderr, flush=True)


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        help=f"what to measure, of {', '.join(PARTS)}; everything by default",
    )
    parser.add_argument(
        "--out", type=Path, default=RESULTS, metavar="FILE", help="the table (default: %(default)s)"
    )
    found = parser.parse_args(arguments)
    if unknown := [part for part in found.parts if part not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}")
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write the table."""
    given = options(arguments)
    rows: list[Row] = []
    missing: list[str] = []
    with tempfile.TemporaryDirectory(prefix="hopthu-bench-") as folder:
        for name, part in PARTS.items():
            if given.parts and name not in given.parts:
                continue
            try:
                rows += part(Path(folder), _say)
            except SystemExit as error:  # what the others tell is not lost for it
                missing.append(f"{name}: {error}")
            given.out.write_text(report(rows, missing), encoding="utf-8")
    print(report(rows, missing))
    if missing:
        sys.exit(1)


if __name__ == "__main__":
    main()
