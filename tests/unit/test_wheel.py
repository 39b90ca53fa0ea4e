"""The tool apart from the data: a wheel, installed, and a repository it makes."""

import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from hopthu.rules.registry import RULES
from hopthu.tool.version import VERSION
from wheel import CHECKOUT, Installed, build_wheel, install

pytestmark = pytest.mark.slow

INVENTORY = '''
"""One server with every role."""
_data = {
    "address": "192.0.2.11",
    "fqdn": "mail1.mail.example.vn",
    "stores": ["store1", "store2"],
    "secrets": "inventory/secrets",
    "age_identity": "../age.key",
}
edge = access = store = directory = monitor = [("mail1", _data)]
'''
WHO = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]


@pytest.fixture(scope="module")
def hopthu(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="module")
def root(hopthu: Installed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A province's repository, committed, with a server of its own."""
    folder = tmp_path_factory.mktemp("province")
    root = folder / "mail"
    province = ("--domain", "mail.example.vn", "--province", "tỉnh Thử Nghiệm")
    hopthu.run("init", "mail", *province, root=folder, GIT_CEILING_DIRECTORIES=str(folder.parent))
    (root / "inventory" / "production.py").write_text(INVENTORY)
    hopthu.run("secrets", "production", root=root)
    commit(root)
    return root


def commit(root: Path) -> None:
    for arguments in (["add", "--all"], ["commit", "-qm", "A commit"]):
        subprocess.run(["git", "-C", str(root), *WHO, *arguments], check=True)


def test_a_wheel_claims_one_name(hopthu: Installed) -> None:
    """No `deploys` or `templates` in site-packages; nothing that was compiled or is not ours."""
    names = zipfile.ZipFile(hopthu.wheel).namelist()
    assert {"hopthu"} == {n.split("/")[0] for n in names if ".dist-info/" not in n}
    assert not [n for n in names if "__pycache__" in n or "production.py" == n.rpartition("/")[2]]


def test_a_wheel_carries_compiled_catalogues_only(hopthu: Installed, root: Path) -> None:
    """Who installs it needs no Babel; no catalogue is in a commit."""
    names = zipfile.ZipFile(hopthu.wheel).namelist()
    assert "hopthu/locale/vi/LC_MESSAGES/hopthu.mo" in names
    assert not [name for name in names if name.endswith(".po")]
    assert "2 cảnh báo." in hopthu.run("check", "--lang", "vi", root=root).stdout


def test_it_is_not_the_checkout(hopthu: Installed, root: Path) -> None:
    """Or the other tests would prove nothing."""
    program = "import hopthu, sys; print(hopthu.__file__, *sys.path)"
    python = str(hopthu.prefix / "bin" / "python")
    done = subprocess.run(
        [python, "-P", "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    file, *path = done.stdout.split()
    assert Path(file).is_relative_to(hopthu.prefix)
    assert str(CHECKOUT) not in path


def test_it_names_the_commit_it_was_built_from(hopthu: Installed, root: Path) -> None:
    """No git is asked any more."""
    git = ["git", "-C", str(CHECKOUT), "rev-parse", "HEAD"]
    head = subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    assert f"hopthu {VERSION} ({head[:12]}" in hopthu.run("--version", root=root, PATH="").stdout


def test_a_new_repository_is_checked_planned_and_rendered(
    hopthu: Installed, root: Path, tmp_path: Path
) -> None:
    """The first minute of a province."""
    assert hopthu.run("check", root=root).stdout.endswith("\n2 warnings.\n"), "nothing is promised"
    assert "Nothing changes" in hopthu.run("plan", root=root).stdout
    out = tmp_path / "mail1"
    hopthu.run("render", "--host", "mail1", "--out", str(out), "production", root=root)
    main = (out / "etc" / "postfix" / "main.cf").read_text()
    assert "mail.example.vn" in main
    assert (out / "etc" / "rspamd" / "local.d" / "settings.conf").is_file()
    assert "systemctl start hopthu-drift" in (out / "etc/hopthu/monitor/rules.yml").read_text()


def test_it_explains_every_rule(hopthu: Installed, root: Path) -> None:
    """The pages come along."""
    pages = {f"hopthu/_data/tests/rules/{rule.id}.md" for rule in RULES}
    assert pages <= set(zipfile.ZipFile(hopthu.wheel).namelist())
    said = hopthu.run("check", "--explain", "unique-address", root=root).stdout
    assert "\n## Two people have one address\n" in said


def test_what_is_laid_over_is_rendered_and_noticed(
    hopthu: Installed, root: Path, tmp_path: Path
) -> None:
    """A template of one's own decides; a plan that was made before it is stale."""
    plan = tmp_path / "plan.json"
    hopthu.run("plan", "--out", str(plan), root=root)
    assert hopthu.run("--version", root=root).stdout == (
        f"hopthu {json.loads(plan.read_text())['tool']}\n"
    )
    own = root / "templates" / "postfix" / "main.cf.j2"
    own.parent.mkdir(parents=True)
    own.write_text('{% include "hopthu/postfix/main.cf.j2" %}\n# ours\n')
    try:
        out = tmp_path / "mail1"
        hopthu.run("render", "--host", "mail1", "--out", str(out), "production", root=root)
        assert (out / "etc" / "postfix" / "main.cf").read_text().endswith("\n# ours\n")
        stale = ("apply", "production", "--yes", "--plan", str(plan))
        told = hopthu.run(*stale, root=root, expect=3).stderr
        assert "not reviewed: file templates/postfix/main.cf.j2: added, overrides hopthu's" in told
    finally:
        own.unlink()
        own.parent.rmdir()
        own.parent.parent.rmdir()


def test_a_source_archive_makes_the_same_wheel(hopthu: Installed, tmp_path: Path) -> None:
    """There is no git in it: the commit comes along."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(build, cwd=CHECKOUT, check=True, capture_output=True)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(tmp_path, filter="data")
    again = build_wheel(tmp_path / archive.name.removesuffix(".tar.gz"), tmp_path)
    with zipfile.ZipFile(hopthu.wheel) as one, zipfile.ZipFile(again) as other:
        assert sorted(one.namelist()) == sorted(other.namelist())
        commit = "hopthu/_data/commit"
        assert one.read(commit) == other.read(commit) != b""
