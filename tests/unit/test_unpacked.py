"""What is unpacked from a copy has the dates of the manifest, to the second."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hopthu.remote.host import unpacked
from hopthu.remote.host.manifest import Manifest, Message
from hopthu.remote.host.state import Failed
from hopthu.remote.host.unpacked import Unpacked


def message(folder: str, name: str, received: str) -> Message:
    """Return a message as a manifest has it."""
    return [folder, "1", name, received, "", "1", "x", ""]


def found(home: Path, _index: Path, _readers: object) -> Manifest:
    """Return what is below a folder, with the dates that Dovecot would see: whole seconds."""
    top, messages = home / "Maildir", []
    for path in top.rglob("cur/*"):
        seconds = int(path.stat().st_mtime)
        date = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"
        folder = str(path.parent.parent.relative_to(top))
        messages.append(message(folder, path.name.partition(":")[0], date))
    return {"messages": messages, "files": {}, "seen": {}}


def place(tmp_path: Path, *messages: tuple[str, float]) -> Unpacked:
    """Return a mailbox that was just unpacked, with messages in INBOX."""
    unpacked_one = Unpacked("mail", tmp_path, "Khôi phục")
    folder = unpacked_one.home / "Maildir" / "cur"
    folder.mkdir(parents=True)
    for name, seconds in messages:
        (folder / name).write_text("x")
        os.utime(folder / name, (seconds, seconds))
    return unpacked_one


def test_a_letter_keeps_its_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive rounds a time to the next second; Dovecot does not: most have a fraction."""
    monkeypatch.setattr(unpacked, "manifest", found)
    chosen = [
        message("INBOX", "a", "1970-01-01 00:16:40"),
        message("INBOX", "b", "2021-03-01 00:00:00"),
    ]
    one = place(tmp_path, ("a:2,S", 1001.0), ("b", 1614556800.0))
    assert {("INBOX", "a"): "1", ("INBOX", "b"): "1"} == one.compare(chosen, {})
    assert 1000 == (one.new / "INBOX" / "cur" / "a:2,S").stat().st_mtime


def test_of_a_folder_only_what_is_wanted_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a whole mailbox a message that the manifest does not have is a difference."""
    monkeypatch.setattr(unpacked, "manifest", found)
    chosen = [message("INBOX", "a", "1970-01-01 00:16:40")]
    one = place(tmp_path / "part", ("a:2,S", 1000.0), ("b", 1000.0))
    assert {("INBOX", "a"): "1"} == one.compare(chosen, None)
    with pytest.raises(Failed, match="b in INBOX is not expected"):
        place(tmp_path / "whole", ("a:2,S", 1000.0), ("b", 1000.0)).compare(chosen, {})
