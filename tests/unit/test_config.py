import getpass
import grp
import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from hopthu.operations import config, host_state, upload
from hopthu.remote.host.managed import managed
from hopthu.render.files import File
from host_calls import answer

ME = {"owner": getpass.getuser(), "group": grp.getgrgid(os.getgid()).gr_name}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host's state folder, here."""
    for module in (config, host_state):
        monkeypatch.setattr(module, "STATE", str(tmp_path / "state"))
    monkeypatch.setattr(config, "STAGING", str(tmp_path / "state" / "staging" / "run"))
    (tmp_path / "state" / "staging").mkdir(parents=True)
    return tmp_path / "state"


def switch(state: Path, files: dict[str, File], test: str = "", stale: tuple[str, ...] = ()) -> int:
    """Do what the operation does on a host."""
    (state / "staging" / "run").mkdir()
    (state / "staging" / "run" / "demo.tar").write_bytes(upload.archive(files, {}).read())
    script = config._switch("demo", files, stale, test, stamp=True)
    return subprocess.run(["sh", "-c", script], check=False, capture_output=True).returncode


def test_files_are_installed_with_their_modes(state: Path, tmp_path: Path) -> None:
    """Content, mode and the list of managed files arrive together, with a stamp."""
    path = tmp_path / "etc" / "demo" / "thư mục.conf"
    assert 0 == switch(state, {str(path): File(b"xin chao\n", mode=0o640, **ME)})
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
    assert 0 != switch(state, {str(path): File(b"bad\n", **ME)}, refuse)
    assert b"old\n" == path.read_bytes()
    assert not (state / "pending" / "demo").exists()
    assert [] == list((state / "staging").iterdir())
    assert 0 == switch(state, {str(path): File(b"good\n", **ME)}, refuse)
    assert b"good\n" == path.read_bytes()


def test_file_that_left_the_set_is_removed(state: Path, tmp_path: Path) -> None:
    """A file that left the set leaves the host."""
    old, new = tmp_path / "old.conf", tmp_path / "new.conf"
    old.write_text("old")
    assert 0 == switch(state, {str(new): File(b"new", **ME)}, stale=(str(old),))
    assert not old.exists()
    assert new.exists()


def test_a_set_without_files_is_forgotten(state: Path, tmp_path: Path) -> None:
    """Its files, their indexes, and all that the host knows of it; wherever that is killed."""
    path, kept = tmp_path / "table", tmp_path / "other.conf"
    for each in (path, tmp_path / "table.lmdb", kept):
        each.write_text("x")
    assert 0 == switch(state, {str(path): File(b"x", **ME)})
    (state / "activate").mkdir()
    (state / "activate" / "demo").write_text("reload\n")
    lines = config._removal("demo", [str(path)]).splitlines()
    for end in range(1, len(lines) + 1):
        subprocess.run(["sh", "-c", "\n".join(lines[:end])], check=True)
        assert end == len(lines) or read().managed["demo"], "it is known until it is gone"
    assert host_state.ManagedFiles() == read()
    assert [kept] == [each for each in tmp_path.iterdir() if each.is_file()]


def read(*paths: Path) -> host_state.ManagedFiles:
    """Return what the host says of its sets, and of `paths` whoever put them there."""
    given = [str(path) for path in paths]
    found = answer(managed, given, env={"HOPTHU_STATE": host_state.STATE})
    return host_state.ManagedFiles.of(found.result)


def test_a_host_says_what_it_has(state: Path, tmp_path: Path) -> None:
    """In the words of the signature of a file."""
    path, gone = tmp_path / "a b'c đ.conf", tmp_path / "gone.conf"
    file = File(b"x\n", mode=0o600, **ME)
    assert 0 == switch(state, {str(path): file, str(gone): File(b"", **ME)})
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
    assert ["staging"] == [each.name for each in state.iterdir()]


def test_link_is_not_a_managed_file(state: Path, tmp_path: Path) -> None:
    """Even one to a managed file: it is replaced, or removed if no longer wanted."""
    path, other = tmp_path / "demo.conf", tmp_path / "other.conf"
    file = File(b"x\n", **ME)
    assert 0 == switch(state, {str(path): file})
    path.rename(other)
    path.symlink_to(other)
    present = read()
    assert present.files[str(path)] != host_state.signature(file)
    assert [str(path)] == present.stale("demo", ())
