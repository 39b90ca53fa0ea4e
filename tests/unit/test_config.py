import getpass
import grp
import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hopthu.operations import config, host_state
from hopthu.remote import CALL
from hopthu.remote.host import install
from hopthu.remote.host.managed import managed
from hopthu.render.files import File
from host_calls import answer

ME = {"owner": getpass.getuser(), "group": grp.getgrgid(os.getgid()).gr_name}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host's state folder, here."""
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path / "state"))
    (tmp_path / "state").mkdir()
    return tmp_path / "state"


def switch(files: dict[str, File], test: str = "", stale: tuple[str, ...] = ()) -> int:
    """Do what the operation does on a host."""
    asked = config.installation("demo", files, test, stale, {}, stamp=True)
    done = subprocess.run(["sh", "-c", CALL], input=asked, check=False, capture_output=True)
    return done.returncode


def test_files_are_installed_with_their_modes(state: Path, tmp_path: Path) -> None:
    """Content, mode and the list of managed files arrive together, with a stamp."""
    path = tmp_path / "etc" / "demo" / "thư mục.conf"
    assert 0 == switch({str(path): File(b"xin chao\n", mode=0o640, **ME)})
    assert b"xin chao\n" == path.read_bytes()
    assert 0o640 == path.stat().st_mode & 0o777
    assert f"{path}\n" == (state / "managed" / "demo").read_text()
    assert (state / "pending" / "demo").exists()
    assert [] == list((state / "staging").iterdir())


def test_failed_test_changes_nothing(state: Path, tmp_path: Path) -> None:
    """The daemon's own test runs on the staged files; if it fails the old ones stay."""
    path = tmp_path / "demo.conf"
    path.write_bytes(b"old\n")
    refuse = f"grep -q good {{stage}}{path}"
    assert 0 != switch({str(path): File(b"bad\n", **ME)}, refuse)
    assert b"old\n" == path.read_bytes()
    assert not (state / "pending" / "demo").exists()
    assert [] == list((state / "staging").iterdir())
    assert 0 == switch({str(path): File(b"good\n", **ME)}, refuse)
    assert b"good\n" == path.read_bytes()


def test_file_that_left_the_set_is_removed(state: Path, tmp_path: Path) -> None:
    """A file that left the set leaves the host."""
    old, new = tmp_path / "old.conf", tmp_path / "new.conf"
    old.write_text("old")
    assert 0 == switch({str(new): File(b"new", **ME)}, stale=(str(old),))
    assert not old.exists()
    assert new.exists()


def test_a_set_without_files_is_forgotten(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files, their indexes, and all that the host knows of it; wherever that is killed."""
    path, kept = tmp_path / "table", tmp_path / "other.conf"
    for each in (path, tmp_path / "table.lmdb", kept):
        each.write_text("x")
    assert 0 == switch({str(path): File(b"x", **ME)})
    (state / "activate").mkdir()
    (state / "activate" / "demo").write_text("reload\n")
    real, left = os.unlink, list[int]()

    def unlink(*args: Any, **kwargs: Any) -> None:
        if not left.pop():
            raise KeyboardInterrupt
        real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", unlink)
        for step in range(5):
            left[:] = [0, *([1] * step)]
            with pytest.raises(KeyboardInterrupt):
                install.remove("demo", [str(path)], units=False)
            assert read().managed["demo"], "it is known until it is gone"
    install.remove("demo", [str(path)], units=False)
    assert host_state.ManagedFiles() == read()
    assert [kept] == [each for each in tmp_path.iterdir() if each.is_file()]


def test_nothing_is_written_through_a_link(state: Path, tmp_path: Path) -> None:
    """Nor removed: a folder may be that of a daemon's account, which puts there what it likes."""
    victim = tmp_path / "victim"
    victim.write_text("root's")
    victim.chmod(0o600)
    theirs = tmp_path / "theirs"
    path = theirs / "demo.ndb"
    theirs.mkdir()
    (theirs / "demo.ndb.hopthu-new").symlink_to(victim)
    assert 0 == switch({str(path): File(b"ours\n", mode=0o644, **ME)})
    assert "root's" == victim.read_text()
    assert 0o600 == victim.stat().st_mode & 0o777
    assert not path.is_symlink()
    assert b"ours\n" == path.read_bytes()
    (theirs / "sub").symlink_to(tmp_path)
    assert 0 != switch({str(theirs / "sub" / "victim"): File(b"ours\n", **ME)})
    assert 0 != switch({str(path): File(b"x\n", **ME)}, stale=(str(theirs / "sub" / "victim"),))
    assert "root's" == victim.read_text()


def read(*paths: Path) -> host_state.ManagedFiles:
    """Return what the host says of its sets, and of `paths` whoever put them there."""
    given = [str(path) for path in paths]
    found = answer(managed, given, env={})
    return host_state.ManagedFiles.of(found.result)


def test_a_host_says_what_it_has(state: Path, tmp_path: Path) -> None:
    """In the words of the signature of a file."""
    path, gone = tmp_path / "a b'c đ.conf", tmp_path / "gone.conf"
    file = File(b"x\n", mode=0o600, **ME)
    assert 0 == switch({str(path): file, str(gone): File(b"", **ME)})
    gone.unlink()
    (state / "activate").mkdir()
    (state / "activate" / "demo").write_text("reload\n")
    (state / "kept-units").write_text("demo.service\n")
    expected = host_state.ManagedFiles(
        {str(path): host_state.signature(file)},
        {"demo": frozenset((str(path), str(gone)))},
        frozenset(("demo",)),
        {"demo": hashlib.sha256(b"reload\n").hexdigest()},
        frozenset(("demo.service",)),
    )
    assert expected == read()


def test_a_new_host_has_nothing(tmp_path: Path, state: Path) -> None:
    """It shows which of the given files exist, and creates nothing."""
    path = tmp_path / "main.cf"
    path.write_bytes(b"")
    path.chmod(0o644)
    file = File(b"", mode=0o644, **ME)
    assert host_state.ManagedFiles() == read()
    assert host_state.ManagedFiles({str(path): host_state.signature(file)}) == read(
        path, tmp_path / "none"
    )
    assert [] == list(state.iterdir())


def test_link_is_not_a_managed_file(state: Path, tmp_path: Path) -> None:
    """Even one to a managed file: it is replaced, or removed if no longer wanted."""
    path, other = tmp_path / "demo.conf", tmp_path / "other.conf"
    file = File(b"x\n", **ME)
    assert 0 == switch({str(path): file})
    path.rename(other)
    path.symlink_to(other)
    present = read()
    assert present.files[str(path)] != host_state.signature(file)
    assert [str(path)] == present.stale("demo", ())
