"""Who is told that a sender was stopped (Art. 6.5)."""

import email
import email.policy
import os
import re
import runpy
import subprocess
import time
import unicodedata
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[2] / "templates/rspamd/tell_stopped.py"
MOMENT = 1795741323.5
ROWS = "an@old.vn\tan\nannv@a.vn\tan\nbinh@a.vn\tbinh\n"


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Leave notes, run the program, and return the letters that it puts into the queue."""
    found = runpy.run_path(str(PROGRAM))
    (tmp_path / "mailboxes").write_text(ROWS)
    letters: list[tuple[str, EmailMessage]] = []

    def run(argv: list[str], *, input: bytes, check: bool) -> None:  # noqa: A002
        assert check
        assert "/usr/sbin/sendmail" == argv[0]
        letters.append((argv[-1], email.message_from_bytes(input, policy=email.policy.default)))  # type: ignore[arg-type]

    monkeypatch.setattr(subprocess, "run", run)
    names = found["main"].__globals__
    monkeypatch.setitem(names, "NOTES", tmp_path)
    monkeypatch.setitem(names, "MAILBOXES", tmp_path / "mailboxes")

    def tell(**notes: str) -> list[tuple[str, EmailMessage]]:
        for person, why in notes.items():
            (tmp_path / f"untold.{person}").write_text(why)
        found["main"]("a.vn", "dc=a,dc=vn", "ldaps://192.0.2.1")
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


THERE = "ldaps://192.0.2.1"
OTHER, FAR = "20260101000000.5Z", "20991127010203.500000Z"
FOUND = "dn: uid=an,ou=people,dc=a,dc=vn"
NEW = "(|(hopthuStopped=*)(hopthuReleased=*))"
LATER = "(|(hopthuStopped=*)(!(hopthuReleased={})))"
ANSWER = {
    "an entry": f"'(&(uid=an)(objectClass=inetOrgPerson))') echo '{FOUND}' ;;",
    "news": f"'(&(uid=an){NEW})'|'(&(uid=an){LATER.format(FAR)})') echo '{FOUND}' ;;",
    "a stop": f"'(&(uid=an)(hopthuStopped=*))') echo '{FOUND}' ;;",
    "a release": f"'(uid=an)') echo 'hopthuReleased: {FAR}' ;;",
}


@pytest.fixture
def entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Leave a note that somebody is stopped, run the program, and return what it asked.

    The directory here knows what is `known`; the provider's answer is an exit `code`.
    """
    note, programs = tmp_path / "stopped.an", tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")

    def tell(*known: str, code: int = 0, left: str = "flood") -> tuple[bool, str, str]:
        note.write_text(left)
        cases = "\n".join(ANSWER[each] for each in known)
        bodies = {
            "ldapsearch": f'case "${{@: -2:1}}" in\n{cases}\nesac',
            "ldapmodify": f"cat {tmp_path}/stopped.* >{tmp_path}/noted; "
            f'echo "$*" >{tmp_path}/asked; cat >{tmp_path}/given; exit {code}',
        }
        for name, body in bodies.items():
            (programs / name).write_text(f"#!/bin/bash\n{body}\n")
            (programs / name).chmod(0o755)
        found = runpy.run_path(str(PROGRAM))
        names = found["main"].__globals__
        for name, value in {"NOTES": tmp_path, "PATIENCE": 0.1, "PAUSE": 0.01}.items():
            monkeypatch.setitem(names, name, value)
        said = ""
        try:
            found["main"]("a.vn", "dc=a,dc=vn", THERE)
        except SystemExit as error:
            said = str(error)
        asked = "".join(each.read_text() for each in tmp_path.glob("[ag][si]*") if each.is_file())
        return note.exists(), asked, said

    return tell


def test_the_provider_is_told_and_then_the_note_goes(entered: Any) -> None:
    """Unless somebody has told it already, or a release came after the note."""
    kept, asked, said = entered("an entry", "news", "a stop")
    assert (False, "") == (kept, said)
    assert f"-H {THERE} -e !assert=(!{NEW})" in asked.replace("-o nettimeout=5 ", "")
    assert re.search(r"changetype: modify\nadd: hopthuStopped\nhopthuStopped: \d{14}Z\n$", asked)


def test_a_note_keeps_the_release_that_was_known_when_it_was_left(
    entered: Any, tmp_path: Path
) -> None:
    """One that came later decides, however late the note is told; no dates are compared."""
    kept, asked, _ = entered("an entry", "news", "a stop", "a release")
    assert not kept
    assert f"-e !assert=(!{LATER.format(FAR)})" in asked
    kept, _, _ = entered("an entry", "a release", code=255)
    assert kept
    assert f"flood {FAR}" == (tmp_path / "stopped.an").read_text()
    kept, asked, _ = entered("an entry", "a release", code=122, left=f"flood {OTHER}")
    assert f"-e !assert=(!{LATER.format(OTHER)})" in asked


def test_notes_keep_the_release_before_any_is_told(entered: Any, tmp_path: Path) -> None:
    """While one is told for minutes, the other's owner may be released."""
    (tmp_path / "stopped.zu").write_text("virus")
    entered("an entry", code=255)
    assert "flood -virus -" == (tmp_path / "noted").read_text()


def test_letters_that_are_being_taken_in_are_stopped_a_little_longer(
    entered: Any, tmp_path: Path
) -> None:
    """Postfix may have asked about them before; not after a release, and not for long."""
    entered("an entry", "news")
    assert [] == list(tmp_path.glob("told.*"))
    entered("an entry", "news", "a stop")
    (told,) = tmp_path.glob("told.*")
    assert time.time() - told.stat().st_mtime < 60
    os.utime(told, (MOMENT, MOMENT))
    entered("an entry", "news")
    assert not told.exists()


def test_what_the_provider_knows_already_is_told(entered: Any) -> None:
    """Another host may have been first, or a release; 122 is an assertion that does not hold."""
    assert (False, "") == entered("an entry", "news", "a stop", code=122)[::2]


def test_a_note_stays_until_the_directory_here_has_it(entered: Any) -> None:
    """A host that the provider's changes do not reach goes on by its own note."""
    kept, _, said = entered("an entry")
    assert (True, "'stopped.an': the directory here does not have it yet") == (kept, said)


def test_a_note_stays_while_the_provider_is_away(entered: Any) -> None:
    """And the unit, which has failed, tries again."""
    kept, _, said = entered("an entry", "news", "a stop", code=255)
    assert kept
    assert said.startswith("'stopped.an': ")


def test_a_note_stays_while_nothing_can_be_asked(
    entered: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs may be missing while packages are replaced; that is no note that has gone."""
    monkeypatch.setenv("PATH", "/nowhere")
    kept, _, said = entered("an entry")
    assert kept
    assert "'stopped.an': " in said


def test_nobody_needs_a_note_of_who_is_gone(entered: Any) -> None:
    """Without an entry nobody signs in."""
    assert (False, "", "") == entered()


ODD: dict[str, Callable[[Path], object]] = {
    "stopped.fifo": os.mkfifo,
    "untold.fifo": os.mkfifo,
    "stopped.folder": Path.mkdir,
    "stopped.link": lambda path: path.symlink_to(path.parent / "of-root"),
    "untold.link": lambda path: path.symlink_to(path.parent / "of-root"),
    "stopped.bytes": lambda path: path.write_bytes(b"flood\xe9"),
    "untold.empty": lambda path: path.write_text(""),
    "stopped.filter": lambda path: path.write_text("flood 20261127010203Z)(uid=*"),
    "stopped.long": lambda path: path.write_text(f"virus {FAR}" + "0" * 10**6),
    **dict.fromkeys(
        ("stopped.", "stopped.a\nb", "untold.*"), lambda path: path.write_text("virus")
    ),
}


def test_what_is_no_note_is_set_aside(entered: Any, tmp_path: Path) -> None:
    """Whoever has taken Rspamd over keeps nobody's note from being told, and writes nowhere."""
    (tmp_path / "of-root").write_text("flood")
    before = (tmp_path / "of-root").stat().st_mtime_ns
    for name, put in ODD.items():
        put(tmp_path / name)
    kept, asked, said = entered("an entry", "news", "a stop")
    assert not kept
    assert "add: hopthuStopped" in asked
    assert len(ODD) == len(said.splitlines()) == said.count("none of Rspamd's notes")
    assert {f"bad.{name}" for name in ODD} == {each.name for each in tmp_path.glob("bad.*")}
    assert [] == [*tmp_path.glob("stopped.*"), *tmp_path.glob("untold.*")]
    after = (tmp_path / "of-root").stat().st_mtime_ns
    assert ("flood", before) == ((tmp_path / "of-root").read_text(), after)
