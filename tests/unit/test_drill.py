"""Which mailboxes a drill takes."""

import json
import shutil
from collections.abc import Collection
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from hopthu.remote.host import drill as drills
from hopthu.remote.host import moves, touched
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
    unpacked: list[str] = []
    monkeypatch.setenv("HOPTHU_STATE", str(tmp_path))
    (tmp_path / "copies").mkdir()
    for kind in ("mail", "directory"):
        sent = {"sent": {"b1": [f"b1/{kind}", "a"]}}
        (tmp_path / "copies" / kind).write_text(json.dumps(sent))
    monkeypatch.setattr(drills, "keepers", lambda: ["b1"])
    monkeypatch.setattr(drills, "_WORK", tmp_path / "rebuilt")
    monkeypatch.setattr(drills, "place", lambda _: nullcontext())
    monkeypatch.setattr(drills, "as_owner", lambda function: function())
    usage = SimpleNamespace(free=200)
    monkeypatch.setattr(drills.shutil, "disk_usage", lambda _: usage)

    def unpack(_repository: str, source: str, target: Path, without: Collection[str] = ()) -> None:
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for mailbox, size in known.items():
            kind, _, name = mailbox.partition("/")
            if target.name == "manifests":
                (target / kind).mkdir(exist_ok=True)
                messages = [["INBOX", "1", "n", "", "", str(size), "", ""]]
                manifest = {"messages": messages, "files": {}, "seen": {}}
                (target / mailbox).write_text(json.dumps(manifest))
            elif target.name == kind and name not in without:
                (target / name).mkdir()
        there = {each for each in known if (tmp_path / "rebuilt" / each).is_dir()}
        assert sum(known[each] for each in there) <= 100, "there is no room for more"
        unpacked.append(source)

    def compared(was: drills.AsItWas, _index: Path) -> None:
        assert was.home.is_dir()
        assert was.manifest["messages"][0][5] == str(
            known[f"{was.home.parent.name}/{was.home.name}"]
        )
        if was.home.name == "binh":
            raise Failed("the copy is not what its manifest says")

    monkeypatch.setattr(drills, "unpack_folder", unpack)
    monkeypatch.setattr(drills.AsItWas, "compared", compared)
    return known


def test_everything_is_restored_as_far_as_there_is_room(
    store: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In parts, each unpacked once; what is another, or has no room, is named."""
    tried = []

    def directory(copy: object, database: str) -> int:
        tried.append((copy, database))
        raise Failed("the directory is not what was copied: 2 entries differ")

    monkeypatch.setattr(drills.recover_directory, "tried", directory)
    assert [
        "people/large: the disk has no room for it",
        "people/binh: the copy is not what its manifest says",
        "the directory is not what was copied: 2 entries differ",
    ] == drills.rebuild("mail", "/var/lib/ldap/x")["failed"]
    assert [(["b1/directory", "a"], "/var/lib/ldap/x")] == tried
    del store["people/large"], store["people/binh"]
    assert [] == drills.rebuild("mail")["failed"]
    store.clear()
    assert ["the copy has no mailbox"] == drills.rebuild("mail")["failed"]


def test_nothing_that_was_sent_is_a_failure(tmp_path: Path, store: dict[str, int]) -> None:
    """And keeps nothing else from being tried."""
    assert store
    (tmp_path / "copies" / "mail").unlink()
    assert ["the last run sent no copy"] == drills.rebuild("mail")["failed"]
