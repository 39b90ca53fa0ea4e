"""Measure `hopthu import` of a whole province, and passwords: `python benchmarks/personnel.py`.

The list has everybody of a generated province, as a workbook of the usual columns; the data has its
units but for some, without heads and delegates, and nobody yet. The second import finds everybody
there.

Passwords and slips are made for some of its units, and compared with their hashes alone; setting
them in a directory is not part of it.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from benchmarks.rows import Row, against, table
from benchmarks.workbook import Value, workbook
from hopthu.credentials import slips
from hopthu.credentials.issued import changes, deadline, make
from hopthu.credentials.printing import Printing
from hopthu.credentials.selection import by_unit
from hopthu.desired.state import desired
from hopthu.directory.passwords import directory_hash, spoken_password
from hopthu.i18n.message import Message
from hopthu.validate import read

BASIS = "qd-1-adoption-2026"
NEW_UNITS = 600
"""So many units are only in the list."""
LIMIT = 60
"""The most seconds an import may take."""
ISSUED, AS_LONG = 3_000, 1.3
"""For about so many people passwords are made, which may take so many times their hashes alone."""
_HEADER = ("STT", "Họ và tên", "Ngày sinh", "Chức vụ", "Cơ quan", "Đơn vị", "Loại", "Từ ngày")
_CATEGORIES = {"cadre": "Cán bộ", "civil_servant": "Công chức", "public_employee": "Viên chức"}
_ADOPTION = (
    f"- {{id: {BASIS}, kind: adoption, number: 9999/QĐ-VPUBND, issuer: van-phong-ubnd-tinh, "
    "date: 2026-09-01}\n"
)
_NEW = re.compile(r"- id: (\S+)\n(?:  .*\n)*?  kind: (?:school|health_station)\n(?:  .*\n)*")
_ISSUER = re.compile(r"issuer: ([^\s,}]+)")
_OFFICES = re.compile(r"  (?:heads|delegates):\n(?:    .*\n)+")


def prepare(out: Path, people: int) -> Path:
    """Write a province without its people to `out`, and the list of them; return the list."""
    program = [sys.executable, str(Path(__file__).with_name("province.py"))]
    chosen = ["--people", str(people), "--out", str(out)]
    subprocess.run([*program, *chosen], check=True, stdout=subprocess.DEVNULL)
    data, units = out / "data", out / "data" / "units.yaml"
    files = sorted([*data.glob("people/*.yaml"), *data.glob("people.yaml")])
    records = [record for file in files for record in _load(file)]
    path = out / "list.xlsx"
    path.write_bytes(workbook({"Danh sách": [_HEADER, *_rows(records, _load(units))]}))
    for file in files:
        file.write_text("[]\n", encoding="utf-8")
    text = _OFFICES.sub("", units.read_text(encoding="utf-8"))
    new = {found[1] for found in islice(_NEW.finditer(text), NEW_UNITS)}
    units.write_text(_NEW.sub("", text, NEW_UNITS), encoding="utf-8")
    for file in data.glob("documents/*.yaml"):
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = (line for line in lines if not new & {*_ISSUER.findall(line)})
        file.write_text("".join(kept) or "[]\n", encoding="utf-8")
    documents = next(data.glob("documents/2026.yaml"), data / "documents.yaml")
    with documents.open("a", encoding="utf-8") as papers:
        papers.write(_ADOPTION)
    return path


def _load(path: Path) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    return records


def _rows(
    people: Sequence[dict[str, Any]], units: Sequence[dict[str, Any]]
) -> Iterator[Sequence[Value]]:
    """Yield a row for everybody who has not left, with the department or commune and the unit."""
    known = {unit["id"]: unit for unit in units}
    staying = [person for person in people if "left" not in person]
    for number, person in enumerate(staying, start=1):
        post = next(p for p in reversed(person["posts"]) if p.get("main", True))
        unit = top = known[post["unit"]]
        while "parent" in known[top["parent"]]:
            top = known[top["parent"]]
        started = post["from"]
        yield (
            number, person["name"], date(1980, 1, 1), post["title"], top["name"],
            None if unit is top else unit["name"], _CATEGORIES[person["category"]],
            started if isinstance(started, date) else date.fromisoformat(started),
        )  # fmt: skip


def measure(folder: Path, say: Callable[[str], None], people: int = 61_000) -> list[Row]:
    """Review and import twice, from a cold cache; the second time must change nothing."""
    root, review = folder / "import", folder / "review.xlsx"
    say(f"review and import of {people} people")
    path = prepare(root, people)
    reviewed = _run(root, "import", str(path), "--review", str(review))
    _tick(review)
    first = _run(root, "import", str(review), "--basis", BASIS)
    written = _state(root)
    second = _run(root, "import", str(review), "--basis", BASIS)
    if written != _state(root):
        sys.exit("the second import changed the data")
    return [
        against(f"review of {people:,} people", reviewed, LIMIT, "limit"),
        against(f"import of {people:,} people", first, LIMIT, "limit"),
        against(f"import of {people:,} people, again", second, LIMIT, "limit"),
        _issue(root, folder / "slips", say),
    ]


def _tick(review: Path) -> None:
    """Tick every unit, and take everybody, as a person does in the sheets."""
    with zipfile.ZipFile(review) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    units, people = (f"xl/worksheets/sheet{number}.xml" for number in (3, 4))
    parts[units] = _put(parts[units], "R", rb"[0-9]+", b"x")
    open_ = b"|".join(re.findall(rb'<c r="L([0-9]+)"[^>]*><is><t>\?<', parts[people]))
    if open_:
        parts[people] = _put(parts[people], "L", open_, "Có".encode())
        parts[people] = _put(parts[people], "Q", open_, b"1")
    with zipfile.ZipFile(review, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def _put(sheet: bytes, column: str, rows: bytes, value: bytes) -> bytes:
    """Return a sheet with a value in the cells of a column, blank or with `?`, of some rows."""
    name = column.encode()
    odd = rb'<c r="%b(%b)" s="[0-9]+"(?:/>| t="inlineStr"><is><t>\?</t></is></c>)' % (name, rows)
    cell = rb'<c r="%b\g<1>" t="inlineStr"><is><t>%b</t></is></c>' % (name, value)
    return re.sub(odd, cell, sheet)


def _issue(root: Path, into: Path, say: Callable[[str], None]) -> Row:
    """Make passwords and slips of every so manieth unit; before and after, hash alone."""
    day = date(2026, 11, 26)
    loaded = read(root, day)
    found = desired(loaded.organisation, loaded.policy, day).mailboxes
    units = list(by_unit([each for each in found if each.kind == "personal"]))
    step = max(1, sum(len(people) for _, people in units) // ISSUED)
    chosen = [each for _, people in units[::step] for each in people]
    say(f"passwords of {len(chosen)} people")
    until = deadline(loaded.policy, datetime.now(UTC))
    issuing = slips.issued_by(loaded.organisation, loaded.policy.operator)
    occasion = slips.Occasion(
        loaded.policy.domain,
        until,
        Message("a decision"),
        reset=False,
        day=day,
        by=issuing,
        regulation=loaded.policy.regulation,
    )
    hashing = [_hash_alone(len(chosen))]
    started = time.monotonic()
    printing = Printing(slips.prepare(into, root, [unit for unit, _ in units[::step]]), occasion)
    made = make(chosen, printing.draft)
    changes(made, loaded.policy.domain, until)
    failed = list(printing.write(made))
    took = time.monotonic() - started
    hashing.append(_hash_alone(len(chosen)))
    if failed:
        sys.exit(f"slips could not be written: {failed[0]}")
    what = f"passwords and slips of {len(chosen):,} people"
    return against(what, took, AS_LONG * sum(hashing) / 2, f"{AS_LONG} x hashes alone")


def _hash_alone(number: int) -> float:
    """Return the seconds that so many hashes take on all cores."""
    words = [spoken_password() for _ in range(number)]
    started = time.monotonic()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(directory_hash, words))
    return time.monotonic() - started


def _run(root: Path, *arguments: str) -> float:
    """Run hopthu; return the seconds that it takes."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "hopthu", *arguments, "--root", str(root)],
        env={**os.environ, "XDG_CACHE_HOME": str(root / "cache")},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"the import ended with {done.returncode}:\n{done.stdout[-2000:]}")
    print(done.stdout.splitlines()[-1], file=sys.stderr)
    return time.monotonic() - started


def _state(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (root / "data").rglob("*.yaml")}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description="Measure `hopthu import`.")
    parser.add_argument("--people", type=int, default=61_000)
    people = parser.parse_args().people
    with tempfile.TemporaryDirectory(prefix="hopthu-bench-") as folder:
        rows = measure(Path(folder), lambda step: print(f"… {step}", file=sys.stderr), people)
    print(table(rows))


if __name__ == "__main__":
    main()
