"""One run copies all mailboxes, whatever one of them is."""

import fcntl
import json
import os
import pwd
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from hopthu.remote.host import backup
from hopthu.remote.host.mail_copy import NeverQuiet
from hopthu.remote.host.state import Failed, comes

first_day = backup._first_day


@pytest.fixture
def mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three mailboxes without messages; copies are made beside them."""
    for name in ("an", "binh", "chi"):
        (tmp_path / "people" / name / "Maildir" / "cur").mkdir(parents=True)
    (tmp_path / "units").mkdir()
    monkeypatch.setattr(backup, "MAIL", tmp_path)
    monkeypatch.setattr(backup, "PLACE", tmp_path / "backup")
    monkeypatch.setattr(backup, "COPY", tmp_path / "backup" / "copy")
    return tmp_path


def manifests(mail: Path) -> list[str]:
    """Return the mailboxes that have been copied with a manifest."""
    return sorted(os.listdir(mail / "backup" / "copy" / "manifests" / "people"))  # noqa: PTH208


def test_one_that_was_not_quiet_is_tried_again_at_the_end(
    mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others do not wait for it."""
    tried, copy = [], backup.copy

    def busy_once(home: Path, target: Path) -> None:
        tried.append(home.name)
        if tried == ["an"]:
            raise NeverQuiet
        copy(home, target)

    monkeypatch.setattr(backup, "copy", busy_once)
    assert ({}, []) == backup.copy_all()
    assert ["an", "binh", "chi", "an"] == tried
    assert ["an", "binh", "chi"] == manifests(mail)


def test_those_that_are_never_quiet_share_one_deadline(
    mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand of them keep nobody from being copied tonight."""
    copy = backup.copy

    def busy(home: Path, target: Path) -> None:
        if home.name == "binh":
            copy(home, target)
        else:
            raise NeverQuiet

    monkeypatch.setattr(backup, "copy", busy)
    monkeypatch.setattr(backup, "_RETRIES", 0.05)
    failed, _ = backup.copy_all()
    assert ["people/an", "people/chi"] == sorted(failed)
    assert all("never quiet" in each for each in failed.values())
    assert failed == json.loads((mail / "backup" / "copy" / "left-out").read_text())
    assert ["binh"] == manifests(mail)


@pytest.mark.parametrize("error", [ValueError, KeyError, UnicodeError, OSError])
def test_what_is_wrong_with_one_is_said_of_it_alone(
    mail: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """Dovecot's answer about it may be anything."""
    manifest = backup.manifest

    def wrong(home: Path, *others: object) -> object:
        if home.name == "binh":
            raise error("binh")
        return manifest(home, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(backup, "manifest", wrong)
    failed, _ = backup.copy_all()
    assert ["people/binh"] == [*failed]
    assert failed == json.loads((mail / "backup" / "copy" / "left-out").read_text())
    assert ["an", "chi"] == manifests(mail)


def test_a_name_that_is_no_text_is_in_the_manifest(mail: Path) -> None:
    """Files may have any bytes as their name."""
    Path(os.fsdecode(os.fsencode(mail / "people" / "an" / "x") + b"\xff")).write_text("x")
    assert ({}, []) == backup.copy_all()
    assert ["an", "binh", "chi"] == manifests(mail)


def test_a_folder_with_26_labels_is_named(mail: Path) -> None:
    """Names of messages have a letter for each; of more nothing would be in the copy."""
    (mail / "people" / "chi" / "Maildir" / "dovecot-keywords" / "cur").mkdir(parents=True)
    for name, labels in (("an", 26), ("binh", 25)):
        lines = (f"{n} label{n}\n" for n in range(labels))
        (mail / "people" / name / "Maildir" / "dovecot-keywords").write_text("".join(lines))
    assert ({}, ["people/an/Maildir"]) == backup.copy_all()


class Repositories:
    """What two servers have, which never replace anything, and a clock."""

    def __init__(self) -> None:
        self.there, self.now = dict[str, bool](), datetime(2026, 11, 30, 18, tzinfo=UTC)
        self.broken = ""

    def restic(self, repository: str, what: str, *_: str, **more: object) -> SimpleNamespace:
        """Do what restic 0.18 does; what is begun on a `broken` server stays half of one."""
        if what == "init":
            if repository in self.there:
                raise Failed("repository already contains keys")
            self.there[repository] = not (broken := repository.startswith(f"{self.broken}/"))
            if broken:
                raise Failed("no space left on device")
        opens = self.there.get(repository, False)
        if not opens and more.get("fine", (0,)) == (0,):
            raise Failed("repository does not exist")
        code = 0 if opens else 10 if repository not in self.there else 1
        return SimpleNamespace(returncode=code, stdout=b'{"snapshot_id": "abc"}')


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repositories:
    """Two servers, `b1` and `b2`, of which this host has sent nothing yet."""
    server = Repositories()
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path))
    (tmp_path / "copies").mkdir()
    monkeypatch.setattr(backup, "restic", server.restic)
    monkeypatch.setattr(backup, "keepers", lambda: ["b1", "b2"])
    monkeypatch.setattr(backup, "settings", lambda _: {"RESTIC_REST_USERNAME": "store1"})
    monkeypatch.setattr(backup, "datetime", SimpleNamespace(now=lambda _: server.now))
    monkeypatch.setattr(backup, "_first_day", lambda *_: 1)
    return server


def sent(kind: str = "mail", keeper: str = "b1") -> str:
    """Send a copy; return the repository that it is in now."""
    return backup.send(kind)["sent"][keeper][0]


def test_each_month_has_a_repository(server: Repositories) -> None:
    """One of a kind, which is continued every night; a clock that goes back begins another."""
    first = sent()
    server.now += timedelta(hours=5)
    assert first == sent()
    assert sent("directory").startswith("b1/directory-2026-11-30")
    assert first == sent()
    server.now += timedelta(days=1)
    assert sent().startswith("b1/mail-2026-12-01")
    assert 3 == len([each for each in server.there if each.startswith("b1/")])


def test_a_month_begins_on_another_day_for_each_host(
    server: Repositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or all send everything in the same night; always the same day, which every month has."""
    days = {first_day(f"store{n}", "b1") for n in range(100)}
    assert 20 < len(days)
    assert {*range(1, 29)} >= days
    monkeypatch.setattr(backup, "_first_day", lambda *_: 15)
    begun = sent()
    for day, is_another in ((14, False), (15, True), (31, False), (45, False), (46, True)):
        server.now = datetime(2026, 11, 30, 17, tzinfo=UTC) + timedelta(days=day)
        assert is_another is (begun != (begun := sent())), day


def test_half_a_repository_keeps_nobody_from_sending(server: Repositories) -> None:
    """A disk was full on the first of the month: nothing there can be replaced, so another is."""
    server.broken = "b1"
    assert ["b1: no space left on device"] == backup.send("mail")["failed"]
    server.broken = ""
    server.now += timedelta(days=1)
    begun = sent()
    server.now += timedelta(hours=1)
    assert begun == sent()
    server.there[begun] = False
    assert begun != sent()


def test_who_does_not_take_a_copy_keeps_no_other_from_it(server: Repositories) -> None:
    """The run says so, and has sent what it could."""
    server.broken = "b1"
    done = backup.send("mail")
    assert ["b2"] == [*done["sent"]]
    assert ["b1: no space left on device"] == done["failed"]
    assert sent(keeper="b2") == done["sent"]["b2"][0]


def test_one_that_hardly_answers_keeps_no_other_from_its_copy(
    server: Repositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other has its copy before the first gives up, and that is said of the first alone."""
    other_sent, restic = threading.Event(), backup.restic

    def dripping(repository: str, what: str, *more: str, **options: object) -> object:
        if what == "backup" and repository.startswith("b1/"):
            assert other_sent.wait(20)
            raise Failed("restic backup: not done within 2700 seconds")
        done = restic(repository, what, *more, **options)  # type: ignore[arg-type]
        if what == "backup":
            other_sent.set()
        return done

    assert server
    monkeypatch.setattr(backup, "restic", dripping)
    done = backup.send("directory")
    assert ["b2"] == [*done["sent"]]
    assert ["b1: restic backup: not done within 2700 seconds"] == done["failed"]


def test_a_command_ends_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slowly who keeps copies answers."""
    monkeypatch.setattr(backup, "reach", lambda _: None)
    monkeypatch.setattr(backup, "environment", lambda _: {"RESTIC_REPOSITORY": "r", **os.environ})
    monkeypatch.setattr(backup, "command", lambda *_, **__: ["sleep", "300"])
    with pytest.raises(Failed, match="restic ls: not done within 0 seconds"):
        backup.restic("b1/mail", "ls", longest=0.2)


_HOLDS = """
import fcntl, sys, time
from hopthu.remote.host.backup import as_owner
lock = open(sys.argv[1], "a")
fcntl.flock(lock, fcntl.LOCK_EX)

def wait():
    print("begun", flush=True)
    time.sleep(300)

as_owner(wait, sys.argv[2])
"""


def test_what_is_done_for_the_owner_ends_with_who_asked(tmp_path: Path) -> None:
    """It would hold the lock on: no mailbox could move or come back until the host starts again."""
    account = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    lock = tmp_path / "lock"
    argv = (sys.executable, "-c", _HOLDS, str(lock), account)
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as asked:
        assert asked.stdout
        assert "begun\n" == asked.stdout.readline()
        asked.kill()

    def free() -> bool:
        with lock.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    assert comes(free, 10)


def test_the_history_of_a_clone_can_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All commits that any name leads to, its settings, and what is not committed as such."""
    forge, clone = tmp_path / "forge", tmp_path / "clone"
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")

    def git(*words: str, within: Path = clone) -> str:
        argv = ("git", "-C", str(within), *identity, *words)
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout

    forge.mkdir()
    git("init", "--quiet", "--initial-branch=main", within=forge)
    git("commit", "--allow-empty", "--quiet", "--message", "one", within=forge)
    git("clone", "--quiet", str(forge), str(clone), within=tmp_path)
    git("commit", "--allow-empty", "--quiet", "--message", "two", within=forge)
    git("fetch", "--quiet")
    (clone / "new").write_text("not committed")
    git("switch", "--quiet", "--create", "other")
    git("commit", "--allow-empty", "--quiet", "--message", "three")
    asked = (("for-each-ref",), ("log", "--all", "--format=%s"), ("status", "--short", "--branch"),
             ("remote", "-v"))  # fmt: skip
    was = [git(*each) for each in asked]
    monkeypatch.setenv("HOME", str(tmp_path))
    for _ in range(2):
        assert str(tmp_path / "history") == backup._history(str(clone))
    shutil.rmtree(clone / ".git")
    (tmp_path / "history").rename(clone / ".git")
    git("reset", "--quiet")
    assert was == [git(*each) for each in asked]
    git("fsck", "--strict")
