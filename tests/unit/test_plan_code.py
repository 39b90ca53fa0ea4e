"""A plan names the files of a repository that decide what servers get, beside its data."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from hopthu.cli import main

BASE = Path(__file__).parents[1] / "rules" / "base"
WHO = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid"]
ON = "2026-11-25"


@pytest.fixture(params=["sha1", "sha256"])
def root(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A repository of a province: an override, a step of its own, an inventory."""
    shutil.copytree(BASE / "data", tmp_path / "data")
    own(tmp_path, "templates/postfix/main.cf.j2", "ours\n")
    own(tmp_path, "deploys/more.py", "")
    own(tmp_path, "inventory/production.py", "store = []\n")
    own(tmp_path, "requirements.txt", "# Which hopthu.\nhopthu==1.2.3\n./vendor/more.whl\n")
    own(tmp_path, "vendor/more.whl", "1\n")
    init = ["init", "-q", f"--object-format={request.param}"]
    for command in (init, ["add", "."], ["commit", "-qm", "base"]):
        subprocess.run(["git", "-C", str(tmp_path), *WHO, *command], check=True)
    return tmp_path


def own(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


def planned(root: Path, capsys: pytest.CaptureFixture[str], form: str, language: str = "en") -> str:
    arguments = ["--root", str(root), "--on", ON, "--format", form, "--lang", language]
    capsys.readouterr()
    assert 0 == main(["plan", *arguments])
    return capsys.readouterr().out


def test_code_that_stays_is_not_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor byte code, nor comments on what is required."""
    own(root, "deploys/__pycache__/more.cpython-311.pyc", "")
    own(root, "requirements.txt", "hopthu==1.2.3  # ours\n\n./vendor/more.whl\n")
    assert f"Nothing changes on {ON}.\n" == planned(root, capsys, "text")


CHANGED = """\
Code and inventory:
    - code: deploys/more.py is removed
    ~ code: inventory/production.py is changed
    + code: templates/base/.part is added
    + code: templates/base/journald.conf.j2 is added and overrides hopthu's
    - code: templates/postfix/main.cf.j2 is removed and no longer overrides hopthu's
    ~ code: requirements.txt: added: hopthu==1.2.4; removed: hopthu==1.2.3
    ~ code: vendor/more.whl is changed
"""


def change(root: Path) -> None:
    own(root, "templates/base/journald.conf.j2", "ours\n")
    own(root, "templates/base/.part", "ours\n")
    own(root, "inventory/production.py", "store = ['other']\n")
    own(root, "requirements.txt", "hopthu==1.2.4\n./vendor/more.whl\n")
    own(root, "vendor/more.whl", "2\n")
    for name in ("templates/postfix/main.cf.j2", "deploys/more.py"):
        (root / name).unlink()


def test_code_that_changes_is_a_part_of_its_own(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where no data changes as well, committed or not; neither as a change of mailboxes."""
    change(root)
    told = planned(root, capsys, "text").splitlines()
    assert sorted(CHANGED.splitlines()) == sorted(told[:8])
    assert f"On {ON} no data changes. Lines of code and inventory: 7." == told[8]
    assert told[9].startswith("Compared with ")
    plan = json.loads(planned(root, capsys, "json"))
    assert [] == plan["changes"] + plan["record"] + plan["later"]
    assert {"add", "change", "remove"} == {line["action"] for line in plan["code"]}
    assert {"code"} == {line["kind"] for line in plan["code"]}


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
    policy.write_text(policy.read_text() + "limits: {message: 10 MiB}\n")
    assert f"Changes on {ON}: 1. Lines of code and inventory: 1.\n" in planned(root, capsys, "text")


def test_what_a_link_leads_to_is_compared_too(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A link that is new, and later a file in the folder it leads to."""
    own(root, "elsewhere/.part", "1\n")
    (root / "templates" / "dovecot").symlink_to(root / "elsewhere")
    (root / "templates" / "again").symlink_to(root / "templates")
    told = planned(root, capsys, "text")
    assert "+ code: templates/dovecot is added\n" in told
    assert "+ code: elsewhere/.part is added\n" in told
    for command in (["add", "."], ["commit", "-qm", "link"]):
        subprocess.run(["git", "-C", str(root), *WHO, *command], check=True)
    assert f"Nothing changes on {ON}.\n" == planned(root, capsys, "text")
    own(root, "elsewhere/.part", "2\n")
    assert "~ code: elsewhere/.part is changed\n" in planned(root, capsys, "text")
