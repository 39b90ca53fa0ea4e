"""What a host answers is what it was asked, or the failure of that host."""

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from hopthu.answers import answer, answers
from hopthu.errors import HostFailed
from hopthu.remote import question
from hopthu.remote.host import (
    archived,
    archiving,
    entries,
    journal,
    kept_copies,
    moves,
    packing,
    preflight,
    records,
    survey,
)

ID, DAY = "a" * 64, "2026-06-04"
NOTE = {"on": DAY, "sha256": ID, "size": 1000, "messages": 3}
RECORDS = {"deployed": "", "applying": "", "broken": False, "older": [], "last": "", "heads": []}
KEPT = {"arrivals": [[ID, 1.5, "store1/mail"]], "size": 1, "free": 2, "now": 3, "wrong": ""}


@pytest.mark.parametrize(
    ("function", "found"),
    [
        (kept_copies.arrivals, [(ID, 1.5, "store1/mail-2026-11")]),
        (kept_copies.kept, {"store1/mail": {**KEPT, "arrivals": [(ID, 1.5, "store1/mail")]}}),
        (archived.notes, {"people/an": {ID: NOTE}}),
        (archiving.present, {"people/an": 5}),
        (moves.places, {"people/an": moves.Place("store1", True, "active", "")}),
        (moves.finish, None),
        (records.records, {**RECORDS, "heads": [f"{ID} 20261201T000000Z-1"]}),
        (entries.entries, {"suffix": "dc=vn", "position": "", "ldif": packing.packed("dn: x")}),
        (journal.text, "\udc80"),
    ],
)  # fmt: skip
def test_an_answer_is_what_a_function_returns(function: Callable[..., Any], found: object) -> None:
    """Tuples are tuples again; text may have been bytes that are no text."""
    assert found == answer("b1", json.dumps(found), function)
    assert [found, found] == answers("b1", json.dumps([found] * 2), *[question(function)] * 2)


WRONG: list[tuple[Callable[..., Any], object]] = [
    *((kept_copies.arrivals, said) for said in (
        [["x", 1, "y"]], [[ID, 1e30, "y"]], [[ID, float("nan"), "y"]], [[ID, float("inf"), "y"]],
        [[ID, -1, "y"]], [[ID, True, "y"]], [[ID, "1", "y"]], [[ID, 1]], None, {"a": 1}, "x",
    )),
    *((kept_copies.kept, {"a/mail": said}) for said in (
        None, {}, {**KEPT, "size": -1}, {**KEPT, "free": 1.5}, {**KEPT, "now": 1e30},
    )),
    *((archived.notes, said) for said in (
        [], {"people/an": []}, {"../etc": {ID: NOTE}}, {"people/an": {"../x": NOTE}},
        *({"people/an": {ID: wrong}} for wrong in (
            [], {}, {**NOTE, "on": "zzz"}, {**NOTE, "on": 1}, {**NOTE, "on": "20260604"},
            {**NOTE, "size": -(10**15)}, {**NOTE, "size": 1 << 63}, {**NOTE, "size": "x"},
            {**NOTE, "messages": None},
        )),
    )),
    (archived.unnoted, {"a": 1}), (archived.unnoted, [1]), (archived.sound, 5),
    (archiving.present, ["people/an"]), (archiving.present, {"people/an": -1}),
    (kept_copies.view, 5), (moves.finish, "x"), (moves.here, [None]),
    (records.records, {**RECORDS, "heads": ["\x1b"]}), (records.records, {}),
    (entries.entries, {"suffix": "dc=vn", "position": "", "ldif": "x"}),
    (preflight.facts, {"clock": 1}), (survey.survey, []),
]  # fmt: skip


@pytest.mark.parametrize(("function", "said"), WRONG)
def test_what_cannot_be_is_the_failure_of_its_host(
    function: Callable[..., Any], said: object
) -> None:
    """It is named, with what it was asked; and nothing else that it was asked is believed."""
    with pytest.raises(HostFailed, match="b1: "):
        answer("b1", json.dumps(said), function)
    with pytest.raises(HostFailed, match="b1: "):
        answers("b1", json.dumps(["", said]), question(journal.text), question(function))


def test_what_is_wrong_is_said_and_no_secret() -> None:
    """Where it is, and what it should be."""
    secret = {"people/an": {ID: {**NOTE, "on": "Bien-xanh-2026"}}}
    with pytest.raises(HostFailed) as raised:
        answer("b1", json.dumps(secret), archived.notes)
    assert "what it answers to notes cannot be" in raised.value.what
    assert "Bien" not in str(raised.value)
    assert "`$[...][...].on`" in raised.value.what


@pytest.mark.parametrize("text", ["", "[1", "[" * 100_000, "1" * 5000, "NaN", "1e999", "[]", "{}"])
def test_what_is_no_answer_is_the_failure_of_its_host(text: str) -> None:
    """Cut short, too deep, or of another question."""
    with pytest.raises(HostFailed, match="b1: "):
        answer("b1", text, moves.room)
    with pytest.raises(HostFailed, match="b1: "):
        answers("b1", text, question(moves.room))


def test_no_more_is_unpacked_than_there_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few bytes can be packed that fill the memory of whoever unpacks them."""
    text = base64.b64encode(gzip.compress(bytes(1_000_000))).decode()
    assert 1_000_000 == len(packing.unpacked(text))
    monkeypatch.setattr(packing, "_LARGEST", 999_999)
    with pytest.raises(ValueError, match="larger than any"):
        packing.unpacked(text)
    with pytest.raises(ValueError, match="cut short"):
        packing.unpacked(base64.b64encode(gzip.compress(b"abc")[:-9]).decode())
