"""`hopthu schema`: the fields for people, and JSON Schema for editors."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from hopthu.cli import main
from hopthu.diagnostics.regulation import Regulation
from hopthu.load import load
from hopthu.schema.json_schema import files
from hopthu.source.files import KINDS
from regulations import THANH_HOA

ROOT = Path(__file__).parents[2]
LINE = "# yaml-language-server: $schema=../schemas/json/people.json"


@pytest.fixture
def province(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a repository, as a province does."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    arguments = ["--domain", "mail.example.vn", "--province", "tỉnh Thử Nghiệm", "--no-git"]
    assert 0 == main(["init", "mail", *arguments])
    return tmp_path / "mail"


def test_it_lists_the_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    """Each with a sentence."""
    assert 0 == main(["schema", "--lang", "en"])
    assert list(KINDS) == [line.split()[0] for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            (
                "category*: text · Art. 4\n"
                "  cán bộ, công chức or viên chức: nobody else has a mailbox\n"
                "  one of: cadre, civil_servant, public_employee\n"
            ),
        ),
        ("vi", "  unit*: mã của đơn vị · khoản 2 Điều 5\n    đơn vị công tác\n"),
    ],
)
def test_it_shows_the_fields_of_a_kind(
    language: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Type, article, meaning and how it is written, in both languages."""
    assert 0 == main(["schema", "people", "--lang", language])
    assert expected in capsys.readouterr().out


@pytest.mark.parametrize("kind", KINDS)
def test_it_prints_json_schema(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The same as the file that editors read."""
    assert 0 == main(["schema", kind, "--format", "json-schema"])
    found = json.loads(capsys.readouterr().out)
    Draft7Validator.check_schema(found)
    assert json.loads(files(THANH_HOA)[f"schemas/json/{kind}.json"]) == found


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["--format", "json-schema"],
            "fix: name one of: policy, units, people, documents, expectations",
        ),
        (["people", "--write"], "fix: leave KIND and --format out"),
        (["--check", "--format", "json-schema"], "fix: leave KIND and --format out"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to write instead."""
    assert 2 == main(["schema", "--lang", "en", *arguments])
    assert expected in capsys.readouterr().err


def test_a_new_repository_has_the_files_and_the_lines(
    province: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is left to write, and `format` leaves the line where it is."""
    capsys.readouterr()
    for command in (["schema", "--check"], ["schema", "--write"], ["format"]):
        assert 0 == main([*command, "--root", str(province)])
    expected = "nothing to write\nnothing to write\nnothing to format\n"
    assert expected == capsys.readouterr().out
    assert (province / "data" / "people.yaml").read_text().startswith(f"{LINE}\n")


def test_a_stale_file_is_written_anew(province: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As after an update of hopthu; --check only says so."""
    stale = province / "schemas" / "json" / "people.json"
    stale.write_text("{}")
    (province / "schemas" / "json" / "units.json").unlink()
    capsys.readouterr()
    assert 2 == main(["schema", "--check", "--root", str(province)])
    expected = "would write schemas/json/units.json\nwould write schemas/json/people.json\n"
    assert expected == capsys.readouterr().out
    assert "{}" == stale.read_text()
    assert 0 == main(["schema", "--write", "--root", str(province)])
    assert files(Regulation())["schemas/json/people.json"] == stale.read_text()
    assert 0 == main(["schema", "--check", "--root", str(province)])


@pytest.mark.parametrize("above", ["", "\ufeff"], ids=["plain", "with a byte order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_a_file_without_the_line_gets_it(province: Path, above: str, end: str) -> None:
    """In a folder of files too; whatever else is in it stays, and it is read as before."""
    people = province / "data" / "people.yaml"
    text = people.read_text().removeprefix(f"{LINE}\n").replace("\n", end)
    people.unlink()
    part = province / "data" / "people" / "xa" / "all.yaml"
    part.parent.mkdir(parents=True)
    part.write_text(above + text, newline="")
    before = [record.data for record in load(province).people]
    assert 0 == main(["schema", "--write", "--root", str(province)])
    line = "# yaml-language-server: $schema=../../../schemas/json/people.json"
    assert f"{above}{line}{end}{text}" == part.read_bytes().decode()
    assert before == [record.data for record in load(province).people]
    assert 0 == main(["schema", "--check", "--root", str(province)])


def test_a_line_of_ones_own_stays(province: Path) -> None:
    """A province may have schemas of its own."""
    people = province / "data" / "people.yaml"
    own = people.read_text().replace("../schemas", "../our-schemas")
    people.write_text(own)
    assert 0 == main(["schema", "--write", "--root", str(province)])
    assert own == people.read_text()


def test_format_keeps_the_line_first(province: Path) -> None:
    """Whatever stands below it, sorted or not."""
    people = province / "data" / "people.yaml"
    records = "\n".join(people.read_text().splitlines()[4:])
    first, second = [f"- {part}" for part in records.split("\n- ")[1:3]]
    for below in ("", "\n", "# A comment on the record below.\n", "\n# A comment.\n"):
        people.write_text(f"{LINE}\n{below}{second}\n{first}\n")
        assert 0 == main(["format", "--root", str(province)])
        assert people.read_text().startswith(f"{LINE}\n"), below
        assert people.read_text().index(first) < people.read_text().index(second)


def test_a_folder_that_cannot_be_written_to_is_a_sentence(
    province: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file stands where the folder should be."""
    folder = province / "schemas" / "json"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.write_text("")
    assert 1 == main(["schema", "--write", "--root", str(province), "--lang", "en"])
    assert "cannot be written: File exists" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["units", "people", "documents"])
@pytest.mark.parametrize("language", ["en", "vi"])
def test_it_says_what_a_correction_takes(
    kind: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where it is written: issued for it, by whom, and for which units."""
    assert 0 == main(["schema", kind, "--lang", language])
    _, _, behind = capsys.readouterr().out.partition("\ncorrections: ")
    said = " ".join(behind.partition("\n  *: ")[0].split())
    authority = {"en": "of an authority that may decide on", "vi": "cơ quan có thẩm quyền quyết"}
    for part in ("`acts: [correction]`", "`units`", authority[language]):
        assert part in said
