"""Which mailboxes a drill takes."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import IO

import pytest

from hopthu.remote.host import backup, moves, touched, unpacked
from hopthu.remote.host import drill as drills
from hopthu.remote.host.state import Failed

THERE = [f"people/p{n}" for n in range(30)]


@pytest.fixture
def tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the drills of a host try, of which one mailbox is broken."""
    found: list[str] = []

    def try_one(_copy: object, mailbox: str) -> int:
        found.append(mailbox)
        if mailbox == "people/p7":
            raise Failed("broken")
        return 1

    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path))
    (tmp_path / "copies").mkdir()
    sent = {keeper: [f"{keeper}/mail", "a"] for keeper in ("b1", "gone")}
    (tmp_path / "copies" / "mail").write_text(json.dumps({"sent": sent}))
    monkeypatch.setattr(drills, "keepers", lambda: ["b1", "new"])
    monkeypatch.setattr(drills, "mailboxes", lambda _: THERE)
    monkeypatch.setattr(drills, "_try", try_one)
    return found


def test_every_mailbox_that_was_touched_is_tried(tried: list[str]) -> None:
    """Until it came back as it was, and as soon as it is in a copy; twenty others at random."""
    names = {"people/p7", *(f"people/p{n}" for n in range(10, 25))}
    touched.note([*names, "units/later"])
    ended = drills.drill()
    assert ["people/p7: broken"] == ended["failed"]
    assert ["b1"] == [*ended["sent"]]
    assert names <= {*tried}
    assert len(tried) == len({*tried}) == len(THERE)
    assert ["people/p7", "units/later"] == touched.noted()


def test_a_mailbox_that_has_arrived_is_noted(tried: list[str], tmp_path: Path) -> None:
    """Once its move is finished."""
    note = tmp_path / "arrived" / "people" / "p1"
    note.parent.mkdir(parents=True)
    note.touch()
    moves.finish()
    assert not note.exists()
    assert ["people/p1"] == touched.noted()
    drills.drill()
    assert "people/p1" in tried


# Everything, as if the host were lost


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """The mailboxes of a store, with the bytes of each, in a copy that is unpacked when asked."""
    known = {"people/an": 40, "people/binh": 70, "units/so": 30, "people/large": 500}
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path))
    (tmp_path / "copies").mkdir()
    for kind in ("mail", "directory"):
        sent = {"sent": {"b1": [f"b1/{kind}", "a"]}}
        (tmp_path / "copies" / kind).write_text(json.dumps(sent))
    work = tmp_path / "rebuilt"
    monkeypatch.setattr(drills, "keepers", lambda: ["b1"])
    monkeypatch.setattr(drills, "mailboxes", lambda _: dict.fromkeys(known, 1))
    monkeypatch.setattr(drills, "_WORK", work)
    monkeypatch.setattr(drills, "place", lambda _: nullcontext())
    monkeypatch.setattr(drills, "as_owner", lambda function: function())
    monkeypatch.setattr(unpacked.shutil, "disk_usage", lambda _: SimpleNamespace(free=200))

    def unpack(_repository: str, source: str, target: Path, there: int) -> None:
        assert source == f"a:{backup.COPY}/manifests"
        assert there == len(known)
        shutil.rmtree(target, ignore_errors=True)
        for mailbox, size in known.items():
            (target / mailbox).parent.mkdir(parents=True, exist_ok=True)
            messages = [["INBOX", "1", "n", "", "", str(size), "", ""]]
            manifest = {"messages": messages, "files": {}, "seen": {}}
            (target / mailbox).write_text(json.dumps(manifest))

    @contextmanager
    def dumped(_repository: str, source: str) -> Iterator[IO[bytes]]:
        kind = Path(source).name
        with (tmp_path / f"{kind}.tar").open("w+b") as file:
            with tarfile.open(fileobj=file, mode="w|") as archive:
                for name in sorted(each.name for each in map(Path, known) if kind in each.parts):
                    for path in ("Maildir/cur", "Maildir/cur/n"):
                        member = tarfile.TarInfo(f"{name}/{path}")
                        member.type = tarfile.DIRTYPE if path.endswith("cur") else tarfile.REGTYPE
                        archive.addfile(member)
                linked = tarfile.TarInfo("of-nobody/Maildir")
                linked.type, linked.linkname = tarfile.SYMTYPE, "/"
                archive.addfile(linked)
            file.write(bytes(20_480))  # what fills the last block
            file.seek(0)
            yield file
            assert b"" == file.read(), "restic would wait for who reads it"

    def compared(was: drills.AsItWas, _index: Path) -> None:
        mailbox = str(was.home.relative_to(work))
        assert [was.home] == [
            each for kind in ("people", "units") for each in work.glob(f"{kind}/*")
        ]
        assert (was.home / "Maildir" / "cur" / "n").is_file()
        assert was.manifest["messages"][0][5] == str(known[mailbox])
        if was.home.name == "binh":
            raise Failed("the copy is not what its manifest says")

    monkeypatch.setattr(drills, "unpack_folder", unpack)
    monkeypatch.setattr(drills, "dumped", dumped)
    monkeypatch.setattr(drills.AsItWas, "compared", compared)
    return known


def test_everything_is_restored_as_far_as_there_is_room(
    store: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One mailbox after another, each kind read once; what is another, or has no room, is named."""
    tried = []

    def directory(copy: object, database: str) -> int:
        tried.append((copy, database))
        raise Failed("the directory is not what was copied: 2 entries differ")

    monkeypatch.setattr(drills.recover_directory, "tried", directory)
    assert [
        "people/binh: the copy is not what its manifest says",
        "people/large: the disk has not twice the room for 500 bytes",
        "the directory is not what was copied: 2 entries differ",
    ] == drills.rebuild("mail", "/var/lib/ldap/x")["failed"]
    assert [(["b1/directory", "a"], "/var/lib/ldap/x")] == tried
    del store["people/large"], store["people/binh"]
    assert [] == drills.rebuild("mail")["failed"]
    assert [] == [*(tmp_path / "rebuilt" / "people").iterdir()]
    store.clear()
    assert ["the copy has no mailbox"] == drills.rebuild("mail")["failed"]


@pytest.mark.parametrize(
    ("kind", "target", "says"),
    [
        (tarfile.SYMTYPE, "/etc", "absolute path"),
        (tarfile.SYMTYPE, "../../../../binh", "outside"),
        (tarfile.FIFOTYPE, "", "special file"),
    ],
)
def test_what_comes_from_a_copy_stays_in_its_mailbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: bytes, target: str, says: str
) -> None:
    """A store that was taken over has put into its copy what it likes; others are still tried."""
    monkeypatch.setattr(drills, "_WORK", tmp_path)
    monkeypatch.setattr(drills, "parsed", lambda _: {"messages": []})
    monkeypatch.setattr(drills, "refuse_without_room", lambda _: None)
    monkeypatch.setattr(drills.AsItWas, "compared", lambda *_: None)
    (tmp_path / "manifests" / "people").mkdir(parents=True)
    with (tmp_path / "tar").open("w+b") as file:
        with tarfile.open(fileobj=file, mode="w|") as archive:
            for name in ("an", "binh"):
                (tmp_path / "manifests" / "people" / name).write_text("")
                member = tarfile.TarInfo(f"{name}/Maildir")
                member.type, member.linkname = tarfile.DIRTYPE, ""
                if name == "an":
                    member.type, member.linkname = kind, target
                archive.addfile(member)
        file.seek(0)
        wrong = drills._compared(file.fileno(), "people", {"an", "binh", "missing"})
    assert 2 == len(wrong)
    assert "people/an: " in wrong[0]
    assert says in wrong[0]
    assert "people/missing: is not in the copy" == wrong[1]


def test_a_run_that_is_ended_leaves_nothing(tmp_path: Path) -> None:
    """What one has unpacked that takes too long fills the disk no longer; systemd ends it.

    It has failed, and when one before ended well is known still.
    """
    work = tmp_path / "rebuilt"
    work.mkdir()
    kept = tmp_path / "copies" / "rebuild"
    kept.parent.mkdir()
    kept.write_text(json.dumps({"failed": [], "good": 5000.0}))
    program = (
        "import shutil, signal, sys\n"
        "from hopthu.remote.host import timers\n"
        "def rebuild():\n"
        "    try:\n"
        "        signal.raise_signal(signal.SIGTERM)\n"
        "    finally:\n"
        "        shutil.rmtree(sys.argv[2])\n"
        "timers._WORK['rebuild'] = lambda _: rebuild()\n"
        "timers.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "rebuild", str(work)],
        env={**os.environ, "HOPTHU_STATE": str(tmp_path)}, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert 1 == done.returncode
    assert "ended before it was done" in done.stderr
    assert not work.exists()
    found = json.loads(kept.read_text())
    assert (["ended before it was done"], 5000) == (found["failed"], found["good"])


def test_nothing_that_was_sent_is_a_failure(tmp_path: Path, store: dict[str, int]) -> None:
    """And keeps nothing else from being tried."""
    assert store
    (tmp_path / "copies" / "mail").unlink()
    assert ["the last run sent no copy"] == drills.rebuild("mail")["failed"]
