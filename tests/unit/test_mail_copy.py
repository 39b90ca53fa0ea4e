"""A copy of a mailbox is what it was at one moment, whatever happens while it is made."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hopthu.remote.host import mail_copy
from hopthu.remote.host.mail_copy import copy
from hopthu.remote.host.manifest import files, folders
from hopthu.remote.host.state import Failed

READING = os.listdir


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A mailbox with messages in two folders, subscriptions, a filter and an index."""
    home = tmp_path / "people" / "an"
    for folder in ("Maildir", "Maildir/Đơn từ"):
        for part in ("cur", "new", "tmp"):
            (home / folder / part).mkdir(parents=True)
        for n in range(3):
            (home / folder / "cur" / f"{n}.{folder.count('/')}:2,").write_text(f"thư {n}")
        (home / folder / "dovecot-uidlist").write_text("3 V1 N4\n")
    (home / "index").mkdir()
    (home / "index" / "dovecot.index").write_text("new each time")
    (home / "Maildir" / "subscriptions").write_text("V\t2\n\nĐơn từ\n")
    (home / "Maildir" / "dovecot-uidlist.lock").write_text("somebody's")
    (home / ".dovecot.sieve").symlink_to("sieve/loc.sieve")
    return home


def content(home: Path) -> dict[str, str]:
    """Return every file of a mailbox, but its index and locks."""
    return {
        str(path.relative_to(home)): str(path.readlink()) if path.is_symlink() else path.read_text()
        for path in home.rglob("*")
        if (path.is_symlink() or path.is_file())
        and path.suffix != ".lock" and path.parent.name != "index"
    }  # fmt: skip


def while_reading(
    monkeypatch: pytest.MonkeyPatch, number: int, change: Callable[[], object]
) -> None:
    """Make a change while a folder is read for the nth time: its names are those from before."""
    count = 0

    def read(path: Path) -> list[str]:
        nonlocal count
        names, count = READING(path), count + 1
        if count == number:
            change()
        return names

    monkeypatch.setattr(mail_copy.os, "listdir", read)


def test_all_but_the_index_is_there(home: Path, tmp_path: Path) -> None:
    """Messages are links, everything else is copied: Dovecot changes those files in place."""
    copy(home, tmp_path / "copy")
    assert content(home) == content(tmp_path / "copy")
    assert not (tmp_path / "copy" / "index").exists()
    assert (tmp_path / "copy" / "Maildir" / "tmp").is_dir()
    message = next((home / "Maildir" / "cur").iterdir())
    assert message.samefile(tmp_path / "copy" / "Maildir" / "cur" / message.name)
    assert not (tmp_path / "copy" / "Maildir" / "dovecot-uidlist.lock").exists()
    lists = [each / "Maildir" / "dovecot-uidlist" for each in (home, tmp_path / "copy")]
    assert not lists[0].samefile(lists[1])


@pytest.mark.parametrize("number", range(1, 9))
def test_a_flag_that_changes_meanwhile(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """The message is there once, with its name from one moment."""
    message = home / "Maildir" / "cur" / "1.0:2,"
    before = content(home)
    while_reading(monkeypatch, number, lambda: message.rename(f"{message}S"))
    copy(home, tmp_path / "copy")
    assert content(tmp_path / "copy") in (before, content(home))


def test_a_message_that_a_reading_has_missed(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Renamed while the folder is read, it may be in no reading; only the folder's time tells."""
    names = iter(f"{home}/Maildir/cur/1.0:2,{flags}" for flags in ("", "S", "F", "FS"))
    last = next(names)

    def read(path: Path) -> list[str]:
        nonlocal last
        found = READING(path)
        if path == home / "Maildir" / "cur" and (new := next(names, "")):
            found.remove(Path(last).name)
            last = str(Path(last).rename(new))
        return found

    monkeypatch.setattr(mail_copy.os, "listdir", read)
    copy(home, tmp_path / "copy")
    assert content(home) == content(tmp_path / "copy")


def test_a_change_in_the_same_moment_is_waited_for(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second one would not change the folder's time: two readings in a row have missed it."""
    folder = home / "Maildir" / "cur"
    moment = folder.stat().st_mtime_ns
    names = iter(f"{folder}/1.0:2,{flags}" for flags in ("", "S", "F"))
    last = next(names)

    def read(path: Path) -> list[str]:
        nonlocal last
        found = READING(path)
        if path == folder and (new := next(names, "")):
            found.remove(Path(last).name)
            last = str(Path(last).rename(new))
            os.utime(folder, ns=(moment, moment))
        return found

    monkeypatch.setattr(mail_copy.os, "listdir", read)
    copy(home, tmp_path / "copy")
    assert content(home) == content(tmp_path / "copy")


@pytest.mark.parametrize("seconds", [0, 2**33])
def test_a_folder_has_any_time(home: Path, tmp_path: Path, seconds: int) -> None:
    """Its owner can give it one: no mailbox is kept from being copied by it."""
    os.utime(home / "Maildir" / "cur", (seconds, seconds))
    copy(home, tmp_path / "copy")
    assert content(home) == content(tmp_path / "copy")


@pytest.mark.parametrize("number", range(1, 9))
@pytest.mark.parametrize("forth", [True, False])
def test_a_message_that_moves_to_another_folder_meanwhile(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, forth: bool
) -> None:
    """It is in one of both, whichever is read first: folders are not copied one by one."""
    one, other = home / "Maildir" / "cur", home / "Maildir" / "Đơn từ" / "cur"
    source, target = (one, other) if forth else (other, one)
    message = next(source.iterdir())
    before = content(home)
    while_reading(monkeypatch, number, lambda: message.rename(target / "moved:2,S"))
    copy(home, tmp_path / "copy")
    assert content(tmp_path / "copy") in (before, content(home))


@pytest.mark.parametrize("number", range(1, 9))
def test_a_folder_that_is_renamed_or_removed_meanwhile(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """It is there under one name."""
    folder = home / "Maildir" / "Đơn từ"
    before = content(home)
    while_reading(monkeypatch, number, lambda: folder.rename(folder.with_name("Khác")))
    copy(home, tmp_path / "copy")
    assert content(tmp_path / "copy") in (before, content(home))


def test_a_mailbox_that_is_never_quiet_is_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said of it, instead of keeping a copy that may lack something."""
    monkeypatch.setattr(mail_copy, "_PATIENCE", 0.3)
    folder = home / "Maildir" / "new"

    def read(path: Path) -> list[str]:
        (folder / f"{time.monotonic_ns()}.x").write_text("one more")
        return READING(path)

    monkeypatch.setattr(mail_copy.os, "listdir", read)
    with pytest.raises(Failed, match="never quiet"):
        copy(home, tmp_path / "copy")


def test_what_is_neither_file_nor_link_is_left_out(home: Path, tmp_path: Path) -> None:
    """A pipe would be waited on for ever; a link is kept as a link, wherever it leads."""
    os.mkfifo(home / "pipe")
    os.mkfifo(home / "Maildir" / "cur" / "pipe")
    (home / "Maildir" / "cur" / "zero").symlink_to("/dev/zero")
    (home / "Maildir" / "passwd").symlink_to("/etc/passwd")
    copy(home, tmp_path / "copy")
    assert not (tmp_path / "copy" / "pipe").exists()
    messages = (tmp_path / "copy" / "Maildir" / "cur").iterdir()
    assert {"0.0:2,", "1.0:2,", "2.0:2,"} == {each.name for each in messages}
    assert "/etc/passwd" == str((tmp_path / "copy" / "Maildir" / "passwd").readlink())


def test_a_folder_that_cannot_be_read_is_no_empty_one(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither for a copy nor for its manifest: what was compared with it would lack as much."""
    closed, scandir = home / "Maildir" / "Đơn từ", os.scandir

    def refused(path: str | os.PathLike[str]) -> Any:
        if Path(path) == closed:
            raise PermissionError(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    for step in (
        lambda: copy(home, tmp_path / "copy"), lambda: [*folders(home)], lambda: files(home),
    ):  # fmt: skip
        with pytest.raises(PermissionError):
            step()
