"""Which mailboxes a drill takes."""

import json
from pathlib import Path

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
