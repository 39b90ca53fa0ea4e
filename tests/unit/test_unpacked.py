"""What is unpacked from a copy is what its manifest says, with new UIDs."""

import hashlib
import json
import os
import pwd
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import pytest

from hopthu.remote.host import backup, recover_directory, unpacked
from hopthu.remote.host.backup import Copy
from hopthu.remote.host.manifest import Manifest, Message, parsed
from hopthu.remote.host.state import Failed
from hopthu.remote.host.unpacked import AsItWas


def message(folder: str, name: str, received: str) -> Message:
    """Return a message as a manifest has it."""
    return [folder, "1", name, received, "", "1", "x", ""]


def found(home: Path, _index: Path, _readers: object) -> Manifest:
    """Return what is below a folder, with the dates that Dovecot would see: whole seconds."""
    messages = []
    for path in (home / "Maildir").rglob("cur/*"):
        seconds = int(path.stat().st_mtime)
        date = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"
        messages.append(message("INBOX", path.name.partition(":")[0], date))
    return {"messages": messages, "files": {}, "seen": {}}


def place(tmp_path: Path, *messages: tuple[str, float], **manifest: Any) -> AsItWas:
    """Return a mailbox that was just unpacked, with messages in INBOX, and what it had."""
    known: Any = {"messages": [], "files": {}, "seen": {}, **manifest}
    was = AsItWas(tmp_path / "home", known)
    folder = was.home / "Maildir" / "cur"
    folder.mkdir(parents=True)
    for name, seconds in messages:
        (folder / name).write_text("x")
        os.utime(folder / name, (seconds, seconds))
    return was


@pytest.fixture(autouse=True)
def _no_dovecot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacked, "manifest", found)


def test_a_letter_keeps_its_second(tmp_path: Path) -> None:
    """An archive rounds a time to the next second; Dovecot does not: most have a fraction."""
    there = [
        message("INBOX", "a", "1970-01-01 00:16:40"),
        message("INBOX", "b", "2021-03-01 00:00:00"),
    ]
    one = place(tmp_path, ("a:2,S", 1001.0), ("b", 1614556800.0), messages=there)
    one.compared(tmp_path)
    assert 1000 == (one.home / "Maildir" / "cur" / "a:2,S").stat().st_mtime


def test_of_a_folder_only_what_is_wanted_is_left(tmp_path: Path) -> None:
    """Of a whole mailbox a message that the manifest does not have is a difference."""
    chosen = [message("INBOX", "a", "1970-01-01 00:16:40")]
    one = place(tmp_path / "part", ("a:2,S", 1000.0), ("b", 1000.0))
    one.compared(tmp_path, chosen)
    assert [one.home / "Maildir" / "cur" / "a:2,S"] == [*one.home.rglob("cur/*")]
    whole = place(tmp_path / "whole", ("a:2,S", 1000.0), ("b", 1000.0), messages=chosen)
    with pytest.raises(Failed, match="b in INBOX is not expected"):
        whole.compared(tmp_path)


@pytest.mark.parametrize("folders", [["INBOX", "Đơn từ"], []], ids=["missing", "not expected"])
def test_a_folder_without_a_message_is_compared(tmp_path: Path, folders: list[str]) -> None:
    """Manifests of earlier versions do not have them, and are no reason to refuse a restore."""
    place(tmp_path / "earlier").compared(tmp_path)
    place(tmp_path / "same", folders=["INBOX"]).compared(tmp_path)
    with pytest.raises(Failed, match="not what its manifest says"):
        place(tmp_path / "other", folders=folders).compared(tmp_path)


def test_uids_are_new(tmp_path: Path) -> None:
    """What Dovecot made for itself is gone; labels and rights, which it cannot, stay."""
    rights = {"Maildir/dovecot-acl": hashlib.sha256(b"x").hexdigest()}
    one = place(tmp_path, files=rights)
    top = one.home / "Maildir"
    for name in ("dovecot-uidlist", "dovecot-uidvalidity", "dovecot-keywords", "dovecot-acl"):
        (top / name).write_text("x")
    (top / "dovecot-folder" / "cur").mkdir(parents=True)
    (one.home / "units" / "so-noi-vu").mkdir(parents=True)
    one.compared(tmp_path)
    left = {"cur", "dovecot-keywords", "dovecot-acl", "dovecot-folder"}
    assert left == {path.name for path in top.iterdir()}
    assert not (one.home / "units").exists()


@pytest.mark.parametrize(
    "link", ["Maildir", "Maildir/Đơn từ", "Maildir/cur/a", "Maildir/Đơn từ/cur"]
)
def test_no_other_mailbox_is_changed_through_a_link(tmp_path: Path, link: str) -> None:
    """A store that was taken over can have put links to any into the copy."""
    other = tmp_path / "people" / "binh" / "Maildir"
    (other / "cur").mkdir(parents=True)
    for path in (other / "dovecot-uidlist", other / "cur" / "a"):
        path.write_text("x")
        os.utime(path, (5.0, 5.0))
    there = [message("INBOX", "a", "1970-01-01 00:16:40")]
    was = AsItWas(tmp_path / "home", {"messages": there, "files": {}, "seen": {}})
    target = was.home / link
    target.parent.mkdir(parents=True)
    target.symlink_to(other / "cur" / "a" if link.endswith("/a") else other)
    with pytest.raises(Failed, match="does not belong in a mailbox"):
        was.compared(tmp_path)
    assert {"dovecot-uidlist", "cur"} == {path.name for path in other.iterdir()}
    assert 5 == (other / "cur" / "a").stat().st_mtime


@pytest.mark.parametrize("folder", ["../../../binh/Maildir/Mới", "/etc", "Đơn từ//2026", "."])
def test_a_manifest_names_no_folder_elsewhere(folder: str) -> None:
    """Folders of chosen messages are made before anything is compared."""
    there: dict[str, Any] = {"messages": [], "files": {}, "seen": {}}
    assert parsed(json.dumps(there)) == there
    wrong = [message(folder, "a", "")]
    with pytest.raises(Failed, match="none of a mailbox"):
        parsed(json.dumps({**there, "messages": wrong}))
    with pytest.raises(Failed, match="none of a mailbox"):
        parsed(json.dumps({**there, "folders": [folder]}))


@pytest.mark.parametrize("change", [{"files": {"a": []}}, {"seen": {"an": [["INBOX", 1]]}}])
def test_a_manifest_has_nothing_but_texts(change: dict[str, Any]) -> None:
    """Others could not be compared."""
    with pytest.raises(Failed, match="none of a mailbox"):
        parsed(json.dumps({"messages": [], "files": {}, "seen": {}, **change}))
    wrong = [*message("INBOX", "a", "")[:5], "-1", "x", ""]
    with pytest.raises(Failed, match="none of a mailbox"):
        parsed(json.dumps({"messages": [wrong], "files": {}, "seen": {}}))


@pytest.mark.parametrize(
    "change",
    [
        {"messages": [message("INBOX", "a", "")[:7]]},
        {"messages": [[*message("INBOX", "a", ""), ""]]},
        {"messages": [[*message("INBOX", "a", "")[:6], ["x"], ""]]},
        {"messages": ["INBOX1aa"]},
        {"seen": {"an": [["INBOX"]]}},
        {"seen": {"an": [["INBOX", "a", "b"]]}},
    ],
)
def test_a_manifest_that_was_forged_is_refused(change: dict[str, Any]) -> None:
    """Before it is used, whatever shape its rows have."""
    with pytest.raises(Failed):
        parsed(json.dumps({"messages": [], "files": {}, "seen": {}, **change}))


@pytest.mark.parametrize(
    "read",
    [
        lambda copy: unpacked.manifest_text(copy, "people/an"),
        unpacked.left_out,
        unpacked.mailboxes,
        lambda copy: unpacked.unpack(copy[0], f"{copy[1]}:/copy", Path("/nowhere"), 1),
        lambda copy: recover_directory.directory(copy, "hopthu", {}),
    ],
)
def test_no_option_hides_in_the_name_of_a_snapshot(
    read: Callable[[Copy], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who keeps the copies says what there is: root runs restic with that."""
    asked: list[list[str]] = []

    def run(argv: list[str], **_: object) -> NoReturn:
        asked.append(argv)
        raise Failed("asked")

    monkeypatch.setattr(backup, "reach", lambda _: None)
    for module in (backup, unpacked):
        monkeypatch.setattr(
            module, "environment", lambda _: {"RESTIC_REPOSITORY": ""}, raising=False
        )
        monkeypatch.setattr(module.subprocess, "run", run)
        monkeypatch.setattr(module.subprocess, "Popen", run)
    with pytest.raises(Failed, match="asked"):
        read(("backup1/mail", "--password-command=sh -c x"))
    ((before, after),) = [(argv[:i], argv[i:]) for argv in asked for i in [argv.index("--")]]
    assert not any("password" in each for each in before)
    assert any(each.startswith("--password-command") for each in after)


@pytest.fixture
def restic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder where a program of the tests goes by the name of restic; nobody else owns mail."""
    path = f"{tmp_path}:{os.environ['PATH']}"
    monkeypatch.setattr(unpacked, "environment", lambda _: {**os.environ, "PATH": path})
    monkeypatch.setenv("PATH", path)
    monkeypatch.setattr(unpacked, "OWNER", pwd.getpwuid(os.geteuid()).pw_name)
    (tmp_path / "target").mkdir()
    return tmp_path / "restic"


def program(path: Path, text: str) -> None:
    """Write a program of the shell."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.slow
def test_one_that_answers_ever_so_slowly_is_not_waited_for(
    restic: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is a time for so many bytes: then it is a failure, and another's copy can be taken."""
    program(restic, "while :; do printf .; done; sleep 60")
    program(restic.with_name("tar"), "exec cat >/dev/null")
    monkeypatch.setattr(unpacked, "_PATIENCE", 0.0)
    with pytest.raises(Failed, match="restic dump: not done within 1 seconds"):
        unpacked.unpack("b1/mail", "abc:/copy", restic.parent / "target", 1_000_000)


@pytest.mark.parametrize(
    ("dump", "extract", "says"),
    [
        ("echo no index >&2; exit 1", "cat; exit 2", "restic dump: no index"),
        ("exit 3", "cat >/dev/null", "restic dump: 3"),
        ("cat /dev/zero", "echo no space >&2; exit 2", "tar: no space"),
    ],
    ids=["restic", "restic without a word", "tar, which reads no more"],
)
def test_why_nothing_was_unpacked_is_said(restic: Path, dump: str, extract: str, says: str) -> None:
    """By whichever of the two failed; neither waits for the other."""
    program(restic, dump)
    program(restic.with_name("tar"), extract)
    with pytest.raises(Failed, match=says):
        unpacked.unpack("b1/mail", "abc:/copy", restic.parent / "target", 1)
