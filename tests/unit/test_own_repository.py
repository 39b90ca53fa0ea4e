"""A province's own repository: what of its own is laid over hopthu's, and what a plan notices."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from hopthu.cli import main
from hopthu.daemons.site import Site
from hopthu.desired.state import desired
from hopthu.errors import Refused, UsageError
from hopthu.git.repository import Repository
from hopthu.inventory.roles import ROLES
from hopthu.inventory.secrets import Secrets
from hopthu.inventory.topology import Centre, Host
from hopthu.plan.review import review
from hopthu.tool import resources, version
from hopthu.tool.version import VERSION
from hopthu.validate import read

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]
BASE = Path(__file__).parents[1] / "rules" / "base"
ON = date(2026, 7, 31)
WHO = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with nothing but data."""
    root = tmp_path / "province"
    shutil.copytree(BASE / "data", root / "data")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "Begin"]):
        subprocess.run(["git", "-C", str(root), *WHO, *arguments], check=True)
    return root


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have the files of hopthu in a folder of their own, as a wheel does."""
    folder = tmp_path / "_data"
    for name in ("deploys", "schemas", "templates"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(CHECKOUT / name, folder / name, ignore=ignored)
    (folder / "commit").write_text("a" * 40 + "\n")
    monkeypatch.setattr(resources, "CARRIED", folder)
    return folder


@pytest.fixture
def kept(root: Path, installed: Path, tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    on = ON.isoformat()
    assert 0 == main(["plan", "--root", str(root), "--on", on, "--out", str(path)])
    return path


def refusal(kept: Path, root: Path) -> str:
    """Return why the plan is stale, a line each."""
    with pytest.raises(Refused) as raised:
        review(kept, Repository(root), read(root, ON), ON)
    assert 3 == raised.value.exit_code
    _, *reasons = raised.value.what.split("\n  ")
    return "\n  ".join(reasons)


def own(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


def test_a_plan_holds_while_the_tool_is_the_same(kept: Path, root: Path) -> None:
    """Whatever lies in the repository that no server gets."""
    own(root, "schemas/people.yaml", "not used\n")
    own(root, "hopthu/own.py", "not used\n")
    review(kept, Repository(root), read(root, ON), ON)


@pytest.mark.parametrize("name", ["templates/dovecot/dovecot.conf.j2", "deploys/dovecot.py"])
def test_a_plan_notices_what_is_laid_over_since(kept: Path, root: Path, name: str) -> None:
    """By its name, once."""
    own(root, name, "ours\n")
    told = refusal(kept, root)
    assert told.startswith(f"not reviewed: file {name}: added, overrides hopthu's")
    assert 1 == told.count(name)


@pytest.mark.parametrize(
    "name", ["templates/postfix/.part", "deploys/.one.py", "templates/__pycache__/part.pyc"]
)
def test_a_plan_notices_files_that_are_hidden(kept: Path, root: Path, name: str) -> None:
    """An override can include them."""
    own(root, name, "ours\n")
    assert refusal(kept, root).startswith(f"not reviewed: file {name}: added")


def test_a_plan_notices_hidden_files_of_the_inventory(kept: Path, root: Path) -> None:
    """An inventory can run them."""
    own(root, "inventory/.one.py", "")
    assert refusal(kept, root).startswith("not reviewed: file inventory/.one.py: added")


def test_a_plan_notices_files_behind_a_link(root: Path, installed: Path, tmp_path: Path) -> None:
    """Wherever a linked folder is; one that leads back to itself ends nowhere."""
    own(tmp_path, "elsewhere/main.cf.j2", "ours\n")
    (root / "templates").mkdir()
    (root / "templates" / "postfix").symlink_to(tmp_path / "elsewhere")
    (root / "templates" / "again").symlink_to(root / "templates")
    path = tmp_path / "plan.json"
    assert 0 == main(["plan", "--root", str(root), "--on", ON.isoformat(), "--out", str(path)])
    own(tmp_path, "elsewhere/main.cf.j2", "others\n")
    told = "not reviewed: file templates/postfix/main.cf.j2: "
    assert refusal(path, root).startswith(told)


def test_a_plan_holds_where_python_has_left_byte_code(kept: Path, root: Path) -> None:
    """That of deploys and inventories is never run."""
    for name in ("deploys", "inventory"):
        own(root, f"{name}/__pycache__/one.cpython-311.pyc", "")
    review(kept, Repository(root), read(root, ON), ON)


@pytest.mark.parametrize("name", ["templates", "schemas", "deploys"])
def test_a_plan_notices_another_tool_of_the_same_name(
    kept: Path, root: Path, installed: Path, name: str
) -> None:
    """Somebody has edited the installed files: the digest is of those that are used."""
    (installed / name / "more").write_text("more\n")
    assert f"code: {name} differs from what was reviewed" == refusal(kept, root)


def test_a_plan_notices_another_version(
    kept: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says which."""
    before, now = f"hopthu {VERSION} (aaaaaaaaaaaa)", "hopthu 9.9.9 (aaaaaaaaaaaa)"
    monkeypatch.setattr(version, "VERSION", "9.9.9")
    assert f"tool: the plan was reviewed with {before}, this is {now}\n" in refusal(kept, root)


def test_a_plan_names_both_tools_where_their_files_differ(
    kept: Path, root: Path, installed: Path
) -> None:
    """The same version, built from another commit."""
    (installed / "commit").write_text("b" * 40 + "\n")
    review(kept, Repository(root), read(root, ON), ON)  # the same code
    (installed / "templates" / "more").write_text("more\n")
    told = refusal(kept, root)
    assert f"with hopthu {VERSION} (aaaaaaaaaaaa), this is hopthu {VERSION} (bbbbbbbbbbbb)" in told
    assert "code: templates differs from what was reviewed" in told


HOST = Host("mail1", "mail1.example.vn", "10.88.0.11", frozenset(ROLES) - {"backup"}, ("store1",))


def journald(root: Path) -> str:
    keys = Secrets(root / "secrets", root / "age.key")
    centre = Centre("test", (HOST,))
    keys.make(centre, "example.vn", datetime.now(UTC))
    loaded = read(root, ON)
    state = desired(loaded.organisation, loaded.policy, ON)
    site = Site.made(root, centre, keys, loaded.policy, state)
    files = site.files("mail1", "system")
    return files["/etc/systemd/journald.conf.d/hopthu.conf"].content.decode()


def test_a_template_of_ones_own_decides(root: Path) -> None:
    """It may include hopthu's and add to it; the others stay hopthu's."""
    before = journald(root)
    assert "[Journal]" in before
    own(
        root,
        "templates/base/journald.conf.j2",
        '{% include "hopthu/base/journald.conf.j2" %}\nRateLimitBurst=0\n',
    )
    assert f"{before}RateLimitBurst=0\n" == journald(root)


PROGRAM = """
import sys
from pathlib import Path
from hopthu.engine.deploy_files import laid_over
site = laid_over(Path(sys.argv[1]))
import deploys.daemon, deploys.openldap
print(site, deploys.daemon.__file__, deploys.openldap.__file__)
"""


def used(root: Path) -> list[str]:
    command = [sys.executable, "-P", "-c", PROGRAM, str(root)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": ""}
    )
    return done.stdout.split()


def test_a_deploy_of_ones_own_decides(root: Path) -> None:
    """One module, or the whole order; the others stay hopthu's."""
    ours = CHECKOUT / "deploys"
    assert [f"{ours}/{n}.py" for n in ("site", "daemon", "openldap")] == used(root)
    own(root, "deploys/openldap.py", "mine = True\n")
    assert [f"{ours}/site.py", f"{ours}/daemon.py", f"{root}/deploys/openldap.py"] == used(root)
    own(root, "deploys/__init__.py", "")
    own(root, "deploys/site.py", "")
    assert f"{root}/deploys/site.py" == used(root)[0]
    assert f"{ours}/daemon.py" == used(root)[1]


FOREIGN = """
import py_compile, sys
from pathlib import Path
unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
for name in sys.argv[1:]:
    path = Path(name)
    reviewed = path.read_text()
    path.write_text("MADE_OF = 'other code'")
    py_compile.compile(name, invalidation_mode=unchecked)
    path.write_text(reviewed)
"""
IMPORTED = """
import sys
from pathlib import Path
from hopthu.engine.deploy_files import laid_over
laid_over(Path(sys.argv[1]))
import deploys.openldap, deploys.parts.one
print(deploys.openldap.MADE_OF, deploys.parts.one.MADE_OF)
try:
    import deploys.alone
except ImportError:
    print("none")
"""
LISTED = """
import sys
from pathlib import Path
from hopthu.inventory.loader import load
try:
    load(Path(sys.argv[1]), "ours")
except Exception as error:
    print(error)
"""


def run(program: str, *arguments: Path) -> str:
    command = [sys.executable, "-P", "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_deploys_run_as_they_are_written(root: Path) -> None:
    """Byte code beside them, which may be of anything, is neither run nor left there."""
    openldap, part = root / "deploys/openldap.py", root / "deploys/parts/one.py"
    for path in (openldap, part, root / "deploys/alone.py"):
        own(root, str(path.relative_to(root)), "MADE_OF = 'source'\n")
    run(FOREIGN, openldap, part, root / "deploys/alone.py")
    (left,) = (root / "deploys/__pycache__").glob("alone.*")
    left.rename(root / "deploys/alone.pyc")
    (root / "deploys/alone.py").unlink()
    assert "source source\nnone\n" == run(IMPORTED, root)
    shutil.rmtree(root / "deploys/__pycache__")
    run(IMPORTED, root)
    assert not (root / "deploys/__pycache__").exists()


def test_inventories_import_what_is_written(root: Path) -> None:
    """As deploys do."""
    own(root, "inventory/parts.py", "MADE_OF = 'source'\n")
    text = "import sys\nsys.path.insert(0, {!r})\nimport parts\nraise ValueError(parts.MADE_OF)\n"
    own(root, "inventory/ours.py", text.format(str(root / "inventory")))
    run(FOREIGN, root / "inventory/parts.py")
    assert "source\n" == run(LISTED, root)


def test_the_version_names_the_commit(
    installed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a checkout git's, in a wheel the one it was built from."""
    assert 0 == main(["--version"])
    assert f"hopthu {VERSION} (aaaaaaaaaaaa)\n" == capsys.readouterr().out
    monkeypatch.setattr(resources, "CARRIED", installed / "nowhere")
    assert 0 == main(["--version"])
    git = ["git", "-C", str(CHECKOUT), "rev-parse", "HEAD"]
    head = subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    assert f"hopthu {VERSION} ({head[:12]}" in capsys.readouterr().out


def test_edits_of_what_is_laid_over_are_not_in_the_commit(root: Path, installed: Path) -> None:
    """Nor are those of a hopthu that runs from a checkout; `schemas` here is nobody's."""
    own(root, "schemas/people.yaml", "not used\n")
    assert not Repository(root).checked_out().dirty
    (installed / "commit").write_text("a" * 40 + "-dirty\n")
    assert Repository(root).checked_out().code
    (installed / "commit").write_text("a" * 40 + "\n")
    own(root, "templates/base/journald.conf.j2", "ours\n")
    assert Repository(root).checked_out().code


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\n{{ nothing }}\n", "line 2: 'nothing' is undefined"),
        ("a\n{% if %}\n", "line 2: Expected an expression"),
        ('{% include "base/journald.conf.j2" %}', "it includes itself"),
        ('{% include "no/such.j2" %}', "no/such.j2: no such template"),
    ],
)
def test_a_fault_in_a_template_of_ones_own_is_a_sentence(root: Path, text: str, said: str) -> None:
    """With the file and the line: whoever runs the command wrote it."""
    own(root, "templates/base/journald.conf.j2", text)
    with pytest.raises(UsageError, match=r"templates/base/journald\.conf\.j2: ") as raised:
        journald(root)
    assert said in str(raised.value)
