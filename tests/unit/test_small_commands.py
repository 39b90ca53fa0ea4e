"""What small commands do with files from Windows, and with a no."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hopthu.cli import main

ROOT = Path(__file__).parents[2]
BASE = ROOT / "tests" / "rules" / "base"
DECLINED = """
import sys
from types import SimpleNamespace as Some
from hopthu.app import rollback
from hopthu.cli import main
sys.stdin = Some(isatty=lambda: True)
centre = Some(at_work=[Some(name="m1")])
inventory = Some(chosen=lambda _: {"m1": {}}, throwaway=True, centre=centre)
rollback.inventory_of = lambda *_: inventory
rollback.administrator = lambda *_, **__: "An"
rollback.foresee = lambda *_: rollback.Foreseen(Some(back={"m1": 1}), ())
import hopthu.cli.rollback
command = sys.modules["hopthu.cli.rollback"]
command.as_text = lambda *_, **__: ""
command.click.confirm = lambda *_, **__: False
sys.exit(main(["rollback", "lab", "--lang", "en"]))
"""


def test_format_brings_files_from_windows_into_form(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A byte order mark and line ends of Windows; `--check` says so, and a second run does not."""
    (tmp_path / "data").mkdir()
    for path in (BASE / "data").iterdir():
        (tmp_path / "data" / path.name).write_bytes(path.read_bytes())
    people, units = (tmp_path / "data" / name for name in ("people.yaml", "units.yaml"))
    before = {path: path.read_bytes() for path in (people, units)}
    people.write_bytes(b"\xef\xbb\xbf" + before[people])
    units.write_bytes(before[units].replace(b"\n", b"\r\n"))
    arguments = ["format", "--root", str(tmp_path), "--lang", "en"]
    assert 2 == main([*arguments, "--check"])
    assert "2 of 4 files" in capsys.readouterr().out
    assert 0 == main(arguments)
    assert before == {path: path.read_bytes() for path in (people, units)}
    assert 0 == main([*arguments, "--check"])


def test_a_declined_rollback_exits_1(tmp_path: Path) -> None:
    """As a declined apply does, with the same sentence."""
    done = subprocess.run(
        [sys.executable, "-c", DECLINED],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (1, "Cancelled; nothing was changed.") == (
        done.returncode,
        done.stdout.splitlines()[-1],
    ), done.stderr
