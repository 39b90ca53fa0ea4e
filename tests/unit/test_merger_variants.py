"""Mistakes in the reorganisation of 2025 are refused where they stand.

Those that test_merger_commands.py runs through the commands are not repeated here.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from test_reform_2025 import DAY

from benchmarks.reform import Official, Reform, Unit, write
from hopthu.load import load
from hopthu.validate import between, validate

pytestmark = pytest.mark.slow

Files = Mapping[str, str]
RETIREMENT = (
    "- {id: qd-99-ubnd-2025, kind: decision, number: 99/QĐ-UBND, issuer: ubnd-tinh, "
    "date: 2025-06-16}\n"
)
RETIRED = "decision: qd-99-ubnd-2025, request: cv-851-vpubnd-2025"


@pytest.fixture(scope="module")
def reform() -> Reform:
    return Reform()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reform") / "before"
    write(folder, before=True)
    return folder


def record(text: str, key: str) -> str:
    """Return the text of a record."""
    found = re.search(rf"^- id: {key}\n(?:  .*\n)*", text, re.MULTILINE)
    assert found, key
    return found[0]


def changed(files: Files, kind: str, key: str, change: Callable[[str], str]) -> Files:
    """Return the files with one record changed."""
    old = record(files[kind], key)
    new = change(old)
    assert old != new
    return {**files, kind: files[kind].replace(old, new)}


def laid(root: Path, files: Files) -> Path:
    (root / "data").mkdir(parents=True)
    for kind, text in files.items():
        (root / "data" / f"{kind}.yaml").write_text(text, encoding="utf-8")
    return root


def refusals(base: Path, root: Path) -> set[str]:
    """Return the errors and warnings, as rule and line."""
    found = [*validate(load(root), DAY), *between(load(base), load(root), DAY)]
    return {f"{problem.rule} {problem.file}:{problem.line}" for problem in found}


def place(files: Files, kind: str, key: str, line: str, number: int = 0) -> str:
    """Return file and line of the line of a record that begins so, the n-th from 0."""
    text = files[kind]
    start = text[: text.index(record(text, key))].count("\n") + 1
    lines = record(text, key).splitlines()
    found = [n for n, each in enumerate(lines) if each.startswith(line)]
    return f"data/{kind}.yaml:{start + found[number]}"


def moved(text: str) -> str:
    """Return the text of a person without the post they have from the day on."""
    return re.sub(rf"    - .* from: {DAY},.*\n", "", text)


@pytest.fixture(scope="module")
def merged(reform: Reform) -> Unit:
    """Return a commune that was merged whole."""
    return next(unit for unit in reform.units.values() if len(unit.into) == 1)


def staff(reform: Reform, unit: Unit) -> list[Official]:
    return [person for person in reform.people if person.before == unit.id]


def test_a_commune_is_forgotten(reform: Reform, base: Path, merged: Unit, tmp_path: Path) -> None:
    """Its district ends, and it does not."""
    files = changed(
        reform.written(), "units", merged.id, lambda text: re.sub(r"  ended: .*\n", "", text)
    )
    found = refusals(base, laid(tmp_path / "forgotten", files))
    assert f"within-unit-life {place(files, 'units', merged.id, '  parent:')}" in found


def test_delegations_are_open(reform: Reform, base: Path, merged: Unit, tmp_path: Path) -> None:
    """They end with the unit, whatever is written; none begins after it."""
    files = reform.written()
    delegate = staff(reform, merged)[1]
    row = f"{{person: {delegate.id}, from: 2024-01-08, until: 2025-12-31, decision: guq-9-2024}}"
    paper = (
        "- {id: guq-9-2024, kind: authorisation, number: 09/GUQ-UBND, "
        f"issuer: {merged.id}, date: 2024-01-08}}\n"
    )
    documents = files["documents"].replace("- {id: nq", f"{paper}- {{id: nq", 1)
    files = {**files, "documents": documents}
    files = changed(
        files,
        "units",
        merged.id,
        lambda text: text.replace("  ended:", f"  delegates: [{row}]\n  ended:"),
    )
    open_ = laid(tmp_path / "open", files)
    assert set() == refusals(base, open_)
    late = {**files, "units": files["units"].replace("from: 2024-01-08", "from: 2025-07-02")}
    found = refusals(base, laid(tmp_path / "late", late))
    assert f"within-unit-life {place(late, 'units', merged.id, '  delegates:')}" in found


def test_two_communes_have_one_address(reform: Reform, base: Path, tmp_path: Path) -> None:
    """The second one is blamed."""
    one, other = [unit for unit in reform.units.values() if unit.new][:2]
    files = changed(
        reform.written(),
        "units",
        one.id,
        lambda text: text.replace(f"address: {one.address}}}", f"address: {other.address}}}"),
    )
    found = refusals(base, laid(tmp_path / "address", files))
    assert f"unique-address {place(files, 'units', one.id, '  mailbox:')}" in found
