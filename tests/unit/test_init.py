"""`hopthu init`: a repository that is valid from the first moment, whole or not there at all."""

import errno
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from hopthu.cli import main
from hopthu.init import creation
from hopthu.init.repository import SHARED, SKELETON

CHECKOUT = Path(__file__).parents[2]
ARGUMENTS = ["--domain", "mail.example.vn", "--province", "tỉnh Thử Nghiệm"]
WHO = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder that is in no git repository."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return tmp_path


def begin(folder: Path) -> None:
    for arguments in (["add", "--all"], ["commit", "-qm", "Begin"]):
        subprocess.run(["git", "-C", str(folder), *WHO, *arguments], check=True)


def test_a_new_repository_is_valid(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Checked, tidy, planned, and reviewed by whom the data says; of the domain it was given."""
    assert 0 == main(["init", "mail", *ARGUMENTS])
    begin(place / "mail")
    root = ["--root", str(place / "mail"), "--on", "2026-11-26"]
    capsys.readouterr()
    for command in (["check"], ["format", "--check"], ["plan"]):
        assert 0 == main([*command, *root])
    told = capsys.readouterr().out
    assert told.endswith("2 warnings.\nnothing to format\nNothing changes on 2026-11-26.\n")
    assert 2 == told.count("[store-in-two-places, "), "nobody has promised anything yet"
    for forge in ("github", "gitlab"):
        kept = place / "mail" / f".{forge}" / "CODEOWNERS"
        assert 0 == main(["codeowners", "--format", forge, "--check", str(kept), *root])
    policy = yaml.safe_load((place / "mail" / "data" / "policy.yaml").read_text())
    assert "mail.example.vn" == policy["domain"]
    networks = policy["networks"]
    assert {"client"} == {networks[name]["sign_in"] for name in ("government", "internet")}
    assert ["operators"] == [name for name, each in networks.items() if "administer" in each["may"]]
    units = yaml.safe_load((place / "mail" / "data" / "units.yaml").read_text())
    assert "Ủy ban nhân dân tỉnh Thử Nghiệm" in [unit["name"] for unit in units]
    grep = ["git", "-C", str(place / "mail"), "grep", "--ignore-case", "thanhhoa"]
    assert 1 == subprocess.run(grep, check=False).returncode


def test_an_empty_repository_is_one_to_begin_with(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody invented is in it; what is missing is said, and is no error."""
    assert 0 == main(["init", "mail", "--empty", *ARGUMENTS])
    assert "hopthu import LIST.xlsx --review REVIEW.xlsx" in capsys.readouterr().out
    data = place / "mail" / "data"
    read = {name: yaml.safe_load((data / f"{name}.yaml").read_text()) for name in
            ("units", "people", "documents", "policy")}  # fmt: skip
    assert ["ubnd-tinh", "van-phong-ubnd-tinh"] == [unit["id"] for unit in read["units"]]
    assert [] == read["people"] == read["documents"]
    assert read["policy"]["probe"]["accounts"]
    root = ["--root", str(place / "mail"), "--on", "2026-11-26"]
    for command in (["check"], ["format", "--check"]):
        assert 0 == main([*command, *root])
    found = capsys.readouterr().out
    assert "error" not in found
    assert "unit-has-head" in found
    begin(place / "mail")
    assert 0 == main(["plan", *root])


def test_programs_are_executable(place: Path) -> None:
    """Everything that pipelines call may be run; what is shared is as it is here."""
    assert 0 == main(["init", "mail", *ARGUMENTS])
    for path in (place / "mail" / ".ci").iterdir():
        assert path.stat().st_mode & stat.S_IXUSR, path
    for name in SHARED:
        text = (CHECKOUT / name).read_text().replace("thanhhoa.gov.vn", "mail.example.vn")
        assert text == (place / "mail" / name).read_text()


def test_pipelines_call_only_existing_scripts(place: Path) -> None:
    """Each script of ours that another file names; the two of its own are plain shell."""
    assert 0 == main(["init", "mail", *ARGUMENTS])
    root = place / "mail"
    files = [p for p in root.rglob("*") if p.is_file() and ".git/" not in f"{p}/"]
    named = {name for p in files for name in re.findall(r"\.ci/[a-z.-]*[a-z]", p.read_text())}
    assert {f".ci/{p.name}" for p in (root / ".ci").iterdir()} == named
    program = str(Path(sys.executable).with_name("shellcheck"))
    for name in ("prepare", "hopthu-of"):
        assert "\nset -eu\n" in (SKELETON / ".ci" / name).read_text()
        subprocess.run([program, str(SKELETON / ".ci" / name)], check=True)


@pytest.mark.parametrize(
    ("pinned", "expected"),
    [
        ("hopthu==1\n", "ours apply lab --yes\n"),
        (
            "hopthu==0\n",
            "pip install --quiet --requirement requirements.txt\nolder apply lab --yes\n",
        ),
    ],
)
def test_the_stage_is_set_up_by_the_deployed_version(
    place: Path, pinned: str, expected: str
) -> None:
    """The throwaway centre of a pipeline stands as production does: by the older version's code."""
    here, before, programs = (place / name for name in ("here", "before", "bin"))
    for folder in (here / ".ci", before / "made", programs):
        folder.mkdir(parents=True)
    script(here / ".ci" / "hopthu-of", (SKELETON / ".ci" / "hopthu-of").read_text())
    (here / "requirements.txt").write_text("hopthu==1\n")
    (before / "requirements.txt").write_text(pinned)
    script(programs / "hopthu", '#!/bin/sh\necho "ours $*"\n')
    script(before / "made" / "hopthu", '#!/bin/sh\necho "older $*"\n')
    script(before / "made" / "pip", '#!/bin/sh\necho "pip $*"\n')
    script(programs / "python3", "#!/bin/sh\nmkdir .venv && mv made .venv/bin\n")
    done = subprocess.run(
        [here / ".ci" / "hopthu-of", before, "apply", "lab", "--yes"],
        env={"PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert expected == done.stdout


def script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def test_runners_install_the_packages_of_a_lab() -> None:
    """The same packages as `make system` installs."""
    packages = re.search(r"^LAB_PACKAGES := (.+)$", (CHECKOUT / "Makefile").read_text(), re.M)
    assert packages is not None
    for name in (".ci/prepare", "README.md", "README.en.md"):
        assert packages[1] in (SKELETON / name).read_text()


def test_a_git_repository_is_made_unless_there_is_one(place: Path) -> None:
    """As `cargo init` does: not within another one, not in an empty clone, not if unwanted."""
    for name, options, made in (("a", [], True), ("b", ["--no-git"], False)):
        assert 0 == main(["init", name, *ARGUMENTS, *options])
        assert made == (place / name / ".git").exists()
    assert 0 == main(["init", "a/inner", *ARGUMENTS])
    assert not (place / "a" / "inner" / ".git").exists()
    subprocess.run(["git", "init", "-q", "--initial-branch=other", "clone"], check=True)
    assert 0 == main(["init", "clone", *ARGUMENTS])
    assert "ref: refs/heads/other\n" == (place / "clone" / ".git" / "HEAD").read_text()


def test_the_current_folder_is_filled(place: Path) -> None:
    """It stays the same folder: a shell that stands there sees the files."""
    before = place.stat().st_ino
    assert 0 == main(["init", ".", *ARGUMENTS])
    assert before == place.stat().st_ino
    assert (place / "data" / "people.yaml").is_file()
    assert not list(place.glob(".hopthu-init-*"))


@pytest.mark.parametrize(
    ("given", "named", "office"),
    [
        ("thành phố Đà Nẵng", "thành phố Đà Nẵng", "Văn phòng Ủy ban nhân dân thành phố"),
        ("TỈNH THANH HÓA", "tỉnh Thanh Hóa", "Văn phòng Ủy ban nhân dân tỉnh"),
        ("Tỉnh  bà rịa - vũng tàu", "tỉnh Bà Rịa - Vũng Tàu", "Văn phòng Ủy ban nhân dân tỉnh"),
        ("Tỉnh Đắk Lắk", "tỉnh Đắk Lắk", "Văn phòng Ủy ban nhân dân tỉnh"),
    ],
)
def test_a_province_is_named_as_in_documents(
    place: Path, given: str, named: str, office: str
) -> None:
    """Whatever capitals it is typed in; a city has the office of a city."""
    assert 0 == main(["init", "mail", "--domain", "DaNang.GOV.VN", "--province", given, "--empty"])
    data = place / "mail" / "data"
    units = yaml.safe_load((data / "units.yaml").read_text())
    assert [f"Ủy ban nhân dân {named}", office] == [unit["name"] for unit in units]
    assert "danang.gov.vn" == yaml.safe_load((data / "policy.yaml").read_text())["domain"]
    assert f"# Mail of {named}\n" in (place / "mail" / "README.en.md").read_text()
    assert 0 == main(["check", "--root", str(place / "mail"), "--on", "2026-11-26"])


def test_a_folder_that_cannot_be_written_is_named(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the reason, and without the name of a folder that nobody asked for."""

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(place / ".hopthu-init-x"))

    monkeypatch.setattr("tempfile.mkdtemp", refused)
    assert 2 == main(["init", "mail", *ARGUMENTS])
    said = capsys.readouterr().err
    assert f"cannot create {place / 'mail'}: Permission denied" in said
    assert ".hopthu-init" not in said
    assert [] == listing(place)


def test_the_readme_says_where_hopthu_comes_from(place: Path) -> None:
    """Before anything is installed: on a public index anybody could take its name."""
    assert 0 == main(["init", "mail", *ARGUMENTS])
    for name in ("README.md", "README.en.md"):
        before, _, _ = (place / "mail" / name).read_text().partition("bin/pip install")
        assert "vendor/" in before


def listing(place: Path) -> list[str]:
    return sorted(str(path.relative_to(place)) for path in place.rglob("*"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["full", *ARGUMENTS], "is not empty: it contains letter"),
        (["full/letter", *ARGUMENTS], "is a file"),
        (["full/letter/below", *ARGUMENTS], "cannot create"),
        (["new", "--domain", "Mail Example", "--province", "tỉnh X"], "is not a domain name"),
        (["new", "--domain", "example.vn", "--province", 'tỉnh "X"'], 'has """ (U+0022) in it'),
        (["new", "--domain", "example.vn", "--province", " "], "1 to 60 letters"),
        (["new", "--domain", "example.vn"], "--province is missing"),
        (["new", "--domain", "example.vn", "--province", ""], "--province: the name of a province"),
        (["new", "--domain", "example.vn", "--province", "Thanh Hóa"], "'tỉnh Thanh Hóa'"),
        (["new", "--domain", "example.vn", "--province", "tinh-x"], "'thành phố Đà Nẵng'"),
        (["new", "--domain", "example.vn", "--province", "tỉnh"], '"tỉnh" is not the name'),
        (["new", "--domain", "gmail.com", "--province", "tỉnh X"], "gmail.com is free mail"),
    ],
)
def test_after_an_error_nothing_is_left(
    place: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2 and a sentence."""
    (place / "full").mkdir()
    (place / "full" / "letter").touch()
    before = listing(place)
    assert 2 == main(["init", *arguments])
    assert message in capsys.readouterr().err
    assert before == listing(place)


@pytest.mark.parametrize("folder", ["new", "deep/er/new", "empty"])
@pytest.mark.parametrize("where", ["_write", "_codeowners", "_put"])
def test_after_ctrl_c_nothing_is_left(
    place: Path, folder: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it was at; parents made on the way go as well."""
    (place / "empty").mkdir()
    before = listing(place)
    original = getattr(creation, where)

    def interrupted(*arguments: object) -> None:
        if where != "_put":
            original(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(creation, where, interrupted)
    assert 130 == main(["init", folder, *ARGUMENTS])
    assert before == listing(place)


def test_ctrl_c_between_two_files_removes_the_first(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An existing folder is filled entry by entry."""
    (place / "empty").mkdir()
    moved: list[Path] = []
    rename = Path.rename

    def some(self: Path, target: Path) -> Path:
        if len(moved) == 3:
            raise KeyboardInterrupt
        moved.append(target)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", some)
    assert 130 == main(["init", "empty", *ARGUMENTS])
    assert 3 == len(moved)
    assert ["empty"] == listing(place)


def test_missing_values_are_prompted_for(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal."""
    questions: list[str] = []
    answers = {"Name of the province": "tỉnh Thử Nghiệm", "Mail domain": "mail.example.vn"}

    def prompt(question: str, **_: object) -> str:
        questions.append(question)
        return answers[question]

    monkeypatch.setattr("sys.stdin", open(os.devnull, encoding="utf-8"))  # noqa: SIM115, PTH123
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.prompt", prompt)
    assert 0 == main(["init", "mail"])
    assert list(answers) == questions


def test_a_wrong_answer_is_asked_for_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in edits: one slip does not end the questions."""
    answers = iter(["Thử Nghiệm", "tỉnh Thử Nghiệm", "gmail.com", "mail.example.vn"])
    monkeypatch.setattr("sys.stdin", open(os.devnull, encoding="utf-8"))  # noqa: SIM115, PTH123
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: next(answers))
    assert 0 == main(["init", "mail"])
    assert [] == list(answers)
    assert "mail.example.vn" in (place / "mail" / "data" / "policy.yaml").read_text("utf-8")
