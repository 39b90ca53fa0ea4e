"""Only new parts of large files are sent, and a file arrives correctly or not at all."""

import getpass
import grp
import os
import subprocess
from pathlib import Path

import pytest

from hopthu.operations import config, upload
from hopthu.remote import CALL
from hopthu.remote.host import delta
from hopthu.render.files import File
from host_calls import answer

ME = {"owner": getpass.getuser(), "group": grp.getgrgid(os.getgid()).gr_name}
TABLE = [f"nguoi.thu.{n}@tinh.example\tlmtp:inet:[10.88.0.31]:24\n" for n in range(20_000)]


def content(lines: list[str]) -> bytes:
    return "".join(lines).encode()


def test_archives_are_deterministic() -> None:
    """The same files give the same bytes, whatever their order."""
    one, two = File(b"1"), File(b"2")
    first = upload.archive({"/etc/a": one, "/etc/b": two}, {}).read()
    assert first == upload.archive({"/etc/b": two, "/etc/a": one}, {}).read()


def test_upload_size_depends_on_the_change() -> None:
    """A new line costs as much in a large table as in one a tenth of the size."""
    sent = []
    for size in (2_000, 20_000):
        before = content(TABLE[:size])
        after = content([*TABLE[: size // 2], "moi@tinh.example\tx\n", *TABLE[size // 2 : size]])
        pieces = {"/t": delta.digests(before)}
        sent.append(len(upload.archive({"/t": File(after)}, pieces).read()))
        assert len(pieces["/t"]) * 17 < len(before) / 100
    assert sent[1] < 2 * sent[0]
    assert sent[1] < 4_000


def test_only_large_files_are_cut() -> None:
    """Asking for digests has a cost too."""
    files = {"/large": File(content(TABLE)), "/small": File(b"x" * 1000)}
    assert ["/large"] == upload.large(files)


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table on a host."""
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path / "state"))
    path = tmp_path / "bảng của tỉnh"
    path.write_bytes(content(TABLE))
    return path


def pieces(path: Path) -> dict[str, list[str]]:
    """Ask as the operation does on a host."""
    found: dict[str, list[str]] = answer(delta.pieces, [str(path)], env={}).result
    return found


def put(file: File, path: Path, known: dict[str, list[str]]) -> subprocess.CompletedProcess[bytes]:
    """Do what the operation does on a host."""
    asked = config.installation("demo", {str(path): file}, "", (), known, stamp=False)
    return subprocess.run(["sh", "-c", CALL], input=asked, check=False, capture_output=True)


def test_file_is_built_from_that_of_the_host(live: Path) -> None:
    """Content, owner and mode are the same as if it had been sent completely."""
    wanted = File(content([*TABLE[5:9_000], "moi\n", *TABLE[9_100:]]), mode=0o600, **ME)
    known = pieces(live)
    assert {str(live): delta.digests(live.read_bytes())} == known
    assert (0, b"") == ((done := put(wanted, live, known)).returncode, done.stderr)
    assert wanted.content == live.read_bytes()
    assert 0o600 == live.stat().st_mode & 0o777


@pytest.mark.slow
def test_any_content_on_the_host_works(live: Path) -> None:
    """Edited by hand, or empty: what is missing is sent."""
    wanted = File(content(TABLE), **ME)
    for known in (b"", b"\n", content(["by hand\n", *TABLE[:7_000]])):
        live.write_bytes(known)
        assert 0 == put(wanted, live, pieces(live)).returncode
        assert wanted.content == live.read_bytes()


def test_file_that_changed_meanwhile_is_not_replaced(live: Path) -> None:
    """The digest of the result is verified before anything is touched."""
    known = pieces(live)
    live.write_bytes(other := content(TABLE[:10_000]))
    done = put(File(content([*TABLE, "moi\n"]), **ME), live, known)
    assert 1 == done.returncode
    assert f"{live} was changed during the apply; apply again\n" == done.stderr.decode()
    assert other == live.read_bytes()
    assert not list(live.parent.glob("*.hopthu-new"))
