"""A plan names every file of a repository that differs by more than its records."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hopthu.cli import main
from hopthu.plan.format_markdown import LONGEST

BASE = Path(__file__).parents[1] / "rules" / "base"
WHO = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid"]
ON = "2026-11-25"
Edit = Callable[[Path], object]


@pytest.fixture(params=["sha1", "sha256"])
def root(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A repository of a province: an override, a step of its own, an inventory."""
    shutil.copytree(BASE / "data", tmp_path / "data")
    own(tmp_path, "templates/postfix/main.cf.j2", "ours\n")
    own(tmp_path, "deploys/more.py", "")
    own(tmp_path, "inventory/production.py", "store = []\n")
    own(tmp_path, "requirements.txt", "hopthu==1.2.3\n")
    own(tmp_path, "vendor/more.whl", "1\n")
    own(tmp_path, ".github/workflows/review.yml", "exit 1\n")
    own(tmp_path, "Makefile", "all:\n")
    init = ["init", "-q", f"--object-format={request.param}"]
    for command in (init, ["add", "."], ["commit", "-qm", "base"]):
        subprocess.run(["git", "-C", str(tmp_path), *WHO, *command], check=True)
    return tmp_path


def own(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


def digest(line: str) -> str:
    return hashlib.sha256(f"{line}\n".encode()).hexdigest()[:32]


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *WHO, *arguments], check=True)


def planned(root: Path, capsys: pytest.CaptureFixture[str], form: str, language: str = "en") -> str:
    arguments = ["--root", str(root), "--on", ON, "--format", form, "--lang", language]
    capsys.readouterr()
    assert 0 == main(["plan", *arguments])
    return capsys.readouterr().out


def test_code_that_stays_is_not_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor byte code, nor what git does not know and no apply reads."""
    own(root, "deploys/__pycache__/more.cpython-311.pyc", "")
    own(root, "out/plan.md", "")
    assert f"Nothing changes on {ON}.\n" == planned(root, capsys, "text")


STAY = "mailboxes, addresses and rights stay as they are."
CHANGED = f"""\
Other files:
    ~ file .github/workflows/review.yml: changed ({digest("exit 0")})
    + file CODEOWNERS: added ({digest("* @me")})
    - file deploys/more.py: removed
    ~ file inventory/production.py: changed ({digest("store = ['other']")})
    + file templates/base/.part: added ({digest("ours")})
    + file templates/base/journald.conf.j2: added, overrides hopthu's ({digest("ours")})
    - file templates/postfix/main.cf.j2: removed, no longer overrides hopthu's
    ~ file requirements.txt: changed ({digest("hopthu==1.2.4")})
    ~ file vendor/more.whl: changed ({digest("2")})
"""


def change(root: Path) -> None:
    own(root, "templates/base/journald.conf.j2", "ours\n")
    own(root, "templates/base/.part", "ours\n")
    own(root, "inventory/production.py", "store = ['other']\n")
    own(root, "requirements.txt", "hopthu==1.2.4\n")
    own(root, "vendor/more.whl", "2\n")
    own(root, ".github/workflows/review.yml", "exit 0\n")
    own(root, "CODEOWNERS", "* @me\n")
    git(root, "add", "CODEOWNERS")
    for name in ("templates/postfix/main.cf.j2", "deploys/more.py"):
        (root / name).unlink()


def test_code_that_changes_is_a_part_of_its_own(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where no data changes as well, committed or not; neither as a change of mailboxes."""
    change(root)
    told = planned(root, capsys, "text").splitlines()
    assert sorted(CHANGED.split()) == sorted(" ".join(told[:10]).split())
    assert f"On {ON} {STAY} Other files: 9." == told[10]
    assert told[11].startswith("Compared with ")
    plan = json.loads(planned(root, capsys, "json"))
    assert [] == plan["changes"] + plan["edits"] + plan["later"]
    assert {"add", "change", "remove"} == {line["action"] for line in plan["code"]}
    assert {"code"} == {line["kind"] for line in plan["code"]}
    (workflow,) = (line for line in plan["code"] if line["id"].endswith("review.yml"))
    content = hashlib.sha256(b"exit 0\n").hexdigest()
    assert f"100644 {content}" == workflow["after"]


def test_the_mode_of_a_file_and_where_a_link_leads_are_compared(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A link is not the file it leads to, and a submodule is its commit."""
    (root / "Makefile").chmod(0o755)
    (root / "vendor" / "more.whl").unlink()
    (root / "vendor" / "more.whl").symlink_to("../Makefile")
    other = "1" * len(head(root))
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{other},other")
    files = {line["id"]: line for line in json.loads(planned(root, capsys, "json"))["code"]}
    assert {"Makefile", "other", "vendor/more.whl"} == files.keys()
    led = hashlib.sha256(b"../Makefile").hexdigest()
    assert f"120000 {led}" == files["vendor/more.whl"]["after"]
    assert files["vendor/more.whl"]["before"].startswith("100644 ")
    assert f"160000 {other}" == files["other"]["after"]
    told = planned(root, capsys, "text")
    assert f"Makefile: changed (executable, {digest('all:')})" in told
    assert f"vendor/more.whl: changed (a link to ../Makefile, {led[:32]})" in told
    assert "other: added (submodule at 11111111111111111111111111111111)" in told
    told = planned(root, capsys, "text", "vi")
    assert f"Makefile: sửa (tệp thực thi, {digest('all:')})" in told
    assert f"vendor/more.whl: sửa (liên kết tới ../Makefile, {led[:32]})" in told
    assert "other: thêm (mô-đun con tại 11111111111111111111111111111111)" in told


def executable(root: Path) -> None:
    (root / "Makefile").write_text("some:\n")
    (root / "Makefile").chmod(0o755)


def link(root: Path) -> None:
    (root / "CODEOWNERS").symlink_to("Makefile")
    git(root, "add", "CODEOWNERS")


def plain_file(root: Path) -> None:
    (root / "CODEOWNERS").write_text("Makefile")
    git(root, "add", "CODEOWNERS")


@pytest.mark.parametrize(
    ("one", "other"),
    [(lambda root: own(root, "Makefile", "some:\n"), executable), (plain_file, link)],
)
def test_another_mode_or_kind_of_the_same_content_is_another_plan(
    root: Path, capsys: pytest.CaptureFixture[str], one: Edit, other: Edit
) -> None:
    """In its lines and in its checksum."""
    seen = []
    for edit in (one, other):
        edit(root)
        plan = json.loads(planned(root, capsys, "json"))
        seen.append((plan["checksum"], planned(root, capsys, "text").splitlines()[:-1]))
        git(root, "reset", "-q", "--hard")
    (checksum, lines), (other_checksum, other_lines) = seen
    assert checksum != other_checksum
    assert lines != other_lines


def test_byte_code_that_git_knows_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever runs it: only what git does not know is left out."""
    names = (".ci/__pycache__/x.cpython-311.pyc", "deploys/__pycache__/more.cpython-311.pyc")
    for name in names:
        own(root, name, "")
        git(root, "add", "-f", name)
    told = planned(root, capsys, "text")
    assert 2 == sum(f"+ file {name}: added (" in told for name in names)


def test_a_name_that_is_not_utf_8_is_escaped(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In each format, and unlike that of any other file."""
    for name in (b"bad\xff.txt", rb"bad\xff.txt"):
        Path(os.fsdecode(bytes(root) + b"/" + name)).touch()
    git(root, "add", ".")
    plan = json.loads(planned(root, capsys, "json").encode())
    assert [r"bad\\xff.txt", r"bad\xff.txt"] == [line["id"] for line in plan["code"]]
    for form in ("text", "markdown"):
        assert planned(root, capsys, form).encode()


def test_files_above_the_root_are_compared_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only workflows at the top of a repository run, wherever in it the data is."""
    root = tmp_path / "mail"
    shutil.copytree(BASE / "data", root / "data")
    own(root, "templates/postfix/main.cf.j2", "ours\n")
    own(tmp_path, ".github/workflows/ci.yml", "exit 1\n")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "base"]):
        git(tmp_path, *command)
    own(tmp_path, ".github/workflows/ci.yml", "exit 0\n")
    own(tmp_path, "templates/more", "no template of ours\n")
    own(root, "templates/base/journald.conf.j2", "ours\n")
    (root / "templates/postfix/main.cf.j2").unlink()
    told = planned(root, capsys, "text")
    assert "~ file .github/workflows/ci.yml: changed (" in told
    assert "+ file mail/templates/base/journald.conf.j2: added, overrides hopthu's (" in told
    assert "mail/templates/postfix/main.cf.j2: removed, no longer overrides hopthu's" in told
    assert "Other files: 3." in told


FILLED = {
    "a folder": [f"bulk/{n:04}.txt" for n in range(150)],
    "the same folder": [f"deploys/{n:04}.txt" for n in range(150)],
    "the top": [f"{n:04}.txt" for n in range(150)],
    "names": [f"bulk/{n}{'@' * 200}.txt" for n in range(90)],
    "many folders": [f"!{n:04}{'@' * 20}/x.txt" for n in range(150)],
}


@pytest.mark.slow
@pytest.mark.parametrize("names", FILLED.values(), ids=FILLED)
def test_no_number_of_files_pushes_another_out_of_a_comment(
    root: Path, capsys: pytest.CaptureFixture[str], names: list[str]
) -> None:
    """Each has a line, or one with others of its folder, that changes with it."""
    for name in names:
        own(root, name, "")
    git(root, "add", ".")
    own(root, ".github/workflows/review.yml", "exit 0\n")
    heads = []
    for text in ("one", "other"):
        own(root, "deploys/x.py", text)
        told = planned(root, capsys, "markdown")
        assert len(told) <= LONGEST
        said, _, _ = told.partition("<details>")
        assert "review.yml: changed (" in said
        heads.append(said)
    assert heads[0] != heads[1]


def test_each_of_many_files_has_its_own_line(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In text; only a comment has no room for very many."""
    for n in range(40):
        own(root, f"bulk/{n:02}.txt", "")
    git(root, "add", ".")
    own(root, "deploys/x.py", "")
    assert 41 == planned(root, capsys, "text").count(": added (")


@pytest.mark.parametrize(
    ("one", "other"),
    [("Makefile", "Makefile is removed"), ("a: removed", "a"), ("a b", 'a "b"')],
)
def test_a_name_of_a_file_imitates_no_line(
    root: Path, capsys: pytest.CaptureFixture[str], one: str, other: str
) -> None:
    """Whatever is more than words is quoted, as each value is."""
    own(root, one, "some\n")
    own(root, other, "some\n")
    git(root, "add", ".")
    told = planned(root, capsys, "text")
    for name in (one, other):
        shown = json.dumps(name) if {*name} & {*':"'} else name
        assert 1 == sum(f" file {shown}: " in line for line in told.splitlines())


def comment(root: Path) -> None:
    people = root / "data" / "people.yaml"
    people.write_text(f"# yaml-language-server: $schema=other.json\n{people.read_text()}")


def commented_row(root: Path) -> None:
    """Give a new record a comment."""
    documents = root / "data" / "documents.yaml"
    documents.write_text(documents.read_text() + f"{DOCUMENT}  # signed\n")


def document(root: Path) -> None:
    documents = root / "data" / "documents.yaml"
    documents.write_text(documents.read_text() + f"{DOCUMENT}\n")


DOCUMENT = (
    "- {id: qd-99-ubnd-2026, kind: decision, number: 99/QĐ-UBND, issuer: ubnd-tinh, "
    "date: 2026-07-03}"
)


def turned(root: Path) -> None:
    """Put the first record last."""
    documents = root / "data" / "documents.yaml"
    first, *rest = documents.read_text().splitlines(keepends=True)
    documents.write_text("".join([*rest, first]))


@pytest.mark.parametrize(
    ("edit", "name"),
    [
        (comment, "data/people.yaml"),
        (commented_row, "data/documents.yaml"),
        (document, "data/documents.yaml"),
        (turned, "data/documents.yaml"),
        (lambda root: (root / "data" / "people.yaml").chmod(0o755), "data/people.yaml"),
    ],
)
def test_a_data_file_that_changes_is_named(
    root: Path, capsys: pytest.CaptureFixture[str], edit: Edit, name: str
) -> None:
    """With a digest of content and mode; records that change are not enough to say."""
    edit(root)
    told = planned(root, capsys, "text")
    assert f"Data files: {name} (digest " in told
    assert "Other files" not in told
    assert "Nothing changes" not in told
    (file,) = json.loads(planned(root, capsys, "json"))["code"]
    content = hashlib.sha256((root / name).read_bytes()).hexdigest()
    assert ("data", name, content) == (file["kind"], file["id"], file["after"].split()[1])


def test_in_which_file_a_new_record_stands_is_told(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where its kind is in several files: who reviews it may depend on that."""
    folder, single = root / "data" / "documents", root / "data" / "documents.yaml"
    folder.mkdir()
    single.rename(folder / "a.yaml")
    (folder / "b.yaml").write_text(f"{DOCUMENT.replace('99', '98')}\n")
    git(root, "add", "--all")
    git(root, "commit", "-qm", "two files")
    found = []
    for name in ("a", "b"):
        with (folder / f"{name}.yaml").open("a") as file:
            file.write(f"{DOCUMENT}\n")
        found += re.findall(r"Data files: (\S+) ", planned(root, capsys, "text"))
        git(root, "reset", "-q", "--hard")
    assert ["data/documents/a.yaml", "data/documents/b.yaml"] == found


def head(root: Path) -> str:
    command = ["git", "-C", str(root), "rev-parse", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_another_content_is_another_plan(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of any file: its digest is part of the checksum."""
    found = []
    for text in ("exit 0\n", "exit 2\n", "exit 2\n"):
        own(root, ".github/workflows/review.yml", text)
        found.append(json.loads(planned(root, capsys, "json"))["checksum"])
    assert found[0] != found[1] == found[2]


@pytest.mark.parametrize("language", ["en", "vi"])
def test_code_stands_in_a_comment_before_what_is_folded(
    root: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    """As its lines are few and nobody may miss them."""
    change(root)
    told = planned(root, capsys, "markdown", language)
    assert "main.cf.j2" in told
    assert "<details>" not in told.partition("main.cf.j2")[0]
    assert "Nothing changes" not in told
    assert "Không có thay đổi" not in told


def test_data_and_code_are_counted_apart(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The number of changes is that of the data."""
    own(root, "templates/base/journald.conf.j2", "ours\n")
    policy = root / "data" / "policy.yaml"
    policy.write_text(policy.read_text() + "quotas: {warn: [90]}\n")
    told = planned(root, capsys, "text")
    assert "Rows written: 1. On " in told
    assert " stay as they are. Other files: 1.\n" in told


def test_what_a_link_leads_to_is_compared_too(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A link that is new, and later a file in the folder it leads to."""
    own(root, "elsewhere/.part", "1\n")
    (root / "templates" / "dovecot").symlink_to(root / "elsewhere")
    (root / "templates" / "again").symlink_to(root / "templates")
    told = planned(root, capsys, "text")
    assert "+ file templates/dovecot: added (" in told
    assert "+ file elsewhere/.part: added (" in told
    for command in (["add", "."], ["commit", "-qm", "link"]):
        subprocess.run(["git", "-C", str(root), *WHO, *command], check=True)
    assert f"Nothing changes on {ON}.\n" == planned(root, capsys, "text")
    own(root, "elsewhere/.part", "2\n")
    assert "~ file elsewhere/.part: changed (" in planned(root, capsys, "text")


def test_a_file_of_the_data_counts_before_git_knows_it(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also one without a record, of which no row tells: it stands with its path and a digest."""
    git(root, "mv", "data/people.yaml", "data/all.yaml")
    own(root, "data/people/a.yaml", (root / "data/all.yaml").read_text())
    git(root, "rm", "-qf", "data/all.yaml")
    git(root, "add", ".")
    git(root, "commit", "-qm", "a folder")
    own(root, "data/people/b.yaml", "# only words\n[]\n")
    told = planned(root, capsys, "text")
    (first,) = re.findall(r"Data files: data/people/b.yaml \(digest (\w+)\)", told)
    own(root, "data/people/b.yaml", "# other words\n[]\n")
    assert first not in planned(root, capsys, "text")
