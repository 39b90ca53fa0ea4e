"""What is sent to hosts: nothing but Python's standard library is needed there."""

import ast
import subprocess
import sys
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
