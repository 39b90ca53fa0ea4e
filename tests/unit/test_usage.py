"""What the command line says to whoever uses it wrongly, elsewhere, or stops it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hopthu.cli import main
from hopthu.errors import UsageError
from hopthu.inventory import loader as inventories
from pipelines import clone, commit

pytestmark = pytest.mark.slow

AGAIN = "interrupted; run it again to finish what it began\n"


# In a program of its own: to load `apply` patches sockets and threads of whoever loads it.
_INTERRUPT = """
import click, importlib, sys
from hopthu.cli import main

command = getattr(importlib.import_module(f"hopthu.cli.{sys.argv[1]}"), sys.argv[1])
while isinstance(command, click.Group):
    command = next(each for name, each in command.commands.items() if name in sys.argv[2:])

def body(**_):
    raise KeyboardInterrupt

command.callback = body
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check",), "interrupted\n"),
        (("verify", "lab"), "interrupted\n"),
        (("lab", "status"), "interrupted\n"),
        (("apply", "lab", "--dry-run"), "interrupted\n"),
        (("apply", "lab"), AGAIN),
        (("rollback", "lab", "--yes"), AGAIN),
        (("lab", "up"), AGAIN),
        (("lab", "--lang", "en", "up"), AGAIN),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_who_stops_a_command_hears_what_is_left_to_do(
    arguments: tuple[str, ...], said: str
) -> None:
    """Only a command that changes something can have begun something."""
    done = subprocess.run(
        [sys.executable, "-c", _INTERRUPT, *arguments],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert (130, said) == (done.returncode, done.stderr.lstrip("\n"))


@pytest.mark.parametrize("command", ["plan", "check"])
def test_an_empty_base_is_refused(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As of a variable that is not set: it would be compared with something nobody named."""
    assert 2 == main([command, "--base", ""])
    said = capsys.readouterr().err
    assert "--base names no revision" in said
    assert "fix: name a commit, branch or tag" in said


@pytest.mark.parametrize("day", [
    "2026-W05-1", "20261231", "2026-1-31", "today", "1/12/26", "30/11-2026", "001/12/2026",
    "٣٠/١١/٢٠٢٦", "30/11/2026 ",
])  # fmt: skip
def test_a_wrong_day_is_answered_with_an_example(
    day: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not with the format a programmer would write."""
    assert 2 == main(["check", "--on", day])
    assert "is not a date such as 2026-12-31 or 31/12/2026" in capsys.readouterr().err


@pytest.mark.parametrize("day", [
    "2026-13-01", "2026-02-30", "12/31/2026", "30/02/2026", "31.02.2026", "0000-01-01",
    "00/01/2026",
])  # fmt: skip
def test_a_day_that_is_none_is_called_so(day: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is written as one, so how to write it is no help."""
    assert 2 == main(["check", "--on", day])
    assert f'"{day}" is not a day of the calendar' in capsys.readouterr().err


@pytest.mark.parametrize("day", ["30/11/2026", "30-11-2026", "30.11.2026"])
def test_a_day_may_be_written_day_first(day: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As the law writes it: what is ambiguous elsewhere is not, 1/12 is in December."""
    for said, meant in ((day, "2026-11-30"), ("1/12/2026", "2026-12-01")):
        assert 0 == main(["show", "binhlv", "--on", said])
        assert f"on {meant}" in capsys.readouterr().out


def test_where_there_is_no_inventory_its_path_is_asked_for(tmp_path: Path) -> None:
    """Nothing could be offered by name."""
    with pytest.raises(UsageError) as raised:
        inventories.find(tmp_path, "lab")
    assert "no inventory called 'lab'\n  fix: no inventories found; pass a path" == str(
        raised.value
    )
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "production.py").write_text("")
    with pytest.raises(UsageError, match="fix: one of: production; or pass a path"):
        inventories.find(tmp_path, "lab")


@pytest.mark.parametrize("arguments", [["check"], ["plan"], ["show", "so-tai-chinh"], ["format"],
                                       ["address", "Lê Hà"]], ids=" ".join)  # fmt: skip
def test_outside_a_checkout_it_says_how_to_name_one(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """That there is no data here is all that is wrong."""
    monkeypatch.chdir(tmp_path)
    assert 2 == main(arguments)
    said = "".join(capsys.readouterr())
    assert "data:1:1: error: there is no folder data/ here" in said
    assert "fix: run it in a checkout, or name one with --root" in said
    assert 1 == said.count("error:"), said
    assert "note:" not in said


def test_it_says_so_in_vietnamese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As every sentence of `check`."""
    assert 2 == main(["check", "--lang", "vi", "--root", str(tmp_path)])
    said = capsys.readouterr().out
    assert "ở đây không có thư mục data/" in said
    assert "--root" in said


def test_a_shallow_clone_is_named_as_such(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The revision may well exist: the clone does not have it."""
    whole = clone(tmp_path / "whole")
    base = subprocess.run(
        ["git", "-C", str(whole), "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    path = whole / "data" / "policy.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")
    commit(whole, "A change")
    shallow = tmp_path / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth", "1", whole.as_uri(), str(shallow)], check=True)
    assert 2 == main(["plan", "--base", base, "--root", str(shallow)])
    said = capsys.readouterr().err
    assert "this clone is shallow" in said
    assert "fix: git fetch --unshallow" in said
    assert 2 == main(["plan", "--base", "no-such-branch", "--root", str(whole)])
    assert "shallow" not in capsys.readouterr().err


def test_before_the_first_commit_there_is_nothing_to_plan_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said so, and what to do; git's own word would be "no such revision"."""
    root = tmp_path / "new"
    assert 0 == main(["init", str(root), "--domain", "mail.example.vn", "--province", "tỉnh Thử"])
    capsys.readouterr()
    assert 2 == main(["plan", "--root", str(root)])
    said = capsys.readouterr().err
    assert "error: nothing is committed here yet" in said
    assert "fix: commit first" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("chek",), "No such command 'chek'. (Did you mean one of: 'check', 'schema'?)"),
        (("unit", "had"), "No such command 'had'. (Did you mean one of: 'add', 'head'?)"),
        (("import", "none.xlsx"), "none.xlsx cannot be read: No such file or directory\n  fix: "),
        (("history", "--inventory", "lab"), "/none\n  fix: run: hopthu lab up\n"),
        (
            ("unit", "add", "X", "--kind", "x", "--dry-run"),
            "Invalid value for '--kind': \"x\" is not one of: ",
        ),
        (
            ("--lang", "vi", "check", "--root", "/none"),
            "Giá trị không hợp lệ cho '--root': Thư Mục '/none' không tồn tại.",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_slip_is_told_with_what_is_meant(
    arguments: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Which option it is about, what is there instead, and in the language of the run."""
    monkeypatch.setenv("HOPTHU_LAB", str(tmp_path / "none"))
    assert main([*(() if "--lang" in arguments else ("--lang", "en")), *arguments]) in (1, 2)
    assert said in capsys.readouterr().err


def test_where_there_is_no_data_nothing_else_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Though a commit has some: it is another folder that was meant."""
    root = clone(tmp_path / "clone")
    shutil.rmtree(root / "data")
    assert 2 == main(["check", "--root", str(root), "--lang", "en"])
    said = capsys.readouterr().out
    assert "there is no folder data/ here" in said
    assert "1 error. " in said
