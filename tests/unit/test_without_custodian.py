"""A unit left without custodian, as `check` and `plan` report it: on the day and before it."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hopthu.cli import main
from rule_pages import BASE

Capture = pytest.CaptureFixture[str]
DAY, EARLIER = "2026-12-01", "2026-11-25"
BASIS = "decision: qd-95-ubnd-2026, request: cv-96-vpubnd-2026"
DOCUMENTS = """\
- {id: cv-96-vpubnd-2026, kind: request, number: 96/VPUBND-TCHC, issuer: van-phong-ubnd-tinh, date: 2026-11-24}
- {id: qd-95-ubnd-2026, kind: decision, number: 95/QĐ-UBND, issuer: ubnd-tinh, date: 2026-11-23}
"""  # noqa: E501
POST = "{unit: so-tai-chinh, title: Giám đốc, from: 2025-03-01"
TO = f"    - {{unit: van-phong-ubnd-tinh, title: Phó Chánh Văn phòng, from: {DAY}, {BASIS}}}\n"
ENDINGS = {
    "locked": f"  locked:\n    - {{from: {DAY}, {BASIS}}}\n",
    "retired": f"  left: {{how: retired, on: {DAY}, {BASIS}}}\n",
    "died": f"  left: {{how: died, on: {DAY}, {BASIS}}}\n",
    "moved": TO,
}
SAID = {
    "locked": ("le-van-binh has been locked since", "le-van-binh bị khóa từ ngày"),
    "retired": ("le-van-binh left on", "le-van-binh"),
    "died": ("le-van-binh left on", "le-van-binh"),
    "moved": ("le-van-binh has not worked there since", "le-van-binh"),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository in which one department has a head and no delegate."""
    shutil.copytree(BASE, tmp_path / "mail")
    documents = tmp_path / "mail" / "data" / "documents.yaml"
    text = documents.read_text(encoding="utf-8")
    documents.write_text("\n".join(sorted(f"{text}{DOCUMENTS}".strip().split("\n"))) + "\n")
    subprocess.run(["git", "init", "-q", str(tmp_path / "mail")], check=True)
    commit(tmp_path / "mail")
    return tmp_path / "mail"


def ended(root: Path, how: str) -> int:
    """Write that the head is gone; return the line of the row."""
    people = root / "data" / "people.yaml"
    lines = people.read_text(encoding="utf-8").splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if POST in line) + 1
    lines.insert(at, ENDINGS[how])
    people.write_text("".join(lines), encoding="utf-8")
    return at + ENDINGS[how].count("\n")


def commit(root: Path) -> None:
    git = ["git", "-C", str(root), "-c", "user.name=T", "-c", "user.email=t@example.vn"]
    for words in (["add", "."], ["commit", "-qm", "Begin"]):
        subprocess.run([*git, *words], check=True)


def rules(said: str) -> list[str]:
    """Return the rules of the problems that `check` printed."""
    return re.findall(r"\[([a-z-]+), ", said)


def ran(root: Path, capsys: Capture, *words: str) -> tuple[int, str]:
    capsys.readouterr()
    return main([*words, "--root", str(root)]), capsys.readouterr().out


@pytest.mark.parametrize("how", ENDINGS)
@pytest.mark.parametrize("on", [EARLIER, DAY])
def test_the_plan_passes_and_names_the_row(root: Path, how: str, on: str, capsys: Capture) -> None:
    """In text, Markdown and JSON, in both languages, from the day of the pull request on."""
    place = f"data/people.yaml:{ended(root, how)}"
    for language, said in zip(("en", "vi"), SAID[how], strict=True):
        code, text = ran(root, capsys, "plan", "--on", on, "--lang", language)
        assert 0 == code, text
        assert f"{said}" in text
        assert f"({place})" in text
        code, text = ran(
            root, capsys, "plan", "--on", on, "--lang", language, "--format", "markdown"
        )
        assert (0, True) == (code, place in text.replace("\\", ""))
    code, text = ran(root, capsys, "plan", "--on", on, "--format", "json")
    guards = [each for each in json.loads(text)["guards"] if each["id"] == "unit-without-custodian"]
    assert [("unit-without-custodian", "so-tai-chinh", True, DAY, [place])] == [
        (g["id"], g["scope"], g["passed"], g["from"], [row["place"] for row in g["because"]])
        for g in guards
    ]


@pytest.mark.parametrize("how", ENDINGS)
@pytest.mark.parametrize("on", [EARLIER, DAY])
def test_check_warns_at_the_row(root: Path, how: str, on: str, capsys: Capture) -> None:
    """Ahead, on the day and as long as nobody follows."""
    line = ended(root, how)
    code, text = ran(root, capsys, "check", "--on", on, "--format", "json")
    found = [p for p in json.loads(text)["problems"] if p["rule"] == "unit-has-head"]
    assert (0, ["so-tai-chinh"]) == (code, [p["subject"] for p in found])
    place = f"{found[0]['file']}:{found[0]['line']}"
    assert f"data/people.yaml:{line}" == place


def test_a_headship_written_over_is_refused(root: Path, capsys: Capture) -> None:
    """Whatever `check` says of the edit: the guard is a second lock."""
    units = root / "data" / "units.yaml"
    text = units.read_text(encoding="utf-8")
    row = next(line for line in text.splitlines(keepends=True) if "person: le-van-binh" in line)
    units.write_text(text.replace(f"  heads:\n{row}", ""), encoding="utf-8")
    code, text = ran(root, capsys, "plan", "--on", DAY, "--base", "HEAD")
    assert code != 0


@pytest.mark.parametrize("how", ["retired", "died", "moved"])
@pytest.mark.parametrize("at_once", [True, False])
def test_the_headship_may_be_closed_as_the_fix_says(
    root: Path, how: str, at_once: bool, capsys: Capture
) -> None:
    """With the end itself or afterwards, on no further document; no second error follows."""
    ended(root, how)
    if not at_once:
        commit(root)
    units = root / "data" / "units.yaml"
    text = units.read_text(encoding="utf-8")
    closed = text.replace("person: le-van-binh,", "person: le-van-binh, until: 2026-11-30,")
    units.write_text(closed, encoding="utf-8")
    for on in (EARLIER, DAY, "2026-12-20"):
        code, said = ran(root, capsys, "check", "--on", on, "--base", "HEAD")
        assert 0 == code, said
        assert ["unit-has-head"] == rules(said)
