"""`hopthu check --explain RULE`: what a rule means, as its page says."""

import os
import sys
from pathlib import Path

import pytest

import terminal
from hopthu.cli import main
from hopthu.diagnostics.rule import Rule
from hopthu.rules.registry import RULES
from regulations import THANH_HOA
from rule_pages import RULES as PAGES

Capture = pytest.CaptureFixture[str]


def explained(name: str, capsys: Capture, *arguments: str) -> str:
    assert 0 == main(["check", "--explain", name, *(arguments or ("--lang", "en"))])
    return capsys.readouterr().out


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_is_explained(rule: Rule, capsys: Capture) -> None:
    """What it is, why it exists, then its page; no colour where it is not a terminal."""
    said = explained(rule.id, capsys)
    assert said.startswith(
        f"{rule.id}: {rule.severity} [{rule.article}]\n  why: {rule.why}\n"
        f"  regulation: {THANH_HOA.name()}\n\n"
    )
    _, _, rest = (PAGES / f"{rule.id}.md").read_text(encoding="utf-8").partition("\n\n")
    assert said.endswith(f"\n\n{rest}")
    assert "\x1b" not in said


def test_the_reason_comes_in_vietnamese(capsys: Capture) -> None:
    """The page itself is in English, which is said."""
    said = explained("unique-address", capsys, "--lang", "vi")
    assert said.startswith("unique-address: lỗi [Điều 4]\n  lý do: mỗi địa chỉ c")
    assert "tiếng Anh" in said.split("\n\n")[1]
    assert "## Near miss: nearly the same" in said


def test_no_data_is_read(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """It works in any folder."""
    monkeypatch.chdir(tmp_path)
    assert "## Two people have one address\n" in explained("unique-address", capsys)


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("unique-adress", "did you mean unique-address?"),
        ("Unique-Address", "did you mean unique-address?"),
        ("address", "did you mean address-changed-hands, "),
        (
            "../../README",
            "rules are listed in docs/regulation.md, and named in [brackets] by check",
        ),
    ],
)
def test_an_unknown_rule_is_told_with_what_may_be_meant(
    name: str, fix: str, capsys: Capture
) -> None:
    """Exit 2, as for whatever a command names that is not there."""
    assert 2 == main(["check", "--explain", name, "--lang", "en"])
    said = capsys.readouterr()
    assert "" == said.out
    assert said.err.startswith(f"error: there is no rule {name}\n  fix: {fix}"), said.err


def test_headings_stand_out_on_a_terminal(tmp_path: Path) -> None:
    """Those of the page; a comment within a block is none."""
    program = [sys.executable, "-m", "hopthu", "check", "--explain", "id-removed", "--lang", "en"]
    shown = terminal.run(program, tmp_path, dict(os.environ))
    assert 0 == shown.code
    assert b"\x1b[1m## A person is taken out\x1b[0m" in shown.raw
    assert b"\x1b[1m# removed" not in shown.raw
    assert b"# removed: tran-thi-hoa" in shown.raw
