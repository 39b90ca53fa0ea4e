import getpass
import grp
import os
import subprocess
from pathlib import Path

import pytest

from hopthu.operations import config, upload
from hopthu.render.files import File

ME = {"owner": getpass.getuser(), "group": grp.getgrgid(os.getgid()).gr_name}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host's state folder, here."""
    monkeypatch.setattr(config, "STATE", str(tmp_path / "state"))
    monkeypatch.setattr(config, "STAGING", str(tmp_path / "state" / "staging" / "run"))
    (tmp_path / "state" / "staging").mkdir(parents=True)
    return tmp_path / "state"


def switch(state: Path, files: dict[str, File], test: str = "", stale: tuple[str, ...] = ()) -> int:
    """Do what the operation does on a host."""
    (state / "staging" / "run").mkdir()
    (state / "staging" / "run" / "demo.tar").write_bytes(upload.archive(files, {}).read())
    script = config._switch("demo", files, stale, test, stamp=True)
    return subprocess.run(["sh", "-c", script], check=False, capture_output=True).returncode


def test_files_appear_with_their_modes(state: Path, tmp_path: Path) -> None:
    """Content, mode and the list of what is managed arrive together, and a stamp is left."""
    path = tmp_path / "etc" / "demo" / "thư mục.conf"
    assert 0 == switch(state, {str(path): File(b"xin chao\n", mode=0o640, **ME)})
    assert b"xin chao\n" == path.read_bytes()
    assert 0o640 == path.stat().st_mode & 0o777
    assert f"{path}\n" == (state / "managed" / "demo").read_text()
    assert (state / "pending" / "demo").exists()
    assert [] == list((state / "staging").iterdir())


def test_failed_test_changes_nothing(state: Path, tmp_path: Path) -> None:
    """The daemon's own test runs on the staged files; when it fails the old ones stay."""
    path = tmp_path / "demo.conf"
    path.write_bytes(b"old\n")
    refuse = f"grep -q good {{stage}}{path}"
    assert 0 != switch(state, {str(path): File(b"bad\n", **ME)}, refuse)
    assert b"old\n" == path.read_bytes()
    assert not (state / "pending" / "demo").exists()
    assert [] == list((state / "staging").iterdir())
    assert 0 == switch(state, {str(path): File(b"good\n", **ME)}, refuse)
    assert b"good\n" == path.read_bytes()


def test_what_is_no_longer_managed_goes(state: Path, tmp_path: Path) -> None:
    """A file that left the set leaves the host."""
    old, new = tmp_path / "old.conf", tmp_path / "new.conf"
    old.write_text("old")
    assert 0 == switch(state, {str(new): File(b"new", **ME)}, stale=(str(old),))
    assert not old.exists()
    assert new.exists()


def test_fact_reads_what_it_asked_for(state: Path, tmp_path: Path) -> None:
    """The fact's shell line and its reading agree with the signature of a file."""
    path, gone = tmp_path / "a b'c.conf", tmp_path / "gone.conf"
    file = File(b"x\n", mode=0o600, **ME)
    assert 0 == switch(state, {str(path): file})
    fact = config.Managed()
    command = fact.command("demo", [str(path), str(gone)])
    done = subprocess.run(["sh", "-c", command], check=True, capture_output=True, text=True)
    expected = {str(path): config.signature(file), str(gone): "gone", "pending": "due"}
    assert expected == fact.process(done.stdout.splitlines())
