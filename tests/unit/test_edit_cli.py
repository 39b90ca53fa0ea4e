"""What edit commands ask, refuse and leave alone."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from test_edit_commands import begun, root, run

import overlay
import terminal
from hopthu.app import edit
from hopthu.app.workspace import Workspace
from hopthu.app.writing import replace_data
from hopthu.cli import edits
from hopthu.editing.draft import Draft
from pipelines import commit

pytestmark = pytest.mark.slow

__all__ = ["begun", "root"]
Said = pytest.CaptureFixture[str]
DECISION = ("--decision-number", "361/QĐ-SNV", "--decision-issuer", "so-noi-vu",
            "--decision-date", "2026-11-20")  # fmt: skip
REQUEST = ("--request-number", "362/SNV-VP", "--request-issuer", "so-noi-vu",
           "--request-date", "2026-11-23")  # fmt: skip
LEAVE = ("person", "leave", "le-van-bay", "--how", "retired", "--from", "2026-12-01")
WHOLE = (*LEAVE, *DECISION, *REQUEST)
LOCK = ("--request-number", "352/SNgV-VP", "--request-issuer", "so-ngoai-vu", "--request-date",
        "2026-11-25")  # fmt: skip
MERGE = ("--decision-number", "391/NQ-HĐND", "--decision-issuer", "hdnd-tinh",
         "--decision-date", "2026-11-20", "--request-number", "392/VPUBND-TCHC",
         "--request-issuer", "van-phong-ubnd-tinh", "--request-date", "2026-11-23")  # fmt: skip
AWAY = ("--unit", "van-phong-ubnd-tinh", "--title", "Phó Chánh Văn phòng", "--from", "2026-12-01",
        "--decision-number", "331/QĐ-UBND", "--decision-issuer", "ubnd-tinh",
        "--decision-date", "2026-11-20", "--request-number", "332/SNgV-VP",
        "--request-issuer", "so-ngoai-vu", "--request-date", "2026-11-23")  # fmt: skip


@pytest.fixture
def before(root: Path) -> overlay.Files:
    return overlay.read(root)


def test_a_missing_fact_is_named(root: Path, before: overlay.Files, capsys: Said) -> None:
    """Where there is no terminal to ask on: the option, and exit 2."""
    given = [*LEAVE, *DECISION, *REQUEST]
    for option in ("--how", "--from", "--decision-issuer", "--decision-date", "--request-date"):
        at = given.index(option)
        assert 2 == run(root, [*given[:at], *given[at + 2 :], "--yes"])
        said = capsys.readouterr()
        missing = f"error: {option} is missing, and there is no terminal to ask on"
        assert f"{missing}\n  fix: add {option}\n" == said.err
        assert not said.out
    assert 2 == run(root, [*LEAVE, *DECISION, "--yes"])
    assert (
        "error: --request is missing, and there is no terminal to ask on\n  fix: give --request "
        "and the id of a document in the data, or --request-number of a new one\n"
    ) == capsys.readouterr().err
    assert before == overlay.read(root)


def test_nothing_is_written_without_consent(
    root: Path, before: overlay.Files, capsys: Said
) -> None:
    """Without a terminal it takes --yes; --dry-run prints the diff, which git takes."""
    assert 3 == run(root, WHOLE)
    assert "error: there is no terminal to confirm on" in capsys.readouterr().err
    assert 0 == run(root, [*WHOLE, "--dry-run"])
    said = capsys.readouterr()
    assert not said.err
    assert before == overlay.read(root)
    subprocess.run(["git", "apply"], cwd=root, input=said.out, text=True, check=True)
    by_git = overlay.read(root)
    overlay.write(before, root)
    assert 0 == run(root, [*WHOLE, "--yes"])
    assert by_git == overlay.read(root) != before


def test_what_check_refuses_is_not_written(root: Path, before: overlay.Files, capsys: Said) -> None:
    """Neither with --yes; with --dry-run the findings do not mix with the diff."""
    old = ("--decision", "qd-2339-snv-2020", "--request", "cv-1029-snv-2020")
    assert 2 == run(root, [*LEAVE, *old, "--yes"])
    assert "2 errors, 2 warnings. Nothing was written." in capsys.readouterr().out
    assert 2 == run(root, [*LEAVE, *old, "--dry-run"])
    said = capsys.readouterr()
    assert said.out.startswith("--- a/data/people.yaml\n")
    assert "error" not in said.out
    assert "document-age" in said.err
    assert before == overlay.read(root)


def test_the_last_revision_is_compared_with(root: Path, capsys: Said) -> None:
    """What an edit may not do is judged as well; where nothing is committed there is no edit."""
    old = ("--decision", "qd-2339-snv-2020", "--request", "cv-1029-snv-2020", "--dry-run")
    assert 2 == run(root, [*LEAVE, *old])
    assert "document-age" in capsys.readouterr().err
    shutil.rmtree(root / ".git")
    assert 0 == run(root, [*LEAVE, *old])


def test_data_with_errors_is_not_written_to(root: Path, capsys: Said) -> None:
    """Of files that cannot be read, and of errors that were there before the edit."""
    people = root / "data/people.yaml"
    whole = people.read_text(encoding="utf-8")
    people.write_text(whole + "- [\n", encoding="utf-8")
    assert 2 == run(root, [*WHOLE, "--yes"])
    assert "[yaml-syntax" in capsys.readouterr().out
    people.write_text(whole.replace("le-van-bay\n", "le-van-bay\n  shoe: 43\n"), encoding="utf-8")
    assert 2 == run(root, [*WHOLE, "--yes"])
    assert "shoe" in capsys.readouterr().out
    assert "left" not in people.read_text(encoding="utf-8").split("le-van-bay", 1)[1][:300]


WRONG = [
    ("there is no person", ["person", "leave", "nobody"]),
    ("there is no person", ["person", "leave", "baylv\n"]),
    ("leaves on 2026-06-01 already", ["person", "leave", "tund"]),
    ("there is no unit", ["person", "transfer", "baylv", "--unit", "so-khong-co"]),
    ("there is no document", [*LEAVE, "--decision", "qd-1-x-2026"]),
    ("cannot be used together", [*WHOLE, "--decision", "qd-2339-snv-2020"]),
    ("is another document", [*WHOLE, "--decision-id", "qd-2339-snv-2020"]),
    ("there is no unit", [*LEAVE, *DECISION[:3], "so-khong-co", *DECISION[4:], *REQUEST]),
    ("is not a line of text", [*LEAVE, *DECISION[:1], "1/QĐ\nSNV"]),
    ("is not a line of text", ["person", "rename", "baylv", "--name", "Lê\u202e An"]),
    ("is not a line of text", ["person", "rename", "baylv", "--name", "Lê\udc80An"]),
    ("is not a line of text", ["person", "rename", "baylv", "--name", " "]),
    ("`name` of le-van-bay is", ["person", "rename", "baylv", "--name", "Lê Văn Bảy", *DECISION]),
    ("leaves on 2026-06-01 already", ["person", "lock", "tund", "--from", "2026-12-01"]),
    ("is locked from", ["person", "lock", "nguyen-tien-dung", "--from", "2026-12-01"]),
    ("is not locked beyond", ["person", "unlock", "baylv", "--until", "2026-12-01"]),
    ("no address can be made", ["person", "add", "×"]),
    ("the id le-van-bay is taken", ["person", "add", "Lê Văn Bảy", "--id", "le-van-bay"]),
    ('"../x" is not an id', ["person", "add", "Lê Văn Bảy", "--id", "../x"]),
    ("ends on 2025-03-01", ["unit", "rename", "so-ke-hoach-va-dau-tu", "--name", "Sở"]),
    ("ends on 2025-03-01", ["unit", "merge", "so-ke-hoach-va-dau-tu", "--into", "so-noi-vu"]),
    ("cannot merge into itself", ["unit", "merge", "so-y-te", "so-noi-vu", "--into", "so-y-te"]),
    ("two parts with =", ["unit", "split", "so-ngoai-vu", "--part", "so-noi-vu"]),
    (
        "le-van-bay is not in a unit that ends on 2026-12-01",
        ["unit", "merge", "so-ngoai-vu", "--into", "so-noi-vu", "--move", "baylv=so-y-te"],
    ),
    (
        "--title nguyen-thi-khue=TITLE is missing",
        ["unit", "merge", "so-ngoai-vu", "--into", "so-noi-vu"],
    ),
    (
        "--move le-bao-an=UNIT, --move nguyen-thi-khue=UNIT, --title nguyen-thi-khue=TITLE is",
        ["unit", "dissolve", "so-ngoai-vu"],
    ),
    ("--title is missing", ["unit", "head", "so-noi-vu", "le-bao-an"]),
    ("did you mean le-van-bay?", ["person", "leave", "Lê Văn Bảy"]),
    ("did you mean le-van-bay?", ["person", "leave", "le van bay"]),
    ("did you mean le-van-bay", ["person", "leave", "le-vn-bay"]),
    ("did you mean so-ngoai-vu", ["unit", "rename", "so-ngoai-vi", "--name", "Sở X"]),
    ("did you mean qd-2339-snv-2020", [*LEAVE, "--decision", "qd-2339-sv-2020"]),
    ("did you mean so-noi-vu", [*LEAVE, *DECISION[:3], "so-noi-vi", *DECISION[4:], *REQUEST]),
    ("UNIT is missing, and there is no terminal to ask on", ["unit", "rename", "--name", "Sở X"]),
    ("PERSON is missing, and", ["unit", "head", "so-noi-vu"]),
    ("NAME is missing, and", ["person", "add"]),
    ("the id le-van-bay is taken", [*WHOLE, "--decision-id", "le-van-bay"]),
    (
        "--title: nguyen-thi-khue is named twice",
        [
            "unit",
            "merge",
            "so-ngoai-vu",
            "--into",
            "so-noi-vu",
            "--title",
            "khuent=A",
            "--title",
            "nguyen-thi-khue=B",
        ],
    ),
]
REST = {
    "--from": "2026-12-01", "--unit": "so-y-te", "--title": "Chuyên viên",
    "--category": "cadre",
}  # fmt: skip
TAKES = {
    "person add": ("--from", "--unit", "--title", "--category"),
    "person transfer": ("--from", "--unit", "--title"),
    "person lock": (), "person rename": (), "person unlock": (), "unit rename": (),
}  # fmt: skip


@pytest.mark.parametrize(("why", "arguments"), WRONG)
def test_what_cannot_be_is_refused(
    why: str, arguments: Sequence[str], root: Path, before: overlay.Files, capsys: Said
) -> None:
    """With the reason, exit 2, and nothing written."""
    rest: list[str] = []
    for option in TAKES.get(" ".join(arguments[:2]), ("--from",)):
        if option not in arguments:
            rest += (option, REST[option])
    if "--decision" not in arguments and "--decision-number" not in arguments:
        rest += DECISION
    if arguments[1] == "leave" and "--how" not in arguments:
        rest += ("--how", "retired")
    if "--request-number" not in arguments:
        rest += REQUEST
    assert 2 == run(root, [*arguments, *rest, "--yes"])
    said = capsys.readouterr()
    assert why in said.err
    assert before == overlay.read(root)


HOSTILE = [
    "Trưởng phòng: #1", '"Trưởng phòng"', "'Trưởng", "{Trưởng}", "[Trưởng]", "- Trưởng", "&a *b",
    "! Trưởng", "| x", "Trưởng # phòng", "null", "true", "x" * 5000, "\\n", "%s {0}", "<b>", "`x`",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("title", HOSTILE, ids=lambda title: title[:20])
def test_any_title_is_quoted_or_refused(title: str, root: Path, capsys: Said) -> None:
    """The file can always be read: what is not a title is refused by the rules."""
    arguments = ["person", "transfer", "baylv", "--unit", "so-y-te", "--title", title, "--from",
                 "2026-12-01", "--decision-number", "311/QĐ-UBND", "--decision-issuer",
                 "ubnd-tinh", "--decision-date", "2026-11-20", *REQUEST]  # fmt: skip
    code = run(root, [*arguments, "--yes"])
    said = capsys.readouterr()
    assert code in (0, 2)
    assert "[yaml-" not in said.out
    assert "Traceback" not in said.err
    assert (code == 0) == (title in ("null", "true"))
    assert 0 == run(root, ["check"])


def test_a_document_is_added_once(root: Path, before: overlay.Files) -> None:
    """One of the same number, issuer and day is cited by the id it has."""
    assert 0 == run(root, [*WHOLE, "--yes"])
    documents = (root / "data/documents.yaml").read_bytes()
    other = ("person", "leave", "dang-thi-my-duyen", "--how", "resigned", "--from", "2026-12-02")
    assert 0 == run(root, [*other, *DECISION, *REQUEST, "--yes"])
    assert documents == (root / "data/documents.yaml").read_bytes() != before["data/documents.yaml"]


def test_values_are_said_as_people_say_them(root: Path) -> None:
    """In Vietnamese, with the day first; the data have their own words and ISO dates."""
    said = [*LEAVE[:3], "--how", "Nghỉ hưu", "--from", "1/12/2026", *DECISION[:4],
            "--decision-date", "20/11/2026", *REQUEST, "--yes"]  # fmt: skip
    assert 0 == run(root, said)
    files = overlay.read(root)
    left = "left: {how: retired, on: 2026-12-01, decision: qd-361-snv-2026"
    assert left in files["data/people.yaml"].decode()
    assert "issuer: so-noi-vu, date: 2026-11-20}" in files["data/documents.yaml"].decode()
    commit(root, "Leave")
    hire = ["person", "add", "Trần Thị Hoài Thu", "--unit", "so-noi-vu", "--title", "Chuyên viên",
            "--category", "công chức", "--from", "01.12.2026",
            "--decision-number", "362/QĐ-SNV", *DECISION[2:],
            "--request-number", "363/SNV-VP", *REQUEST[2:], "--yes"]  # fmt: skip
    assert 0 == run(root, hire)
    assert "name: Trần Thị Hoài Thu\n  category: civil_servant" in (
        overlay.read(root)["data/people.yaml"].decode()
    )
    commit(root, "Hire")
    created = ["unit", "add", "Trung tâm Dữ liệu số", "--kind", "Trung tâm", "--parent",
               "ubnd-tinh", "--short", "TTDLS", "--from", "1/12/2026", *MERGE, "--yes"]  # fmt: skip
    assert 0 == run(root, created)
    assert "kind: centre" in overlay.read(root)["data/units.yaml"].decode().split("TTDLS")[1][:40]


def test_two_new_documents_are_never_taken_for_one(root: Path, capsys: Said) -> None:
    """Of the same number but another day: each has an id, and `check` sees both."""
    add = ["unit", "add", "Trung tâm X", "--short", "TTX", "--kind", "centre", "--parent",
           "ubnd-tinh", "--from", "2026-12-01", "--head", "anlb", "--title", "Giám đốc",
           "--decision-number", "381/QĐ-UBND", "--decision-issuer", "ubnd-tinh",
           "--decision-date", "2026-11-20", "--head-decision-number", "381/QĐ-UBND",
           "--head-decision-issuer", "ubnd-tinh", *REQUEST, "--dry-run"]  # fmt: skip
    run(root, [*add, "--head-decision-date", "2026-11-20"])
    assert "qd-381-ubnd-2026-2" not in capsys.readouterr().out
    run(root, [*add, "--head-decision-date", "2026-11-21"])
    said = capsys.readouterr().out
    assert "+- {id: qd-381-ubnd-2026-2, kind: decision, number: 381/QĐ-UBND," in said
    assert "from: 2026-12-01, decision: qd-381-ubnd-2026-2, request:" in said
    same = ("--head-decision-date", "2026-11-21", "--head-decision-id", "qd-381-ubnd-2026")
    assert 2 == run(root, [*add, *same])
    assert "qd-381-ubnd-2026 is another document already" in capsys.readouterr().err


def test_a_name_of_several_units_is_refused(root: Path, capsys: Said) -> None:
    """Nobody could tell which is meant; an issuer is not taken for one outside either."""
    units = root / "data/units.yaml"
    text = units.read_text(encoding="utf-8")
    units.write_text(text.replace("name: Sở Y tế\n", "name: Sở Nội vụ\n"), encoding="utf-8")
    assert 2 == run(root, ["unit", "rename", "Sở Nội vụ", "--name", "A", *DECISION, *REQUEST,
                           "--yes"])  # fmt: skip
    expected = '"Sở Nội vụ" is the name of several units: so-noi-vu, so-y-te'
    assert expected in capsys.readouterr().err
    given = [*WHOLE, "--yes"]
    given[given.index("--decision-issuer") + 1] = "Sở Nội vụ"
    assert 2 == run(root, given)
    assert expected in capsys.readouterr().err


def test_posts_beside_the_main_one_end_with_the_unit(root: Path) -> None:
    """With a row of `changes` each, and several units merge at once."""
    post = ("--from", "2026-11-27", "--decision-number", "321/QĐ-UBND", "--decision-issuer",
            "ubnd-tinh", "--decision-date", "2026-11-20", *REQUEST, "--yes")  # fmt: skip
    for unit in ("so-ngoai-vu", "so-tu-phap"):
        secondary = ("--secondary", "--title", "Chuyên viên biệt phái", "--unit", unit)
        assert 0 == run(root, ["person", "transfer", "baylv", *secondary, *post])
    commit(root, "Second posts")
    merge = ["unit", "merge", "Sở Ngoại vụ", "so-tu-phap", "--into", "so-noi-vu", "--from",
             "2026-12-01", "--title", "nguyen-thi-khue=Phó Giám đốc",
             "--title", "bui-quang-thien=Phó Giám đốc"]  # fmt: skip
    assert 2 == run(root, [*merge, *MERGE, "--yes"])  # the expectations of the data say otherwise
    (root / "data/expectations.yaml").unlink()
    assert 0 == run(root, [*merge, *MERGE, "--yes"])
    people = (root / "data/people.yaml").read_text(encoding="utf-8")
    record = people.split("- id: le-van-bay\n")[1].split("- id: ")[0]
    assert 2 == record.count("until: 2026-11-30, main: false")
    assert 1 == record.count("facts: [posts]")


@pytest.mark.parametrize("decides", ["so-ngoai-vu", "ubnd-tinh"])
def test_what_a_merged_unit_decided_for_later_rests_on_the_merger(decides: str, root: Path) -> None:
    """Nobody else has a say in it by then; what another unit decided stays, and is asked anew."""
    leave = ["person", "leave", "le-bao-an", "--how", "retired", "--from", "2027-03-01",
             "--decision-number", "361/QĐ", "--decision-issuer", decides,
             "--decision-date", "2026-11-19", "--request-number", "362/SNgV-VP",
             "--request-issuer", "so-ngoai-vu", "--request-date", "2026-11-20"]  # fmt: skip
    leave[leave.index("361/QĐ")] += {"so-ngoai-vu": "-SNgV", "ubnd-tinh": "-UBND"}[decides]
    assert 0 == run(root, [*leave, "--yes"])
    (root / "data/expectations.yaml").unlink()
    commit(root, "Retire")
    merge = ["unit", "merge", "so-ngoai-vu", "--into", "van-phong-ubnd-tinh", "--from",
             "2026-12-01", "--title", "nguyen-thi-khue=Phó Chánh Văn phòng", *MERGE]  # fmt: skip
    assert 0 == run(root, [*merge, "--yes"])
    decision = {"so-ngoai-vu": "nq-391-hdnd-2026", "ubnd-tinh": "qd-361-ubnd-2026"}[decides]
    left = (
        f"left: {{how: retired, on: 2027-03-01, decision: {decision}, request: cv-392-vpubnd-2026}}"
    )
    assert left in (root / "data/people.yaml").read_text(encoding="utf-8")


def test_a_post_before_a_planned_one_says_when_it_ends(root: Path, capsys: Said) -> None:
    """The row has no last day of its own; beside the main one it has none at all."""
    away = [*AWAY, "--yes"]
    away[away.index("--from") + 1] = "2027-01-04"
    assert 0 == run(root, ["person", "transfer", "le-bao-an", *away])
    commit(root, "Planned")
    capsys.readouterr()
    post = ["person", "transfer", "le-bao-an", "--unit", "so-ngoai-vu", "--title", "Kế toán",
            "--from", "2026-12-01", *DECISION, *REQUEST, "--dry-run"]  # fmt: skip
    for option in ("--decision-issuer", "--request-issuer"):
        post[post.index(option) + 1] = "so-ngoai-vu"
    for option in ("--decision-number", "--request-number"):
        post[post.index(option) + 1] = post[post.index(option) + 1].replace("SNV", "SNgV")
    said = "le-bao-an is in van-phong-ubnd-tinh from 2027-01-04 on: the new post ends then"
    run(root, post)
    assert said in capsys.readouterr().err
    run(root, [*post, "--secondary"])
    assert said not in capsys.readouterr().err


def test_a_unit_merges_with_those_below_it(root: Path, capsys: Said) -> None:
    """Those that are named end as well; the others come under the successor."""
    merge = ["--into", "so-noi-vu", "--from", "2026-12-01", *MERGE,
             "--title", "le-van-binh=Phó Giám đốc"]  # fmt: skip
    both = ["unit", "merge", "so-tai-chinh", "phong-ngan-sach-so-tai-chinh", *merge]
    assert 0 == run(root, [*both, "--title", "ha-huy-quyet=Trưởng phòng", "--dry-run"])
    alone = ["unit", "merge", "so-tai-chinh", *merge, "--dry-run"]
    capsys.readouterr()
    assert 0 == run(root, alone)
    said = capsys.readouterr().out
    assert "-  parent: so-tai-chinh\n+  parent: so-noi-vu\n" in said
    was = "{on: 2026-12-01, facts: [parent], was: {parent: so-tai-chinh}, decision: "
    assert f"+  changes:\n+    - {was}" in said
    move = ("--move", "phong-ngan-sach-so-tai-chinh=so-y-te")
    run(root, [*alone, *move])
    assert "+  parent: so-y-te\n" in capsys.readouterr().out


def test_what_is_still_to_come_is_taken_out_by_hand(root: Path, capsys: Said) -> None:
    """No document corrects what has not happened."""
    assert 0 == run(root, [*WHOLE, "--yes"])
    assert 0 == run(root, ["person", "lock", "anlb", "--from", "2026-12-05", *LOCK, "--yes"])
    capsys.readouterr()
    assert 2 == run(root, [*WHOLE, "--yes"])
    fix = "  fix: it is still to come: take it out, or change it, in an editor\n"
    assert f"error: le-van-bay leaves on 2026-12-01 already\n{fix}" == capsys.readouterr().err
    assert 2 == run(root, ["person", "unlock", "anlb", "--until", "2026-11-29", *LOCK, "--yes"])
    assert f"error: le-bao-an is locked only from 2026-12-05 on\n{fix}" == capsys.readouterr().err


def test_a_closed_standard_input_is_no_terminal(
    root: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert 3 == run(root, WHOLE)
    assert "error: there is no terminal to confirm on" in capsys.readouterr().err
    assert 2 == run(root, [*LEAVE, "--yes"])
    assert "is missing, and there is no terminal to ask on" in capsys.readouterr().err
    assert 0 == run(root, [*WHOLE, "--yes"])


def test_an_office_ends_when_its_holder_leaves(root: Path, capsys: Said) -> None:
    """On the documents of the leave; where somebody follows them it ends by itself."""
    leave = ["person", "leave", "nguyen-thi-khue", "--how", "retired", "--from", "2026-12-01",
             "--decision-number", "361/QĐ-UBND", "--decision-issuer", "ubnd-tinh",
             "--decision-date", "2026-11-20", "--request-number", "362/SNgV-VP",
             "--request-issuer", "so-ngoai-vu", "--request-date", "2026-11-23"]  # fmt: skip
    assert 0 == run(root, [*leave, "--dry-run"])
    said = capsys.readouterr()
    assert (
        "+    - {person: nguyen-thi-khue, from: 2022-03-01, until: 2026-11-30, decision: "
        "qd-861-ubnd-2022, request: cv-2302-sngv-2022}\n"
    ) in said.out
    assert "changes:" not in said.out
    assert "the unit has no head from 2026-12-01 on" in said.err
    head = ["unit", "head", "so-ngoai-vu", "le-bao-an", "--acting", "--from", "2026-12-01",
            "--decision-number", "333/QĐ-UBND", "--decision-issuer", "ubnd-tinh",
            "--decision-date", "2026-11-20", *leave[-6:]]  # fmt: skip
    assert 0 == run(root, [*head, "--yes"])
    capsys.readouterr()
    assert 0 == run(root, [*leave, "--yes"])
    said = capsys.readouterr()
    assert "units.yaml" not in said.out
    assert "warning" not in said.out


def test_a_delegation_ends_when_its_holder_leaves(root: Path, capsys: Said) -> None:
    """With the post that it hangs on."""
    leave = ["person", "leave", "luong-thi-hanh", "--how", "retired", "--from", "2026-12-01",
             "--decision-number", "361/QĐ-UBND", "--decision-issuer", "ubnd-tinh",
             "--decision-date", "2026-11-20", "--request-number", "362/UBND-VP",
             "--request-issuer", "xa-muong-lat", "--request-date", "2026-11-23"]  # fmt: skip
    assert 0 == run(root, [*leave, "--yes"])
    said = capsys.readouterr()
    assert "until: 2026-11-30" in said.out
    assert "changes:" not in said.out


def test_a_head_who_died_is_recorded_by_the_notice(root: Path, capsys: Said) -> None:
    """The unit tells of it; nobody decides on a death, and nobody has to follow on that day."""
    died = ["person", "leave", "nguyen-thi-khue", "--how", "died", "--from", "2026-11-26",
            "--decision-number", "14/TB-SNgV", "--decision-issuer", "so-ngoai-vu",
            "--decision-date", "2026-11-25",
            "--request-number", "362/SNgV-VP", "--request-issuer", "so-ngoai-vu",
            "--request-date", "2026-11-25"]  # fmt: skip
    done = run(root, [*died, "--yes"])
    said = capsys.readouterr()
    assert 0 == done, said.out + said.err
    assert "[unit-has-head" in said.out


def test_the_posts_of_a_delegate_are_not_new(root: Path, capsys: Said) -> None:
    """Whoever may use the mailbox of the unit got their post years ago, by documents of then."""
    head = ["unit", "head", "so-tai-chinh", "tran-thi-hoa", "--acting", "--from", "2026-12-01",
            "--title", "Phó Giám đốc", *MERGE[:6], "--request-number", "432/STC-VP",
            "--request-issuer", "so-tai-chinh", "--request-date", "2026-11-23"]  # fmt: skip
    assert 0 == run(root, [*head, "--yes"])
    assert "document-age" not in capsys.readouterr().out


def test_an_address_stays_after_a_name(root: Path, capsys: Said) -> None:
    """Without a document that permits it: the row of changes says what it was made of."""
    rename = ["person", "rename", "baylv", "--name", "Lê Văn Bảo", *DECISION, *REQUEST, "--yes"]
    assert 0 == run(root, rename)
    assert "facts: [name], was: {name: Lê Văn Bảy}, decision: " in capsys.readouterr().out
    commit(root, "Rename")
    others = (DECISION[0], "371/QĐ-SNV", *DECISION[2:], REQUEST[0], "372/SNV-VP", *REQUEST[2:])
    again = ["person", "rename", "baylv", "--name", "Lê Văn Báo", *others, "--yes"]
    assert 2 == run(root, again)
    assert '"name" is listed twice for 2026-11-27' in capsys.readouterr().out
    assert 0 == run(root, [*again, "--from", "2026-11-28"])


def test_a_row_goes_before_what_is_planned(root: Path, capsys: Said) -> None:
    """`check` takes what is written: the history reads from top to bottom."""
    later = ["person", "transfer", "baylv", "--unit", "so-noi-vu", "--title", "Thanh tra viên",
             *DECISION, *REQUEST, "--yes"]  # fmt: skip
    assert 0 == run(root, [*later, "--from", "2027-01-04"])
    between = [*later[:6], "Chuyên viên chính", *later[7:]]
    assert 0 == run(root, [*between, "--from", "2026-12-07"])
    assert 0 == run(root, ["check"])
    people = (root / "data/people.yaml").read_text(encoding="utf-8")
    record = people.split("- id: le-van-bay\n")[1].split("- id: ")[0]
    assert record.index("from: 2026-12-07") < record.index("from: 2027-01-04")


def test_a_name_is_not_changed_before_a_planned_one(root: Path, capsys: Said) -> None:
    """What it would be between the two could not be told from what is written."""
    rename = ["person", "rename", "baylv", *DECISION, *REQUEST, "--yes"]
    assert 0 == run(root, [*rename, "--name", "Lê Văn Bảo", "--from", "2027-01-04"])
    capsys.readouterr()
    assert 2 == run(root, [*rename, "--name", "Lê Văn Báo", "--from", "2026-12-07"])
    said = capsys.readouterr().err
    assert said == (
        "error: `name` of le-van-bay changes on 2027-01-04 already\n"
        "  fix: it is still to come: take it out, or change it, in an editor\n"
    )
    assert 0 == run(root, ["person", "category", "baylv", "--category", "cadre",
                           "--from", "2026-12-07", *DECISION, *REQUEST, "--yes"])  # fmt: skip
    assert 0 == run(root, ["check"])


def test_a_ward_keeps_its_address(root: Path, capsys: Said) -> None:
    """Its own is made of the name; that of a department is made of the short name."""
    rename = ["unit", "rename", "phuong-bim-son", "--name", "Phường Bỉm Sơn Mới", *MERGE, "--yes"]
    assert 0 == run(root, rename)
    assert "was: {name: Phường Bỉm Sơn}" in capsys.readouterr().out
    short = ["unit", "rename", "so-ngoai-vu", "--short", "SNVu", *MERGE, "--yes"]
    assert 0 == run(root, short)
    assert "was: {short: SNgV}" in capsys.readouterr().out


def test_a_unit_without_a_short_name_gets_none_by_another_name(root: Path, capsys: Said) -> None:
    """What the data do not have does not change: everything rests on the decision."""
    rename = ["unit", "rename", "phuong-bim-son", "--name", "Phường Bỉm Sơn Mới", *MERGE, "--yes"]
    assert 0 == run(root, rename)
    capsys.readouterr()
    assert 0 == run(root, ["plan"])
    plan = capsys.readouterr().out
    assert "Phường Bỉm Sơn is renamed to Phường Bỉm Sơn Mới" in plan
    assert (False, False) == ("short name" in plan, "no supporting document" in plan)


def test_a_folder_has_a_file_for_each_unit(root: Path, capsys: Said) -> None:
    """A record goes into that of its unit, which is made if need be, with the line for editors."""
    for kind in ("units", "people", "documents"):
        (root / f"data/{kind}").mkdir()
        (root / f"data/{kind}.yaml").rename(root / f"data/{kind}/so-y-te.yaml")
    commit(root, "Folders")
    assert 0 == run(root, [*WHOLE, "--yes"])
    first, *rest = (root / "data/documents/so-noi-vu.yaml").read_text(encoding="utf-8").splitlines()
    assert "# yaml-language-server: $schema=../../schemas/json/documents.json" == first
    assert ["- {id: cv-362-snv-2026", "- {id: qd-361-snv-2026"] == [r.split(",")[0] for r in rest]
    assert "left:" in (root / "data/people/so-y-te.yaml").read_text(encoding="utf-8")
    hire = ("person", "add", "Lê Văn Tám", "--unit", "phong-ngan-sach-so-tai-chinh", "--title",
            "Chuyên viên", "--category", "civil_servant", "--from", "2026-12-01", "--decision",
            "qd-361-snv-2026", "--request", "cv-362-snv-2026", "--dry-run")  # fmt: skip
    run(root, hire)
    assert "+++ b/data/people/so-tai-chinh.yaml\n" in capsys.readouterr().out
    assert 0 == run(root, ["format", "--check"])


def test_a_folder_of_another_kind_goes_on_as_it_is(root: Path, capsys: Said) -> None:
    """Somebody new stands with the others of the unit, a unit with the one above it."""
    for kind in ("units", "people", "documents"):
        (root / f"data/{kind}").mkdir()
        (root / f"data/{kind}.yaml").rename(root / f"data/{kind}/all.yaml")
    hire = ("person", "add", "Lê Văn Tám", "--unit", "so-noi-vu", "--title", "Chuyên viên",
            "--category", "civil_servant", "--from", "2026-12-01", *DECISION, *REQUEST)  # fmt: skip
    assert 0 == run(root, [*hire, "--dry-run"])
    assert "+++ b/data/people/all.yaml\n" in capsys.readouterr().out
    add = ("unit", "add", "Phòng Nội chính", "--kind", "division", "--parent", "so-noi-vu",
           "--from", "2026-12-01", *DECISION, *REQUEST)  # fmt: skip
    run(root, [*add, "--dry-run"])
    assert "+++ b/data/units/all.yaml\n" in capsys.readouterr().out


def test_a_folder_of_years_goes_on_by_years(root: Path) -> None:
    """Documents stand where others of their year or of their issuer do."""
    (root / "data/documents").mkdir()
    documents = root / "data/documents.yaml"
    documents.rename(root / "data/documents/2025.yaml")
    commit(root, "A folder")
    assert 0 == run(root, [*WHOLE, "--yes"])
    lines = (root / "data/documents/2026.yaml").read_text(encoding="utf-8").splitlines()
    assert 3 == len(lines)
    (root / "data/documents/2025.yaml").rename(root / "data/documents/old.yaml")
    commit(root, "By hand")
    lock = ("person", "lock", "dang-thi-my-duyen", "--from", "2026-11-28", *REQUEST[:1],
            "363/SNV-VP", *REQUEST[2:])  # fmt: skip
    assert 0 == run(root, [*lock, "--yes"])
    assert "cv-363-snv-2026" in (root / "data/documents/2026.yaml").read_text(encoding="utf-8")


def test_an_authority_outside_is_named(root: Path, capsys: Said) -> None:
    """By its name; a name of ours means the unit."""
    given = [*WHOLE]
    given[given.index("--decision-issuer") + 1] = "Sở Nội vụ"
    assert 0 == run(root, [*given, "--yes"])
    retire = ["person", "leave", "thao-a-dia", "--how", "transferred_out", "--from", "2026-12-01",
              "--decision-number", "77/QĐ-BNV", "--decision-issuer", "Bộ Nội vụ",
              "--decision-date", "2026-11-20", *REQUEST, "--dry-run"]  # fmt: skip
    run(root, retire)
    assert "number: 77/QĐ-BNV, outside_issuer: Bộ Nội vụ, date:" in capsys.readouterr().out
    text = (root / "data/documents.yaml").read_text(encoding="utf-8")
    assert "number: 361/QĐ-SNV, issuer: so-noi-vu, date: 2026-11-20}" in text


def test_a_committee_is_known_by_what_documents_call_it(root: Path, capsys: Said) -> None:
    """An abbreviation of ours is no authority outside."""
    for name, unit in (("UBND tỉnh Thanh Hoá", "ubnd-tinh"), ("HĐND tỉnh Thanh Hóa", "hdnd-tinh"),
                       ("Ủy ban nhân dân xã Thọ Xuân", "xa-tho-xuan")):  # fmt: skip
        issuer = ("--decision-number", "361/QĐ-UBND", "--decision-issuer", name,
                  "--decision-date", "2026-11-20")  # fmt: skip
        run(root, [*LEAVE, *issuer, *REQUEST, "--dry-run"])
        assert f"number: 361/QĐ-UBND, issuer: {unit}, " in capsys.readouterr().out


def test_a_new_unit_may_issue_its_regulation(root: Path, capsys: Said) -> None:
    """Then the record need not say which unit it is about; its head comes later."""
    add = ["unit", "add", "Trung tâm Chuyển đổi số", "--short", "TTCDS", "--kind", "centre",
           "--parent", "ubnd-tinh", "--from", "2026-12-01", "--decision-number", "381/QĐ-UBND",
           "--decision-issuer", "ubnd-tinh", "--decision-date", "2026-11-20", "--request-number",
           "382/VPUBND-TCHC", "--request-issuer", "van-phong-ubnd-tinh", "--request-date",
           "2026-11-23", "--regulation-number", "1/QC-TTCDS", "--regulation-issuer",
           "trung-tam-chuyen-doi-so", "--regulation-date", "2026-12-01"]  # fmt: skip
    run(root, [*add, "--dry-run"])
    said = capsys.readouterr()
    assert (
        "+- {id: qc-1-ttcds-2026, kind: regulation, number: 1/QC-TTCDS, "
        "issuer: trung-tam-chuyen-doi-so, date: 2026-12-01}\n"
    ) in said.out
    assert "[no-such" not in said.err


def test_warnings_that_an_edit_brings_are_shown(root: Path, capsys: Said) -> None:
    """Also of records it does not touch; those that were there before are not its own."""
    assert 0 == run(root, ["person", "transfer", "nguyen-thi-khue", *AWAY, "--dry-run"])
    said = capsys.readouterr().err
    assert "warning: so-ngoai-vu: the unit has no head from 2026-12-01 on" in said
    assert "1 warning.\n" in said


def test_an_office_ends_with_the_post_in_the_unit(root: Path, capsys: Said) -> None:
    """On the documents of the transfer; later, nothing in the record is left to be closed."""
    assert 0 == run(root, ["person", "transfer", "nguyen-thi-khue", *AWAY, "--yes"])
    said = capsys.readouterr().out
    assert (
        "+    - {person: nguyen-thi-khue, from: 2022-03-01, until: 2026-11-30, decision: " in said
    )
    assert "changes:" not in said
    run(root, ["check", "--on", "2026-12-20"])
    assert "holder-works-there" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param(("--secondary", *AWAY), id="beside"),
        pytest.param(("--unit", "so-ngoai-vu", *AWAY[2:]), id="in the unit"),
    ],
)
def test_an_office_outlasts_other_posts(root: Path, kept: Sequence[str], capsys: Said) -> None:
    """One beside the main post, and a main one of another title in the unit."""
    run(root, ["person", "transfer", "nguyen-thi-khue", *kept, "--dry-run"])
    said = capsys.readouterr().out
    assert "+++ b/data/people.yaml" in said
    assert "units.yaml" not in said


def test_an_office_outlasts_the_main_post_by_one_beside_it(root: Path, capsys: Said) -> None:
    """Who still works in the unit by a second post has its mailbox as before."""
    beside = ("--secondary", "--unit", "so-ngoai-vu", *AWAY[2:4], "--from", "2026-11-28", *AWAY[6:])
    assert 0 == run(root, ["person", "transfer", "nguyen-thi-khue", *beside, "--yes"])
    capsys.readouterr()
    cited = ("--decision", "qd-331-ubnd-2026", "--request", "cv-332-sngv-2026", "--dry-run")
    run(root, ["person", "transfer", "nguyen-thi-khue", *AWAY[:6], *cited])
    said = capsys.readouterr().out
    assert "+++ b/data/people.yaml" in said
    assert "units.yaml" not in said


def test_files_of_windows_keep_their_line_ends(root: Path, before: overlay.Files) -> None:
    """And their byte order mark."""
    mark = b"\xef\xbb\xbf"
    windows = {n: mark + raw.replace(b"\n", b"\r\n") for n, raw in before.items()}
    overlay.write(windows, root)
    assert 0 == run(root, [*WHOLE, "--yes"])
    now = overlay.read(root)
    overlay.write(before, root)
    assert 0 == run(root, [*WHOLE, "--yes"])
    plain = overlay.read(root)
    for name in ("data/people.yaml", "data/documents.yaml"):
        assert now[name] == mark + plain[name].replace(b"\n", b"\r\n")


def test_a_file_that_cannot_be_edited_says_what_to_do(root: Path, capsys: Said) -> None:
    """Records that are not at the margin, and no end of the last line: `hopthu format`."""
    documents = root / "data/documents.yaml"
    text = documents.read_text(encoding="utf-8")
    documents.write_text(text.rstrip("\n"), encoding="utf-8")
    assert 2 == run(root, [*WHOLE, "--yes"])
    assert "fix: run `hopthu format`" in capsys.readouterr().err
    assert 0 == run(root, ["format"])
    assert 0 == run(root, [*WHOLE, "--yes"])


def test_a_change_of_somebody_else_is_not_lost(
    root: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that changed between the reading and the writing is not written over: exit 3."""
    people = root / "data/people.yaml"

    def meanwhile(workspace: Workspace, draft: Draft) -> edit.Proposal:
        people.write_text(people.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
        return edit.Proposal(workspace, draft)

    monkeypatch.setattr(edits, "Proposal", meanwhile)
    assert 3 == run(root, [*WHOLE, "--yes"])
    assert "data/people.yaml has changed in the meantime" in capsys.readouterr().err
    assert people.read_text(encoding="utf-8").endswith("# mine\n")
    assert b"qd-361-snv-2026" not in (root / "data/documents.yaml").read_bytes()


def test_all_files_are_written_or_none(
    root: Path, before: overlay.Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the second cannot take its place, the first goes back."""
    replace = Path.replace

    def full(path: Path, target: Path) -> Path:
        if target.name == "people.yaml":
            raise OSError(28, "No space left on device")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", full)
    assert replace_data is edit.replace_data
    assert 1 == run(root, [*WHOLE, "--yes"])
    assert before == overlay.read(root)


Answers = Sequence[tuple[str, str]]


def on_terminal(root: Path, arguments: Sequence[str], answers: Answers) -> terminal.Shown:
    repository = Path(__file__).parents[2]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(repository)}
    argv = [sys.executable, "-m", "hopthu", *arguments, "--on", "2026-11-27"]
    return terminal.run(argv, root, environment, answers)


ASKED: Answers = [
    ("How they leave (", "gone\r"),
    ('"gone" is not one of: retired', "retired\r"),
    ("The first day without access [2026-11-27]: ", "2026-12-01\r"),
    ("The decision they leave by: its number, or its id in the data: ", "361/QĐ-SNV\r"),
    ("361/QĐ-SNV: issued by [so-noi-vu]: ", "\r"),
    ("361/QĐ-SNV: dated (year-month-day): ", "2026-11-20\r"),
    ("The request of their unit: its number, or its id in the data: ", "cv-1-x-2026\r"),
    ("there is no document", "362/SNV-VP\r"),
    ("362/SNV-VP: issued by [so-noi-vu]: ", "\r"),
    ("362/SNV-VP: dated (year-month-day): ", "2026-11-23\r"),
]


@pytest.mark.parametrize(("answer", "code"), [("y\r", 0), ("n\r", 1), ("\r", 1), ("\x03", 130)])
def test_what_is_missing_is_asked_for(
    answer: str, code: int, root: Path, before: overlay.Files
) -> None:
    """A question each, again after a wrong answer; only a yes writes, and Ctrl-C nothing."""
    shown = on_terminal(root, ["person", "leave", "baylv"], [*ASKED, ("Write it? [y/N]: ", answer)])
    assert code == shown.code
    assert "+  left: {how: retired, on: 2026-12-01" in "\n".join(shown.lines)
    now = overlay.read(root)
    overlay.write(before, root)
    if code:
        assert before == now
    else:
        assert 0 == run(root, [*WHOLE, "--yes"])
        assert overlay.read(root) == now


def test_who_is_missing_is_asked_for(root: Path) -> None:
    """As what no option says, and again if there is nobody of the name."""
    answers: Answers = [
        ("Which unit, by its id or full name: ", "so-noi-vi\r"),
        ("did you mean so-noi-vu", "so-noi-vu\r"),
        ("Who, by id or address: ", "le-vn-bao-an\r"),
        ("there is no person", "\x03"),
    ]
    assert 130 == on_terminal(root, ["unit", "head"], answers).code


def test_errors_are_shown_before_the_question(root: Path) -> None:
    """Who insists gets what they asked for, and exit 2 as `check` gives it."""
    old = ["--decision", "qd-2339-snv-2020", "--request", "cv-1029-snv-2020"]
    answers = [("Write it all the same? [y/N]: ", "y\r")]
    shown = on_terminal(root, [*LEAVE, *old], answers)
    assert 2 == shown.code
    assert "2 errors, 2 warnings." in shown.lines
    assert (
        b"qd-2339-snv-2020, request: cv-1029-snv-2020}"
        in (
            (root / "data/people.yaml")
            .read_bytes()
            .split(b"left: {how: retired, on: 2026-12-01")[1]
        )
    )


def test_a_hire_is_asked_for(root: Path) -> None:
    """Unit by name, with the usual title and what id and address are given."""
    answers: Answers = [
        ("The unit they work in: ", "Sở Ngoại vụ\r"),
        ("The title of their post [Chuyên viên]: ", "\r"),
        ("Cán bộ, công chức or viên chức, who alone have a mailbox (cadre, ", "\r"),
        ("The first day of the post, and of the mailbox [2026-11-27]: ", "2026-12-01\r"),
        ("Id, for life [tran-thi-hoai-thu]: ", "2026-12-01\r"),
        ("is not an id", "\r"),
        ("Address, for life [thutth]: ", "\r"),
        ("The decision that hires them: its number", "2026-11-20\r"),
        ("is not a valid document number; write it as in", "301/QĐ-SNgV\r"),
        ("issued by [so-ngoai-vu]", "\r"),
        ("dated", "2026-11-20\r"),
        ("The request for a mailbox: its number", "302/SNgV-VP\r"),
        ("302/SNgV-VP: issued by", "\r"),
        ("302/SNgV-VP: dated", "2026-11-23\r"),
        ("Write it?", "y\r"),
    ]
    assert 0 == on_terminal(root, ["person", "add", "Trần Thị Hoài Thu"], answers).code
    text = (root / "data/people.yaml").read_text(encoding="utf-8")
    record = text.split("- id: tran-thi-hoai-thu\n")[1].split("- id: ")[0]
    assert (
        "  name: Trần Thị Hoài Thu\n  category: civil_servant\n  mailbox: {address: thutth}\n"
        "  posts:\n    - {unit: so-ngoai-vu, title: Chuyên viên, from: 2026-12-01, "
        "decision: qd-301-sngv-2026, request: cv-302-sngv-2026}\n"
    ) == record


def test_a_new_unit_is_asked_for(root: Path) -> None:
    """With the id and the address it is given for life, and with its head, who has a title."""
    answers: Answers = [
        ("What kind of unit it is (province, ", "centr\r"),
        ("is not one of: province", "centre\r"),
        ("The unit above it: ", "ubnd-tinh\r"),
        ("Its short name, as in document numbers; empty if there is none: ", "TTCDS\r"),
        ("The first day of the unit [2026-11-27]: ", "2026-12-01\r"),
        ("Id, for life [trung-tam-chuyen-doi-so]: ", "\r"),
        ("Address, for life [ttcds]: ", "ttcds2\r"),
        ("The decision that creates it: its number", "381/QĐ-UBND\r"),
        ("381/QĐ-UBND: issued by [ubnd-tinh]: ", "\r"),
        ("381/QĐ-UBND: dated", "2026-11-20\r"),
        ("The request for its mailbox: its number", "382/VPUBND-TCHC\r"),
        ("382/VPUBND-TCHC: issued by", "\r"),
        ("382/VPUBND-TCHC: dated", "2026-11-23\r"),
        ("The regulation on its mailbox: its number, or its id in the data; empty if there is ",
         "\r"),
        ("Its first head, if one is appointed; empty if there is none: ", "nobody\r"),
        ("there is no person", "anlb\r"),
        ("The title of the head in the unit: ", "Giám đốc\r"),
        ("Write it", "y\r"),
    ]  # fmt: skip
    shown = on_terminal(root, ["unit", "add", "Trung tâm Chuyển đổi số"], answers)
    units = (root / "data/units.yaml").read_text(encoding="utf-8")
    record = units.split("- id: trung-tam-chuyen-doi-so\n")[1].split("- id: ")[0]
    assert "  mailbox: {address: ttcds2}\n" in record, shown.lines
    assert "- {person: le-bao-an, from: 2026-12-01, decision: qd-381-ubnd-2026," in record
    people = (root / "data/people.yaml").read_text(encoding="utf-8")
    assert "{unit: trung-tam-chuyen-doi-so, title: Giám đốc, from: 2026-12-01," in people


def test_a_split_is_asked_for(root: Path) -> None:
    """Its parts, where everybody goes, and what heads become."""
    answers: Answers = [
        ("Unit that takes over a part: ", "van-phong-ubnd-tinh\r"),
        ("Which part: ", "lễ tân\r"),
        ("Which part: lễ tân\r\nUnit that takes over a part: ", "so-noi-vu\r"),
        ("so-noi-vu\r\nWhich part: ", "lãnh sự\r"),
        ("One more part? [y/N]: ", "\r"),
        ("The first day without the unit", "2026-12-01\r"),
        ("Lê Bảo Ân, Chuyên viên: goes to [van-phong-ubnd-tinh]: ", "so-noi-vu\r"),
        ("Nguyễn Thị Khuê, Giám đốc: goes to [van-phong-ubnd-tinh]: ", "\r"),
        ("Nguyễn Thị Khuê, Giám đốc: title there: ", "Phó Chánh Văn phòng\r"),
        ("Write it?", "y\r"),
    ]
    arguments = ["unit", "split", "so-ngoai-vu", *MERGE]
    assert 0 == on_terminal(root, arguments, answers).code
    units = (root / "data/units.yaml").read_text(encoding="utf-8")
    assert "      - {into: van-phong-ubnd-tinh, what: lễ tân}\n" in units
    assert "      - {into: so-noi-vu, what: lãnh sự}\n" in units
