"""What is sent to hosts: nothing but Python's standard library is needed there."""

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

from hopthu import remote
from hopthu.remote.host import journal, passwords
from host_calls import answer

PACKAGE = Path(remote.__file__).parent / "host"


def test_hosts_need_the_standard_library_alone() -> None:
    """And the modules of the package itself, which are sent along."""
    imported = {
        name.split(".")[0] if not name.startswith("hopthu.remote.host") else name
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else []
        )
    }  # fmt: skip
    foreign = {
        n for n in imported if not n.startswith("hopthu.remote.host")
    } - sys.stdlib_module_names
    assert set() == foreign
    assert "json" in imported


# Imports the module of each package, from that package alone.
ALONE = """
import importlib, sys
for path in sys.argv[1:]:
    sys.path[0] = path
    for name in [name for name in sys.modules if name.startswith("hopthu")]:
        del sys.modules[name]
    importlib.import_module("hopthu.remote.host.main")
    module = importlib.import_module("hopthu.remote.host." + path.rpartition("/")[2])
    assert module.__file__.startswith(path + "/"), module.__file__
"""


def test_a_call_is_sent_what_it_imports(tmp_path: Path) -> None:
    """All of that, and no more: the whole would be sent fifty times in an apply."""
    paths, whole = [], len([*PACKAGE.glob("*.py")])
    for module in sorted(path.stem for path in PACKAGE.glob("*.py")):
        asked = remote.call_all([(module, "", [], {})])
        size, _, rest = asked.partition(b"\n")
        path = tmp_path / module
        path.write_bytes(rest[: int(size)])
        paths.append(str(path))
        with zipfile.ZipFile(path) as package:
            assert len(package.namelist()) < whole
    subprocess.run([sys.executable, "-IS", "-c", ALONE, *paths], check=True)
    assert b"moves" not in remote.call(journal.append, "{}")


def test_nothing_of_a_call_is_in_a_command() -> None:
    """The arguments of processes are for everybody to see; those of a call are on stdin."""
    asked = remote.call(passwords.change, "dc=vn", "(uid=an)", "userPassword: secret")
    assert b"userPassword: secret" in asked
    assert "secret" not in remote.CALL


def test_a_failure_is_a_reason_without_a_traceback(tmp_path: Path) -> None:
    """Of what the host refuses, of what its system does, and of what nobody has expected."""
    found = answer(journal.append, "no object", env={"HOPTHU_STATE": str(tmp_path)})
    reason = "a line of the journal must be a JSON object on one line\n"
    assert (1, None, reason) == (found.code, found.result, found.errors)
    (tmp_path / "file").write_text("")
    found = answer(journal.append, "{}", env={"HOPTHU_STATE": f"{tmp_path}/file/x"})
    assert (1, f"[Errno 20] Not a directory: '{tmp_path}/file/x'\n") == (found.code, found.errors)
    found = answer(journal.append, "{}", "one too many\nof them", env={})
    assert (1, None, 1) == (found.code, found.result, found.errors.count("\n"))
    assert found.errors.startswith("TypeError: ")


def test_a_call_that_was_cut_short_does_nothing(tmp_path: Path) -> None:
    """Whatever has arrived of it."""
    asked = remote.call(journal.append, '{"id": "x"}')
    for size in (0, 3, len(asked) // 2, len(asked) - 3):
        done = subprocess.run(
            ["sh", "-c", remote.CALL], input=asked[:size], capture_output=True, check=False,
            env={"HOPTHU_STATE": str(tmp_path), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        assert (0, b"") != (done.returncode, done.stdout)
        assert [] == [*tmp_path.iterdir()]
