"""The message of each minute: what is sent, what is found of it, and what is noted."""

import imaplib
import json
import ssl
import time
from pathlib import Path

import pytest

from hopthu.remote.host import round_trip
from hopthu.remote.host.round_trip import Found, Key, Place, Round, done_with, in_turn, messages

KEYS: list[Key] = [("store1", "edge"), ("store1", "submission")]


def test_what_was_noted_is_known() -> None:
    """As the exporter reads it; what was never sent is expected from now on."""
    text = round_trip.lines({KEYS[0]: 12.5, ("store9", "edge"): 3.0})
    assert text.startswith('hopthu_message_seconds{store="store1",way="edge"} 12.5\n')
    known = round_trip.parsed(f"{text}other 1\n")
    assert {KEYS[0]: 12.5, KEYS[1]: 100.0} == round_trip.since(KEYS, known, 100.0)


def test_hosts_take_turns() -> None:
    """The next round begins with the next one."""
    hosts: list[Place] = [{"name": name, "address": name} for name in "ab"]
    assert ["a", "b", "a"] == [in_turn(hosts, number)["name"] for number in range(3)]


def test_a_mailbox_is_read_by_subject_and_age() -> None:
    """As Dovecot answers; an empty one has no rows."""
    came = 1_700_000_000.0
    rows = [
        (f"1 (UID 7 INTERNALDATE {imaplib.Time2Internaldate(came)} BODY[X] {{14}}".encode(),
         b"Subject: a-b\r\n\r\n"),
        b")",
        (f"2 (UID 9 INTERNALDATE {imaplib.Time2Internaldate(came - 90)} BODY[X] {{2}}".encode(),
         b"\r\n"),
        b")",
    ]  # fmt: skip
    found = messages(rows)
    assert [Found("7", came, "a-b"), Found("9", came - 90, "")] == found
    assert [] == messages([None])
    assert ["9"] == done_with(found, [], came)
    assert ["7", "9"] == done_with(found, ["a-b"], came)


def test_a_message_is_answered_by_nobody() -> None:
    """RFC 3834; it says what it is in its subject alone."""
    sent = round_trip.letter("a@example.vn", "b@example.vn", "token-store1-edge")
    assert "auto-generated" == sent["Auto-Submitted"]
    assert "<token-store1-edge@example.vn>" == sent["Message-ID"]
    assert sent.as_bytes().isascii()


def test_a_round_tells_stores_apart_and_tries_the_next_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One message a store and way; what arrived is noted at once, what did not keeps its moment."""
    monkeypatch.setattr(ssl, "create_default_context", lambda **_: None)
    monkeypatch.setattr(round_trip, "_LONGEST", 0.3)
    monkeypatch.setattr(round_trip, "_AGAIN", 0.0)
    notes, settings = tmp_path / "messages.prom", tmp_path / "settings.json"
    notes.write_text(round_trip.lines({("store1", "edge"): 5.0, ("store2", "edge"): 5.0}))
    hosts = [{"name": name, "address": name} for name in ("dead", "well")]
    settings.write_text(json.dumps({
        "domain": "example.vn", "ca": "", "access": hosts, "edge": hosts,
        "accounts": {"store1": "one", "store2": "two"},
    }))  # fmt: skip
    sent = set[str]()

    def send(_: Round, key: Key, subject: str, place: Place) -> None:
        if place["name"] == "dead":
            raise OSError("no route")
        if key != ("store2", "edge"):
            sent.add(subject)

    def fetch(self: Round, store: str, _: Place) -> None:
        while (waits := self._waiting(store)) and time.monotonic() < self.ends:
            for subject in sent & waits.keys():
                self._arrived(waits[subject])

    monkeypatch.setattr(Round, "submit", send)
    monkeypatch.setattr(Round, "bring", send)
    monkeypatch.setattr(Round, "fetch", fetch)
    monkeypatch.setattr("sys.argv", ["", str(settings)])
    (tmp_path / "password").write_text("word\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    began = time.time()
    round_trip.main()
    moments = round_trip.parsed(notes.read_text())
    assert {("store1", "edge"), ("store1", "submission"), ("store2", "submission")} == {
        key for key, moment in moments.items() if moment >= began
    }
    assert 5.0 == moments["store2", "edge"]
    said = capsys.readouterr().err
    assert "not arrived: to store2 by edge" in said
    assert "word" not in said
