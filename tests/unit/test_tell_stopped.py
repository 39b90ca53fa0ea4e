"""Who is told that a sender was stopped (Art. 6.5)."""

import email
import email.policy
import runpy
import subprocess
import unicodedata
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[2] / "templates/rspamd/tell_stopped.py"
ROWS = "an@old.vn\tan\nannv@a.vn\tan\nbinh@a.vn\tbinh\n"


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Leave notes, run the program, and return the letters that it puts into the queue."""
    found = runpy.run_path(str(PROGRAM))
    (tmp_path / "mailboxes").write_text(ROWS)
    letters: list[tuple[str, EmailMessage]] = []

    def run(argv: list[str], *, input: bytes, check: bool) -> None:  # noqa: A002
        assert check
        letters.append((argv[-1], email.message_from_bytes(input, policy=email.policy.default)))  # type: ignore[arg-type]

    monkeypatch.setattr(subprocess, "run", run)
    names = found["main"].__globals__
    monkeypatch.setitem(names, "NOTES", tmp_path)
    monkeypatch.setitem(names, "MAILBOXES", tmp_path / "mailboxes")

    def tell(**notes: str) -> list[tuple[str, EmailMessage]]:
        for person, why in notes.items():
            (tmp_path / f"untold.{person}").write_text(why)
        found["main"]("a.vn")
        assert [] == list(tmp_path.glob("untold.*"))
        return letters

    return tell


def test_owner_and_operator_are_told(told: Any) -> None:
    """By the address from which the sender writes, none at a former domain."""
    letters = told(an="flood")
    assert ["annv@a.vn", "postmaster@a.vn"] == [to for to, _ in letters]
    for to, letter in letters:
        assert (to, "auto-generated") == (letter["To"], letter["Auto-Submitted"])
        assert "Đã dừng việc gửi thư của annv@a.vn" == letter["Subject"]
        text = letter.get_content()
        assert text == unicodedata.normalize("NFC", text)
        assert "vượt quá số người nhận" in text


def test_the_operator_is_told_of_who_has_no_address(told: Any) -> None:
    """A mailbox may have been closed meanwhile."""
    assert ["postmaster@a.vn"] == [to for to, _ in told(chi="virus")]


def test_who_is_released_meanwhile_needs_no_letter(
    told: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notes of both are taken away while the first is told."""
    run = subprocess.run

    def release(*argv: Any, **options: Any) -> Any:
        for note in tmp_path.glob("untold.*"):
            note.unlink()
        return run(*argv, **options)

    monkeypatch.setattr(subprocess, "run", release)
    letters = told(an="flood", binh="virus")
    assert ["annv@a.vn", "postmaster@a.vn"] == [to for to, _ in letters]
