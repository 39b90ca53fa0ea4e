"""What an apply says before it asks, and of people who cannot sign in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click
import pytest
from test_server_plan import git

from hopthu.cli import apply
from hopthu.cli.display import stream
from hopthu.git.repository import Repository
from hopthu.i18n.message import Message
from hopthu.model.organisation import Organisation
from hopthu.plan.diff import Change
from hopthu.plan.guards.result import Guard
from hopthu.plan.plan import Plan


@dataclass(frozen=True)
class Report:
    """As that of `hopthu.apply.run`, which patches the standard library."""

    changes: Mapping[str, Sequence[str]]
    operations: int


NOBODY = Organisation({}, {})
DECLINED = "Cancelled; nothing was changed."
Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def run() -> Iterator[None]:
    """A run in English."""
    with click.Context(click.Command("apply"), obj={"language": "en"}):
        yield


def test_a_summary_counts_what_changes(capsys: Said) -> None:
    """Moves to another store too, which no step of a host tells."""
    moves = [
        Change("mailbox", key, "move", "store1", "store2", (), Message("moves"))
        for key in ("a", "b")
    ]
    apply.show_summary(Plan(date(2026, 11, 25), "base", tuple(moves)))
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
    assert () == Repository(tmp_path).uncommitted()
    for name in ("data", "templates", "docs"):
        (tmp_path / name / "one").write_text("2")
    (tmp_path / "data" / "thư mới").write_text("3")
    files = Repository(tmp_path).uncommitted()
    assert ("data/one", "data/thư mới", "templates/one") == files
    apply.show_uncommitted(files)
    apply.show_uncommitted([f"data/{n}" for n in range(12)])
    apply.show_uncommitted(())
    first, second = capsys.readouterr().out.splitlines()
    assert "Not committed: data/one, data/thư mới, templates/one" == first
    assert second.endswith("data/9 and 2 more")


def test_hosts_are_told_with_their_steps_before_the_question(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """Only those that change; where none does there is nothing to ask."""
    asked: list[str] = []
    monkeypatch.setattr(click, "confirm", lambda question, **_: asked.append(question))
    nothing = Plan(date(2026, 11, 25), "base", ())
    confirm = apply.asking(stream("plain", "en"), nothing, NOBODY)
    confirm(Report({"dir1": (), "edge1": ()}, 9))  # type: ignore[arg-type]
    assert [] == asked
    with pytest.raises(click.exceptions.Exit):
        confirm(Report({"dir1": (), "edge1": ("Put", "Reload")}, 9))  # type: ignore[arg-type]
    assert ["Apply these changes?"] == asked
    said = ("  edge1: 2 step(s)", "Nothing changes on 2026-11-25.", DECLINED)
    assert said == (*capsys.readouterr().out.splitlines(),)


def test_moves_between_stores_are_told_before_the_question(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """No step of a host tells them."""
    asked: list[str] = []
    monkeypatch.setattr(click, "confirm", lambda question, **_: asked.append(question))
    moves = [
        Change("mailbox", key, "move", "store1", "store2", (), Message("moves"))
        for key in ("a", "b")
    ]
    plan = Plan(date(2026, 11, 25), "base", tuple(moves))
    with pytest.raises(click.exceptions.Exit):
        apply.asking(stream("plain", "en"), plan, NOBODY)(Report({}, 9))  # type: ignore[arg-type]
    assert ["Apply these changes?"] == asked
    said = capsys.readouterr().out
    assert said.startswith("  mailboxes that move from store1 to store2: 2\nChanges on ")


def test_a_summary_stands_directly_above_the_question(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """Warnings, what guards allowed, and the number of changes of each kind: nothing is above."""
    monkeypatch.setattr(click, "confirm", lambda question, **_: click.echo(question))
    changes = tuple(
        Change("mailbox", key, "close", "active", "closed", (), Message("closes")) for key in "abc"
    )
    guard = Guard("close", "all", 3, 1, allowance="qd-9", mailboxes=3)
    plan = Plan(date(2026, 11, 25), "base", changes, guards=(guard,))
    report = Report({"edge1": ("Put", "Reload")}, 9)
    with pytest.raises(click.exceptions.Exit):
        apply.asking(stream("plain", "en"), plan, NOBODY, 2)(report)  # type: ignore[arg-type]
    step, *above, question, declined = capsys.readouterr().out.splitlines()
    assert ("  edge1: 2 step(s)", "Apply these changes?", DECLINED) == (step, question, declined)
    assert ["Warnings: 2", "Changes on 2026-11-25: 3.", "  mailboxes closed: 3"] == [
        line for line in above if not line.startswith("allowed: ")
    ]
    assert 1 == sum(line.startswith("allowed: ") for line in above)


def test_people_who_cannot_sign_in_are_told(capsys: Said) -> None:
    """Where everybody can there is nothing to say."""
    apply.show_without_password(0)
    apply.show_without_password(423)
    assert "People who cannot sign in for lack of a password: 423\n" == capsys.readouterr().out
