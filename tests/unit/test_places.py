"""Folders and empty files that daemons need, made on this machine."""

import os
from pathlib import Path

import pytest

from hopthu.remote.host import places
from hopthu.remote.host.files import owner
from hopthu.remote.host.state import Failed

USER, GROUP = "daemon", "mail"


def wanted(mode: int = 0o777, *, folder: bool = True) -> str:
    return places.seen_as(USER, GROUP, mode, folder=folder)


@pytest.mark.parametrize("folder", [True, False])
@pytest.mark.parametrize("mode", [0o700, 0o640])
def test_what_is_made_is_found(tmp_path: Path, mode: int, folder: bool) -> None:
    """And what is in it stays."""
    path = str(tmp_path / "there")
    assert {path: ""} == places.found([path])
    expected = {path: wanted(mode, folder=folder)}
    places.make(expected)
    assert expected == places.found([path])
    kept = Path(path, "kept") if folder else Path(path)
    kept.write_text("kept")
    os.chown(path, 0, 0)
    assert expected != places.found([path])
    places.make(expected)
    assert (expected, "kept") == (places.found([path]), kept.read_text())


def test_parents_are_made_first(tmp_path: Path) -> None:
    """By the order in which they are given; others are not made."""
    above, below = str(tmp_path / "above"), str(tmp_path / "above" / "below")
    places.make({above: wanted(), below: wanted()})
    assert {above: wanted(), below: wanted()} == places.found([above, below])
    with pytest.raises(OSError, match="none"):
        places.make({str(tmp_path / "none" / "below"): wanted()})


@pytest.mark.parametrize("folder", [True, False])
def test_nobody_is_given_what_a_link_leads_to(tmp_path: Path, folder: bool) -> None:
    """The owner of a folder of mail could put a link there."""
    target, path = tmp_path / "target", tmp_path / "there"
    if folder:
        target.mkdir()
    else:
        target.touch()
    path.symlink_to(target)
    before = owner(str(target))
    assert {str(path): f"other {owner(str(path))}"} == places.found([str(path)])
    with pytest.raises(OSError, match="there"):
        places.make({str(path): wanted(folder=folder)})
    assert before == owner(str(target))


def test_nobody_is_given_what_is_behind_a_link(tmp_path: Path) -> None:
    """Nor is anything made there: the folder above is of the one who could put it there."""
    (tmp_path / "victim" / "people").mkdir(parents=True)
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "arriving").symlink_to(tmp_path / "victim")
    os.chown(tmp_path / "mail", 1, 1)
    os.chown(tmp_path / "mail" / "arriving", 1, 1, follow_symlinks=False)
    before = owner(str(tmp_path / "victim" / "people"))
    for name in ("people", "new"):
        with pytest.raises(Failed, match="arriving is no folder"):
            places.make({str(tmp_path / "mail" / "arriving" / name): wanted()})
    assert before == owner(str(tmp_path / "victim" / "people"))
    assert ["people"] == [each.name for each in (tmp_path / "victim").iterdir()]


def test_root_may_have_a_link_on_the_way(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "srv").symlink_to("disk")
    path = str(tmp_path / "srv" / "copies")
    places.make({path: wanted()})
    assert {path: wanted()} == places.found([path])


@pytest.mark.parametrize("folder", [True, False])
def test_what_is_there_instead_is_left(tmp_path: Path, folder: bool) -> None:
    path = tmp_path / "there"
    if folder:
        path.touch()
    else:
        path.mkdir()
    before = owner(str(path))
    with pytest.raises(OSError, match="there"):
        places.make({str(path): wanted(folder=folder)})
    path.rmdir() if path.is_dir() else path.unlink()
    os.mkfifo(path)
    with pytest.raises((OSError, Failed), match="there"):
        places.make({str(path): wanted(folder=folder)})
    assert before.split()[1:] == owner(str(path)).split()[1:]


def test_what_cannot_be_looked_at_concerns_itself_alone(tmp_path: Path) -> None:
    """A link to itself, which the owner of a folder of mail could put there."""
    (tmp_path / "loop").symlink_to("loop")
    below, beside = str(tmp_path / "loop" / "people"), str(tmp_path / "beside")
    places.make({beside: wanted()})
    assert {below: "other", beside: wanted()} == places.found([below, beside])
