"""What an apply says before it asks, and of people who cannot sign in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from test_server_plan import git

from hopthu.cli import asking
from hopthu.cli.display.stream import stream
from hopthu.history import checkout
from hopthu.i18n.message import Message
from hopthu.plan.diff import Change
from hopthu.plan.plan import Plan


@dataclass(frozen=True)
class Report:
    """As that of `hopthu.apply.run`, which patches the standard library."""

    changes: Mapping[str, Sequence[str]]
    operations: int


Said = pytest.CaptureFixture[str]


def test_a_summary_counts_what_changes(capsys: Said) -> None:
    """Moves to another store too, which no step of a host tells."""
    moves = [
        Change("mailbox", key, "move", "store1", "store2", (), Message("moves"))
        for key in ("a", "b")
    ]
    asking.show_summary(Plan(date(2026, 11, 25), "base", "head", tuple(moves)), "en")
    assert "Changes on 2026-11-25: 2.\n  mailboxes moved to another store: 2\n" == (
        capsys.readouterr().out
    )


def test_what_no_commit_holds_is_named(tmp_path: Path, capsys: Said) -> None:
    """Data, code and what is new; of very many some, and how many more."""
    for name in ("data", "templates", "docs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one").write_text("1")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    assert () == checkout.uncommitted(tmp_path)
    for name in ("data", "templates", "docs"):
        (tmp_path / name / "one").write_text("2")
    (tmp_path / "data" / "thư mới").write_text("3")
    files = checkout.uncommitted(tmp_path)
    assert ("data/one", "data/thư mới", "templates/one") == files
    asking.show_uncommitted(files, "en")
    asking.show_uncommitted([f"data/{n}" for n in range(12)], "en")
    asking.show_uncommitted((), "en")
    first, second = capsys.readouterr().out.splitlines()
    assert "Not committed: data/one, data/thư mới, templates/one" == first
    assert second.endswith("data/9 and 2 more")


def test_hosts_are_told_with_their_steps_before_the_question(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """Only those that change; where none does there is nothing to ask."""
    asked: list[str] = []
    monkeypatch.setattr(asking.click, "confirm", asked.append)
    nothing = Plan(date(2026, 11, 25), "base", "head", ())
    agreed = asking.asking(stream("plain", "en"), nothing, "en")
    assert agreed(Report({"dir1": (), "edge1": ()}, 9))  # type: ignore[arg-type]
    assert [] == asked
    assert not agreed(Report({"dir1": (), "edge1": ("Put", "Reload")}, 9))  # type: ignore[arg-type]
    assert ["Apply these changes?"] == asked
    assert "  edge1: 2 step(s)\n" == capsys.readouterr().out


def test_moves_between_stores_are_told_before_the_question(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """No step of a host tells them."""
    asked: list[str] = []
    monkeypatch.setattr(asking.click, "confirm", asked.append)
    moves = [
        Change("mailbox", key, "move", "store1", "store2", (), Message("moves"))
        for key in ("a", "b")
    ]
    plan = Plan(date(2026, 11, 25), "base", "head", tuple(moves))
    assert not asking.asking(stream("plain", "en"), plan, "en")(Report({}, 9))  # type: ignore[arg-type]
    assert ["Apply these changes?"] == asked
    assert "  mailboxes that move from store1 to store2: 2\n" == capsys.readouterr().out


def test_people_who_cannot_sign_in_are_told(capsys: Said) -> None:
    """Where everybody can there is nothing to say."""
    asking.show_without_password(0, "en")
    asking.show_without_password(423, "en")
    assert "People who cannot sign in for lack of a password: 423\n" == capsys.readouterr().out
