"""The quota check: only a store's word that a mailbox is full refuses a letter (Art. 5.1)."""

import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[2] / "templates/quota/check_quota.py"
ROUTES = "annv@a.vn\tlmtp:inet:[10.0.0.1]:24\nbinhlv@a.vn\tlmtp:inet:[10.0.0.2]:24\n"


class Sessions:
    """What stores answer, and which of them were asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.opened = 0
        self.answer: Callable[[], bool] = lambda: False

    def __call__(self, store: str, _deadline: float) -> Any:
        """Open a session."""
        self.opened += 1
        session, sessions = type("Session", (), {"used": 1e9, "close": lambda _: None})(), self

        def says_full(address: str, _deadline: float) -> bool:
            sessions.asked.append((store, address))
            return sessions.answer()

        session.says_full = says_full
        return session


@pytest.fixture
def sessions() -> Sessions:
    """Stores that answer as a test wants."""
    return Sessions()


@pytest.fixture
def action(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sessions: Sessions
) -> Callable[[str], str]:
    """What Postfix is told of a recipient."""
    monkeypatch.setattr(sys, "argv", ["check_quota.py", "1"])
    (tmp_path / "transport").write_text(ROUTES)
    (tmp_path / "aliases").write_text("postmaster@a.vn\tannv@a.vn\n")
    found = runpy.run_path(str(PROGRAM))
    asked = found["action"]
    names = asked.__globals__
    monkeypatch.setitem(names, "Session", sessions)
    monkeypatch.setitem(names, "ALIASES", found["Table"](tmp_path / "aliases"))
    monkeypatch.setitem(names, "ROUTES", found["Table"](tmp_path / "transport"))
    found_action: Callable[[str], str] = asked
    return found_action


def test_the_store_of_the_mailbox_is_asked(
    action: Callable[[str], str], sessions: Sessions
) -> None:
    """By any address, in any case; nobody about addresses that are not ours."""
    sessions.answer = lambda: True
    answers = [action(each) for each in ("AnNV@a.vn", "Postmaster@a.vn", "x@example.org", "")]
    assert ["552", "552", "DUNNO", "DUNNO"] == [each.partition(" ")[0] for each in answers]
    assert [("10.0.0.1", "annv@a.vn")] * 2 == sessions.asked
    assert 1 == sessions.opened, "a session is used again"


def test_a_store_without_an_answer_is_left_alone_for_a_while(
    action: Callable[[str], str], sessions: Sessions
) -> None:
    """Letters to its mailboxes are let in; other stores are asked as ever."""

    def dead() -> bool:
        raise TimeoutError

    sessions.answer = dead
    assert ["DUNNO"] * 3 == [action("annv@a.vn") for _ in range(3)]
    assert 1 == len(sessions.asked)
    sessions.answer = lambda: True
    assert action("binhlv@a.vn").startswith("552 5.2.2 ")


def test_a_session_that_has_ended_is_opened_again(
    action: Callable[[str], str], sessions: Sessions
) -> None:
    """A reload of the store ends them all."""
    answers = iter([False, None, True])

    def reloaded() -> bool:
        answer = next(answers)
        if answer is None:
            raise ConnectionResetError
        return answer

    sessions.answer = reloaded
    assert ["DUNNO", "552"] == [action("annv@a.vn").partition(" ")[0] for _ in range(2)]
    assert 2 == sessions.opened


class Trickle:
    """A connection that gives a byte in each second."""

    def __init__(self, clock: list[float], answer: bytes) -> None:
        self._clock, self._answer, self._patience = clock, iter(answer), 0.0

    def settimeout(self, seconds: float) -> None:
        """Be asked to answer in time."""
        self._patience = seconds

    def sendall(self, _question: bytes) -> None:
        """Take a question."""

    def recv(self, _most: int) -> bytes:
        """Give the next byte, if there is time."""
        self._clock[0] += min(1.0, self._patience)
        if self._patience < 1:
            raise TimeoutError
        return bytes([next(self._answer)])


def test_no_answer_takes_longer_than_a_question_may(
    monkeypatch: pytest.MonkeyPatch, action: Callable[[str], str]
) -> None:
    """A letter waits for each of its recipients: a store that answers byte by byte is away."""
    names, clock = action.__globals__, [0.0]
    monkeypatch.setattr(names["time"], "monotonic", lambda: clock[0])
    found = runpy.run_path(str(PROGRAM))["Session"]
    session = found.__new__(found)
    session._socket = Trickle(clock, b"action=554 5.2.2 full\n\n" * 100)
    with pytest.raises(TimeoutError):
        session.says_full("annv@a.vn", 2.0)
    assert clock[0] <= 2.0
    session._socket = Trickle(clock, b"x" * 10_000)
    with pytest.raises(ConnectionError):
        session.says_full("annv@a.vn", 1e9)
