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
    "locked": ("the lock of Lê Văn Bình begins on", "Lê Văn Bình bị khóa từ ngày"),
    "retired": ("Lê Văn Bình leaves on", "Lê Văn Bình thôi công tác từ ngày"),
    "died": ("Lê Văn Bình leaves on", "Lê Văn Bình thôi công tác từ ngày"),
    "moved": ("the post of Lê Văn Bình there ends on", "Lê Văn Bình công tác ở đó đến hết ngày"),
}

ROWS = {"locked": ("locked", DAY), "retired": ("left", ""), "died": ("left", ""),
        "moved": ("posts", DAY)}  # fmt: skip


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
    ended(root, how)
    row = dict(zip(("record", "list", "key"), ("le-van-binh", *ROWS[how]), strict=True))
    for language, said in zip(("en", "vi"), SAID[how], strict=True):
        code, text = ran(root, capsys, "plan", "--on", on, "--lang", language)
        assert 0 == code, text
        assert f"{said}" in text
        assert "le-van-binh) (unit-without-custodian)" in text
        code, text = ran(
            root, capsys, "plan", "--on", on, "--lang", language, "--format", "markdown"
        )
        assert (0, True) == (code, "le-van-binh) (unit-without-custodian)" in text)
    code, text = ran(root, capsys, "plan", "--on", on, "--format", "json")
    guards = [each for each in json.loads(text)["guards"] if each["id"] == "unit-without-custodian"]
    assert [("unit-without-custodian", "so-tai-chinh", True, DAY, [row])] == [
        (g["id"], g["scope"], g["passed"], g["from"], g["because"]) for g in guards
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
        assert {"unit-has-head"} == {*rules(said)} - {"document-cited-again"}


COLLEAGUES = "".join(
    f"- id: {key}\n  name: {name}\n  category: civil_servant\n  mailbox: {{address: {address}}}\n"
    "  posts:\n    - {unit: so-tai-chinh, title: Chuyên viên, from: 2019-05-06, "
    "decision: qd-77-stc-2019, request: cv-40-stc-2019}\n"
    for key, name, address in (
        ("tran-thi-ha", "Trần Thị Hà", "hatt"), ("tran-thi-hai", "Trần Thị Hải", "haitt"),
    )
)  # fmt: skip
AUTHORISED = "- {id: guq-97-stc-2026, kind: authorisation, number: 97/GUQ-STC, issuer: so-tai-chinh, date: 2026-11-01}\n"  # noqa: E501
DELEGATES = (
    "  delegates:\n"
    "    - {person: tran-thi-hai, from: 2026-11-02, until: 2028-11-01, decision: guq-97-stc-2026}\n"
)
HEAD = "    - {person: le-van-binh, from: 2025-03-01, decision: qd-210-ubnd-2025, request: cv-31-stc-2025}\n"  # noqa: E501
NEXT = f"    - {{person: tran-thi-ha, from: {DAY}, {BASIS}}}\n"
TERM = f"    - {{person: tran-thi-ha, from: {DAY}, until: 2027-05-31, {BASIS}}}\n"
ACTING = TERM.replace("ha,", "ha, acting: true,")
HIS_POST = f"    - {POST}, decision: qd-210-ubnd-2025, request: cv-31-stc-2025}}\n"
Edit = dict[str, tuple[str, str]]
"""The texts that an edit replaces: in which file, and by what."""


def after(line: str, added: str) -> tuple[str, str]:
    return line, line + added


def rewritten(root: Path, edit: Edit) -> None:
    for name, (old, new) in edit.items():
        file = root / "data" / f"{name}.yaml"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def staffed(root: Path) -> Path:
    """Return the repository with two more people in the department of the head."""
    rewritten(root, {"people": ("- id: tran-thi-hoan\n", f"{COLLEAGUES}- id: tran-thi-hoan\n")})
    commit(root)
    return root


NEXT_RECORD = "- id: tran-thi-hai\n"
SHE_LEAVES = (NEXT_RECORD, f"  left: {{how: retired, on: 2027-06-01, {BASIS}}}\n{NEXT_RECORD}")
SHE_IS_LOCKED = (NEXT_RECORD, f"  locked:\n    - {{from: 2027-06-01, {BASIS}}}\n{NEXT_RECORD}")
NOTHING: Edit = {}
DELEGATED = {"units": after(HEAD, DELEGATES)}
SUCCESSIONS: dict[str, tuple[Edit, Edit, str]] = {
    "a head for a term": (NOTHING, {"units": after(HEAD, TERM)}, "heads"),
    "a head who retires": (
        {"people": SHE_LEAVES},
        {"units": after(HEAD, NEXT)},
        "left",
    ),
    "a head who is locked": (
        {"people": SHE_IS_LOCKED},
        {"units": after(HEAD, NEXT)},
        "locked",
    ),
    "an acting head after a death": (
        NOTHING,
        {"people": after(HIS_POST, ENDINGS["died"]), "units": after(HEAD, ACTING)},
        "heads",
    ),
    "an acting head after a death, with a delegate": (
        DELEGATED,
        {"people": after(HIS_POST, ENDINGS["died"]), "units": after(HEAD, ACTING)},
        "heads",
    ),
    "an acting head after a move": (
        NOTHING,
        {"people": after(HIS_POST, ENDINGS["moved"]), "units": after(HEAD, ACTING)},
        "heads",
    ),
    "an acting head after a move, with a delegate": (
        DELEGATED,
        {"people": after(HIS_POST, ENDINGS["moved"]), "units": after(HEAD, ACTING)},
        "heads",
    ),
    "an acting head in a vacancy, with a delegate": (
        {**DELEGATED, "people": after(HIS_POST, ENDINGS["died"].replace(DAY, "2026-11-25"))},
        {"units": after(HEAD, ACTING)},
        "heads",
    ),
}


@pytest.mark.parametrize("how", SUCCESSIONS)
def test_the_end_of_who_follows_is_a_reason(staffed: Path, how: str, capsys: Capture) -> None:
    """What is dated of the last custodian explains it, whoever had the mailbox before them."""
    base, edit, field = SUCCESSIONS[how]
    documents = staffed / "data" / "documents.yaml"
    lines = f"{documents.read_text(encoding='utf-8')}{AUTHORISED}".strip().split("\n")
    documents.write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")
    rewritten(staffed, base)
    commit(staffed)
    rewritten(staffed, edit)
    code, said = ran(staffed, capsys, "plan", "--on", "2026-11-29", "--format", "json")
    found = [g for g in json.loads(said)["guards"] if g["id"] == "unit-without-custodian"]
    assert [(0, True, "2027-06-01", [field])] == [
        (code, g["passed"], g["from"], [row["list"] for row in g["because"]]) for g in found
    ]


@pytest.mark.parametrize("on", [EARLIER, "2027-06-01"])
def test_check_warns_of_the_end_of_a_term(staffed: Path, on: str, capsys: Capture) -> None:
    """At the row that has it, from the edit on, and as long as nobody follows."""
    rewritten(staffed, {"units": after(HEAD, TERM)})
    if on != EARLIER:
        commit(staffed)
    code, text = ran(staffed, capsys, "check", "--on", on, "--format", "json")
    problems = [p for p in json.loads(text)["problems"] if p["rule"] == "unit-has-head"]
    lines = (staffed / "data" / "units.yaml").read_text(encoding="utf-8").splitlines()
    assert [("so-tai-chinh", TERM.strip())] == [
        (p["subject"], lines[p["line"] - 1].strip()) for p in problems
    ]
    assert 0 == code, text


@pytest.mark.parametrize("also", [False, True])
def test_a_loss_that_is_explained_hides_no_other(
    staffed: Path, also: bool, capsys: Capture
) -> None:
    """A next head who is locked for good, and the present one for one day before that."""
    rewritten(staffed, {"people": SHE_IS_LOCKED})
    commit(staffed)
    late = NEXT.replace(DAY, "2027-06-01")
    one_day = f"  locked:\n    - {{from: {DAY}, until: {DAY}, {BASIS}}}\n"
    rewritten(staffed, {"units": after(HEAD, late)})
    if also:
        rewritten(staffed, {"people": after(HIS_POST, one_day)})
    code, said = ran(staffed, capsys, "plan", "--on", "2026-11-29")
    assert 3 == code, said
    assert "from 2027-06-01 on, and no dated row says why" in said


def test_a_lock_explains_nothing_of_who_no_longer_holds_the_office(
    staffed: Path, capsys: Capture
) -> None:
    """The old head is locked too on the day on which a head follows who is locked for good."""
    rewritten(staffed, {"people": SHE_IS_LOCKED})
    commit(staffed)
    one_day = f"  locked:\n    - {{from: 2027-06-01, until: 2027-06-01, {BASIS}}}\n"
    rewritten(
        staffed,
        {"units": after(HEAD, NEXT.replace(DAY, "2027-06-01")), "people": after(HIS_POST, one_day)},
    )
    code, said = ran(staffed, capsys, "plan", "--on", "2026-11-29")
    assert 3 == code, said


def test_a_post_elsewhere_for_a_day_is_said_as_it_is(staffed: Path, capsys: Capture) -> None:
    """They work there again; only the office is over."""
    back = TO.replace(DAY, "2026-12-02").replace("van-phong-ubnd-tinh", "so-tai-chinh")
    rewritten(staffed, {"people": after(HIS_POST, TO + back)})
    code, said = ran(staffed, capsys, "plan", "--on", "2026-11-29")
    assert 0 == code, said
    assert "the post of Lê Văn Bình there ends on 2026-11-30" in said
