"""What the plan has read and the engine is told, and when it holds no longer."""

import json
from collections.abc import Mapping, Sequence

import pytest

from hopthu.directory.entries import UNIQUE
from hopthu.directory.ldif import Entries, changes, undo
from hopthu.engine import wire
from hopthu.operations import directory
from hopthu.operations.answers import ALL, Answers, Compared

BASE = "dc=x,dc=vn"


def entry(*addresses: str) -> Mapping[str, tuple[str, ...]]:
    return {"mailLocalAddress": addresses, "cn": ("An",)}


FOUND: Entries = {"uid=a": entry("a", "b"), "uid=b": entry("c"), "uid=s": entry("s")}
WANTED: Entries = {"uid=a": entry("a"), "uid=b": entry("c"), "uid=c": entry("b")}


def test_only_what_differs_is_kept() -> None:
    """And strangers, which are told; not the 60,000 others."""
    found = Compared.of("7", FOUND, WANTED)
    assert (3, {"uid=a", "uid=s"}, {"uid=a", "uid=c"}) == (
        found.number,
        found.there.keys(),
        found.meant.keys(),
    )


def test_an_empty_directory_is_not_handed_on() -> None:
    """All 60,000 entries differ from it, and the engine asks again in any case."""
    assert Answers.of({}, "7", {}, WANTED).compared is None


def test_what_differs_is_enough_for_the_changes() -> None:
    """Also for those that free an address before somebody else gets it, and for the way back."""
    part = Compared.of("7", FOUND, WANTED)
    todo = changes(FOUND, WANTED, UNIQUE)
    assert todo == changes(part.there, part.meant, UNIQUE)
    assert undo(todo, FOUND, UNIQUE) == undo(todo, part.there, UNIQUE)


def test_the_engine_is_told_what_was_read() -> None:
    """Over a pipe, as text: also of names that are none, as bytes of a file may be."""
    told = Answers(
        {"store1": {"rights": [("stc", "INBOX", "user=an\udce9", "lr")], "listed": "a"}},
        Compared.of("7", FOUND, WANTED),
    )
    got = wire.answers_of(json.loads(wire.as_bytes(wire.of_answers(told))))
    assert told.compared == got.compared
    assert [*told.granted["store1"]["rights"][0]] == [*got.granted["store1"]["rights"][0]]
    assert Answers() == wire.answers_of(wire.of_answers(Answers()))


@pytest.mark.parametrize(
    ("then", "now", "found", "reads"),
    [
        ("1", "1", FOUND, False),
        ("1", "2", FOUND, True),
        ("", "", FOUND, True),
        ("1", "", FOUND, True),
        ("1", "1", {}, True),  # which may be an answer that was cut short
        (None, "1", FOUND, True),  # as in a run of pyinfra's own command line
    ],
)
def test_entries_are_read_again_if_they_may_have_changed(
    then: str | None, now: str, found: Entries, reads: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Since the plan: every write moves the position, and a directory may have none."""
    asked: list[tuple[str, Sequence[str]]] = []

    def searched(_base: str, filter_: str, attributes: Sequence[str]) -> Entries:
        asked.append((filter_, attributes))
        return {}

    monkeypatch.setattr(directory, "call", lambda *_question: now)
    monkeypatch.setattr(directory, "searched", searched)
    known = None if then is None else Answers.of({}, then, found, WANTED).compared
    got = directory._compared(BASE, ["cn"], lambda: WANTED, known)
    assert ([(ALL, ["cn"])] if reads else []) == asked
    assert (Compared.of("", {}, WANTED) if reads else known) == got
    assert got.meant
