"""`make bench` measures what it is asked to, and nothing to show its help."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import run

ROOT = Path(__file__).resolve().parents[2]


def test_help_measures_nothing(tmp_path: Path) -> None:
    """Run as a script, as the Makefile does, it prints its options and ends."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "run.py"), "--help"],
        cwd=tmp_path, env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert (0, "") == (done.returncode, done.stderr)
    assert "--out FILE" in done.stdout


def test_only_the_parts_named_are_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = []
    parts = {name: lambda *_, name=name: measured.append(name) or [] for name in ("plan", "lab")}
    monkeypatch.setattr(run, "PARTS", parts)
    run.main(["lab", "--out", str(tmp_path / "results.md")])
    assert ["lab"] == measured
    assert capsys.readouterr().out.strip() == (tmp_path / "results.md").read_text().strip()


def test_a_part_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run.options(["labs"])
    assert "no such part: labs" in capsys.readouterr().err
